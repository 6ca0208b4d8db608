//! A network interface without a bridge.

use super::{Ct, conf, in_main, line_number, rule, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-net-bridge-missing", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets().filter(|net| net.get("bridge").is_none()) {
        let key = net.option.key;
        let finding =
            in_main(guest, key, net.option.span, format!("{} of {} has no bridge", words::name(key), who(guest)))
                .pve("The container doesn't start: `bridge '' does not exist`.")
                .edit(format!(
                    "add the bridge, as in bridge=vmbr0, to line {} of {}",
                    line_number(guest, net.option.span),
                    conf(guest)
                ));
        sink.push(finding);
    }
}
