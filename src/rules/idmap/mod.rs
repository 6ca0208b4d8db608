//! Id maps of containers: what keeps one from starting, and what looks right and isn't.
//!
//! The algorithm is the model's ([`IdMap::check`]); here are the words. Every fault that stops a container is one finding,
//! and faults that only follow from another one are left out.

use bstr::ByteSlice;

use crate::cluster::Guest;
use crate::finding::Finding;
use crate::model::container::Container;
use crate::model::idmap::{self, Hole, IdKind, IdMap, MapFault, MapProblem, Origin};
use crate::model::subid::Grants;
use crate::rules::Context;
use crate::text::{Place, Span};

include!(concat!(env!("OUT_DIR"), "/rules/idmap.rs"));

/// A container whose map is written out in `lxc.idmap` lines, and what is wrong with it.
#[derive(Debug)]
pub struct Mapped<'g, 'a> {
    guest: &'g Guest<'a, Container<'a>>,
    map: IdMap<'a>,
    problems: Vec<MapProblem<'a>>,
}

impl<'g, 'a> Mapped<'g, 'a> {
    /// `None` for containers without a single such line, which are nearly all.
    pub(super) fn of(context: &Context<'_>, guest: &'g Guest<'a, Container<'a>>) -> Option<Self> {
        let lines = guest.config.main.raw.iter();
        if !lines.clone().any(|raw| idmap::is_map_key(raw.key, guest.config.release)) {
            return None;
        }
        let map = IdMap::of(&guest.config);
        let grants = |kind| context.cluster.grants(kind).filter(|_| grants_apply(context, guest) != Some(false));
        let problems = map.check(grants(IdKind::User), grants(IdKind::Group));
        Some(Self { guest, map, problems })
    }

    fn at(&self, span: Span) -> Place {
        self.guest.at(span)
    }

    fn subject(&self) -> String {
        format!("ct {}: idmap", self.guest.vmid_text())
    }

    fn finding(&self, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(self.subject(), self.at(span), message)
    }

    /// Whether the map of this kind is broken so badly that what is missing in it says nothing.
    fn is_broken(&self, kind: IdKind) -> bool {
        self.problems.iter().any(|problem| match problem.why {
            MapFault::Syntax => true,
            MapFault::MissingKind
            | MapFault::RootUnmapped
            | MapFault::Overflow(_)
            | MapFault::CountZero(_)
            | MapFault::Overlap { .. } => problem.kind == Some(kind),
            _ => false,
        })
    }

    /// What the admin sees when the container starts: the first message of the tools, as far as it can be known.
    fn start_failure(&self, context: &Context<'_>) -> String {
        let anything = Grants { ranges: Vec::new(), everything: true };
        let message = IdKind::BOTH.into_iter().find_map(|kind| {
            let grants = context.cluster.grants(kind).filter(|_| !self.map.bypasses_grants()).unwrap_or(&anything);
            self.map.tool_message(kind, grants)
        });
        match message {
            Some(message) => format!("The container doesn't start: {message}"),
            None => "The container doesn't start.".to_owned(),
        }
    }

    /// The whole map as it was probably meant, for a fix: the default with the low host ids that are mapped one by one.
    fn repaired(&self) -> Option<String> {
        let mut text = String::new();
        for kind in IdKind::BOTH {
            let holes = self.holes(kind).or_else(|| self.holes(other(kind)))?;
            text.push_str(&idmap::block_lines(kind, &idmap::block(idmap::DEFAULT_HOST, idmap::DEFAULT_COUNT, &holes)));
        }
        let path = self.guest.pve_path("lxc");
        Some(format!("with the container stopped, replace its lxc.idmap lines in {path} with\n{}", text.trim_end()))
    }

    /// The ids that lead to low host ids; `None` when this kind has no entries, or so many ids that nobody meant them one by one.
    fn holes(&self, kind: IdKind) -> Option<Vec<Hole>> {
        let low = |entry: &&idmap::MapEntry<'_>| entry.host < idmap::DEFAULT_COUNT && entry.host > 0;
        self.map.kind(kind).next()?;
        let mut holes = Vec::new();
        for entry in self.map.kind(kind).filter(low) {
            if entry.count > 64 {
                return None;
            }
            holes.extend((0..entry.count).map(|n| (entry.container + n, entry.host + n)));
        }
        Some(holes)
    }
}

/// The other kind of ids.
const fn other(kind: IdKind) -> IdKind {
    match kind {
        IdKind::User => IdKind::Group,
        IdKind::Group => IdKind::User,
    }
}

/// Whether the subid files that were read are those of the container's node. `None`: the tree doesn't tell.
fn grants_apply(context: &Context<'_>, guest: &Guest<'_, Container<'_>>) -> Option<bool> {
    context.cluster.subid_is_of(guest.node)
}

/// Which file grants ids of this kind.
const fn subid_file(kind: IdKind) -> &'static str {
    match kind {
        IdKind::User => "/etc/subuid",
        IdKind::Group => "/etc/subgid",
    }
}

/// `1000` or `1000-1009`.
fn ids(first: u64, count: u64) -> String {
    if count == 1 { first.to_string() } else { format!("{first}-{}", first + count.saturating_sub(1)) }
}

/// The value of a line, for a message.
fn shown(guest: &Guest<'_, Container<'_>>, span: Span) -> String {
    span.bytes(guest.config.text).to_str_lossy().into_owned()
}

/// The map lines of the main section, the default one when there are none; nothing for privileged containers.
fn uses_default(guest: &Guest<'_, Container<'_>>) -> bool {
    let has_lines = guest.config.main.raw.iter().any(|raw| idmap::is_map_key(raw.key, guest.config.release));
    !has_lines && IdMap::of(&guest.config).origin == Origin::Default
}
