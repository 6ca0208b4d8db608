//! Snippets that a guest needs and that can't be there.

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use super::{AnyGuest, all};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::guest::Opt;
use crate::model::volume::VolumeId;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Guests, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(storage) = &context.cluster.storage else { return };
    let lost: FxHashSet<&[u8]> = storage.model.lost_ids().map(|id| &**id).collect();
    for guest in all(context.cluster) {
        for (option, span, volume) in snippets(guest) {
            let Some(id) = VolumeId::parse(volume) else { continue };
            let name = words::name(id.storage);
            let unknown = storage.model.get(id.storage).is_none() && !lost.contains(&**id.storage);
            let what = if unknown {
                format!("is on storage `{name}`, which doesn't exist")
            } else if !id.name.starts_with(b"snippets/") {
                "isn't a snippet".to_owned()
            } else {
                continue;
            };
            let key = words::name(option.key);
            let finding = guest
                .finding(option.key, span, format!("`{key}` of {} {what}", guest.display_name()))
                .discriminator(words::name(volume))
                .consequence(format!("The {} doesn't start.", guest.kind()));
            sink.push(if option.key == b"hookscript" {
                finding
                    .edit(format!("name a snippet of a storage that exists in {}", guest.line(span)))
                    .fix_command_when(guest.delete(option.key), "to do without it")
            } else {
                finding.edit(format!("name a snippet of a storage that exists in {}", guest.line(span)))
            });
        }
    }
}

/// The volumes, where they stand, and in which options.
fn snippets<'c, 'a>(guest: AnyGuest<'c, 'a>) -> impl Iterator<Item = (&'c Opt<'a>, Span, &'a [u8])> {
    let main = guest.main();
    let text = guest.text();
    let hook = main.get("hookscript").filter(|hook| hook.valid).map(|hook| (hook, hook.span, hook.span.bytes(text)));
    let has_drive = match guest {
        AnyGuest::Container(_) => false,
        AnyGuest::Vm(vm) => vm.config.drives.iter().any(|drive| drive.file.value.contains_str("cloudinit")),
    };
    let custom = main.get("cicustom").filter(|_| has_drive).and_then(|option| Some((option, option.props.as_ref()?)));
    let custom = custom
        .into_iter()
        .flat_map(|(option, props)| props.entries.iter().map(move |prop| (option, prop.span, prop.value)));
    hook.into_iter().chain(custom)
}
