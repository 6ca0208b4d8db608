//! A container without snapshots, because of its bind mounts.

use super::{Ct, in_main, rule, who};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::model::schema::Prop;
use crate::rules::ct::mounts;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-bind-no-snapshot", Level::Note, check);
fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let is_bind = |volume: &Prop<'_>| VolumeKind::of(volume.value) != VolumeKind::Volume;
    let mut binds = mounts(guest)
        .filter_map(|(option, props)| Some((option.key, props.get("volume").filter(|volume| is_bind(volume))?)));
    let Some((key, first)) = binds.next() else { return };
    let finding = in_main(guest, key, first.span, format!("{} can have no snapshots and no clones", who(guest)))
        .label("because of this mount");
    let finding = binds.fold(finding, |finding, (_, volume)| finding.also(guest.at(volume.span), "and of this"));
    sink.push(
        finding.pve("PVE refuses both (`snapshot feature is not available`), and leaves the contents out of backups."),
    );
}
