//! snapstate where it does harm or nothing.

use super::{Ct, conf, dropped, found, in_main, line_number, placed, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::{Drop, Why};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-snapstate-misplaced", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for odd in config.odd.iter().filter(|odd| odd.why == Why::SnapstateSwallows) {
        let message = format!("PVE takes this line of {} for the state of a snapshot", who(guest));
        let finding = found(guest, odd.place, b"snapstate", odd.span, message)
            .label("what stands in front of snapstate is lost")
            .about(words::name(odd.span.bytes(config.text)))
            .pve("PVE looks for `snapstate: prepare` or `delete` at the end of a line, not at its start.")
            .edit(format!(
                "put what is in front of snapstate in line {} of {} on a line of its own",
                line_number(guest, odd.span),
                conf(guest)
            ));
        sink.push(placed(finding, RULE.level, odd.place));
    }
    for dropped in dropped(guest).filter(|dropped| dropped.why == Drop::Snapstate) {
        if config.odd.iter().any(|odd| {
            odd.why == Why::SnapstateSwallows
                && odd.span.start <= dropped.span.start
                && dropped.span.end <= odd.span.end
        }) {
            continue;
        }
        let finding = in_main(guest, b"snapstate", dropped.span, format!("{} itself has a snapstate", who(guest)))
            .label("only snapshots have one")
            .at_level(Level::Warning)
            .pve("PVE drops the line without a word. It probably belonged to a snapshot whose header is gone.")
            .edit(remove_line(guest, dropped.span));
        sink.push(finding);
    }
}
