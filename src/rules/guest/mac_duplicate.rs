//! Two network interfaces with one MAC address.

use rustc_hash::FxHashMap;

use super::{AnyGuest, Nic, all, nics};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Guests], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<_, (AnyGuest<'_, '_>, Nic<'_, '_>)> = FxHashMap::default();
    first.reserve(context.cluster.containers.len() + context.cluster.vms.len());
    for guest in all(context.cluster) {
        if guest.is_on("template") {
            continue;
        }
        for nic in nics(guest) {
            let (Some(mac), Some(segment)) = (nic.mac(), nic.segment()) else { continue };
            let Some((other, theirs)) = first.get(&(mac, segment)) else {
                first.insert((mac, segment), (guest, nic));
                continue;
            };
            if other.vmid() == guest.vmid() && other.file() != guest.file() {
                continue;
            }
            let (Some(mine), Some(hwaddr)) = (nic.hwaddr(), theirs.hwaddr()) else { continue };
            let key = nic.option.key;
            let (address, bridge) = (words::name(mine.value), words::name(segment.0));
            let message =
                format!("{} and {} have the same MAC address on `{bridge}`", name(*other, theirs), name(guest, &nic));
            let down = |nic: &Nic<'_, '_>| nic.props.flag("link_down");
            let level = if down(&nic) || down(theirs) {
                Level::Note
            } else if other.file() == guest.file() || (guest.is_on("onboot") && other.is_on("onboot")) {
                Level::Error
            } else {
                RULE.level
            };
            let finding = guest
                .finding(key, mine.span, message)
                .discriminator(address.to_ascii_lowercase())
                .at_level(level)
                .related(other.at(hwaddr.span), format!("the same address in {}", name(*other, theirs)))
                .consequence("While both run, the bridge sends each packet to whichever of them sent last: connections hang and break.");
            sink.push(match nic.without_mac(guest) {
                Some(value) => {
                    finding.fix_command_when(guest.set(key, value), "PVE generates a new address and stores it")
                }
                None => finding.edit(format!("give one of the two another address: {}", guest.line(mine.span))),
            });
        }
    }
}

fn name(guest: AnyGuest<'_, '_>, nic: &Nic<'_, '_>) -> String {
    format!("`{}` of {}", words::name(nic.option.key), guest.display_name())
}
