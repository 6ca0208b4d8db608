//! snapstate where it does harm or nothing.

use super::{
    Ct, conf, display_name, dropped, finding_in, finding_in_main, level_for_section, line_number, remove_line,
};
use crate::finding::Level;
use crate::model::container::{DropReason, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for quirk in config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::SnapstateSwallows) {
        let message = format!("PVE reads this line of {} as the state of a snapshot", display_name(guest));
        let finding = finding_in(guest, quirk.place, b"snapstate", quirk.span, message)
            .label("what is in front of snapstate is lost")
            .discriminator(words::name(quirk.span.bytes(config.text)))
            .consequence("PVE looks for `snapstate: prepare` or `delete` at the end of a line, not at its start.")
            .edit(format!(
                "put what is in front of snapstate in line {} of {} on a line of its own",
                line_number(guest, quirk.span),
                conf(guest)
            ));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
    for dropped in dropped(guest).filter(|dropped| dropped.why == DropReason::Snapstate) {
        if config.quirks.iter().any(|quirk| {
            quirk.why == QuirkKind::SnapstateSwallows
                && quirk.span.start <= dropped.span.start
                && dropped.span.end <= quirk.span.end
        }) {
            continue;
        }
        let finding = finding_in_main(
            guest,
            b"snapstate",
            dropped.span,
            format!("{} itself has a snapstate", display_name(guest)),
        )
        .label("only snapshots have one")
        .at_level(Level::Warning)
        .consequence("PVE silently drops the line. It probably belonged to a snapshot whose header is missing.")
        .edit(remove_line(guest, dropped.span));
        sink.push(finding);
    }
}
