//! A mount point's id map in a privileged container.

use super::{Ct, all_mounts, display_name, finding_in_main, has_map, set, without};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check).since(Release::Pve9);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    if has_map(&guest.config) {
        return;
    }
    for (option, props) in all_mounts(guest) {
        let Some(idmap) = props.get("idmap") else { continue };
        let key = words::name(option.key);
        let finding = finding_in_main(
            guest,
            option.key,
            idmap.key_span.join(idmap.span),
            format!("PVE ignores the id map of `{key}`: {} is privileged", display_name(guest)),
        )
        .consequence("PVE warns `ignoring 'idmap' option unsupported by privileged container` at the start.")
        .fix_command(set(guest, option.key, without(guest, option, &["idmap"])));
        sink.push(finding);
    }
}
