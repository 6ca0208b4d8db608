//! A device that PVE can't hand over.

use super::{Ct, conf, corrected, edit_props, in_main, line_number, placed, refused, refused_props, rule, set, who};
use crate::finding::Level;
use crate::model::container::Place;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule { since: Some(Release::Pve8), ..rule("ct-dev-syntax", Level::Error, check) };

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["dev"]) {
        let message = format!("PVE can't read {} of {}", words::name(odd.key), who(guest));
        let finding = refused_props(guest, odd, problem, message)
            .pve("One bad part makes the whole line unreadable, and the container doesn't start.");
        let finding = match corrected(guest, odd.key, odd.span) {
            Some(value) if !matches!(odd.place, Place::Snapshot(_)) => finding.mend(set(guest, odd.key, value)),
            _ => edit_props(finding, guest, odd),
        };
        sink.push(placed(finding, RULE.level, odd.place));
    }
    let devices =
        guest.config.main.options.iter().filter(|option| option.key.starts_with(b"dev") && option.number().is_some());
    for device in devices.filter(|device| device.props.as_ref().is_some_and(|props| props.get("path").is_none())) {
        let finding = in_main(
            guest,
            device.key,
            device.span,
            format!("{} of {} names no device", words::name(device.key), who(guest)),
        )
        .label("the path is missing")
        .pve("The container doesn't start: `Path has to be defined`.")
        .edit(format!(
            "add the path, such as /dev/ttyUSB0, to line {} of {}",
            line_number(guest, device.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
