//! A user whose line doesn't say whether it is enabled.

use super::each_quirk;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagMissing { flag: Flag::Enable, of } = quirk.what else { return None };
        let user = look.model.user(of).filter(|user| user.line == Some(quirk.line))?;
        let id = words::name(of);
        let message = format!("user `{id}` is disabled: its line doesn't say that it is enabled");
        let modify = || Command::new("pveum user modify").arg(of);
        Some(
            Finding::new(format!("user.cfg: user {id}"), look.at(user.id.span), message)
                .label("the field after the id is empty, which PVE reads as no")
                .consequence(format!("`{id}` can't log in, and its tokens don't work."))
                .fix_command(modify().words("--enable 1"))
                .fix_command_when(modify().words("--enable 0"), "if it should be disabled"),
        )
    });
}
