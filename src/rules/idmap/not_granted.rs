//! A host range that root may not map, because `/etc/subuid` or `/etc/subgid` doesn't grant it.

use super::{Mapped, grants_apply, ids, other, subid_file};
use crate::finding::{Command, Level};
use crate::model::idmap::{self, IdKind, MapFault};
use crate::rules::words;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(context: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::NotGranted(entry)) = (problem.kind, &problem.why) else { continue };
        if mapped.is_broken(kind) {
            continue;
        }
        let (vmid, noun) = (guest.vmid_text(), kind.noun());
        let range = ids(entry.host, entry.count);
        let file = match kind {
            IdKind::User => context.cluster.subuid.as_ref(),
            IdKind::Group => context.cluster.subgid.as_ref(),
        };
        let mut finding = mapped
            .finding(entry.span, format!("root isn't allowed to map host {noun} {range} into container {vmid}"))
            .label("not covered by the `root:` lines")
            .discriminator(format!("{} {range}", kind.letter()));
        if let Some(file) = file {
            let own = file.model.entries.iter().find(|line| {
                !line.is_roots(&[]) && line.start <= entry.host && line.end().is_some_and(|end| entry.host < end)
            });
            finding = match own {
                Some(line) => finding.secondary(
                    file.at(line.span),
                    format!("this grants it to {}; only lines of root apply", words::name(line.owner)),
                ),
                None => match file.model.entries.iter().rfind(|line| line.is_roots(&[])) {
                    Some(line) => {
                        finding.secondary(file.at(line.span), "all that root is granted here ends with this line")
                    }
                    None => finding.secondary(file.at(Span::default()), "no line of root in here"),
                },
            };
        }
        if context.cluster.grants(other(kind)).is_some_and(|grants| grants.have(entry.host, entry.count)) {
            finding = finding.note(format!(
                "{} grants it: only the line in {} is missing",
                subid_file(other(kind)),
                subid_file(kind)
            ));
        }
        if grants_apply(context, guest).is_none() {
            let node = guest.node.unwrap_or_default();
            finding = finding.at_level(Level::Warning).note(format!(
                "this {} is one node's, and the container is on {node}: there it may differ",
                subid_file(kind)
            ));
        }
        finding = finding.consequence(format!("The container doesn't start: {}", idmap::not_allowed(kind, entry)));
        let end = entry.container.saturating_add(entry.count);
        if end > idmap::DEFAULT_COUNT && entry.container < idmap::DEFAULT_COUNT && entry.host >= idmap::DEFAULT_COUNT {
            let count = idmap::DEFAULT_COUNT - entry.container;
            finding = finding.edit(format!(
                "in {}: lxc.idmap: {} {} {} {count}     (container ids end at 65535, so the count is {} too high)",
                guest.pve_path("lxc"),
                kind.letter(),
                entry.container,
                entry.host,
                end - idmap::DEFAULT_COUNT
            ));
        } else {
            let option = match kind {
                IdKind::User => "-v",
                IdKind::Group => "-w",
            };
            let last = entry.host.saturating_add(entry.count.saturating_sub(1));
            let grant = Command::new(&format!("usermod {option} {}-{last} root", entry.host));
            finding = finding.fix_command_when(grant, &format!("on every node where {vmid} can run"));
        }
        sink.push(finding);
    }
}
