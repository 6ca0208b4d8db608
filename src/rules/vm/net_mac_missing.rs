//! A network interface without a MAC address.

use super::{VmGuest, numbered};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    if guest.config.is_template() {
        return;
    }
    for (_, option) in numbered(any.main(), "net") {
        let Some(props) = option.props.as_ref().filter(|props| props.get("macaddr").is_none()) else { continue };
        let _ = props;
        let finding = any
            .finding(
                option.key,
                option.span,
                format!("`{}` of {} has no MAC address", words::name(option.key), any.display_name()),
            )
            .consequence("It gets another address at every start: DHCP leases and names of interfaces change.")
            .fix_command_when(
                any.set(option.key, option.span.bytes(guest.config.text)),
                "PVE generates an address and stores it",
            );
        sink.push(finding);
    }
}
