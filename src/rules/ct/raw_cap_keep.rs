//! Capabilities both kept and dropped.

use super::{Ct, conf, display_name, finding_in_main, has_map, line_number, remove_line};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    // What PVE includes drops some of privileged containers, and empties the list for others.
    let mut drops = !has_map(config);
    let mut keep = None;
    for raw in &config.main.raw {
        match raw.key {
            b"lxc.cap.drop" => drops = !raw.value.is_empty(),
            b"lxc.cap.keep" => keep = Some(raw).filter(|raw| !raw.value.is_empty()),
            _ => {}
        }
    }
    let Some(keep) = keep.filter(|_| drops) else { return };
    let mut finding = finding_in_main(
        guest,
        keep.key,
        keep.key_span,
        format!("{} can't both keep and drop capabilities", display_name(guest)),
    )
    .consequence("The container doesn't start: LXC accepts only one of the two lists.");
    let dropped = config.main.raw_values("lxc.cap.drop").find(|raw| !raw.value.is_empty());
    finding = match dropped {
        Some(dropped) => {
            finding.secondary(guest.at(dropped.key_span), "dropped here").edit(remove_line(guest, dropped.key_span))
        }
        None => {
            finding.label("the config that LXC includes for privileged containers already drops some").edit(format!(
                "put the line `lxc.cap.drop:` in front of line {} of {}",
                line_number(guest, keep.key_span),
                conf(guest)
            ))
        }
    };
    sink.push(finding);
}
