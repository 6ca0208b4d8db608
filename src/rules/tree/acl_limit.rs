//! More ACL entries than pvelint looks at.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{MAX_ACL_ENTRIES, QuirkKind};
use crate::rules::user::Look;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    if let Some(quirk) = look.model.quirks.iter().find(|quirk| quirk.what == QuirkKind::TooMany) {
        let message = format!("user.cfg has over {MAX_ACL_ENTRIES} ACL entries");
        sink.push(
            Finding::new("tree: user.cfg", look.at(quirk.span), message)
                .label("not all of this line was checked, and no ACL below")
                .consequence("PVE creates an entry for every subject with every role of a line, and reads them all on every change.")
                .edit("name groups instead of users, and one role instead of many"),
        );
    }
}
