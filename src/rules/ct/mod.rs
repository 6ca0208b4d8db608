//! Containers: what PVE drops of their configs or reads differently from what is written, and what keeps them from
//! starting, from reaching their network or their data, or lets them reach too much of the node.
//!
//! Id maps are in a family of their own, and so is what concerns the storages that volumes are on.

use bstr::ByteSlice;

use crate::cluster::Guest;
use crate::finding::{Command, Finding, Level};
use crate::model::container::{Container, Dropped, Opt, Place, Quirk, QuirkKind};
use crate::model::idmap;
use crate::model::schema::{self, Problem, Props, Reason, Schema, format};
use crate::model::tables::lxc::{self as table, RawKey};
use crate::release::Release;
use crate::rules::words;
use crate::text::Span;

include!(concat!(env!("OUT_DIR"), "/rules/ct.rs"));

/// A container's config and where it stands.
type Ct<'a> = Guest<'a, Container<'a>>;

/// `container 105`, to begin a message with.
fn display_name(guest: &Ct<'_>) -> String {
    guest.vmid.map_or_else(|| "the container".to_owned(), |vmid| format!("container {vmid}"))
}

/// The path of the config on a node.
fn conf(guest: &Ct<'_>) -> String {
    match (guest.vmid, guest.node) {
        (Some(vmid), Some(node)) => format!("/etc/pve/nodes/{node}/lxc/{vmid}.conf"),
        (Some(vmid), None) => format!("/etc/pve/lxc/{vmid}.conf"),
        (None, _) => "the container's config".to_owned(),
    }
}

/// A finding about the option or line `key` (the container as such, if empty) of a section.
fn finding_in(guest: &Ct<'_>, place: Place<'_>, key: &[u8], span: Span, message: impl Into<String>) -> Finding {
    let mut subject = guest.vmid.map_or_else(|| "ct".to_owned(), |vmid| format!("ct {vmid}"));
    if !key.is_empty() {
        subject = format!("{subject}: {}", words::name(key));
    }
    match place {
        Place::Main | Place::Special(_) => {}
        Place::Pending => subject.push_str(" (pending)"),
        Place::Snapshot(name) => subject = format!("{subject} (snapshot {})", words::name(name)),
    }
    Finding::new(subject, guest.at(span), message)
}

/// [`found`] in the main section.
fn finding_in_main(guest: &Ct<'_>, key: &[u8], span: Span, message: impl Into<String>) -> Finding {
    finding_in(guest, Place::Main, key, span, message)
}

/// Lowers a finding outside the main section: what is pending does harm only at the next start, what is in a snapshot only
/// after a rollback.
fn level_for_section(finding: Finding, level: Level, place: Place<'_>) -> Finding {
    match place {
        Place::Main | Place::Special(_) => finding.at_level(level),
        Place::Pending => finding
            .at_level(level.min(Level::Warning))
            .consequence("It is pending: it applies from the container's next start on."),
        Place::Snapshot(_) => {
            finding.at_level(Level::Note).consequence("It is in a snapshot: it applies after a rollback.")
        }
    }
}

/// Number of the line that holds `span`, from 1.
fn line_number(guest: &Ct<'_>, span: Span) -> usize {
    guest.config.line_number(span)
}

/// The line that holds `span`, without blanks around it.
fn line<'a>(guest: &Ct<'a>, span: Span) -> &'a [u8] {
    let text = guest.config.text;
    let (before, rest) = text.split_at_checked(span.start as usize).unwrap_or((text, b""));
    let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let end = before.len() + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    text.get(start..end).unwrap_or_default().trim_ascii()
}

/// The fix `write line N of FILE as TEXT`; spoilt when the text can't be shown as it is.
fn write_as(guest: &Ct<'_>, span: Span, line: impl AsRef<[u8]>) -> String {
    format!("write line {} of {} as `{}`", line_number(guest, span), conf(guest), line.as_ref().to_str_lossy())
}

/// The fix `remove line N of FILE`.
fn remove_line(guest: &Ct<'_>, span: Span) -> String {
    format!("remove line {} of {}", line_number(guest, span), conf(guest))
}

/// `pct set VMID --KEY VALUE`; spoilt where the container's number isn't known.
fn set(guest: &Ct<'_>, key: &[u8], value: impl AsRef<[u8]>) -> Command {
    let command = Command::new("pct set").arg(guest.vmid.map(|vmid| vmid.to_string()).unwrap_or_default());
    match key.to_str() {
        Ok(key) => command.words(&format!("--{key}")).arg(value),
        Err(_) => command.arg(""),
    }
}

/// `pct VERB VMID`.
fn pct(guest: &Ct<'_>, verb: &str) -> Command {
    Command::new(&format!("pct {verb}")).arg(guest.vmid.map(|vmid| vmid.to_string()).unwrap_or_default())
}

/// The value of `option` as written, with `part` of it replaced.
fn replaced(guest: &Ct<'_>, option: &Opt<'_>, part: Span, new: &[u8]) -> Vec<u8> {
    let text = guest.config.text;
    let before = Span { start: option.span.start, end: part.start }.bytes(text);
    let after = Span { start: part.end, end: option.span.end }.bytes(text);
    [before, new, after].concat()
}

/// The value of `option` as written, without the parts called `names`.
fn without(guest: &Ct<'_>, option: &Opt<'_>, names: &[&str]) -> Vec<u8> {
    let text = guest.config.text;
    let Some(props) = &option.props else { return option.span.bytes(text).to_vec() };
    let kept = props.entries.iter().filter(|prop| !names.contains(&prop.name()));
    let parts: Vec<_> = kept.map(|prop| prop.key_span.join(prop.span).bytes(text)).collect();
    bstr::join(",", parts)
}

/// Whether the container has a user namespace: by its flag, or because it has a map.
fn has_map(container: &Container<'_>) -> bool {
    container.is_unprivileged() || container.main.raw.iter().any(|raw| idmap::is_map_key(raw.key, container.release))
}

/// The mount points of the main section that PVE mounts and can read, without the root file system, in file order.
fn mounts<'c, 'a>(guest: &'c Ct<'a>) -> impl Iterator<Item = (&'c Opt<'a>, &'c Props<'a>)> {
    all_mounts(guest).filter(|(option, _)| option.number().is_some())
}

/// [`mounts`] and the root file system.
fn all_mounts<'c, 'a>(guest: &'c Ct<'a>) -> impl Iterator<Item = (&'c Opt<'a>, &'c Props<'a>)> {
    let is_mount = |option: &&Opt<'a>| {
        option.known.is_some()
            && (option.key == b"rootfs" || (option.key.starts_with(b"mp") && option.number().is_some()))
    };
    guest.config.main.options.iter().filter(is_mount).filter_map(|option| Some((option, option.props.as_ref()?)))
}

/// A path as the kernel takes it: absolute, without doubled and trailing slashes; `/` is empty.
fn mount_path(path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len() + 1);
    for component in path.split(|&b| b == b'/').filter(|component| !component.is_empty()) {
        plain.push(b'/');
        plain.extend_from_slice(component);
    }
    plain
}

/// What PVE dropped, with the section it was in.
fn dropped<'c, 'a>(guest: &'c Ct<'a>) -> impl Iterator<Item = &'c Dropped<'a>> {
    guest.config.dropped.iter()
}

/// Refused values with what is wrong with them, unless something else was found in the value that explains it, or a later
/// line took its place.
fn invalid<'c, 'a>(guest: &'c Ct<'a>) -> impl Iterator<Item = (&'c Quirk<'a>, &'c Problem)> {
    let quirk = &guest.config.quirks;
    quirk.iter().enumerate().filter_map(move |(at, one)| match &one.why {
        QuirkKind::Invalid(problem) => {
            // What is found inside a value stands right behind what is wrong with it.
            let mut behind = quirk.iter().skip(at + 1).take(2);
            let inside = |other: &Quirk<'_>| {
                matches!(other.why, QuirkKind::TrailingComment | QuirkKind::Glued)
                    && one.span.start <= other.span.start
                    && other.span.end <= one.span.end
            };
            let explained = behind.any(inside)
                || is_overridden(guest, one)
                || newer_parts(problem, one.key, guest.config.release).is_some();
            (!explained).then_some((one, &**problem))
        }
        _ => None,
    })
}

/// [`invalid`] for the options whose name, without number, is one of `families`.
fn refused<'c, 'a>(guest: &'c Ct<'a>, families: &'c [&str]) -> impl Iterator<Item = (&'c Quirk<'a>, &'c Problem)> {
    let wanted = |key: &[u8]| families.iter().any(|family| family.as_bytes() == table::split_index(key).0);
    invalid(guest).filter(move |(quirk, _)| wanted(quirk.key))
}

/// Whether a later line took the place of the one that holds `odd`, so that its value is never used. Only asked of what the
/// container runs with, or will.
fn is_overridden(guest: &Ct<'_>, quirk: &Quirk<'_>) -> bool {
    let section = match quirk.place {
        Place::Main => &guest.config.main,
        Place::Pending => match &guest.config.pending {
            Some(pending) => pending,
            None => return false,
        },
        Place::Snapshot(_) | Place::Special(_) => return false,
    };
    let holds = |option: &Opt<'_>| option.key_span.start <= quirk.span.start && quirk.span.end <= option.span.end;
    quirk.key.to_str().ok().and_then(|key| section.get(key)).is_some_and(|option| !holds(option))
}

/// The schema of the property string that an option is.
fn schema_of(key: &[u8]) -> Option<&'static Schema> {
    let (family, number) = table::split_index(key);
    let option = if number.is_empty() { table::single(family) } else { table::indexed(family) };
    option.and_then(crate::model::tables::guest::GuestOption::schema)
}

/// The parts of a refused property string that a later release knows, when nothing else is wrong with it: key, where it
/// stands, and since when it is known.
fn newer_parts(problem: &Problem, key: &[u8], release: Release) -> Option<Vec<(Span, &'static schema::Property)>> {
    let schema = schema_of(key)?;
    let newer = problem.parts.iter().map(|part| {
        let property = schema.get_any(&part.key).filter(|property| property.since > release)?;
        (part.reason == Reason::Unknown).then_some((part.span, property))
    });
    newer.collect::<Option<Vec<_>>>().filter(|newer| !newer.is_empty())
}

/// How many bad parts of one value are shown.
const LABELS: usize = 8;

/// A finding about a property string that PVE refuses, with a label at each bad part.
fn refused_props(guest: &Ct<'_>, quirk: &Quirk<'_>, problem: &Problem, message: String) -> Finding {
    let text = guest.config.text;
    let schema = schema_of(quirk.key);
    let mut finding = finding_in(guest, quirk.place, quirk.key, problem.span, message);
    if problem.parts.is_empty() {
        return finding.label(reason(problem.reason, &problem.text));
    }
    for (at, part) in problem.parts.iter().take(LABELS).enumerate() {
        let name = part.key.trim_ascii();
        let known = schema.and_then(|schema| schema.get(name, guest.config.release));
        let label = match part.reason {
            Reason::Missing => format!("{} is missing", words::name(&part.key)),
            Reason::Unknown if known.is_some() => "PVE doesn't strip the blank and reads it as part of the key".into(),
            Reason::Unknown => {
                let keys = schema.iter().flat_map(|schema| schema.properties).map(|property| property.name);
                match words::did_you_mean(name, keys) {
                    Some(other) => format!("did you mean `{other}`?"),
                    None => format!("there is no {}", words::name(&part.key)),
                }
            }
            _ => needs_prefix(&part.key, part.span.bytes(text))
                .unwrap_or_else(|| format!("{}: {}", words::name(&part.key), words::name(&part.text))),
        };
        let place = guest.at(part.span);
        if at == 0 || part.span == problem.span {
            let text = match finding.primary.text.as_str() {
                "" => label,
                first => format!("{first}; {label}"),
            };
            finding = finding.label(text);
        } else {
            finding = finding.secondary(place, label);
        }
    }
    finding
}

/// What to say of an address without prefix length, if that's all that is wrong with it.
fn needs_prefix(key: &[u8], value: &[u8]) -> Option<String> {
    let address = format::ip(value, Release::Pve9).is_ok() && matches!(key, b"ip" | b"ip6");
    address.then(|| "an address needs its prefix length, such as /24 (/64 for IPv6)".into())
}

/// PVE's words about a whole property string, in ours where they are clearer.
fn reason(reason: Reason, text: &[u8]) -> String {
    match reason {
        Reason::HalfPair => "`key=` needs a value, and a value needs its key".into(),
        Reason::NoDefaultKey => "every part must be `key=value`".into(),
        Reason::Duplicate => "this is here twice".into(),
        _ => words::name(text),
    }
}

/// A refused property string as it was probably meant: without blanks around its parts, with misspelt keys corrected.
/// Only what PVE would accept is proposed.
fn corrected(guest: &Ct<'_>, key: &[u8], span: Span) -> Option<Vec<u8>> {
    let (release, schema) = (guest.config.release, schema_of(key)?);
    let parts = span.bytes(guest.config.text).split(|&b| b == b',').map(|part| {
        let part = part.trim_ascii();
        let Some((name, value)) = part.split_once_str("=") else { return part.to_vec() };
        let name = name.trim_ascii();
        let keys = schema.properties.iter().filter(|property| property.known_to(release)).map(|property| property.name);
        let name = match schema.get(name, release) {
            Some(_) => name,
            None => words::did_you_mean(name, keys).map_or(name, str::as_bytes),
        };
        [name, b"=", value.trim_ascii()].concat()
    });
    let text = bstr::join(",", parts.filter(|part| !part.is_empty()).collect::<Vec<_>>());
    schema::parse_props(schema, &text, 0, release).is_ok().then_some(text)
}

/// The fix for a refused property string that no command can replace, because PVE parses the old value first.
fn edit_props(finding: Finding, guest: &Ct<'_>, quirk: &Quirk<'_>) -> Finding {
    match corrected(guest, quirk.key, quirk.span) {
        Some(text) => finding.edit(write_as(guest, quirk.span, [quirk.key, b": ", &text].concat())),
        None => {
            let place = format!("line {} of {}", line_number(guest, quirk.span), conf(guest));
            let bare = match &quirk.why {
                QuirkKind::Invalid(problem) => problem.parts.iter().find_map(|part| {
                    let address = part.span.bytes(guest.config.text);
                    needs_prefix(&part.key, address).map(|_| [&part.key[..], b"=", address].concat())
                }),
                _ => None,
            };
            match bare {
                Some(bare) => {
                    finding.edit(format!("write {}/ and the length of its prefix in {place}", words::name(bare)))
                }
                None => finding.edit(format!("correct {place}")),
            }
        }
    }
}

/// Names of all options, without numbers.
fn option_names() -> impl Iterator<Item = &'static str> {
    table::OPTIONS.iter().map(|option| option.property.name)
}

/// Whether `key`, spelt as options are, is an option of some release or an `lxc.*` key.
fn is_option(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let raw = || key.starts_with(b"lxc.") && !matches!(RawKey::of(&key, Release::Pve9), RawKey::Unknown);
    let own = matches!(&key[..], b"snapstate" | b"delete");
    own || Release::ALL.iter().any(|release| table::option(&key, *release).is_some()) || raw()
}

/// An amount of memory written with a unit.
struct Size {
    /// What PVE takes it for, in MiB.
    taken: f64,
    /// What it says, in MiB, when that is a whole number.
    meant: Option<u64>,
}

/// `memory` or `swap` refused because of a unit behind the number.
fn in_unit(guest: &Ct<'_>, quirk: &Quirk<'_>) -> Option<Size> {
    if !matches!(quirk.key, b"memory" | b"swap") || !matches!(quirk.why, QuirkKind::Invalid(_)) {
        return None;
    }
    let text = quirk.span.bytes(guest.config.text).to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit() && c != '.')?)?;
    let unit = unit.trim().to_ascii_uppercase();
    let unit = unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit);
    if !matches!(unit, "K" | "M" | "G" | "T") {
        return None;
    }
    let bytes: u64 = format::size_in_bytes(format!("{number}{unit}").as_bytes(), Release::Pve9)?.parse().ok()?;
    let meant = (bytes > 0 && bytes.is_multiple_of(1 << 20)).then_some(bytes >> 20);
    Some(Size { taken: schema::number::prefix(text.as_bytes()), meant })
}
