//! A user line whose expiry isn't a number.

use bstr::BStr;

use super::{GONE, each_dropped};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::UserExpire { id, expire } = dropped.reason else { return None };
        // A valid line of the same user survives this one, and root@pam needs none.
        let other = look.model.user(id);
        let id = words::name(id);
        let message = match other {
            None => format!("PVE ignores user `{id}`: its expiry isn't a number"),
            Some(_) => format!("PVE ignores this line of user `{id}`: its expiry isn't a number"),
        };
        let finding = Finding::new(format!("user.cfg: user {id}"), look.at(dropped.span), message)
            .label("seconds since 1970 in digits; 0 is never")
            .discriminator(words::name(expire))
            .edit(write_instead(expire));
        let finding = match other.map(|user| user.line) {
            None => finding.consequence(format!("Nobody can log in as `{id}`, and PVE drops its tokens, too. {GONE}")),
            Some(None) => finding.consequence(format!("`{id}` is still enabled and never expires. {GONE}")),
            Some(Some(line)) => finding.secondary(look.at(line), "this line takes precedence").consequence(GONE),
        };
        Some(look.with_followers(finding, dropped))
    });
}

/// What to write instead of a malformed expiry.
pub(in crate::rules) fn write_instead(expire: &BStr) -> String {
    let (number, day) = match **expire {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => {
            ([y1, y2, y3, y4, m1, m2, d1, d2].iter().all(u8::is_ascii_digit), words::name(expire))
        }
        _ => (false, String::new()),
    };
    if number {
        format!("write 0 for never, or what `date -d {day} +%s` prints")
    } else if expire.starts_with(b"-") {
        "write 0 for never".to_owned()
    } else {
        "write 0 for never, or seconds since 1970, as `date -d '1 year' +%s` prints them for a year from now".to_owned()
    }
}
