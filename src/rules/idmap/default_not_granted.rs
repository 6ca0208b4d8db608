//! The default range is granted to root neither by `/etc/subuid` nor by `/etc/subgid`, and containers need it.

use super::{subid_file, uses_default};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::idmap::{DEFAULT_COUNT, DEFAULT_HOST, IdKind};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Containers, Input::Subuid, Input::Subgid], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let cluster = context.cluster;
    for (kind, file, option) in [(IdKind::User, &cluster.subuid, "-v"), (IdKind::Group, &cluster.subgid, "-w")] {
        let (Some(grants), Some(file)) = (cluster.grants(kind), file) else { continue };
        if grants.have(DEFAULT_HOST, DEFAULT_COUNT) {
            continue;
        }
        let guests = cluster.containers.iter();
        let concerned: Vec<_> = guests
            .filter(|guest| cluster.subid_is_of(guest.node) != Some(false) && uses_default(guest))
            .map(crate::cluster::Guest::vmid_text)
            .collect();
        if concerned.is_empty() {
            continue;
        }
        let name = subid_file(kind);
        let root = file.model.entries.iter().rfind(|line| line.is_roots(&[]));
        let mut finding = Finding::new(
            name,
            file.at(root.map_or(Span::default(), |line| line.span)),
            format!("root isn't allowed to map the default {} range 100000-165535", kind.noun()),
        )
        .label(if root.is_some() { "this is all that root is granted" } else { "no line of root in here" })
        .note(format!(
            "needed by {}: {}",
            words::count(concerned.len(), "container"),
            words::list(&concerned, 5)
        ));
        finding = finding
            .consequence(format!("No unprivileged container without an id map of its own starts: {}: {} range [0-65536) -> [100000-165536) not allowed", kind.tool(), kind.noun()))
            .fix_command_when(Command::new(&format!("usermod {option} 100000-165535 root")), "on every node");
        sink.push(finding);
    }
}
