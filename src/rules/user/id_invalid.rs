//! A user line whose id PVE can't read.

use super::{GONE, each_dropped};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Reason, UserFault, check_user};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::UserId { id, fault } = dropped.reason else { return None };
        if matches!(fault, UserFault::Long(_)) {
            return None;
        }
        let shown = words::name(id);
        let message = if id.is_empty() {
            "PVE ignores this user: it has no id".to_owned()
        } else {
            format!("PVE ignores this user: `{shown}` isn't a valid user id")
        };
        let mut finding = Finding::new(format!("user.cfg: user {shown}"), look.at(dropped.span), message)
            .label(fault_label(fault, id))
            .consequence(format!("Nobody can log in as it, and PVE drops whatever names it. {GONE}"));
        let ids = ["pve", "pam"].map(|realm| format!("{shown}@{realm}"));
        let [pve, pam] = &ids;
        finding = match fault {
            UserFault::NoRealm | UserFault::Short if ids.iter().all(|id| check_user(id.as_bytes()).is_ok()) => {
                finding.edit(format!("write {pve} here (PVE keeps the password) or {pam} (an account of the node)"))
            }
            _ => finding.edit("correct the id here and wherever it is named"),
        };
        for defined in ids.iter().filter_map(|id| look.model.user(id.as_bytes())) {
            if let Some(line) = defined.line {
                finding = finding.related(look.at(line), format!("{} is defined", words::name(defined.id.value)));
            }
        }
        Some(look.with_followers(finding, dropped))
    });
}

/// What is wrong with a user id.
pub(in crate::rules) fn fault_label(fault: UserFault, id: &[u8]) -> String {
    match fault {
        UserFault::Short | UserFault::NoRealm => "the realm is missing: NAME@REALM".to_owned(),
        UserFault::Long(length) => format!("{length} bytes, the limit is 64"),
        UserFault::Realm if id.contains(&b'!') => "this is a token, not a user".to_owned(),
        UserFault::Realm => {
            "a realm is a letter followed by letters, digits, dots, dashes or underscores, at least two characters"
                .to_owned()
        }
        UserFault::Name if id.starts_with(b"@") => "the name in front of @ is missing".to_owned(),
        UserFault::Name => "a user name can't contain blanks or /".to_owned(),
    }
}
