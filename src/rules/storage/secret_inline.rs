//! A secret in a file that every auditor may read.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::storage::{PATH, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for quirk in &view.cfg.quirks {
        let (QuirkKind::Secret { property }, Some(section)) = (&quirk.kind, view.section(quirk.section)) else {
            continue;
        };
        let Some(property) = section.properties.get(*property) else { continue };
        let (id, key) = (section.id.value, words::name(property.key.value));
        let line = view.line(property.line);
        // The header is shown, not the secret.
        let mut finding = view
            .finding(section, section.id.span, format!("the `{key}` of storage `{id}` is in storage.cfg, in line {line}"))
            .discriminator(key.as_str())
            .consequence("Everybody with Datastore.Audit or Datastore.AllocateSpace on the storage can read it through the API, and every backup of this file contains it.");
        if key == "options" {
            finding = finding
                .edit(format!("remove the password from the mount options in line {line} of {PATH}, and change it"));
            if view.is_settable(section, "password") {
                finding = finding
                    .fix_command_when(Command::new("pvesm set").arg(id).words("--password"), "asks for the new one");
            }
        } else {
            finding = finding.consequence("PVE doesn't use it to log in: it looks in /etc/pve/priv.");
            if key == "password" && view.is_settable(section, "password") {
                finding = finding.fix_command_when(
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
