//! Two VMs with one identity.

use rustc_hash::FxHashMap;

use super::VmGuest;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::is_true;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Vms], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut first: FxHashMap<(&str, Vec<u8>), (&VmGuest<'_>, Span)> = FxHashMap::default();
    for guest in &context.cluster.vms {
        let any = AnyGuest::Vm(guest);
        let main = any.main();
        let uuid = main.get("smbios1").and_then(|option| Some((option, option.props.as_ref()?.get("uuid")?)));
        let uuid = uuid.map(|(_, uuid)| ("smbios1", uuid.value, uuid.span));
        let genid = main.get("vmgenid").filter(|genid| is_true(&genid.value) && &*genid.value != b"1");
        let genid = genid.map(|genid| ("vmgenid", &*genid.value, genid.span));
        for (key, value, span) in uuid.into_iter().chain(genid) {
            if value.iter().all(|b| matches!(b, b'0' | b'-')) {
                continue;
            }
            let Some((other, theirs)) = first.get(&(key, value.to_ascii_lowercase())) else {
                first.insert((key, value.to_ascii_lowercase()), (guest, span));
                continue;
            };
            if other.vmid == guest.vmid {
                continue;
            }
            let what = if key == "smbios1" { "UUID" } else { "generation id" };
            let message =
                format!("{} and {} have the same {what}", AnyGuest::Vm(other).display_name(), any.display_name());
            let finding = any
                .finding(key.as_bytes(), span, message)
                .discriminator(words::name(value))
                .related(other.at(*theirs), "the other one")
                .consequence("Licences, agents and DHCP clients mistake both for one machine.");
            sink.push(if key == "vmgenid" {
                finding.fix_command_when(any.set(b"vmgenid", "1"), "PVE generates a new one")
            } else {
                finding.edit(format!("write another UUID, as uuidgen prints it, into {}", any.line(span)))
            });
        }
    }
}
