//! Two interfaces of one name in a container.

use super::{Ct, conf, in_main, replaced, rule, set, who};
use crate::finding::Level;
use crate::model::container::net::Net;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-net-name-twice", Level::Error, check);
fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let nets: Vec<_> = guest.config.main.nets().collect();
    for (at, net) in nets.iter().enumerate() {
        let Some(mine) = net.get("name") else { continue };
        let same = |other: &&Net<'_, '_>| other.get("name").is_some_and(|name| name.value == mine.value);
        let Some(other) = nets.iter().take(at).find(same) else { continue };
        let Some(theirs) = other.get("name") else { continue };
        let key = net.option.key;
        let name = words::name(mine.value);
        let message = format!(
            "{} and {} of {} are both called {name}",
            words::name(other.option.key),
            words::name(key),
            who(guest)
        );
        let finding = in_main(guest, key, mine.span, message)
            .about(&name)
            .also(guest.at(theirs.span), "taken here")
            .pve("The container doesn't start: LXC can't create the second interface (`File exists`).");
        let free = (0..32)
            .map(|n| format!("eth{n}"))
            .find(|free| nets.iter().all(|net| net.get("name").is_none_or(|name| name.value != free.as_bytes())));
        sink.push(match free {
            Some(free) => finding.mend(set(guest, key, replaced(guest, net.option, mine.span, free.as_bytes()))),
            None => finding.edit(format!("give one of them another name= in {}", conf(guest))),
        });
    }
}
