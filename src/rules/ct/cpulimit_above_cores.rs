//! A CPU limit that the number of cores makes void.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let (Some(limit), Some(cores)) = (main.get("cpulimit"), main.get("cores")) else { return };
    if !limit.valid || !cores.valid || cores.number_value() < 1.0 || limit.number_value() <= cores.number_value() {
        return;
    }
    let (limited, has) = (words::name(&limit.value), words::name(&cores.value));
    let finding = finding_in_main(
        guest,
        b"cpulimit",
        limit.span,
        format!("the CPU limit of {} has no effect", display_name(guest)),
    )
    .label(format!("{limited} CPUs of time"))
    .secondary(guest.at(cores.span), "it has no more CPUs than this")
    .consequence("The limit is a number of CPUs, not a percentage: 0.5 is half a CPU.")
    .edit(format!(
        "remove line {} of {}, or make the limit less than {has}",
        line_number(guest, limit.span),
        conf(guest)
    ));
    sink.push(finding);
}
