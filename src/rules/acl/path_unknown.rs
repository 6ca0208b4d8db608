//! An ACL on a path that PVE never looks at.

use bstr::{BStr, ByteSlice};

use crate::access::Access;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::{PrivSet, checked_on, path_allowed};
use crate::model::user::{AclEntry, SubjectIx};
use crate::release::Release;
use crate::rules::rights::{AclAnalysis, Object, Spot, Standing, last, object};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

/// The first components of the paths that PVE knows.
const TOPS: [&str; 7] = ["access", "mapping", "nodes", "pool", "sdn", "storage", "vms"];

/// The second components below `/access`, `/sdn` and `/mapping`.
const SECONDS: [(&str, &[&str]); 3] = [
    ("access", &["groups", "realm"]),
    ("sdn", &["controllers", "dns", "fabrics", "ipams", "prefix-lists", "route-maps", "zones"]),
    ("mapping", &["cpu", "dir", "hwrng", "notifications", "pci", "usb"]),
];

/// Guests, and members of a group, that are asked about one by one.
const ASKED: usize = 50;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for spot in rights.spots.iter().filter(|spot| spot.standing == Standing::Unknown) {
        let entries = rights.entries(spot);
        let Some(first) = entries.first() else { continue };
        let path = words::name(&spot.path);
        let mut finding = Finding::new(
            format!("user.cfg: acl {path}"),
            rights.at(first.path_span),
            format!("PVE never checks `{path}`"),
        );
        let mut lines: Vec<_> = entries.iter().map(|entry| entry.path_span).collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines.iter().filter(|line| **line != first.path_span).take(3) {
            finding = finding.secondary(rights.at(*line), "the same path");
        }
        let candidate = propose(&spot.path, rights.model.release);
        let refused = candidate.as_ref().and_then(|candidate| refused(rights, access, candidate, entries));
        finding = finding.consequence(match refused {
            Some(refused) => format!("PVE keeps {} and never checks the path: {refused}.", this_line(lines.len())),
            None => format!(
                "PVE keeps {} and never checks the path: nobody gets a permission from it.",
                this_line(lines.len())
            ),
        });
        finding = match candidate {
            None => finding
                .label("no operation checks permissions on such a path")
                .fix_commands(rights.delete(&spot.path, entries), "if it isn't needed"),
            Some(candidate) => {
                let exists = rights.objects.exists(rights.model, candidate.as_bytes()) == Some(true);
                let (what, remark) = match noun(candidate.as_bytes()).filter(|_| exists) {
                    Some(noun) => (format!("; that {noun} exists"), ""),
                    None => (String::new(), "if that is meant"),
                };
                let modify = rights.modify(candidate.as_bytes(), entries);
                let finding = finding.label(format!("did you mean `{candidate}`?{}", what.replacen("; ", " ", 1)));
                if modify.is_empty() {
                    finding.edit(format!("write {candidate} instead of {path} in /etc/pve/user.cfg"))
                } else {
                    finding.fix_commands(modify.into_iter().chain(rights.delete(&spot.path, entries)), remark)
                }
            }
        };
        sink.push(finding);
    }
}

fn this_line(lines: usize) -> &'static str {
    if lines == 1 { "this line" } else { "these lines" }
}

fn noun(path: &[u8]) -> Option<&'static str> {
    Some(match object(path) {
        Object::Guest(_) => "guest",
        Object::Storage => "storage",
        Object::Pool => "pool",
        Object::Node => "node",
        Object::Realm => "realm",
        Object::Group => "group",
        Object::Other => return None,
    })
}

/// Who would have rights on `candidate` and is refused everything there now.
fn refused(
    rights: &AclAnalysis<'_>,
    access: &Access<'_, '_>,
    candidate: &str,
    entries: &[&AclEntry],
) -> Option<String> {
    let release = rights.model.release;
    let path = candidate.as_bytes();
    let (paths, place) = match object(path) {
        Object::Pool => {
            let pool = rights.model.pool(path.strip_prefix(b"/pool/")?)?;
            let guests = pool.vms.iter().take(ASKED);
            let guests: Vec<Vec<u8>> = guests.map(|vm| [b"/vms/", vm.name.as_bytes()].concat()).collect();
            (guests, "every guest of the pool".to_owned())
        }
        Object::Guest(vmid) => (vec![path.to_vec()], format!("guest {vmid}")),
        Object::Storage => (vec![path.to_vec()], format!("storage {}", words::name(last(path)))),
        _ => (vec![path.to_vec()], candidate.to_owned()),
    };
    if paths.is_empty() {
        return None;
    }
    let mut who: Vec<SubjectIx> = entries.iter().map(|entry| entry.subject).collect();
    who.sort_unstable();
    who.dedup();
    who.retain(|subject| {
        let wanted = entries
            .iter()
            .filter(|entry| entry.subject == *subject)
            .fold(PrivSet::EMPTY, |all, e| all | rights.role(e));
        let mut asked = members(rights, *subject).peekable();
        asked.peek().is_some()
            && asked.all(|id| {
                paths.iter().all(|path| {
                    let wanted = wanted & checked_on(path, release);
                    !wanted.is_empty() && !access.effective(id, path).privs.intersects(wanted)
                })
            })
    });
    let verb = match who.as_slice() {
        [] => return None,
        [one] if !rights.written(*one).starts_with('@') => "gets",
        _ => "get",
    };
    Some(format!("{} {verb} 403 on {place}", rights.all_named(&who, 3)))
}

/// A user or token itself; the members of a group.
fn members<'m>(rights: &AclAnalysis<'m>, subject: SubjectIx) -> impl Iterator<Item = &'m BStr> {
    let model = rights.model;
    let id = model.subject_id(subject);
    let group = rights.written(subject).starts_with('@');
    let members = model.group(id).filter(|_| group).map(|group| group.members.as_slice()).unwrap_or_default();
    let members = members.iter().take(ASKED).map(|member| model.subject_id(member.value));
    (!group).then_some(id).into_iter().chain(members)
}

/// The path that PVE knows and that is probably meant.
fn propose(path: &[u8], release: Release) -> Option<String> {
    let path = path.to_str().ok()?;
    let mut parts: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let vmid = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let guest_word = |word: &str| {
        ["vm", "vms", "qemu", "qemu-server", "kvm", "lxc", "ct", "cts", "container", "containers", "guest", "guests"]
            .contains(&word)
    };
    // How many parts at the front are replaced, and by what.
    let (old, new): (usize, &[&str]) = match lower.as_slice() {
        ["nodes" | "node", _, word, id, ..] if guest_word(word) && vmid(id) => (3, &["vms"]),
        ["nodes" | "node", _, "storage", _, ..] => (3, &["storage"]),
        ["vms" | "vm", word, id, ..] if guest_word(word) && vmid(id) => (2, &["vms"]),
        ["access", "realms" | "domain" | "domains", ..] => (2, &["access", "realm"]),
        ["access", "group", ..] => (2, &["access", "groups"]),
        ["sdn", "zone", ..] => (2, &["sdn", "zones"]),
        ["pools", ..] => (1, &["pool"]),
        ["node", ..] => (1, &["nodes"]),
        ["storages" | "datastore" | "datastores" | "store" | "stores", ..] => (1, &["storage"]),
        ["group" | "groups", ..] => (1, &["access", "groups"]),
        ["realm" | "realms" | "domain" | "domains", ..] => (1, &["access", "realm"]),
        ["mappings" | "resource-mapping", ..] => (1, &["mapping"]),
        [word, ..] if guest_word(word) => (1, &["vms"]),
        [word, ..] if vmid(word) => (0, &["vms"]),
        _ => (0, &[]),
    };
    parts.splice(..old.min(parts.len()), new.iter().map(|part| (*part).to_owned()));
    let guess = |part: &mut String, known: &[&'static str]| {
        if !known.contains(&part.as_str())
            && let Some(guess) = words::did_you_mean(part.as_bytes(), known.iter().copied())
        {
            *part = guess.to_owned();
        }
    };
    if let [top, rest @ ..] = parts.as_mut_slice() {
        guess(top, &TOPS);
        if let (Some((_, seconds)), [second, ..]) = (SECONDS.iter().find(|(known, _)| known == top), rest) {
            guess(second, seconds);
        }
    }
    match parts.first().map(String::as_str) {
        // What lies below a guest or storage has no rights of its own.
        Some("vms" | "storage") => parts.truncate(2),
        Some("nodes") if parts.len() > 2 => return None,
        _ => {}
    }
    if let [top, id] = parts.as_mut_slice()
        && top == "vms"
        && vmid(id)
    {
        *id = id.trim_start_matches('0').to_owned();
    }
    let candidate = format!("/{}", parts.join("/"));
    (candidate != path && known(&candidate, release)).then_some(candidate)
}

fn known(path: &str, release: Release) -> bool {
    let spot = Spot::standing_of(path.as_bytes(), release);
    path_allowed(path.as_bytes(), release) && spot != Standing::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_mended_where_it_is_clear_what_is_meant() {
        for (path, meant) in [
            ("/pools/production", "/pool/production"),
            ("/vm/100", "/vms/100"),
            ("/VMS/100", "/vms/100"),
            ("/vms/0100", "/vms/100"),
            ("/qemu/100", "/vms/100"),
            ("/100", "/vms/100"),
            ("/nodes/pve1/lxc/105", "/vms/105"),
            ("/nodes/pve1/storage/tank", "/storage/tank"),
            ("/node/pve1", "/nodes/pve1"),
            ("/stroage/tank", "/storage/tank"),
            ("/storage/tank/iso", "/storage/tank"),
            ("/access/realms/corp", "/access/realm/corp"),
            ("/access/Groups/ops", "/access/groups/ops"),
            ("/groups/ops", "/access/groups/ops"),
            ("/mapping/PCI/gpu", "/mapping/pci/gpu"),
            ("/Pool", "/pool"),
        ] {
            assert_eq!(propose(path.as_bytes(), Release::Pve9).as_deref(), Some(meant), "{path}");
        }
        for path in ["/cluster", "/vms/web", "/vms/99", "/nodes/pve1/disks", "/pool/a/b/c/d", "/mapping/gadget/x"] {
            assert_eq!(propose(path.as_bytes(), Release::Pve9), None, "{path}");
        }
        assert_eq!(propose(b"/mappings/pci", Release::Pve7), None);
    }
}
