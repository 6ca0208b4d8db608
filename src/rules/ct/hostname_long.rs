//! A host name that is too long for the kernel or for DNS.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(hostname) = guest.config.main.get("hostname") else { return };
    let length = hostname.value.len();
    if length <= 63 || !hostname.valid {
        return;
    }
    let finding = finding_in_main(
        guest,
        b"hostname",
        hostname.span,
        format!("the host name of {} has {length} characters", display_name(guest)),
    );
    if length > 64 {
        let finding = finding
            .label("at most 64 including the domain")
            .consequence("The container doesn't start: LXC refuses a longer name.")
            .edit(format!("shorten the host name in line {} of {}", line_number(guest, hostname.span), conf(guest)));
        sink.push(finding);
    } else if hostname.value.split(|&b| b == b'.').any(|label| label.len() > 63) {
        let finding = finding
            .at_level(Level::Warning)
            .label("at most 63 between two dots")
            .consequence("The container starts, but the name can't be used in DNS.")
            .edit(format!("shorten the host name in line {} of {}", line_number(guest, hostname.span), conf(guest)));
        sink.push(finding);
    }
}
