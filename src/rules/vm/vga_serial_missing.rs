//! A display on a serial port that isn't there.

use super::{VmGuest, part, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(port) = part(main, "vga", "type").filter(|kind| kind.starts_with(b"serial")) else { return };
    let Some(vga) = main.get("vga").filter(|_| !main.options.iter().any(|option| option.key == port)) else { return };
    if was_dropped(guest, port) {
        return;
    }
    let name = words::name(port);
    let finding = any
        .finding(b"vga", vga.span, format!("{} has no `{name}` to show its console on", any.display_name()))
        .consequence("The VM has neither a display nor a console.")
        .fix_command(any.set(port, "socket"));
    sink.push(finding);
}
