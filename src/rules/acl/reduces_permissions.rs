//! An ACL that takes more away than it gives.

use super::change::{alike, and_more, by, concerns_all, had, keep_both, with_had};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::rights::{Effect, named};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for alike in alike(rights, Effect::Narrows) {
        let change = alike.first;
        let own = rights.entries_of(change.by, change.node);
        let (Some(spot), Some(first), Some(&who)) = (rights.spot(change.node), own.first(), change.who.first()) else {
            continue;
        };
        let path = words::name(&spot.path);
        let names = rights.all_named(&change.who, 3);
        let had = had(rights, access, who, spot, change.privs, false);
        let mut finding = Finding::new(
            rights.acl_name(&spot.path, change.by),
            rights.at(first.path_span),
            format!("this ACL takes privileges away from {names}"),
        )
        .label("... except here: a deeper ACL replaces what comes from above, it doesn't add to it")
        .discriminator(if change.who.as_slice() == [change.by] { String::new() } else { rights.written(who) });
        finding = with_had(rights, finding, who, &had, " ...");
        finding = and_more(rights, finding, &alike);
        finding = finding.consequence(format!("Lost on `{path}`: {}.", named(change.privs, 4)));
        let keep = keep_both(rights, spot, change, &had);
        if change.gains {
            match keep {
                Some(command) => finding = finding.fix_command_when(command, "keeps both"),
                None => {
                    finding =
                        finding.edit(format!("grant {} on {path} the roles from above it, too", by(rights, change)))
                }
            }
        } else if concerns_all(rights, change) {
            finding = finding.fix_commands(rights.delete(&spot.path, &own), "if the restriction isn't wanted");
        } else if let Some(command) = keep {
            finding = finding.fix_command_when(command, "if the restriction isn't wanted");
        }
        if !change.gains {
            finding = finding.edit("ignore this finding with a reason in pvelint.toml, if the restriction is wanted");
        }
        sink.push(finding);
    }
}
