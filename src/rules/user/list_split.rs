//! A list that PVE splits where nobody expects it.

use super::each_quirk;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{EntryType, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let (entry, of, nul) = match quirk.what {
            QuirkKind::Nul { entry, of } => (entry, of, true),
            // The user's own line is where that is fixed.
            QuirkKind::Torn { item, .. } if look.model.user(item).is_some() => return None,
            QuirkKind::Torn { entry, of, .. } => (entry, of, false),
            _ => return None,
        };
        let of = words::name(of);
        let text = words::name(quirk.span.bytes(look.model.text));
        let message = match entry {
            EntryType::Group => format!("PVE reads other members of group `{of}` than the file says"),
            EntryType::Role => format!("PVE reads other privileges of role `{of}` than the file says"),
            EntryType::Pool => format!("PVE reads other members of pool `{of}` than the file says"),
            _ => format!("PVE reads other subjects or roles of this ACL on `{of}` than the file says"),
        };
        let finding = Finding::new(format!("user.cfg: {entry} {of}"), look.at(quirk.span), message).discriminator(text);
        Some(if nul {
            finding
                .label("PVE splits this list only at NUL bytes")
                .edit("remove the NUL bytes; separate the items by commas")
        } else {
            finding
                .label("PVE reads byte 0x85 or 0xA0 in here as white space")
                .consequence("That is so since pve-common 9.1.17, even in the middle of a UTF-8 character.")
                .consequence("PVE drops the rest of the item or reads it as something else: in an ACL even as a group.")
                .edit("write the item without that character; a no-break space is such a one")
        })
    });
}
