//! A subject of an ACL line that is no group, no user and no token.

use bstr::BStr;

use super::{Who, acl, modify, path, same_flag, values};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{NoToken, Reason, TokenFault, UserFault, token_parts};
use crate::rules::token;
use crate::rules::user::{GONE, Look, each_dropped, id_invalid};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::AclToken { token: subject, why: NoToken::Malformed(as_token, as_user) } = dropped.reason else {
            return None;
        };
        let line = look.model.acl_line(dropped.line)?;
        let (shown, path) = (words::name(subject), path(line));
        let message = format!("PVE drops {shown:?} from this ACL on `{path}`: it isn't a user, group or token");
        let finding = Finding::new(acl(&path, &shown), look.at(dropped.span), message)
            .consequence(format!("PVE logs it as an invalid token. {GONE}"));
        let Some(guess) = meant(look, subject) else {
            return Some(
                finding
                    .label(label(subject, as_token, as_user))
                    .edit("write users as NAME@REALM, groups as @GROUP, tokens as NAME@REALM!TOKEN"),
            );
        };
        let finding = finding.label(format!("did you mean `{guess}`?"));
        let who = Who::of(look.model, [BStr::new(&guess)]);
        Some(match modify(look.model, line.path.value, &who, values(&line.roles), same_flag(line)) {
            Some(command) => finding.fix_command(command),
            None => finding.edit(format!("write {guess}")),
        })
    });
}

/// The subject that is probably meant, as an ACL line writes it.
fn meant(look: &Look<'_>, subject: &BStr) -> Option<String> {
    if look.model.group(subject).is_some() {
        return Some(format!("@{}", words::name(subject)));
    }
    if subject.contains(&b'!') { look.guess_token(subject) } else { look.guess_member(subject) }.map(str::to_owned)
}

fn label(subject: &BStr, as_token: TokenFault, as_user: UserFault) -> String {
    if subject.starts_with(b"@") {
        "a group name has only letters, digits, dots, dashes and underscores".to_owned()
    } else if let Some((user, _)) = token_parts(subject) {
        token::id_invalid::fault_label(as_token, user)
    } else if subject.contains(&b'@') {
        id_invalid::fault_label(as_user, subject)
    } else {
        "neither @ nor realm in it".to_owned()
    }
}
