//! A read-only root file system.

use super::{Ct, display_name, finding_in_main, set, without};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(rootfs) = guest.config.main.get("rootfs") else { return };
    let Some(ro) = rootfs.props.as_ref().and_then(|props| props.get("ro")).filter(|ro| ro.is_true()) else { return };
    let finding = finding_in_main(
        guest,
        b"rootfs",
        ro.key_span.join(ro.span),
        format!("the root file system of {} is read-only", display_name(guest)),
    )
    .consequence(
        "Before each start PVE writes host name, network and more to the container. Here it can't, and the start fails.",
    )
    .fix_command(set(guest, b"rootfs", without(guest, rootfs, &["ro"])));
    sink.push(finding);
}
