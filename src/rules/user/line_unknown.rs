//! A line of user.cfg whose type PVE doesn't know.

use super::user_cfg;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Reason, UnknownLine};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "user-line-unknown",
    level: Level::Error,
    needs: &[Input::User],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(file) = user_cfg(context) else { return };
    for dropped in &file.model.dropped {
        let Reason::Line(kind) = &dropped.reason else { continue };
        let text = words::name(dropped.span.bytes(file.model.text));
        let head = words::name(text.split(':').next().unwrap_or_default().as_bytes());
        let (message, label) = match kind {
            UnknownLine::Blank => continue,
            UnknownLine::Comment => {
                ("PVE knows no comments in user.cfg".to_owned(), "this line is gone at the next change".to_owned())
            }
            UnknownLine::ByteOrderMark(_) => (
                "user.cfg begins with a byte order mark".to_owned(),
                "so PVE doesn't recognise its first line".to_owned(),
            ),
            UnknownLine::Case(entry) => (
                format!("PVE ignores this line: {head} isn't a type it knows"),
                format!("types are lower case: {entry}"),
            ),
            UnknownLine::Other => (format!("PVE ignores this line: {head:?} isn't a type it knows"), String::new()),
        };
        let mut finding = Finding::new("user.cfg", file.at(dropped.span), message).label(label).about(text);
        finding = match kind {
            UnknownLine::Comment => finding
                .at_level(Level::Warning)
                .pve("PVE logs it as unknown, and its next change of any user, token or ACL deletes it.")
                .edit("put the remark into the comment of a user, group or pool"),
            _ => finding
                .pve("The next change of any user, token or ACL deletes it for good.")
                .edit("the line's first word must be user, token, group, pool, role or acl"),
        };
        sink.push(finding);
    }
}
