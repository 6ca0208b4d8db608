//! NUMA nodes without NUMA.

use super::{VmGuest, numbered, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    if any.is_on("numa") || was_dropped(guest, b"numa:") {
        return;
    }
    let Some((_, first)) = numbered(any.main(), "numa").next() else { return };
    let finding = any
        .finding(first.key, first.span, format!("`{}` of {} has no effect", words::name(first.key), any.display_name()))
        .label("only with numa: 1")
        .consequence("PVE ignores the line.")
        .fix_command(any.set(b"numa", "1"))
        .fix_command_when(any.delete(first.key), "to do without it");
    sink.push(finding);
}
