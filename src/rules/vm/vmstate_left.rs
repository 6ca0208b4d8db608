//! A saved memory that nothing uses.

use super::{VmGuest, value};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(state) = main.get("vmstate").filter(|_| !matches!(value(main, "lock"), b"suspended" | b"suspending"))
    else {
        return;
    };
    let finding = any
        .finding(b"vmstate", state.span, format!("{} isn't hibernated but has a saved memory", any.display_name()))
        .consequence("Nothing uses the volume. It takes as much space as the memory of the VM.")
        .edit(format!(
            "{}, then free the volume with pvesm free {}",
            any.remove_line(state.span),
            words::name(&state.value)
        ));
    sink.push(finding);
}
