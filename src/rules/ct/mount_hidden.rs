//! A mount point hidden by a later one.

use super::{Ct, conf, display_name, finding_in_main, line_number, mount_path, mounts};
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
    // At most 256 of them: PVE has no more numbers.
    let paths: Vec<_> = mounts.iter().map(|(_, target)| mount_path(target.value)).collect();
    for (at, ((option, target), path)) in mounts.iter().zip(&paths).enumerate() {
        let covers =
            |above: &[u8]| !above.is_empty() && path.strip_prefix(above).is_some_and(|rest| rest.starts_with(b"/"));
        let later = mounts.iter().zip(&paths).skip(at + 1);
        let Some(((above, there), _)) = later.filter(|(_, path)| covers(path)).max_by_key(|(_, path)| path.len())
        else {
            continue;
        };
        let (child, parent) = (words::name(option.key), words::name(above.key));
        let finding = finding_in_main(
            guest,
            option.key,
            target.span,
            format!("`{child}` of {} is hidden below `{parent}`", display_name(guest)),
        )
        .label(format!("mounted before `{parent}`"))
        .secondary(guest.at(there.span), "mounted over the directory above")
        .consequence(format!(
            "PVE mounts in the order of the numbers: `{parent}` comes later and covers `{child}`. Nothing in the container reaches `{child}`."
        ))
        .edit(format!(
            "exchange the numbers of {child} and {parent} in lines {} and {} of {}",
            line_number(guest, target.span),
            line_number(guest, there.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
