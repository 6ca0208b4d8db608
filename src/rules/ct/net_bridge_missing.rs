//! A network interface without a bridge.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets().filter(|net| net.get("bridge").is_none()) {
        let key = net.option.key;
        let finding = finding_in_main(
            guest,
            key,
            net.option.span,
            format!("`{}` of {} has no bridge", words::name(key), display_name(guest)),
        )
        .consequence("The container doesn't start: `bridge '' does not exist`.")
        .edit(format!(
            "add the bridge, as in bridge=vmbr0, to line {} of {}",
            line_number(guest, net.option.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
