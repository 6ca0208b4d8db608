//! A bind mount that keeps a container on its node.

use super::{Ct, display_name, finding_in_main, mounts, set};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    // On a single node there is nowhere to go to.
    if context.cluster.tree.nodes.len() < 2 {
        return;
    }
    for (option, props) in mounts(guest) {
        let Some(source) = props.get("volume").filter(|source| VolumeKind::of(source.value) != VolumeKind::Volume)
        else {
            continue;
        };
        if props.flag("shared") {
            continue;
        }
        let key = words::name(option.key);
        let kind = VolumeKind::of(source.value).name();
        let value = [option.span.bytes(guest.config.text), b",shared=1"].concat();
        let finding = finding_in_main(
            guest,
            option.key,
            source.span,
            format!("{} can't leave its node because of `{key}`", display_name(guest)),
        )
        .label("not marked as shared")
        .consequence(format!("A migration is refused: `cannot migrate local {kind} mount point '{key}'`."));
        sink.push(match props.get("shared") {
            Some(_) => finding,
            None => {
                finding.fix_command_when(set(guest, option.key, value), "if every node has the same data at this path")
            }
        });
    }
}
