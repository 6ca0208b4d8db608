//! A role line with the name of a built-in role: it changes that role in memory and nowhere else.

use super::subject;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::Priv;
use crate::model::user::QuirkKind;
use crate::rules::user::{GONE, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::BuiltinRole { role, added } = quirk.what else { return None };
        let name = words::name(role);
        let finding = |message| Finding::new(subject(role), look.at(quirk.span), message).label("a built-in role");
        if added.is_empty() {
            let message = format!("`{name}` is built in: this line changes nothing");
            return Some(finding(message).at_level(Level::Warning).consequence(GONE).edit("remove the line"));
        }
        let names: Vec<_> = added.iter().map(Priv::name).collect();
        Some(
            finding(format!("this line adds privileges to the built-in role `{name}`, and nothing shows that"))
                .discriminator(names.join(","))
                .consequence(format!("Everybody who has `{name}` gets {} too.", words::list(&names, 6)))
                .consequence("PVE's next write deletes the line, but daemons that have read it keep the role that way until they are restarted.")
                .edit(
                    "remove the line, then `systemctl restart pvedaemon pveproxy` on every node\n\
                     if the rights are wanted: make a role of your own with them",
                ),
        )
    });
}
