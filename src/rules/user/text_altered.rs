//! A name or comment that PVE doesn't keep as it is written.

use super::each_quirk;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let (entry, of, what, label, edit) = match quirk.what {
            QuirkKind::TextBytes { entry, of } => {
                (entry, of, "isn't UTF-8", "characters of another encoding", "write it in UTF-8")
            }
            QuirkKind::TextZero { entry, of } => {
                (entry, of, "is just 0, which PVE reads as no text", "lost", "write something else")
            }
            _ => return None,
        };
        let named = format!("{entry} {}", words::code(of));
        let of = format!("{entry} {}", words::name(of));
        Some(
            Finding::new(format!("user.cfg: {of}"), look.at(quirk.span), format!("a text of {named} {what}"))
                .label(label)
                .discriminator(words::name(quirk.span.bytes(look.model.text)))
                .consequence("PVE's next write drops it.")
                .edit(edit),
        )
    });
}
