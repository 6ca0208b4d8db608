//! Two network interfaces with one MAC address.

use rustc_hash::FxHashMap;

use super::{Ct, display_name, finding_in_main, is_true, set, without};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::container::net::Net;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Containers], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<_, (&Ct<'_>, Net<'_, '_>)> = FxHashMap::default();
    first.reserve(context.cluster.containers.len());
    for guest in &context.cluster.containers {
        let main = &guest.config.main;
        if is_true(main, "template") {
            continue;
        }
        for net in main.nets() {
            let (Some(mac), Some(segment)) = (net.mac(), net.segment()) else { continue };
            let Some((other, theirs)) = first.get(&(mac, segment)) else {
                first.insert((mac, segment), (guest, net));
                continue;
            };
            if other.vmid == guest.vmid && other.file != guest.file {
                continue;
            }
            let (Some(mine), Some(hwaddr)) = (net.get("hwaddr"), theirs.get("hwaddr")) else { continue };
            let key = net.option.key;
            let (address, bridge) = (words::name(mine.value), words::name(segment.0));
            let message =
                format!("{} and {} have the same MAC address on `{bridge}`", name(other, theirs), name(guest, &net));
            let boots = |guest: &Ct<'_>| is_true(&guest.config.main, "onboot");
            let down = |net: &Net<'_, '_>| net.props.flag("link_down");
            let level = if down(&net) || down(theirs) {
                Level::Note
            } else if other.file == guest.file || (boots(guest) && boots(other)) {
                Level::Error
            } else {
                RULE.level
            };
            let finding = finding_in_main(guest, key, mine.span, message)
                .discriminator(address.to_ascii_lowercase())
                .at_level(level)
                .related(other.at(hwaddr.span), format!("the same address in {}", name(other, theirs)))
                .consequence("While both run, the bridge sends each packet to whichever of them sent last: connections hang and break.")
                .fix_command_when(set(guest, key, without(guest, net.option, &["hwaddr"])), "PVE generates a new address and stores it");
            sink.push(finding);
        }
    }
}

fn name(guest: &Ct<'_>, net: &Net<'_, '_>) -> String {
    format!("`{}` of {}", words::name(net.option.key), display_name(guest))
}
