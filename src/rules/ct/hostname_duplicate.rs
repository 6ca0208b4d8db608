//! Two containers with one host name.

use rustc_hash::FxHashMap;

use super::{Ct, conf, display_name, finding_in_main, is_true};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Containers], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<&[u8], &Ct<'_>> = FxHashMap::default();
    first.reserve(context.cluster.containers.len());
    for guest in &context.cluster.containers {
        let main = &guest.config.main;
        let Some(hostname) = main.get("hostname").filter(|hostname| hostname.valid) else { continue };
        if is_true(main, "template") {
            continue;
        }
        let Some(other) = first.get(&*hostname.value) else {
            first.insert(&hostname.value, guest);
            continue;
        };
        if other.vmid == guest.vmid {
            continue;
        }
        let Some(theirs) = other.config.main.get("hostname") else { continue };
        let name = words::name(&hostname.value);
        let finding = finding_in_main(
            guest,
            b"hostname",
            hostname.span,
            format!("{} and {} are both called `{name}`", display_name(other), display_name(guest)),
        )
        .discriminator(name)
        .related(other.at(theirs.span), "the other one")
        .consequence(
            "DHCP servers and the IPAM of SDN zones know machines by their names; the later one takes over the name.",
        )
        .edit(format!("give one of the two another host name in {}", conf(guest)));
        sink.push(finding);
    }
}
