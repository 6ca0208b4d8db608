//! One PCI device for two VMs.

use rustc_hash::FxHashMap;

use super::{VmGuest, numbered};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::guest::Opt;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Vms], check);

/// A use of a device: by whom, in which option, which function of it (all, if none is named).
type Use<'c, 'a> = (&'c VmGuest<'a>, &'c Opt<'a>, Span, Option<&'a [u8]>);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut uses: FxHashMap<(Option<&str>, Vec<u8>), Vec<Use<'_, '_>>> = FxHashMap::default();
    for guest in context.cluster.vms.iter().filter(|guest| !guest.config.is_template()) {
        for (_, option) in numbered(&guest.config.main, "hostpci") {
            let Some(props) = option.props.as_ref().filter(|props| props.get("mdev").is_none()) else { continue };
            let Some(host) = props.get("host") else { continue };
            for address in host.value.split(|&b| b == b';') {
                let span = Span::of(guest.config.text, address);
                let (slot, function) = split(address);
                let others = uses.entry((guest.node, slot)).or_default();
                let meets = |theirs: Option<&[u8]>| theirs.is_none() || function.is_none() || theirs == function;
                if let Some(other) = others.iter().find(|other| meets(other.3)) {
                    report((guest, option, span, function), other, sink);
                }
                others.push((guest, option, span, function));
            }
        }
    }
}

fn report(mine: Use<'_, '_>, other: &Use<'_, '_>, sink: &mut Sink) {
    let (guest, option, span, _) = mine;
    let (theirs, their_option, their_span, _) = *other;
    let (any, their) = (AnyGuest::Vm(guest), AnyGuest::Vm(theirs));
    let same = guest.file == theirs.file;
    if same && option.key == their_option.key || !same && guest.vmid == theirs.vmid {
        return;
    }
    let address = words::name(span.bytes(guest.config.text));
    let (level, message, what) = if same {
        (
            Level::Error,
            format!("{} has the PCI device `{address}` twice", any.display_name()),
            "The VM doesn't start: the device is assigned more than once.",
        )
    } else {
        let boots = guest.config.starts_with_node() && theirs.config.starts_with_node();
        (
            if boots { RULE.level } else { Level::Note },
            format!("{} and {} use the same PCI device `{address}`", their.display_name(), any.display_name()),
            "While one of them runs, the other doesn't start.",
        )
    };
    sink.push(
        any.finding(option.key, span, message)
            .discriminator(address)
            .at_level(level)
            .related(their.at(their_span), format!("the same device in {}", their.display_name()))
            .consequence(what)
            .edit(format!("use another device in {}", any.line(span))),
    );
}

/// The device with its domain, and its function.
fn split(address: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let mut parts = address.splitn(2, |&b| b == b'.');
    let (device, function) = (parts.next().unwrap_or_default(), parts.next());
    let full = device.iter().filter(|&&b| b == b':').count() > 1;
    (if full { device.to_vec() } else { [b"0000:", device].concat() }, function)
}
