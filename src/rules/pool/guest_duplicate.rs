//! A guest that two pools list.

use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::Reason;
use crate::rules::tree::guest_vmid_range::VALID;
use crate::rules::user::each_dropped;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let mut seen = FxHashSet::default();
    each_dropped(context, sink, |look, dropped| {
        let Reason::PoolVmidTaken { pool, vmid, first_pool, first } = &dropped.reason else { return None };
        let (name, other, guest) = (words::name(pool), words::name(first_pool), words::name(vmid));
        if !seen.insert((*pool, vmid)) {
            return None;
        }
        let place = look.at(dropped.span);
        let subject = format!("user.cfg: pool {name}");
        if pool == first_pool {
            return Some(
                Finding::new(subject, place, format!("pool `{name}` lists guest {guest} twice"))
                    .at_level(Level::Note)
                    .label("ignored")
                    .secondary(look.at(*first), "this one takes precedence")
                    .discriminator(guest)
                    .edit("nothing: PVE's next write removes it"),
            );
        }
        let modify = |pool: &bstr::BStr| Command::new("pveum pool modify").arg(pool).words("--vms").arg(vmid);
        // The command refuses other numbers, which no guest can have.
        let valid = guest.parse().is_ok_and(|vmid| VALID.contains(&vmid));
        let moves = if valid { vec![modify(first_pool).words("--delete 1"), modify(pool)] } else { Vec::new() };
        Some(
            Finding::new(subject, place, format!("guest {guest} is in pool `{other}`, so pool `{name}` doesn't get it"))
                .label("ignored")
                .secondary(look.at(*first), "the first pool in the file has it")
                .discriminator(guest)
                .consequence(format!("A guest can be in one pool only: permissions on pool `{name}` don't reach it. PVE's next write removes it here."))
                .fix_commands(moves, &format!("if it belongs into {name}"))
                .edit(format!("nothing, if it belongs into {other}")),
        )
    });
}
