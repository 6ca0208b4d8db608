//! An lxc.* line that PVE doesn't hand on to LXC.

use super::{Ct, dropped, finding_in, level_for_section, remove_line};
use crate::finding::Level;
use crate::model::container::DropReason;
use crate::model::tables::lxc::{self as table, RawKey};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let release = guest.config.release;
    for dropped in dropped(guest) {
        let DropReason::RawUnknown(key) = dropped.why else { continue };
        let name = words::name(key);
        let newer = Release::ALL.iter().find(|later| matches!(RawKey::of(key, **later), RawKey::Since(_)));
        let label = match (newer, table::lxc_knows(key, release)) {
            (Some(later), _) => format!("known from PVE {} on", later.major()),
            (None, true) if key.starts_with(b"lxc.sysctl.") => {
                "set it inside the container, in /etc/sysctl.d".to_owned()
            }
            (None, true) => "LXC knows it, PVE doesn't allow it".to_owned(),
            (None, false) => match words::did_you_mean(key, table::RAW_KEYS.iter().map(|known| known.as_str())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "neither PVE nor LXC knows it".to_owned(),
            },
        };
        let finding = finding_in(guest, dropped.place, key, dropped.span, format!("PVE doesn't pass `{name}` on to LXC"))
            .label(label)
            .discriminator(words::name(dropped.span.bytes(guest.config.text)))
            .consequence("PVE warns `unable to parse config`, LXC never sees the line, and PVE's next change of the container deletes it.")
            .edit(remove_line(guest, dropped.span));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
