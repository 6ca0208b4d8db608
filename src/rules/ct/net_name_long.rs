//! An interface name that is too long for the kernel.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets() {
        let Some(name) = net.get("name").filter(|name| name.value.len() > 15) else { continue };
        let key = net.option.key;
        let finding = finding_in_main(
            guest,
            key,
            name.span,
            format!("the name of `{}` of {} is too long", words::name(key), display_name(guest)),
        )
        .label("at most 15 characters")
        .consequence(
            "LXC truncates it, and the network configuration inside the container names an interface that doesn't exist.",
        )
        .edit(format!("shorten name= in line {} of {}", line_number(guest, name.span), conf(guest)));
        sink.push(finding);
    }
}
