//! A group member that is no user id.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped, id_invalid};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::MemberId { group, member, fault } = dropped.reason else { return None };
        let (of, shown) = (words::name(group), words::name(member));
        let name = member.strip_prefix(b"@").unwrap_or(member);
        let nested = look.model.group(name).is_some();
        let message = format!("PVE leaves `{shown}` out of group `{of}`: it isn't a user id");
        let finding =
            Finding::new(format!("user.cfg: group {of}"), look.at(dropped.span), message).discriminator(shown);
        let guess = look.guess_member(member);
        Some(if nested {
            finding
                .label("groups can't be members of groups")
                .consequence("The members of that group aren't members of this one.")
                .edit("list the users themselves")
        } else if let Some(user) = guess {
            let member_now =
                Command::new("pveum user modify").arg(user).words("--groups").arg(group).words("--append 1");
            finding
                .label(format!("did you mean `{user}`?"))
                .consequence(format!("`{user}` gets none of the group's permissions. {GONE}"))
                .fix_command(member_now)
        } else {
            finding
                .label(id_invalid::fault_label(fault, member))
                .consequence(format!("Nobody gets the group's permissions from this. {GONE}"))
                .edit("write the member as NAME@REALM")
        })
    });
}
