//! A pool whose users have rights on its storages, and that has none.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::acl::storage_gap::{DISKS, gaps, refused};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for gap in &gaps(rights, access).disks {
        let Some(pool) = gap.pool.and_then(|pool| rights.model.pools.get(pool.index())) else { continue };
        let name = words::name(pool.name.value);
        let who = gap.named(rights);
        let may = if gap.is_one() { "has" } else { "have" };
        let best = gap.best(rights, access, &DISKS);
        let finding = Finding::new(
            format!("user.cfg: pool {name}"),
            rights.at(pool.name.span),
            format!("{who} {may} permissions on the storages of pool `{name}`, but it has none for disks"),
        )
        .label(if pool.storage.is_empty() { "no storage is a member" } else { "no storage for disks is a member" })
        .secondary(rights.at(gap.entry.role_span), "grants privileges on guests")
        .discriminator(who)
        .consequence(format!(
            "Every call that creates a disk (create, clone, restore, move, resize) is refused: {}.",
            refused(best, "Datastore.AllocateSpace")
        ));
        sink.push(match best {
            Some(best) => finding.fix_command(
                Command::new("pveum pool modify").arg(pool.name.value).words("--storage").arg(best.id.value),
            ),
            None => finding.edit("make a storage for disks a member of the pool"),
        });
    }
}
