//! An expiry so large that PVE writes it in a form that it can't read any more.

use super::each_quirk;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{QuirkKind, token_parts};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::ExpireHuge { of } = quirk.what else { return None };
        let id = words::name(of);
        let (kind, command) = match (look.model.user(of), look.model.token(of)) {
            (Some(user), _) if user.line == Some(quirk.line) => ("user", Command::new("pveum user modify").arg(of)),
            (_, Some(token)) if token.line == quirk.line => {
                let (user, name) = token_parts(of)?;
                ("token", Command::new("pveum user token modify").arg(user).arg(name))
            }
            _ => return None,
        };
        let message = format!("PVE's next write loses {kind} `{id}`: its expiry doesn't fit 64 bits");
        Some(
            Finding::new(format!("user.cfg: {kind} {id}"), look.at(quirk.span), message)
                .label("beyond 64 bits")
                .consequence(
                    "PVE writes it back with an exponent, such as 1e+20, and ignores the whole line when it reads that.",
                )
                .fix_command_when(command.words("--expire 0"), "never expires"),
        )
    });
}
