//! A list of Ceph monitors that PVE refuses, so that it uses its own cluster.

use super::{StorageView, pve_message};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused().filter(|refused| refused.is("monhost")) {
        let (section, Some((problem, value))) = (refused.section, refused.problem()) else { continue };
        let id = section.id.value;
        let finding = view
            .finding(section, problem.span, format!("PVE refuses the monitors of storage `{id}`"))
            .label(pve_message(problem))
            .consequence("PVE ignores the whole line and uses the Ceph cluster of its own nodes (/etc/pve/ceph.conf) for this storage.")
            .edit(format!(
                "write the monitors' names or addresses, separated by blanks, in line {} of {PATH}",
                view.line(value.span)
            ));
        sink.push(view.count_guests(finding, id));
    }
}
