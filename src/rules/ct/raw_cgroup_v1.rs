//! A limit for cgroup v1, which no node of this release uses.

use rustc_hash::FxHashMap;

use super::{Ct, conf, display_name, finding_in, has_map, level_for_section, line_number, remove_line, write_as};
use crate::finding::Level;
use crate::model::container::{Place, Raw};
use crate::model::tables::lxc::RawKey;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let is_old = |raw: &&Raw<'_>| raw.verdict == RawKey::LegacyCgroup;
    for section in guest.config.sections() {
        let mut old = section.raw.iter().filter(is_old).peekable();
        if old.peek().is_none() {
            continue;
        }
        let new = section.raw.iter().filter(|raw| raw.key.starts_with(b"lxc.cgroup2."));
        let new: FxHashMap<_, _> = new.map(|raw| ((raw.key, raw.value), raw.key_span)).collect();
        for raw in old {
            judge(context, guest, section.place, raw, &new, sink);
        }
    }
}

fn judge(
    context: &Context<'_>,
    guest: &Ct<'_>,
    place: Place<'_>,
    raw: &Raw<'_>,
    of_v2: &FxHashMap<(&[u8], &[u8]), Span>,
    sink: &mut Sink,
) {
    let Some(old) = raw.key.strip_prefix(b"lxc.cgroup.") else { return };
    let (key, value) = (words::name(raw.key), words::name(raw.value));
    // Where the cgroup is, not what is in it.
    if old.starts_with(b"dir") || old == b"relative" {
        if context.cluster.release >= Release::Pve9 {
            let finding = finding_in(guest, place, raw.key, raw.key_span, format!("PVE will refuse `{key}`"))
                .at_level(Level::Note)
                .consequence("LXC applies it with cgroup v2, too. PVE reads it as a setting of v1 and warns that it will be an error.")
                .edit(format!("find out whether {} still needs line {} of {}", display_name(guest), line_number(guest, raw.key_span), conf(guest)));
            sink.push(finding);
        }
        return;
    }
    let new: Option<&[u8]> = match old {
        b"memory.limit_in_bytes" => Some(b"memory.max"),
        _ if [&b"devices."[..], b"cpuset.", b"pids."].iter().any(|known| old.starts_with(known)) => Some(old),
        _ => None,
    };
    let new = new.map(|new| [b"lxc.cgroup2.", new].concat());
    let twin = new.as_deref().and_then(|new| of_v2.get(&(new, raw.value)));
    let finding = finding_in(guest, place, raw.key, raw.key_span, format!("LXC ignores `{key}`: it is for cgroup v1"))
        .discriminator(value)
        .consequence("LXC only logs `Ignoring legacy cgroup limits on pure cgroup2 system`.");
    let (level, finding) = if let Some(twin) = twin {
        (Level::Note, finding.secondary(guest.at(*twin), "this one applies").edit(remove_line(guest, raw.key_span)))
    } else if old == b"devices.allow" && has_map(&guest.config) {
        let finding = finding
            .label("an unprivileged container can use every device that it has, if the file's mode allows it")
            .edit(remove_line(guest, raw.key_span));
        // Ignored, and nothing is missing without it.
        (Level::Note, finding)
    } else {
        let edit = match &new {
            Some(new) => write_as(guest, raw.key_span, [&new[..], b": ", raw.value].concat()),
            None => format!(
                "find the setting of cgroup v2 for {} and write it into line {} of {}",
                words::name(old),
                line_number(guest, raw.key_span),
                conf(guest)
            ),
        };
        (level_of(context), finding.edit(edit))
    };
    sink.push(level_for_section(finding, level, place));
}

/// 7 and 8 can still be booted with cgroup v1.
fn level_of(context: &Context<'_>) -> Level {
    if context.cluster.release >= Release::Pve9 { RULE.level } else { Level::Warning }
}
