//! Two guests with one address.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{AnyGuest, Nic, all, nics};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::Prop;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Guests], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<_, (AnyGuest<'_, '_>, Nic<'_, '_>, &Prop<'_>)> = FxHashMap::default();
    for guest in all(context.cluster) {
        if guest.is_on("template") {
            continue;
        }
        for nic in nics(guest) {
            let v4 = nic.ipv4().map(|(prop, address)| (prop, IpAddr::V4(address)));
            let v6 = nic.ipv6().map(|(prop, address)| (prop, IpAddr::V6(address)));
            for (mine, address) in v4.into_iter().chain(v6) {
                let Some(segment) = nic.segment() else { continue };
                let Some((other, theirs, there)) = first.get(&(address, segment)) else {
                    first.insert((address, segment), (guest, nic, mine));
                    continue;
                };
                if other.vmid() == guest.vmid() {
                    continue;
                }
                let message = format!(
                    "{} and {} both have the address `{address}` on `{}`",
                    other.display_name(),
                    guest.display_name(),
                    words::name(segment.0)
                );
                // Bridges of one name on two nodes need not be connected.
                let level = if other.node() == guest.node() { RULE.level } else { Level::Note };
                let down = nic.props.flag("link_down") || theirs.props.flag("link_down");
                let finding = guest
                    .finding(nic.address_key(), mine.span, message)
                    .discriminator(address.to_string())
                    .at_level(if down { Level::Note } else { level })
                    .related(other.at(there.span), format!("the same address in {} of {}", words::name(theirs.address_key()), other.display_name()))
                    .consequence("While both run, each of them answers for the address, and connections reach sometimes one, sometimes the other.")
                    .edit(format!("give one of the two another address: {}", guest.line(mine.span)));
                sink.push(finding);
            }
        }
    }
}
