//! A disk that is a device or file of the node.

use super::VmGuest;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for drive in guest.config.drives.iter().filter(|drive| !drive.is_cdrom && drive.file.value.starts_with(b"/")) {
        let Some(option) = any.main().get(&words::name(drive.key)) else { continue };
        if option.props.as_ref().is_none_or(|props| props.flag("shared")) {
            continue;
        }
        let finding = any
            .finding(
                drive.key,
                drive.file.span,
                format!("`{}` of {} is a path on the node", words::name(drive.key), any.display_name()),
            )
            .consequence("The VM can't be migrated or replicated with it.")
            .edit(format!("add shared=1 in {} if the path is the same on every node", any.line(option.span)));
        sink.push(finding);
    }
}
