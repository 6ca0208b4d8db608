//! A token that has privilege separation although its line says no.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, QuirkKind, token_parts};
use crate::rules::user::{Meant, each_quirk, meant};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagTrue { flag: Flag::Privsep, of, written } = quirk.what else { return None };
        let meant = meant(written);
        let token = look.model.token(of)?;
        if meant == Meant::Yes || token.line != quirk.line {
            return None;
        }
        let (user, name) = token_parts(of)?;
        let (id, owner, written) = (words::name(of), words::name(user), words::name(written));
        let message = if meant == Meant::No {
            format!("token `{id}` has privilege separation although its line says {written:?}")
        } else {
            format!("token `{id}` has privilege separation: PVE reads {written:?} as yes")
        };
        let modify = || Command::new("pveum user token modify").arg(user).arg(name);
        let finding = Finding::new(format!("user.cfg: token {id}"), look.at(quirk.span), message)
            .label("only 0 and an empty flag mean no")
            .consequence(format!(
                "It doesn't get the permissions of `{owner}`: 403 on everything that no ACL grants to the token itself."
            ))
            .fix_command_when(modify().words("--privsep 0"), "all permissions of its user");
        Some(if meant == Meant::No {
            finding
        } else {
            finding
                .at_level(Level::Warning)
                .fix_command_when(modify().words("--privsep 1"), "only what ACLs grant to the token itself")
        })
    });
}
