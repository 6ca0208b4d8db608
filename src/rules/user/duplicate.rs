//! A user with two lines: the second replaces the first, and wipes its tokens.

use bstr::BStr;
use rustc_hash::FxHashMap;

use super::{Look, each_quirk};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{NoToken, QuirkKind, Reason};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::{Located, Span};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    const SHOWN: usize = 3;
    let Some(look) = Look::of(context) else { return };
    let acls = acls_of_wiped(&look);
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::UserAgain { user, first, wiped } = &quirk.what else { return None };
        let id = words::name(user);
        // A token that has another line further down exists all the same.
        let (lost, back): (Vec<&Located<&BStr>>, Vec<_>) =
            wiped.iter().partition(|token| look.model.token(token.value).is_none());
        let tokens = words::count(lost.len(), "token");
        let mut finding = if lost.is_empty() {
            let message = format!("user `{id}` has two lines, and PVE uses the last");
            Finding::new(format!("user.cfg: user {id}"), look.at(quirk.span), message)
                .at_level(Level::Warning)
                .consequence("PVE uses the flag, expiry, names and comment of this line only.")
        } else {
            Finding::new(
                format!("user.cfg: user {id}"),
                look.at(quirk.span),
                format!("this line deletes {tokens} of `{id}`"),
            )
            .discriminator(list_of(&lost.iter().map(|token| token.value).collect::<Vec<_>>()))
            .consequence("A user's line replaces everything that PVE has read about the user, including tokens.")
            .consequence("They can't authenticate any more, and PVE's next write deletes them and their ACLs.")
        };
        finding = finding.label(if first.is_some() { "replaces the line above" } else { "must be above its tokens" });
        if let Some(first) = first {
            finding = finding.secondary(look.at(*first), "no effect");
        }
        for token in lost.iter().take(SHOWN) {
            finding = finding.secondary(look.at(token.span), "wiped");
        }
        if lost.len() > SHOWN {
            finding = finding.note(format!("{} are deleted in total", tokens));
        }
        if !back.is_empty() {
            finding = finding.note("tokens with a further line below this one exist");
        }
        match acls.get(&quirk.line) {
            Some(1) => finding = finding.note("1 ACL line names such a token"),
            Some(count) => finding = finding.note(format!("{count} ACL lines name such a token")),
            None => {}
        }
        Some(match (first, lost.is_empty()) {
            (Some(_), true) => finding.edit("remove one of the two lines"),
            (Some(_), false) => finding.edit("merge the two lines into one above the tokens"),
            (None, _) => finding.edit(format!("move this line above the tokens of {id}")),
        })
    });
}

/// How many ACL lines name tokens that a user line wiped, by that user line.
fn acls_of_wiped(look: &Look<'_>) -> FxHashMap<Span, usize> {
    let dropped = look.model.dropped.iter().filter_map(|dropped| match dropped.reason {
        Reason::AclToken { why: NoToken::Wiped { by, .. }, .. } => Some((by, dropped.line)),
        _ => None,
    });
    let quirk = look.model.quirks.iter().filter_map(|quirk| match quirk.what {
        QuirkKind::AclWipedToken { by, .. } => Some((by, quirk.line)),
        _ => None,
    });
    let mut lines: Vec<_> = dropped.chain(quirk).collect();
    lines.sort_unstable_by_key(|(by, line)| (by.start, line.start));
    lines.dedup();
    let mut counts = FxHashMap::default();
    for (by, _) in lines {
        *counts.entry(by).or_default() += 1;
    }
    counts
}

fn list_of(names: &[&BStr]) -> String {
    words::list(&names.iter().map(words::code).collect::<Vec<_>>(), 5)
}
