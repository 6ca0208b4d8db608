//! A ZFS over iSCSI storage with a provider that PVE does not have.

use super::{StorageView, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

const PROVIDERS: [&str; 4] = ["LIO", "comstar", "iet", "istgt"];

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.type_name() == "zfs") {
        let Some(provider) = section.property("iscsiprovider") else { continue };
        let (id, name) = (section.id.value, &**provider.value.value);
        let fails = "PVE accepts the line, but every operation on the storage fails.";
        let line = view.line(provider.line);
        if name == b"LIO" {
            if section.property("lio_tpg").is_none() {
                let finding = view
                    .finding(section, provider.value.span, format!("storage `{id}` has no lio_tpg"))
                    .discriminator("lio_tpg")
                    .label("LIO needs one")
                    .consequence(fails);
                sink.push(view.set(finding, section, "lio_tpg", "tpg1", None));
            }
            continue;
        }
        let near = PROVIDERS.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(name));
        let near = near.or_else(|| words::did_you_mean(name, PROVIDERS));
        if PROVIDERS.iter().any(|known| known.as_bytes() == name) {
            continue;
        }
        let finding = view
            .finding(section, provider.value.span, format!("PVE doesn't know the iSCSI provider `{}`", short(name)))
            .discriminator("iscsiprovider");
        sink.push(match near {
            Some(near) => finding
                .label(format!("did you mean `{near}`?"))
                .consequence(fails)
                .edit(format!("write `iscsiprovider {near}` in line {line} of {PATH}")),
            // Patched installations have providers of their own, such as freenas.
            None => finding
                .at_level(Level::Note)
                .label(format!("PVE ships {}", words::list(&PROVIDERS, 4)))
                .consequence("Unless a patch adds it, every operation on the storage fails.")
                .edit(format!("write the provider of the server in line {line} of {PATH}")),
        });
    }
}
