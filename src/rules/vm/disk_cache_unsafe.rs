//! A disk whose writes are never flushed.

use super::VmGuest;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for drive in guest.config.drives.iter().filter(|drive| !drive.is_cdrom) {
        let Some(option) = any.main().get(&words::name(drive.key)) else { continue };
        let cache = option.props.as_ref().and_then(|props| props.get("cache"));
        let Some(cache) = cache.filter(|cache| cache.value == b"unsafe") else { continue };
        let finding = any
            .finding(
                drive.key,
                cache.span,
                format!("`{}` of {} ignores flushes", words::name(drive.key), any.display_name()),
            )
            .consequence("A crash of the node very probably damages the file system in the guest.")
            .fix_command(any.set(drive.key, any.without(option, &["cache"])));
        sink.push(finding);
    }
}
