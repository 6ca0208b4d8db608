//! A token whose line doesn't say whether it has rights of its own.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, QuirkKind, token_parts};
use crate::rules::user::each_quirk;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagMissing { flag: Flag::Privsep, of } = quirk.what else { return None };
        let token = look.model.token(of).filter(|token| token.line == quirk.line)?;
        let (user, name) = token_parts(of)?;
        let (id, owner) = (words::name(of), words::name(user));
        let modify = || Command::new("pveum user token modify").arg(user).arg(name);
        Some(
            Finding::new(
                format!("user.cfg: token {id}"),
                look.at(token.id.span),
                format!("token `{id}` has all permissions of `{owner}`: its line says nothing about privilege separation"),
            )
            .label("the second field after the id is empty, which PVE reads as no separation")
            .consequence("Tokens created with pveum or the GUI have privilege separation unless told otherwise. ACLs for this token have no effect.")
            .fix_command_when(modify().words("--privsep 1"), "only what ACLs grant to the token itself")
            .fix_command_when(modify().words("--privsep 0"), "all permissions of its user, explicitly"),
        )
    });
}
