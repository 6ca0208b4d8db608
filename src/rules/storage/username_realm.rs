//! A PBS user without realm.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.type_name() == "pbs") {
        let Some(user) = section.property("username").filter(|user| !user.value.value.contains(&b'@')) else {
            continue;
        };
        let (id, name) = (section.id.value, words::name(&**user.value.value));
        let finding = view
            .finding(section, user.value.span, format!("the user of storage `{id}` has no realm"))
            .label(format!("{name}@pbs, or {name}@pam"))
            .consequence("Proxmox Backup Server knows users only with their realm: every login of this storage fails.");
        sink.push(view.set(finding, section, "username", &format!("{name}@pbs"), Some(user.line)));
    }
}
