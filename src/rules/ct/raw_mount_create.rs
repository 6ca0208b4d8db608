//! An lxc.mount.entry whose target may not be there.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::raw::MountEntry;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

/// What is in every container's /dev without being asked for.
const IN_DEV: [&[u8]; 12] =
    [b"", b"console", b"full", b"hugepages", b"mqueue", b"null", b"ptmx", b"pts", b"random", b"shm", b"tty", b"zero"];

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let keeps_dev = main.raw_values("lxc.autodev").last().is_some_and(|autodev| autodev.value == b"0");
    for raw in main.raw_values("lxc.mount.entry") {
        let Some(entry) = MountEntry::parse(raw.value).filter(|entry| !entry.creates_target()) else { continue };
        let target = entry.target;
        if target.starts_with(b"/") || [&b"proc"[..], b"sys"].iter().any(|top| target.starts_with(top)) {
            continue;
        }
        let device = target.strip_prefix(b"dev/").filter(|device| !IN_DEV.contains(device));
        if target.starts_with(b"dev") && device.is_none() {
            continue;
        }
        let name = words::name(target);
        let mut finding = finding_in_main(
            guest,
            raw.key,
            raw.span,
            format!("{} starts only if it has `{name}`", display_name(guest)),
        )
        .discriminator(&name)
        .edit(format!(
            "add create=file, or create=dir if {} is a directory, to the options in line {} of {}",
            words::name(entry.source),
            line_number(guest, raw.span),
            conf(guest)
        ));
        finding = if device.is_some() && !keeps_dev {
            finding.label("/dev is created again at every start").at_level(Level::Warning).consequence(
                "LXC creates an empty /dev at every start, so the target doesn't exist and the start fails.",
            )
        } else {
            finding.consequence(
                "Without create=dir, create=file or optional, the start fails if the target doesn't exist.",
            )
        };
        sink.push(finding);
    }
}
