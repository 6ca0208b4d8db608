//! A secret in a file that every auditor may read.

use super::Editor;
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::storage::{OddKind, PATH};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-secret-inline",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for odd in &editor.cfg.odd {
        let (OddKind::Secret { property }, Some(section)) = (&odd.kind, editor.section(odd.section)) else { continue };
        let Some(property) = section.properties.get(*property) else { continue };
        let (id, key) = (section.id.value, words::name(property.key.value));
        let line = editor.line(property.line);
        // The header is shown, not the secret.
        let mut finding = editor
            .finding(section, section.id.span, format!("the {key} of storage {id} is in storage.cfg, in line {line}"))
            .about(key.as_str())
            .pve("Everybody with Datastore.Audit or Datastore.AllocateSpace on the storage reads it through the API, and every backup of this file holds it.");
        if key == "options" {
            finding = finding
                .edit(format!("remove the password from the mount options in line {line} of {PATH}, and change it"));
            if editor.is_settable(section, "password") {
                finding =
                    finding.mend_when(Command::new("pvesm set").arg(id).words("--password"), "asks for the new one");
            }
        } else {
            finding = finding.pve("PVE doesn't log in with it: it looks in /etc/pve/priv.");
            if key == "password" && editor.is_settable(section, "password") {
                finding = finding.mend_when(
                    Command::new("pvesm set").arg(id).words("--password"),
                    &format!("asks for a new one; then remove line {line} of {PATH}"),
                );
            } else {
                finding = finding.edit(format!("remove line {line} of {PATH}, and replace the secret"));
            }
        }
        sink.push(finding);
    }
}
