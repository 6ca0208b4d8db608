//! A user that is enabled although its line says no.

use super::{Meant, each_odd, meant};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Flag, Oddity};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "user-enable-misread",
    level: Level::Error,
    needs: &[Input::User],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_odd(context, sink, |look, odd| {
        let Oddity::FlagTrue { flag: Flag::Enable, of, written } = odd.what else { return None };
        let user = look.model.user(of)?;
        let meant = meant(written);
        if meant == Meant::Yes || user.line != Some(odd.line) {
            return None;
        }
        let (id, written) = (words::name(of), words::name(written));
        let message = if meant == Meant::No {
            format!("user {id} is enabled although its line says {written:?}")
        } else {
            format!("user {id} is enabled: PVE takes {written:?} for yes")
        };
        let finding = Finding::new(format!("user.cfg: user {id}"), look.at(odd.span), message)
            .label("only 0 or nothing at all is no")
            .pve(format!("{id} can log in, and its tokens work."));
        let modify = || Command::new("pveum user modify").arg(of);
        Some(if meant == Meant::No {
            finding.mend(modify().words("--enable 0"))
        } else {
            finding
                .at_level(Level::Warning)
                .mend_when(modify().words("--enable 1"), "enabled")
                .mend_when(modify().words("--enable 0"), "disabled")
        })
    });
}
