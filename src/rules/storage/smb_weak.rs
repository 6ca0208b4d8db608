//! A CIFS storage with an old dialect or without a user.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.type_name() == "cifs") {
        let id = section.id.value;
        let old = section.property("smbversion").filter(|version| matches!(&**version.value.value, b"2.0" | b"2.1"));
        if let Some(version) = old {
            let finding = view
                .finding(section, version.value.span, format!("storage `{id}` uses SMB without encryption"))
                .discriminator("smbversion")
                .label("3 encrypts and signs")
                .consequence("Anybody on the network can read and change disks and backups in transit.");
            sink.push(view.set(finding, section, "smbversion", "3", Some(version.line)));
        }
        if section.property("username").is_none() {
            let finding = view
                .finding(section, section.header, format!("storage `{id}` is mounted as guest"))
                .discriminator("username")
                .label("no username")
                .consequence("Anybody who can reach the server can read and change what is on it.")
                .edit(format!("give {id} a user of the server: `pvesm set` with --username and --password"));
            sink.push(finding);
        }
    }
}
