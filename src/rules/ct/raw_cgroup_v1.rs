//! A limit for cgroup v1, which no node of this release uses.

use super::{Ct, conf, found, has_map, line_number, placed, remove_line, rule, who, write_as};
use crate::finding::Level;
use crate::model::container::{Raw, Why};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-raw-cgroup-v1", Level::Error, check);
fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for odd in &config.odd {
        let Why::RawLegacyCgroup { warned } = odd.why else { continue };
        let Some(old) = odd.key.strip_prefix(b"lxc.cgroup.") else { continue };
        // Where the cgroup is, not what is in it.
        if old.starts_with(b"dir") || old == b"relative" {
            if warned {
                let finding = found(guest, odd.place, odd.key, odd.span, format!("PVE is going to refuse {}", words::name(odd.key)))
                    .at_level(Level::Note)
                    .pve("LXC follows it with cgroup v2, too. PVE takes it for a setting of v1, and warns that it will be an error.")
                    .edit(format!("find out whether {} still needs line {} of {}", who(guest), line_number(guest, odd.span), conf(guest)));
                sink.push(finding);
            }
            continue;
        }
        let section = config.sections().find(|section| section.place == odd.place);
        let Some(raw) = section.and_then(|section| section.raw.iter().find(|raw| raw.key_span == odd.span)) else {
            continue;
        };
        let new: Option<&[u8]> = match old {
            b"memory.limit_in_bytes" => Some(b"memory.max"),
            _ if [&b"devices."[..], b"cpuset.", b"pids."].iter().any(|known| old.starts_with(known)) => Some(old),
            _ => None,
        };
        let new = new.map(|new| [b"lxc.cgroup2.", new].concat());
        let has_new = |other: &&Raw<'_>| Some(other.key) == new.as_deref() && other.value == raw.value;
        let twin = section.and_then(|section| section.raw.iter().find(has_new));
        let key = words::name(odd.key);
        let mut finding = found(guest, odd.place, odd.key, odd.span, format!("LXC ignores {key}: it is for cgroup v1"))
            .about(words::name(raw.value))
            .pve("LXC only logs `Ignoring legacy cgroup limits on pure cgroup2 system`.");
        let needless = old == b"devices.allow" && has_map(config);
        let level = if let Some(twin) = twin {
            finding = finding.also(guest.at(twin.key_span), "this one counts").edit(remove_line(guest, odd.span));
            Level::Note
        } else if needless {
            finding = finding
                .label("an unprivileged container may use every device that it has, as far as the file's mode allows")
                .edit(remove_line(guest, odd.span));
            // Ignored, and nothing is missing without it.
            Level::Note
        } else {
            finding = match &new {
                Some(new) => finding.edit(write_as(guest, odd.span, [&new[..], b": ", raw.value].concat())),
                None => finding.edit(format!(
                    "find the setting of cgroup v2 for {} and write it into line {} of {}",
                    words::name(old),
                    line_number(guest, odd.span),
                    conf(guest)
                )),
            };
            level_of(context)
        };
        sink.push(placed(finding, level, odd.place));
    }
}

/// 7 and 8 can still be booted with cgroup v1.
fn level_of(context: &Context<'_>) -> Level {
    if context.cluster.release >= Release::Pve9 { RULE.level } else { Level::Warning }
}
