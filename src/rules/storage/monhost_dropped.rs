//! A list of Ceph monitors that PVE refuses, so that it uses its own cluster.

use super::{Editor, said};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-monhost-dropped",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for refused in editor.refused().filter(|refused| refused.is("monhost")) {
        let (section, Some((problem, value))) = (refused.section, refused.problem()) else { continue };
        let id = section.id.value;
        let finding = editor
            .finding(section, problem.span, format!("PVE refuses the monitors of storage {id}"))
            .label(said(problem))
            .pve("PVE ignores the whole line and takes the Ceph cluster of its own nodes, by /etc/pve/ceph.conf, for this storage.")
            .edit(format!(
                "write the monitors' names or addresses, separated by blanks, in line {} of {PATH}",
                editor.line(value.span)
            ));
        sink.push(editor.count_guests(finding, id));
    }
}
