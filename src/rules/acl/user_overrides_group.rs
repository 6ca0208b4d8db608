//! A user's own ACL that hides what the user's groups have on the same path.

use super::change::{alike, and_more, had, keep_both, with_had};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::rights::{Effect, named};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for alike in alike(rights, Effect::HidesGroup) {
        let change = alike.first;
        let own = rights.entries_of(change.by, change.node);
        let (Some(spot), Some(first)) = (rights.spot(change.node), own.first()) else { continue };
        let path = words::name(&spot.path);
        let user = rights.written(change.by);
        let had = had(rights, access, change.by, spot, change.privs, true);
        let mut finding = Finding::new(
            rights.acl_name(&spot.path, change.by),
            rights.at(first.subject_span),
            format!("this ACL overrides what the groups of `{user}` have on `{path}`"),
        )
        .label("on one path, a user's own ACL replaces those of its groups");
        finding = with_had(rights, finding, change.by, &had, "");
        finding = and_more(rights, finding, &alike);
        finding = finding.consequence(format!("Lost on `{path}`: {}.", named(change.privs, 4)));
        if change.gains {
            finding = match keep_both(rights, spot, change, &had) {
                Some(command) => finding.fix_command_when(command, "keeps both"),
                None => finding.edit(format!("grant {user} the group's roles on {path}, too")),
            };
        } else {
            finding = finding
                .fix_commands(rights.delete(&spot.path, &own), "if the group's permissions are intended")
                .edit("ignore this finding with a reason in pvelint.toml, if the restriction is wanted");
        }
        sink.push(finding);
    }
}
