//! Two mount points at one place.

use rustc_hash::FxHashMap;

use super::{Ct, conf, display_name, finding_in_main, mount_path, mounts};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let mut mounts: Vec<_> = mounts(guest).filter_map(|(option, props)| Some((option, props.get("mp")?))).collect();
    if mounts.len() < 2 {
        return;
    }
    mounts.sort_by_key(|(option, _)| option.number());
    let mut first = FxHashMap::default();
    for (option, target) in mounts {
        let path = mount_path(target.value);
        if path.is_empty() {
            continue;
        }
        let Some((lower, there)) = first.get(&path).copied() else {
            first.insert(path, (option.key, target.span));
            continue;
        };
        let (lower, higher) = (words::name(lower), words::name(option.key));
        let message = format!("`{lower}` and `{higher}` of {} are mounted at the same place", display_name(guest));
        let finding = finding_in_main(guest, option.key, target.span, message)
            .label("this one is seen")
            .secondary(guest.at(there), "this one is hidden below it")
            .consequence(format!(
                "`{lower}` is mounted first, `{higher}` over it. Nothing in the container reaches `{lower}`."
            ))
            .edit(format!("give one of the two another mp= in {}", conf(guest)));
        sink.push(finding);
    }
}
