//! Two interfaces of one name in a container.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Ct, conf, display_name, finding_in_main, replaced, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    if main.nets().nth(1).is_none() {
        return;
    }
    let names: FxHashSet<&[u8]> = main.nets().filter_map(|net| Some(net.get("name")?.value)).collect();
    let mut free = (0..32).map(|n| format!("eth{n}")).filter(|name| !names.contains(name.as_bytes()));
    let mut first = FxHashMap::default();
    for net in main.nets() {
        let Some(mine) = net.get("name") else { continue };
        let key = net.option.key;
        let Some((other, theirs)) = first.get(mine.value).copied() else {
            first.insert(mine.value, (key, mine.span));
            continue;
        };
        let name = words::name(mine.value);
        let message = format!(
            "`{}` and `{}` of {} are both called `{name}`",
            words::name(other),
            words::name(key),
            display_name(guest)
        );
        let finding = finding_in_main(guest, key, mine.span, message)
            .discriminator(&name)
            .secondary(guest.at(theirs), "taken here")
            .consequence("The container doesn't start: LXC can't create the second interface (`File exists`).");
        sink.push(match free.next() {
            Some(free) => finding.fix_command(set(guest, key, replaced(guest, net.option, mine.span, free.as_bytes()))),
            None => finding.edit(format!("give one of them another name= in {}", conf(guest))),
        });
    }
}
