//! A device that PVE can't hand over.

use super::{
    Ct, conf, corrected, display_name, edit_props, finding_in_main, level_for_section, line_number, refused,
    refused_props, set,
};
use crate::finding::Level;
use crate::model::container::Place;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check).since(Release::Pve8);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["dev"]) {
        let message = format!("PVE can't read `{}` of {}", words::name(quirk.key), display_name(guest));
        let finding = refused_props(guest, quirk, problem, message)
            .consequence("One bad part makes the whole line unreadable, and the container doesn't start.");
        let finding = match corrected(guest, quirk.key, quirk.span) {
            Some(value) if !matches!(quirk.place, Place::Snapshot(_)) => {
                finding.fix_command(set(guest, quirk.key, value))
            }
            _ => edit_props(finding, guest, quirk),
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
    let devices =
        guest.config.main.options.iter().filter(|option| option.key.starts_with(b"dev") && option.number().is_some());
    for device in devices.filter(|device| device.props.as_ref().is_some_and(|props| props.get("path").is_none())) {
        let finding = finding_in_main(
            guest,
            device.key,
            device.span,
            format!("`{}` of {} names no device", words::name(device.key), display_name(guest)),
        )
        .label("the path is missing")
        .consequence("The container doesn't start: `Path has to be defined`.")
        .edit(format!(
            "add the path, such as /dev/ttyUSB0, to line {} of {}",
            line_number(guest, device.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
