//! On how many of the guests, storages, nodes somebody has what is needed: words for the places of one need.

use crate::access::fits::{Attempt, Kind, Spot, Verdict};
use crate::text::printable;

/// Names of guests, storages and nodes that are listed before they are counted.
pub(super) const MAX_OBJECTS: usize = 6;

/// Where it is met and where it isn't; nothing, when that goes without saying.
pub(super) fn coverage(way: &Attempt) -> Vec<String> {
    let in_pool = way.spots.iter().any(|spot| spot.kind == Kind::Rest && spot.path.starts_with(b"/pool/"));
    let met = way.verdict() == Verdict::Yes;
    if met && !way.one && !in_pool {
        return Vec::new();
    }
    let mut groups: Vec<(&str, Vec<&Spot>)> = Vec::new();
    for spot in &way.spots {
        let noun = noun(spot);
        match groups.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, spots)) => spots.push(spot),
            None => groups.push((noun, vec![spot])),
        }
    }
    // Of what is met in part, the part that isn't.
    let speaks = |spots: &[&Spot]| met || spots.iter().any(|spot| !spot.lacking.is_empty());
    groups.iter().filter(|(_, spots)| speaks(spots)).filter_map(|(noun, spots)| group(noun, spots, way.one)).collect()
}

/// What the things below a path are called.
fn noun(spot: &Spot) -> &'static str {
    let below = |prefix: &str| spot.path.starts_with(prefix.as_bytes());
    match spot.kind {
        Kind::Itself => "",
        Kind::Rest if below("/pool/") && !spot.path.ends_with(b"/-") => "guests",
        _ if below("/vms/") => "guests",
        _ if below("/storage/") => "storages",
        _ if below("/nodes/") => "nodes",
        _ if below("/pool/") => "pools",
        _ => "paths with ACLs",
    }
}

fn group(noun: &str, spots: &[&Spot], one: bool) -> Option<String> {
    let met = |spot: &Spot| spot.lacking.is_empty();
    if noun.is_empty() {
        let not: Vec<_> = spots.iter().filter(|spot| !met(spot)).map(|spot| printable(&spot.path)).collect();
        return (!not.is_empty()).then(|| format!("not on {} itself", not.join(", ")));
    }
    let objects: Vec<&Spot> = spots.iter().copied().filter(|spot| spot.kind == Kind::Object).collect();
    let rest = spots.iter().find(|spot| spot.kind == Kind::Rest);
    let (full, short): (Vec<&Spot>, Vec<&Spot>) = objects.iter().copied().partition(|spot| met(spot));
    let list = |spots: &[&Spot]| {
        let names: Vec<_> = spots.iter().map(|spot| printable(spot.name())).collect();
        match names.get(..MAX_OBJECTS).filter(|_| names.len() > MAX_OBJECTS + 1) {
            Some(first) => format!("{} and {} more", first.join(", "), names.len() - MAX_OBJECTS),
            None => names.join(", "),
        }
    };
    let total = objects.len();
    let known = match (full.len(), objects.as_slice()) {
        (_, []) => None,
        (full, [one]) => {
            let on = if full == 1 { "on" } else { "not on" };
            Some(format!("{on} {} {}", singular(noun), printable(one.name())))
        }
        (0, _) => Some(format!("on none of {total} {noun}")),
        (count, _) if count == total => Some(format!("on all {total} {noun}")),
        (count, _) if one => Some(format!("on {count} of {total} {noun}: {}", list(&full))),
        (count, _) => Some(format!("on {count} of {total} {noun}: {}; not on {}", list(&full), list(&short))),
    };
    let others = rest.and_then(|rest| {
        let of = match (noun, rest.path.strip_prefix(b"/pool/")) {
            ("guests", Some(pool)) if pool != b"-" => format!("whatever comes into pool {}", printable(pool)),
            ("guests", _) if total == 0 => "guests".to_owned(),
            ("guests", _) => "new ones".to_owned(),
            _ if total == 0 => return None,
            _ => "any other".to_owned(),
        };
        match (rest.lacking.is_empty(), full.is_empty() && total > 0) {
            (true, _) => Some(format!("on {of}")),
            (false, true) => None,
            (false, false) => Some(format!("not on {of}")),
        }
    });
    let parts: Vec<_> = known.into_iter().chain(others).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn singular(noun: &str) -> &str {
    match noun {
        "paths with ACLs" => "path",
        noun => noun.strip_suffix('s').unwrap_or(noun),
    }
}
