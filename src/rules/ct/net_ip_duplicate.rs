//! Two containers with one address.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use super::{Ct, conf, display_name, finding_in_main, is_true, line_number};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::container::net::Net;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Containers], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<_, (&Ct<'_>, Net<'_, '_>)> = FxHashMap::default();
    for guest in &context.cluster.containers {
        let main = &guest.config.main;
        if is_true(main, "template") {
            continue;
        }
        for net in main.nets() {
            let v4 = net.ipv4().map(|(address, _)| ("ip", IpAddr::V4(address)));
            let v6 = net.ipv6().map(|(address, _)| ("ip6", IpAddr::V6(address)));
            for (part, address) in v4.into_iter().chain(v6) {
                let Some(segment) = net.segment() else { continue };
                let Some((other, theirs)) = first.get(&(address, segment)) else {
                    first.insert((address, segment), (guest, net));
                    continue;
                };
                if other.vmid == guest.vmid {
                    continue;
                }
                let (Some(mine), Some(there)) = (net.get(part), theirs.get(part)) else { continue };
                let key = net.option.key;
                let message = format!(
                    "{} and {} both have the address `{address}` on `{}`",
                    display_name(other),
                    display_name(guest),
                    words::name(segment.0)
                );
                // Bridges of one name on two nodes need not be connected.
                let level = if other.node == guest.node { RULE.level } else { Level::Note };
                let down = net.props.flag("link_down") || theirs.props.flag("link_down");
                let finding = finding_in_main(guest, key, mine.span, message)
                    .discriminator(address.to_string())
                    .at_level(if down { Level::Note } else { level })
                    .related(other.at(there.span), format!("the same address in {} of {}", words::name(theirs.option.key), display_name(other)))
                    .consequence("While both run, each of them answers for the address, and connections reach sometimes one, sometimes the other.")
                    .edit(format!("give one of the two another address: line {} of {}", line_number(guest, mine.span), conf(guest)));
                sink.push(finding);
            }
        }
    }
}
