//! SLAAC on an interface that the host manages.

use super::{Ct, display_name, finding_in_main, replaced, set, without};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check).since(Release::Pve9);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets().filter(|net| net.props.flag("host-managed") && !net.props.flag("link_down")) {
        let Some(ip6) = net.get("ip6").filter(|ip6| ip6.value == b"auto") else { continue };
        let key = net.option.key;
        let finding = finding_in_main(
            guest,
            key,
            ip6.span,
            format!("`{}` of {} can't use SLAAC while the host manages it", words::name(key), display_name(guest)),
        )
        .consequence("The container doesn't start: `SLAAC is not supported for host-managed network configuration`.")
        .fix_command_when(set(guest, key, replaced(guest, net.option, ip6.span, b"dhcp")), "with DHCPv6")
        .fix_command_when(
            set(guest, key, without(guest, net.option, &["host-managed"])),
            "if the container's own services configure the network",
        );
        sink.push(finding);
    }
}
