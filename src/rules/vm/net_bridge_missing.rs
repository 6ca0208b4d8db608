//! A network interface without a bridge.

use super::{VmGuest, numbered};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for (_, option) in numbered(any.main(), "net") {
        if option.props.as_ref().is_none_or(|props| props.get("bridge").is_some()) {
            continue;
        }
        let finding = any
            .finding(
                option.key,
                option.span,
                format!("`{}` of {} has no bridge", words::name(option.key), any.display_name()),
            )
            .consequence("QEMU puts it behind its own address translation: the VM can't be reached.")
            .edit(format!("add the bridge, as in bridge=vmbr0, to {}", any.line(option.span)));
        sink.push(finding);
    }
}
