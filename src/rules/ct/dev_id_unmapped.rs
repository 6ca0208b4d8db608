//! The owner of a device is no id of the container.

use super::{Ct, conf, display_name, finding_in_main, has_map, line_number};
use crate::finding::Level;
use crate::model::container::Opt;
use crate::model::idmap::{IdKind, IdMap};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check).since(Release::Pve8);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let is_device =
        |option: &&Opt<'_>| option.key.starts_with(b"dev") && option.known.is_some() && option.props.is_some();
    let mut devices = config.main.options.iter().filter(is_device).peekable();
    if devices.peek().is_none() || !has_map(config) {
        return;
    }
    let map = IdMap::of(config);
    // What is wrong with the map itself is for other rules.
    if map.error().is_some() {
        return;
    }
    for device in devices {
        let Some(props) = &device.props else { continue };
        for (part, kind) in [("uid", IdKind::User), ("gid", IdKind::Group)] {
            let Some(part) = props.get(part) else { continue };
            let Some(id) = part.integer().and_then(|id| u64::try_from(id).ok()) else { continue };
            if map.kind(kind).next().is_none() || map.host_id(kind, id).is_some() {
                continue;
            }
            let finding = finding_in_main(
                guest,
                device.key,
                part.span,
                format!("{} {id} isn't in the id map of {}", part.name(), display_name(guest)),
            )
            .label("an id of the container, not of the node")
            .discriminator(part.name())
            .consequence("PVE uses the number as an id of the node: in the container the device belongs to `nobody`.")
            .edit(format!(
                "give {} in line {} of {} an id that the container has",
                part.name(),
                line_number(guest, part.span),
                conf(guest)
            ));
            sink.push(finding);
        }
    }
}
