//! An address for an interface that isn't there.

use super::{VmGuest, numbered, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    for (number, option) in numbered(main, "ipconfig") {
        let net = format!("net{number}");
        if main.get(&net).is_some() || was_dropped(guest, net.as_bytes()) {
            continue;
        }
        let key = words::name(option.key);
        let finding = any
            .finding(option.key, option.span, format!("{} has `{key}` and no `{net}`", any.display_name()))
            .consequence("PVE leaves the address out of what cloud-init gets.")
            .fix_command(any.delete(option.key));
        sink.push(finding);
    }
}
