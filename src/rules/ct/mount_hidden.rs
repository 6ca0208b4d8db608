//! A mount point hidden by a later one.

use rustc_hash::FxHashMap;

use super::{Ct, conf, in_main, line_number, rule, who};
use crate::finding::Level;
use crate::model::container::Opt;
use crate::rules::ct::{mount_path, mounts};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub static RULE: Rule = rule("ct-mount-hidden", Level::Error, check);
fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let mut mounts: Vec<_> = mounts(guest).filter_map(|(option, props)| Some((option, props.get("mp")?))).collect();
    if mounts.len() < 2 {
        return;
    }
    mounts.sort_by_key(|(option, _)| option.number);
    let mut at: FxHashMap<Vec<u8>, (&Opt<'_>, Span)> = FxHashMap::default();
    for (option, target) in mounts.iter().rev() {
        let path = mount_path(target.value);
        // Mounted later, at a directory above: each is looked up, so that many mounts cost no more than their paths.
        let mut above = path
            .iter()
            .enumerate()
            .filter(|&(end, &b)| end > 0 && b == b'/')
            .filter_map(|(end, _)| at.get(path.get(..end)?));
        if let Some((parent, there)) = above.next_back() {
            let (child, parent) = (words::name(option.key), words::name(parent.key));
            let finding = in_main(guest, option.key, target.span, format!("{child} of {} is hidden by {parent}", who(guest)))
                .label(format!("mounted before {parent}"))
                .also(guest.at(*there), "mounted over the directory above")
                .pve(format!("PVE mounts by number: {parent} comes later and covers {child}. Nothing in the container reaches {child}."))
                .edit(format!(
                    "exchange the numbers of {child} and {parent} in lines {} and {} of {}",
                    line_number(guest, target.span),
                    line_number(guest, *there),
                    conf(guest)
                ));
            sink.push(finding);
        }
        at.insert(path, (option, target.span));
    }
}
