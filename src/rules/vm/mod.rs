//! VMs: what PVE drops of their configs, what keeps them from starting, and what has no effect.

use bstr::ByteSlice;

use crate::cluster::Guest;
use crate::finding::Finding;
use crate::model::guest::{Opt, Place, Quirk, QuirkKind, Section};
use crate::model::schema::{self, Problem, Reason, Schema};
use crate::model::tables::guest::{GuestOption, split_index};
use crate::model::tables::qemu as table;
use crate::model::vm::{Vm, drive};
use crate::release::Release;
use crate::rules::guest::AnyGuest;
use crate::rules::words;
use crate::text::Span;

include!(concat!(env!("OUT_DIR"), "/rules/vm.rs"));

mod lost;

pub(super) use lost::warn_of_lost_lines;

/// A VM's config and where it stands.
type VmGuest<'a> = Guest<'a, Vm<'a>>;

/// What a text option of the main section says; empty when it is absent.
fn value<'s>(section: &'s Section<'_>, key: &str) -> &'s [u8] {
    section.get(key).map_or(b"", |option| &option.value)
}

/// A part of a property string of the main section.
fn part<'a>(section: &Section<'a>, key: &str, name: &str) -> Option<&'a [u8]> {
    section.get(key)?.props.as_ref()?.value(name)
}

/// The machine type; empty: PVE's default, i440fx.
fn machine<'a>(section: &Section<'a>) -> &'a [u8] {
    part(section, "machine", "type").unwrap_or_default()
}

/// The version in a machine type.
fn version(machine: &[u8]) -> Option<(u32, u32)> {
    let text = machine.split(|&b| b == b'+').next()?;
    let number = text.rsplit(|&b| b == b'-').next()?;
    let mut parts = number.split(|&b| b == b'.').map(|part| part.to_str().ok()?.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Whether the VM has a Q35 chipset.
fn is_q35(section: &Section<'_>) -> bool {
    machine(section).contains_str("q35")
}

/// Whether the VM's machine is a PC, as nearly all are.
fn is_pc(section: &Section<'_>) -> bool {
    !machine(section).starts_with(b"virt") && matches!(value(section, "arch"), b"" | b"x86_64")
}

/// A whole number among the options of the main section, unless it is absent or out of reach.
fn number(section: &Section<'_>, key: &str) -> Option<u64> {
    section.get(key)?.value.to_str().ok()?.parse().ok()
}

/// Its memory in MiB.
fn memory(section: &Section<'_>) -> Option<u64> {
    match section.get("memory") {
        None => Some(512),
        Some(memory) => match &memory.props {
            Some(props) => props.value("current")?.to_str().ok()?.parse().ok(),
            None => memory.value.to_str().ok()?.parse().ok(),
        },
    }
}

/// Whether `feature` can be plugged into the running VM.
fn hotplugs(section: &Section<'_>, feature: &str) -> bool {
    match value(section, "hotplug") {
        b"" => matches!(feature, "network" | "disk" | "usb"),
        b"0" => false,
        b"1" => matches!(feature, "network" | "disk" | "usb"),
        list => schema::format::list(list).any(|one| one == feature.as_bytes()),
    }
}

/// Whether some line of the file names `key` and PVE dropped it: what is missing then is explained.
fn was_dropped(guest: &VmGuest<'_>, key: &[u8]) -> bool {
    let quirks = guest.config.quirks.iter().filter(|quirk| quirk.place == Place::Main);
    let refused = quirks.filter(|quirk| matches!(quirk.why, QuirkKind::Invalid(_) | QuirkKind::UnknownOption { .. }));
    let mut lines = guest.config.dropped.iter().map(|dropped| dropped.span.bytes(guest.config.text));
    refused.into_iter().any(|quirk| quirk.key == key)
        || lines.any(|line| {
            let line = line.trim_ascii_start();
            line.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key))
        })
}

/// Whether PVE dropped anything of the main section, so that what seems to be missing could be there.
fn has_dropped_drives(guest: &VmGuest<'_>) -> bool {
    guest
        .config
        .quirks
        .iter()
        .any(|quirk| matches!(quirk.why, QuirkKind::Invalid(_)) && drive::is_drive(split_index(quirk.key).0))
}

/// The storage of the VM's first disk, for a command that makes another one.
fn storage_of_disks<'a>(guest: &VmGuest<'a>) -> Option<&'a [u8]> {
    let mut drives = guest.config.drives.iter().filter(|drive| !drive.is_cdrom && drive.family() != b"unused");
    drives.find_map(|drive| drive.volume()).map(|(storage, _)| storage)
}

/// Refused values, but for CPU models of the cluster's own, which stand in another file.
fn invalid<'c, 'a>(guest: &'c VmGuest<'a>) -> impl Iterator<Item = (&'c Quirk<'a>, &'c Problem)> {
    guest.config.quirks.iter().filter_map(|quirk| match &quirk.why {
        QuirkKind::Invalid(problem) => {
            let custom = quirk.key == b"cpu" && problem.text.starts_with(b"Custom cputype");
            (!custom && newer_parts(problem, quirk.key, guest.config.release).is_none()).then_some((quirk, &**problem))
        }
        _ => None,
    })
}

/// The schema of the property string that an option is, whichever release has it.
fn schema_of(key: &[u8]) -> Option<&'static Schema> {
    [Release::Pve9, Release::Pve8, Release::Pve7]
        .iter()
        .find_map(|&release| table::option(key, release))
        .and_then(GuestOption::schema)
}

/// The parts of a refused property string that a later release knows, when nothing else is wrong with it.
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

/// A finding about a value that PVE refuses, with a label at each bad part.
fn refused(guest: &VmGuest<'_>, quirk: &Quirk<'_>, problem: &Problem, message: String) -> Finding {
    let any = AnyGuest::Vm(guest);
    let finding = any.finding_in(quirk.place, quirk.key, problem.span, message);
    if problem.parts.is_empty() {
        return finding.label(reason(guest, quirk, problem));
    }
    let mut finding = finding;
    for (at, part) in problem.parts.iter().take(LABELS).enumerate() {
        let label = part_label(guest, quirk, part);
        if at == 0 || part.span == problem.span {
            let text = match finding.primary.text.as_str() {
                "" => label,
                first => format!("{first}; {label}"),
            };
            finding = finding.label(text);
        } else {
            finding = finding.secondary(guest.at(part.span), label);
        }
    }
    finding
}

fn part_label(guest: &VmGuest<'_>, quirk: &Quirk<'_>, part: &schema::PartProblem) -> String {
    let (release, name) = (guest.config.release, part.key.trim_ascii());
    let schema = schema_of(quirk.key);
    match part.reason {
        Reason::Missing => format!("`{}` is missing", words::name(&part.key)),
        Reason::Unknown if schema.is_some_and(|schema| schema.get(name, release).is_some()) => {
            "PVE doesn't strip the blank and reads it as part of the key".into()
        }
        Reason::Unknown => {
            let family = split_index(quirk.key).0;
            let has = |other: &str| {
                let schema = schema_of(format!("{other}0").as_bytes());
                schema.is_some_and(|schema| schema.get(name, release).is_some())
            };
            let buses = ["ide", "sata", "scsi", "virtio"].into_iter().filter(|bus| has(bus)).collect::<Vec<_>>();
            if drive::is_drive(family) && !buses.is_empty() {
                return format!("only {} disks have `{}`", words::list(&buses, 4), words::name(name));
            }
            let keys = schema.iter().flat_map(|schema| schema.properties);
            let keys = keys.filter(|property| property.known_to(release)).map(|property| property.name);
            match words::did_you_mean(name, keys) {
                Some(other) => format!("did you mean `{other}`?"),
                None => format!("there is no `{}`", words::name(&part.key)),
            }
        }
        _ => format!("{}: {}", words::name(&part.key), words::name(&part.text)),
    }
}

/// PVE's words about a value, in ours where they are clearer.
fn reason(guest: &VmGuest<'_>, quirk: &Quirk<'_>, problem: &Problem) -> String {
    let written = quirk.span.bytes(guest.config.text);
    if written.windows(2).any(|pair| pair == b" #" || pair == b"\t#") {
        return "a comment needs its own line: here it is part of the value".into();
    }
    match problem.reason {
        Reason::HalfPair => "`key=` needs a value, and a value needs its key".into(),
        Reason::NoDefaultKey => "every part must be `key=value`".into(),
        Reason::Duplicate => "this is here twice".into(),
        _ => words::name(&problem.text),
    }
}

/// A refused property string as it was probably meant: without blanks around its parts, with misspelt keys corrected and
/// without what the bus doesn't have. Only what PVE would accept is proposed.
fn corrected(guest: &VmGuest<'_>, key: &[u8], span: Span) -> Option<Vec<u8>> {
    if span.bytes(guest.config.text).len() > LONGEST {
        return None;
    }
    let (release, schema) = (guest.config.release, table::option(key, guest.config.release)?.schema()?);
    let is_drive = drive::is_drive(split_index(key).0);
    let parts = span.bytes(guest.config.text).split(|&b| b == b',').filter_map(|part| {
        let part = part.trim_ascii();
        let Some((name, value)) = part.split_once_str("=") else { return Some(part.to_vec()) };
        let name = name.trim_ascii();
        let keys = schema.properties.iter().filter(|property| property.known_to(release)).map(|property| property.name);
        let name = match schema.get(name, release) {
            Some(_) => name,
            None => match words::did_you_mean(name, keys) {
                Some(meant) => meant.as_bytes(),
                None if is_drive && schema_of(b"scsi0").is_some_and(|scsi| scsi.get_any(name).is_some()) => {
                    return None;
                }
                None => name,
            },
        };
        Some([name, b"=", value.trim_ascii()].concat())
    });
    let text = bstr::join(",", parts.filter(|part| !part.is_empty()).collect::<Vec<_>>());
    schema::parse_props(schema, &text, 0, release).is_ok().then_some(text)
}

/// Nobody corrects longer values by hand.
const LONGEST: usize = 4096;

/// The fix for a refused value: an edit, because the next command would delete the line.
fn edit(finding: Finding, guest: &VmGuest<'_>, quirk: &Quirk<'_>) -> Finding {
    let any = AnyGuest::Vm(guest);
    match corrected(guest, quirk.key, quirk.span) {
        Some(text) => finding.edit(any.write_as(quirk.span, [quirk.key, b": ", &text].concat())),
        None => finding.edit(format!("correct {} before anything else changes the VM", any.line(quirk.span))),
    }
}

/// Names of all options, without numbers.
fn option_names() -> impl Iterator<Item = &'static str> {
    [table::SINGLE, table::INDEXED].into_iter().flatten().map(|(name, _)| *name)
}

/// Whether `key`, in any case, is an option of some release.
fn is_option(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    Release::ALL.iter().any(|release| table::option(&key, *release).is_some())
}

/// Options of a family in the main section, with their numbers.
fn numbered<'s, 'a>(section: &'s Section<'a>, family: &'static str) -> impl Iterator<Item = (u32, &'s Opt<'a>)> {
    section
        .options
        .iter()
        .filter(move |option| option.known.is_some())
        .filter_map(move |option| (option.family() == family.as_bytes()).then_some((option.number()?, option)))
}
