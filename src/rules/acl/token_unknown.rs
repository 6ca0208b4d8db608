//! A token in an ACL line that doesn't exist.

use bstr::BStr;

use super::{Who, acl, modify, path, same_flag, values};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{NoToken, Reason, token_parts};
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::AclToken { token, why: NoToken::Undefined(later) } = dropped.reason else { return None };
        let line = look.model.acl_line(dropped.line)?;
        let (shown, path) = (words::name(token), path(line));
        let found = |message| Finding::new(acl(&path, &shown), look.at(dropped.span), message).consequence(GONE);
        let command = |token: &BStr| {
            let who = Who::of(look.model, [token]);
            modify(look.model, line.path.value, &who, values(&line.roles), same_flag(line))
        };
        if let Some(later) = later {
            let message =
                format!("token `{shown}` is defined below this ACL, so the ACL grants it nothing on `{path}`");
            let finding = found(message).label("unknown here").secondary(look.at(later), "must be above its ACLs");
            let finding = command(token).into_iter().fold(finding, Finding::fix_command);
            return Some(finding.edit("move this line below the token's"));
        }
        let message = format!("there is no token `{shown}`: PVE drops it from this ACL on `{path}`");
        let finding = found(message);
        if let Some(guess) = look.guess_token(token) {
            let finding = finding.label(format!("did you mean `{guess}`?"));
            return Some(match command(BStr::new(guess)) {
                Some(command) => finding.fix_command(command),
                None => finding.edit(format!("write {guess}")),
            });
        }
        let finding = finding.label("no line above defines it");
        let (user, name) = token_parts(token)?;
        if look.model.user(user).is_none() {
            return Some(
                finding.edit("nothing, if the token isn't wanted any more: PVE's next write removes it from here"),
            );
        }
        // As `command`, but for a token that exists only once the first command has run.
        let grant = modify(
            look.model,
            line.path.value,
            &Who { tokens: vec![token], ..Who::default() },
            values(&line.roles),
            same_flag(line),
        );
        Some(match grant {
            Some(grant) => finding.fix_commands(
                [Command::new("pveum user token add").arg(user).arg(name).words("--privsep 1"), grant],
                "creates the token again and shows its secret once",
            ),
            None => finding.edit("name a token that exists"),
        })
    });
}
