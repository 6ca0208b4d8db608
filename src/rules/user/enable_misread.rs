//! A user that is enabled although its line says no.

use super::{Meant, each_quirk, meant};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagTrue { flag: Flag::Enable, of, written } = quirk.what else { return None };
        let user = look.model.user(of)?;
        let meant = meant(written);
        if meant == Meant::Yes || user.line != Some(quirk.line) {
            return None;
        }
        let (id, written) = (words::name(of), words::name(written));
        let message = if meant == Meant::No {
            format!("user `{id}` is enabled although its line says {written:?}")
        } else {
            format!("user `{id}` is enabled: PVE reads {written:?} as yes")
        };
        let finding = Finding::new(format!("user.cfg: user {id}"), look.at(quirk.span), message)
            .label("only 0 and an empty flag mean no")
            .consequence(format!("`{id}` can log in, and its tokens work."));
        let modify = || Command::new("pveum user modify").arg(of);
        Some(if meant == Meant::No {
            finding.fix_command(modify().words("--enable 0"))
        } else {
            finding
                .at_level(Level::Warning)
                .fix_command_when(modify().words("--enable 1"), "enabled")
                .fix_command_when(modify().words("--enable 0"), "disabled")
        })
    });
}
