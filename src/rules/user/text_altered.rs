//! A name or comment that PVE doesn't keep as it is written.

use super::each_odd;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Oddity;
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "user-text-altered",
    level: Level::Note,
    needs: &[Input::User],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_odd(context, sink, |look, odd| {
        let (entry, of, what, label, edit) = match odd.what {
            Oddity::TextBytes { entry, of } => {
                (entry, of, "isn't UTF-8", "characters of another encoding", "write it in UTF-8")
            }
            Oddity::TextZero { entry, of } => {
                (entry, of, "is a mere 0, which PVE takes for nothing", "lost", "write something else")
            }
            _ => return None,
        };
        let of = format!("{entry} {}", words::name(of));
        Some(
            Finding::new(format!("user.cfg: {of}"), look.at(odd.span), format!("a text of {of} {what}"))
                .label(label)
                .about(words::name(odd.span.bytes(look.model.text)))
                .pve("PVE's next write doesn't bring it back.")
                .edit(edit),
        )
    });
}
