//! A passed-through device that names no device.

use super::{VmGuest, numbered};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    if guest.config.release < Release::Pve8 {
        return;
    }
    for option in numbered(any.main(), "hostpci").chain(numbered(any.main(), "usb")).map(|(_, option)| option) {
        let Some(props) = &option.props else { continue };
        let (what, span) = match (props.get("host"), props.get("mapping")) {
            (None, None) => ("neither a device nor a mapping", option.span),
            (Some(_), Some(mapping)) => ("both a device and a mapping", mapping.span),
            _ => continue,
        };
        let finding = any
            .finding(option.key, span, format!("`{}` of {} names {what}", words::name(option.key), any.display_name()))
            .consequence("The VM doesn't start.");
        sink.push(match (props.get("host"), props.get("mapping")) {
            (Some(_), Some(_)) => finding
                .fix_command_when(any.set(option.key, any.without(option, &["host"])), "to keep the mapping")
                .fix_command_when(any.set(option.key, any.without(option, &["mapping"])), "to keep the device"),
            _ => finding.edit(format!("name the device in {}", any.line(option.span))),
        });
    }
}
