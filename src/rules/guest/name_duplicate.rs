//! Two guests with one name.

use rustc_hash::FxHashMap;

use super::{AnyGuest, all};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::guest::Opt;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Guests], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<&[u8], (AnyGuest<'_, '_>, &Opt<'_>)> = FxHashMap::default();
    for guest in all(context.cluster) {
        let Some(name) = guest.main().get(key(guest)).filter(|name| name.valid && !guest.is_on("template")) else {
            continue;
        };
        let Some((other, theirs)) = first.get(&*name.value) else {
            first.insert(&name.value, (guest, name));
            continue;
        };
        if other.vmid() == guest.vmid() {
            continue;
        }
        let shown = words::name(&name.value);
        let message = format!("{} and {} are both called `{shown}`", other.display_name(), guest.display_name());
        let finding = guest
            .finding(name.key, name.span, message)
            .discriminator(shown)
            .related(other.at(theirs.span), "the other one")
            .consequence(
                "DHCP servers and the IPAM of SDN zones know machines by their names; the later one takes over the name.",
            )
            .edit(format!("give one of the two another name in {}", guest.conf()));
        sink.push(finding);
    }
}

const fn key(guest: AnyGuest<'_, '_>) -> &'static str {
    match guest {
        AnyGuest::Container(_) => "hostname",
        AnyGuest::Vm(_) => "name",
    }
}
