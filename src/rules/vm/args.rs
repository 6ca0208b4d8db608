//! Arguments that go to QEMU unchecked.

use super::VmGuest;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let Some(args) = any.main().get("args") else { return };
    let finding = any
        .finding(b"args", args.span, format!("{} passes custom arguments to QEMU", any.display_name()))
        .consequence("PVE doesn't check them.")
        .edit("use an option of PVE where there is one");
    sink.push(finding);
}
