//! A balloon larger than the memory.

use super::{VmGuest, memory, number, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let (Some(balloon), Some(size), Some(memory)) = (main.get("balloon"), number(main, "balloon"), memory(main)) else {
        return;
    };
    if size <= memory || was_dropped(guest, b"memory") {
        return;
    }
    let finding = any
        .finding(b"balloon", balloon.span, format!("the balloon of {} is larger than its memory", any.display_name()))
        .label(format!("more than {memory} MiB"))
        .consequence("Changes of memory are refused: `balloon value too large (must be smaller than assigned memory)`.")
        .fix_command(any.set(b"balloon", memory.to_string()));
    sink.push(finding);
}
