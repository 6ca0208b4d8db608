//! An ESXi storage that trusts any certificate.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check).since(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages() {
        let Some(skip) = section.property("skip-cert-verification").filter(|_| section.flag("skip-cert-verification"))
        else {
            continue;
        };
        let id = section.id.value;
        let finding = view
            .finding(section, skip.line, format!("storage `{id}` accepts any certificate"))
            .label("PVE doesn't check the server's identity")
            .consequence("Somebody between the node and the server can get the password.");
        sink.push(view.set(finding, section, "skip-cert-verification", "0", Some(skip.line)));
    }
}
