//! A mount point that PVE can't read, and leaves out.

use super::{Ct, edit_props, placed, refused, refused_props, rule, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-mount-syntax", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["mp"]) {
        let message = format!("{} is missing in {}: PVE can't read it", words::name(odd.key), who(guest));
        let finding = refused_props(guest, odd, problem, message)
            .pve("The container starts without this mount, and nobody is told. What it writes there goes into its root file system.");
        sink.push(placed(edit_props(finding, guest, odd), RULE.level, odd.place));
    }
}
