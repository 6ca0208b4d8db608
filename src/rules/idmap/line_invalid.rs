//! An `lxc.idmap` value that is no map entry.

use super::{Mapped, shown};
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in mapped.problems.iter().filter(|problem| problem.why == MapFault::Syntax) {
        let value = shown(guest, problem.span);
        let finding = mapped
            .finding(problem.span, format!("{value:?} isn't an id map entry"))
            .label("must be: u or g, container id, host id, count")
            .discriminator(value.clone())
            .consequence(format!("The container doesn't start and isn't backed up: `failed to parse idmap: {value}`"))
            .edit(format!(
                "in {}: lxc.idmap: u 0 100000 65536, without comment, colons or quotes",
                guest.pve_path("lxc")
            ));
        sink.push(finding);
    }
}
