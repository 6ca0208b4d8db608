//! A line of user.cfg whose type PVE doesn't know.

use super::{GONE, each_dropped};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{EntryType, Reason, UnknownLine};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::Line(kind) = dropped.reason else { return None };
        let text = words::name(dropped.span.bytes(look.model.text));
        let head = text.split(':').next().unwrap_or_default();
        let types = "a line begins with user, token, group, pool, role or acl";
        let (message, label, edit) = match kind {
            UnknownLine::Blank => return None,
            UnknownLine::Comment => (
                "there are no comments in user.cfg".to_owned(),
                "ignored".to_owned(),
                "put the text into the comment of a user, group or pool".to_owned(),
            ),
            UnknownLine::ByteOrderMark(_) => (
                "user.cfg begins with a byte order mark, so PVE ignores its first line".to_owned(),
                "there are three invisible bytes in front of this".to_owned(),
                "save the file as UTF-8 without byte order mark".to_owned(),
            ),
            UnknownLine::Case(entry) => (
                format!("PVE ignores this line: there is no type `{head}`"),
                format!("types are lower case: {entry}"),
                format!("write {entry} instead of {head}"),
            ),
            UnknownLine::Other => {
                let known = EntryType::ALL.map(EntryType::name);
                let guess = words::did_you_mean(head.as_bytes(), known).filter(|_| text.contains(':'));
                (
                    format!("PVE ignores this line: there is no type {head:?}"),
                    guess.map(|entry| format!("did you mean {entry}?")).unwrap_or_default(),
                    guess.map_or_else(|| types.to_owned(), |entry| format!("write {entry} instead of {head}")),
                )
            }
        };
        let mut finding =
            Finding::new("user.cfg", look.at(dropped.span), message).label(label).discriminator(text.clone());
        if kind == UnknownLine::Comment {
            finding = finding.at_level(Level::Warning);
        }
        Some(finding.consequence(GONE).edit(edit))
    });
}
