//! A value that PVE can't read.

use super::{Ct, conf, found, invalid, line_number, placed, rule, who};
use crate::finding::Level;
use crate::model::schema::Reason;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-value-format", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in invalid(guest) {
        let family = table::split_index(odd.key).0;
        let is_own =
            matches!(family, b"rootfs" | b"mp" | b"net" | b"dev" | b"features" | b"hostname" | b"tags" | b"timezone");
        if is_own || problem.reason == Reason::Type {
            continue;
        }
        let key = words::name(odd.key);
        let (level, what) = match family {
            b"hookscript" => (Level::Error, "The container doesn't start: its hook script can't be found."),
            b"nameserver" | b"searchdomain" => {
                (RULE.level, "PVE warns at every read and writes it into the container's resolv.conf as it is.")
            }
            b"startup" => (RULE.level, "PVE warns at every read and ignores order and delays of this container."),
            _ => (RULE.level, "PVE warns at every read and keeps the text."),
        };
        let bad = words::name(problem.span.bytes(guest.config.text));
        let finding = found(guest, odd.place, odd.key, problem.span, format!("PVE can't read {key} of {}", who(guest)))
            .label(words::name(&problem.text))
            .about(bad)
            .pve(what)
            .edit(format!("correct {key} in line {} of {}", line_number(guest, odd.span), conf(guest)));
        sink.push(placed(finding, level, odd.place));
    }
}
