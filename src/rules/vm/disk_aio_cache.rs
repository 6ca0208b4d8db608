//! Native I/O with a cache that excludes it.

use super::VmGuest;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(context: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let storages = context.cluster.storage.as_ref();
    for drive in guest.config.drives.iter() {
        let Some(option) = any.main().get(&words::name(drive.key)) else { continue };
        let Some(props) = &option.props else { continue };
        let (Some(aio), Some(cache)) = (props.get("aio"), props.get("cache")) else { continue };
        if aio.value != b"native" || !matches!(cache.value, b"writeback" | b"writethrough" | b"unsafe") {
            continue;
        }
        let section = drive.volume().and_then(|(id, _)| storages?.model.get(id));
        let kind = section.and_then(|section| section.storage_type).map(|kind| kind.name);
        if matches!(kind, Some("rbd" | "iscsidirect" | "zfs")) || drive.file.value == b"none" {
            continue;
        }
        let finding = any
            .finding(drive.key, aio.span, format!("`{}` of {} can't have native I/O with this cache", words::name(drive.key), any.display_name()))
            .at_level(if kind.is_some() { RULE.level } else { Level::Warning })
            .secondary(guest.at(cache.span), "goes through the page cache")
            .consequence("The VM doesn't start: `aio=native was specified, but it requires cache.direct=on, which was not specified.`")
            .fix_command(any.set(drive.key, any.without(option, &["aio"])));
        sink.push(finding);
    }
}
