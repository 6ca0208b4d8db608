//! A static address in a container that PVE doesn't configure.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    if main.get("ostype").is_none_or(|ostype| &*ostype.value != b"unmanaged") {
        return;
    }
    for net in main.nets().filter(|net| !net.props.flag("host-managed")) {
        let address =
            net.get("ip").filter(|_| net.ipv4().is_some()).or_else(|| net.get("ip6").filter(|_| net.ipv6().is_some()));
        let Some(address) = address else { continue };
        let key = net.option.key;
        let mut finding = finding_in_main(
            guest,
            key,
            address.span,
            format!("PVE doesn't configure this address in {}", display_name(guest)),
        )
        .consequence("With `ostype: unmanaged` PVE writes no network configuration to the container.");
        if context.cluster.release >= Release::Pve9 {
            let value = [net.option.span.bytes(guest.config.text), b",host-managed=1"].concat();
            finding = finding.fix_command_when(set(guest, key, value), "from PVE 9.1 on, the host then configures it");
        } else {
            finding = finding.edit("configure the address inside the container");
        }
        sink.push(finding);
    }
}
