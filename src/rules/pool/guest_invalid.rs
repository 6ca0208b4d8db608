//! A guest of a pool that is no number.

use rustc_hash::FxHashSet;

use super::swapped;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, Look, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let swapped = swapped(&look);
    let mut seen = FxHashSet::default();
    each_dropped(context, sink, |look, dropped| {
        let Reason::PoolVmid { pool, vmid } = dropped.reason else { return None };
        let (name, shown) = (words::name(pool), words::name(vmid));
        let subject = format!("user.cfg: pool {name}");
        if swapped.contains(&dropped.line) {
            // One finding for the line.
            return seen.insert(dropped.line).then(|| {
                Finding::new(
                    subject,
                    look.at(dropped.span),
                    format!("pool `{name}` has its storages where its guests belong"),
                )
                .label("guests, by number, come first, then storages")
                .consequence(format!("The pool gets neither. {GONE}"))
                .edit("put the numbers into the third field after pool, and the storages into the fourth")
            });
        }
        let message = format!("pool `{name}` doesn't get {shown:?}: it isn't the number of a guest");
        let finding = Finding::new(subject, look.at(dropped.span), message)
            .discriminator(shown)
            .consequence(format!("Permissions on the pool don't reach that guest. {GONE}"));
        let range = vmid.contains(&b'-') && vmid.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
        Some(if range {
            finding.label("PVE doesn't accept ranges here").edit("list every guest, separated by commas")
        } else {
            finding.label("digits only").edit("write the guest's number, or remove it")
        })
    });
}
