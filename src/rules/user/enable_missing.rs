//! A user whose line doesn't say whether it is enabled.

use super::each_odd;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, Oddity};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "user-enable-missing",
    level: Level::Warning,
    needs: &[Input::User],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_odd(context, sink, |look, odd| {
        let Oddity::FlagMissing { flag: Flag::Enable, of } = odd.what else { return None };
        let user = look.model.user(of).filter(|user| user.line == Some(odd.line))?;
        let id = words::name(of);
        let message = format!("user {id} is disabled: its line doesn't say that it is enabled");
        let modify = || Command::new("pveum user modify").arg(of);
        Some(
            Finding::new(format!("user.cfg: user {id}"), look.at(user.id.span), message)
                .label("the field behind the id is empty, which PVE takes for no")
                .pve(format!("{id} can't log in, and its tokens don't work."))
                .mend(modify().words("--enable 1"))
                .mend_when(modify().words("--enable 0"), "if it is meant to be disabled"),
        )
    });
}
