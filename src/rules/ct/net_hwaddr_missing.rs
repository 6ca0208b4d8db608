//! A network interface without a MAC address.

use super::{Ct, display_name, finding_in_main, set, without};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets().filter(|net| net.get("hwaddr").is_none()) {
        let key = net.option.key;
        // PVE makes up an address when the value is set anew, and only then: it must differ from what is there.
        let value = match net.get("type") {
            Some(_) => without(guest, net.option, &["type"]),
            None => [net.option.span.bytes(guest.config.text), b",type=veth"].concat(),
        };
        let finding = finding_in_main(guest, key, net.option.span, format!("`{}` of {} has no MAC address", words::name(key), display_name(guest)))
            .label("no hwaddr=")
            .consequence("PVE generates another one at every start: DHCP assigns other addresses, and firewalls and switches see a new machine.")
            .fix_command_when(set(guest, key, value), "PVE generates an address and stores it");
        sink.push(finding);
    }
}
