//! A mount point that PVE can't read, and leaves out.

use super::{Ct, display_name, edit_props, level_for_section, refused, refused_props};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["mp"]) {
        let message = format!("`{}` is missing in {}: PVE can't read it", words::name(quirk.key), display_name(guest));
        let finding = refused_props(guest, quirk, problem, message)
            .consequence("The container silently starts without this mount point. What it writes there goes to its root file system.");
        sink.push(level_for_section(edit_props(finding, guest, quirk), RULE.level, quirk.place));
    }
}
