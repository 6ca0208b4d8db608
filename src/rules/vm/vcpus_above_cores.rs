//! More CPUs plugged in than there are.

use super::{VmGuest, number, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let count = |key| {
        if was_dropped(guest, key) {
            None
        } else {
            Some(number(main, std::str::from_utf8(key).unwrap_or_default()).unwrap_or(1))
        }
    };
    let sockets = if main.get("sockets").is_none() { count(b"smp") } else { count(b"sockets") };
    let (Some(vcpus), Some(plugged), Some(sockets), Some(cores)) =
        (main.get("vcpus"), number(main, "vcpus"), sockets, count(b"cores"))
    else {
        return;
    };
    let most = sockets.saturating_mul(cores);
    if plugged <= most || most == 0 {
        return;
    }
    let finding = any
        .finding(
            b"vcpus",
            vcpus.span,
            format!(
                "{} has {} and should start with {plugged}",
                any.display_name(),
                words::count(usize::try_from(most).unwrap_or(usize::MAX), "CPU")
            ),
        )
        .consequence("The VM doesn't start: QEMU refuses more CPUs than there are.")
        .fix_command(any.set(b"vcpus", most.to_string()))
        .fix_command_when(any.delete(b"vcpus"), "to start with all of them");
    sink.push(finding);
}
