//! A value that PVE can't read.

use super::{Ct, conf, display_name, finding_in, invalid, level_for_section, line_number};
use crate::finding::Level;
use crate::model::schema::Reason;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in invalid(guest) {
        let family = table::split_index(quirk.key).0;
        let is_own =
            matches!(family, b"rootfs" | b"mp" | b"net" | b"dev" | b"features" | b"hostname" | b"tags" | b"timezone");
        if is_own || problem.reason == Reason::Type {
            continue;
        }
        let key = words::name(quirk.key);
        let (level, what) = match family {
            b"hookscript" => (Level::Error, "The container doesn't start: its hook script can't be found."),
            b"nameserver" | b"searchdomain" => {
                (RULE.level, "PVE warns at every read and writes it to the container's resolv.conf as it is.")
            }
            b"startup" => (RULE.level, "PVE warns at every read and ignores order and delays of this container."),
            _ => (RULE.level, "PVE warns at every read and keeps the text."),
        };
        let bad = words::name(problem.span.bytes(guest.config.text));
        let finding = finding_in(
            guest,
            quirk.place,
            quirk.key,
            problem.span,
            format!("PVE can't read `{key}` of {}", display_name(guest)),
        )
        .label(words::name(&problem.text))
        .discriminator(bad)
        .consequence(what)
        .edit(format!("correct {key} in line {} of {}", line_number(guest, quirk.span), conf(guest)));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
