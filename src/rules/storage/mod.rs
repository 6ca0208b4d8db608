//! storage.cfg: sections that PVE loses, lines that it ignores, and what it keeps although nobody means it.
//!
//! The model's two lists say what happened; a rule says what that means. What is part of another mistake stays silent: the
//! properties of a section that isn't in effect, those of a storage whose header PVE took for a property, and the dropped
//! line that made a section a ghost, which is a label of the ghost.

use std::borrow::Cow;

use bstr::{BStr, ByteSlice};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cluster::File;
use crate::finding::{Command, Finding};
use crate::model::schema::Problem;
use crate::model::storage::{
    Absent, Dropped, Ghost, LostHeader, Outcome, Owner, PATH, Property, PropertyLine, Quirk, QuirkKind, Reason,
    Refusal, Section, Shape, Status, StorageCfg,
};
use crate::model::tables::storage::{self as tables, ContentSet};
use crate::release::Release;
use crate::rules::volume::{Use, guests};
use crate::rules::{Context, words};
use crate::text::{Located, Place, Span};

include!(concat!(env!("OUT_DIR"), "/rules/storage.rs"));

/// storage.cfg, and how its findings are worded and fixed.
pub(in crate::rules) struct StorageView<'x, 'a> {
    context: &'x Context<'a>,
    file: &'a File<StorageCfg<'a>>,
    pub(in crate::rules) cfg: &'a StorageCfg<'a>,
    by_command: bool,
}

/// A property that PVE ignores, in a section that is in effect or a ghost for another reason.
struct Refused<'a> {
    dropped: &'a Dropped<'a>,
    section: &'a Section<'a>,
    key: Located<&'a BStr>,
    value: Option<Located<&'a BStr>>,
    refusal: &'a Refusal,
}

impl<'a> Refused<'a> {
    /// What PVE has against the value, when it is that, and when no other line of the section sets the property.
    fn problem(&self) -> Option<(&'a Problem, Located<&'a BStr>)> {
        match self.refusal {
            Refusal::Invalid(problem) if self.other_line().is_none() => Some((problem, self.value?)),
            _ => None,
        }
    }

    /// The line of the same section that sets the property.
    fn other_line(&self) -> Option<&'a Property<'a>> {
        self.section.properties.iter().find(|property| property.key.value == self.key.value)
    }

    fn is(&self, key: &str) -> bool {
        self.key.value == key
    }
}

impl<'x, 'a> StorageView<'x, 'a> {
    /// `None` without a storage.cfg.
    pub(in crate::rules) fn of(context: &'x Context<'a>) -> Option<Self> {
        let cluster = context.cluster;
        let file = cluster.storage.as_ref()?;
        let cfg = &file.model;
        Some(Self { context, file, cfg, by_command: is_safe_to_write(cfg) })
    }

    fn release(&self) -> Release {
        self.cfg.release
    }

    /// A place in storage.cfg; of a line, what stands behind the blanks in front.
    pub(in crate::rules) fn at(&self, span: Span) -> Place {
        let blanks = span.bytes(self.cfg.text).iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let start = span.start + Span::new(0, blanks).end;
        self.file.at(if start < span.end { Span { start, end: span.end } } else { span })
    }

    /// The number of the line where `span` begins, from 1.
    fn line(&self, span: Span) -> usize {
        self.cfg.line_at(span) + 1
    }

    /// A finding about a section.
    pub(in crate::rules) fn finding(&self, section: &Section<'_>, span: Span, message: impl Into<String>) -> Finding {
        Finding::new(format!("storage.cfg: {}", section.id.value), self.at(span), message)
    }

    fn section(&self, at: Option<usize>) -> Option<&'a Section<'a>> {
        at.and_then(|at| self.cfg.sections.get(at))
    }

    /// What PVE dropped that belongs to section number.
    fn dropped_by_section(&self) -> FxHashMap<usize, Vec<&'a Dropped<'a>>> {
        let mut map: FxHashMap<usize, Vec<_>> = FxHashMap::default();
        for dropped in &self.cfg.dropped {
            if let Owner::Section(at) = dropped.owner {
                map.entry(at).or_default().push(dropped);
            }
        }
        map
    }

    /// The ignored properties that are a mistake of their own.
    fn refused(&self) -> impl Iterator<Item = Refused<'a>> {
        let cfg = self.cfg;
        cfg.dropped.iter().filter_map(move |dropped| {
            let Reason::Property { key, value, refusal } = &dropped.reason else { return None };
            let section = dropped.section.and_then(|at| cfg.sections.get(at))?;
            let own = dropped.section.is_some_and(|at| dropped.owner == Owner::Section(at));
            let explained = match section.status() {
                Status::Ok => false,
                Status::Ghost(Ghost::Missing(missing)) => {
                    missing_key(section, missing, key.value, cfg.release).is_some()
                }
                Status::Ghost(_) => false,
                Status::Absent(_) | Status::Overridden(_) => true,
            };
            (own && !explained).then_some(Refused { dropped, section, key: *key, value: *value, refusal })
        })
    }

    /// What is odd about sections in effect.
    fn quirks(&self) -> impl Iterator<Item = (&'a Quirk<'a>, &'a Section<'a>)> {
        let cfg = self.cfg;
        cfg.quirks.iter().filter_map(move |quirk| {
            let section = quirk.section.and_then(|at| cfg.sections.get(at)).filter(|section| section.is_effective())?;
            Some((quirk, section))
        })
    }

    /// The storages in effect that the file defines.
    fn storages(&self) -> impl Iterator<Item = &'a Section<'a>> {
        self.cfg.sections.iter().filter(|section| section.is_effective())
    }

    /// Ends a finding with the fix that sets `key`: `pvesm set`, or the edit where that can't be, or would lose other
    /// lines. `line` is the line to write it in; without one, it goes below the header.
    pub(in crate::rules) fn set(
        &self,
        finding: Finding,
        section: &Section<'_>,
        key: &str,
        value: &str,
        line: Option<Span>,
    ) -> Finding {
        self.set_when(finding, section, key, value, line, "")
    }

    /// [`StorageView::set`], with a remark that says when to choose it.
    fn set_when(
        &self,
        finding: Finding,
        section: &Section<'_>,
        key: &str,
        value: &str,
        line: Option<Span>,
        remark: &str,
    ) -> Finding {
        if self.is_settable(section, key) {
            let command = Command::new("pvesm set").arg(section.id.value).words(&format!("--{key}")).arg(value);
            return finding.fix_command_when(command, remark);
        }
        let text = format!("{key} {value}");
        if remark.is_empty() {
            return self.write_line(finding, section, &text, line);
        }
        self.write_line(finding.note(remark), section, &text, line)
    }

    fn is_settable(&self, section: &Section<'_>, key: &str) -> bool {
        let fixed = section.storage_type.and_then(|known| known.option_any(key.as_bytes())).is_none_or(|o| o.fixed);
        self.by_command && section.is_effective() && !fixed
    }

    fn write_line(&self, finding: Finding, section: &Section<'_>, text: &str, line: Option<Span>) -> Finding {
        finding.edit(match line {
            Some(line) => format!("write `{text}` in line {} of {PATH}", self.line(line)),
            None if section.header.is_empty() => {
                format!("add a section `{}: {}` with `{text}` to {PATH}", section.type_name(), section.id.value)
            }
            None => format!("add `    {text}` below line {} of {PATH}", self.line(section.header)),
        })
    }

    /// Ends a finding with the fix that takes away `key`, which PVE holds.
    fn unset(&self, finding: Finding, section: &Section<'_>, key: &str, line: Span) -> Finding {
        if self.is_settable(section, key) {
            return finding
                .fix_command(Command::new("pvesm set").arg(section.id.value).words(&format!("--delete {key}")));
        }
        self.remove_line(finding, line)
    }

    /// Ends a finding with the fix for a line that PVE ignores and nobody needs.
    fn remove_line(&self, finding: Finding, line: Span) -> Finding {
        finding.edit(format!("remove line {} of {PATH}", self.line(line)))
    }

    /// The content kinds that a storage needs for what guests have on it, as far as its type can hold them.
    fn kinds_in_use(&self, section: &Section<'_>) -> ContentSet {
        let possible = section.storage_type.map_or(ContentSet::EMPTY, |known| known.content(self.release()));
        let active = self.context.uses().on(section.id.value).iter().filter(|one| !one.is_unused);
        active.filter_map(Use::needed_kind).fold(ContentSet::EMPTY, ContentSet::with).and(possible)
    }

    /// The nodes a storage should be on: those of its list that exist, or were meant, and those where guests use it.
    pub(in crate::rules) fn nodes_wanted(&self, section: &Section<'_>) -> Vec<String> {
        let cluster = &self.context.cluster.tree.nodes;
        let known: FxHashSet<&[u8]> = cluster.iter().map(|node| node.as_bytes()).collect();
        let mut wanted: Vec<String> = Vec::new();
        let mut want = |node: &str| {
            if !wanted.iter().any(|other| other == node) {
                wanted.push(node.to_owned());
            }
        };
        for node in section.nodes.iter().flatten().take(MOST_NODES) {
            let name = words::name(node.value);
            if known.contains(&**node.value) {
                want(&name);
            } else if let Some(meant) = words::did_you_mean(node.value, cluster.iter().map(|node| &**node)) {
                want(meant);
            }
        }
        for one in self.context.uses().on(section.id.value).iter().filter(|one| !one.is_unused) {
            if let Some(node) = one.node {
                want(node);
            }
        }
        wanted
    }

    /// Adds how many guests use storage `id`, if any.
    fn count_guests(&self, finding: Finding, id: &[u8]) -> Finding {
        match guests(self.context.uses().on(id)) {
            (0, _) => finding,
            (1, names) => finding.note(format!("{names} has volumes on it")),
            (n, names) => finding.note(format!("{n} guests have volumes on it: {names}")),
        }
    }
}

/// So many nodes of a list are looked at for a fix; no cluster has more.
const MOST_NODES: usize = 256;

/// The nodes a storage is restricted to.
pub(in crate::rules) fn node_set<'a>(section: &Section<'a>) -> Option<FxHashSet<&'a [u8]>> {
    section.nodes.as_ref().map(|nodes| nodes.iter().map(|node| -> &'a [u8] { node.value }).collect())
}

/// Whether PVE can write the file, and would lose nothing that was meant to be a storage: with a ghost every change fails, and
/// a section or line that PVE skips is gone after the next change. A section of a type that only a plugin can bring doesn't
/// count: where the plugin is, it isn't skipped.
fn is_safe_to_write(cfg: &StorageCfg<'_>) -> bool {
    let lost_section = |section: &Section<'_>| match section.status() {
        Status::Ok => false,
        Status::Absent(Absent::UnknownType) => !matches!(unknown_type(section, cfg.release), UnknownType::Plugin),
        Status::Absent(_) | Status::Ghost(_) | Status::Overridden(_) => true,
    };
    let lost_line = |dropped: &Dropped<'_>| {
        matches!(dropped.reason, Reason::Line(shape) if shape != Shape::Blank
            && (dropped.section.is_none() || matches!(shape, Shape::Header(_))))
    };
    let swallowed = |quirk: &Quirk<'_>| matches!(quirk.kind, QuirkKind::SwallowedHeader { .. });
    !cfg.sections.iter().any(lost_section) && !cfg.dropped.iter().any(lost_line) && !cfg.quirks.iter().any(swallowed)
}

/// What a type is that this release doesn't ship.
#[derive(Clone, Copy, Debug)]
enum UnknownType {
    /// Misspelt, or another word for this one.
    Meant(&'static str),
    /// One of another release.
    Other(&'static tables::StorageType),
    /// The byte order mark at the start of the file is part of it.
    ByteOrderMark,
    /// Perhaps one that a third-party plugin brings.
    Plugin,
}

/// Types of plugins that PVE doesn't ship and whose names look like misspelt ones of PVE.
const PLUGINS: [&str; 2] = ["drbd", "linstor"];

/// Words people write for a type.
const OTHER_WORDS: [(&str, &str); 6] = [
    ("ceph", "rbd"),
    ("directory", "dir"),
    ("samba", "cifs"),
    ("smb", "cifs"),
    ("zpool", "zfspool"),
    ("lvm-thin", "lvmthin"),
];

fn unknown_type(section: &Section<'_>, release: Release) -> UnknownType {
    if section.kind.value.starts_with(BYTE_ORDER_MARK) {
        return UnknownType::ByteOrderMark;
    }
    let kind = section.kind.value.to_ascii_lowercase();
    if let Some(other) = tables::storage_type_any(&kind) {
        return UnknownType::Other(other);
    }
    if PLUGINS.iter().any(|plugin| plugin.as_bytes() == kind) {
        return UnknownType::Plugin;
    }
    let word = OTHER_WORDS.into_iter().find(|(word, _)| word.as_bytes() == kind).map(|(_, meant)| meant);
    let types = tables::types().iter().filter(|known| known.known_to(release)).map(|known| known.name);
    word.or_else(|| words::did_you_mean(&kind, types)).map_or(UnknownType::Plugin, UnknownType::Meant)
}

/// What some editors put in front of a text; PVE takes it for a part of the first word.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The property that a key of this section was meant to be: the same with a colon behind, in another case, or misspelt.
fn meant_property(section: &Section<'_>, key: &[u8], release: Release) -> Option<&'static str> {
    let options = || section.storage_type.into_iter().flat_map(|known| known.options);
    let known = || options().filter(|option| option.known_to(release)).map(|option| option.name.as_str());
    let bare = key.strip_suffix(b":").or_else(|| key.strip_suffix(b"=")).unwrap_or(key);
    let exact = known().find(|name| name.as_bytes() == bare);
    let dashed = || {
        let dashed = |text: &[u8]| text.replace(b"_", b"-");
        known().find(|name| dashed(name.as_bytes()) == dashed(bare))
    };
    exact.or_else(dashed).or_else(|| words::did_you_mean(bare, known()))
}

/// Which of the properties that a ghost lacks a key is, or was meant to be.
fn missing_key(section: &Section<'_>, missing: &[&'static str], key: &[u8], release: Release) -> Option<&'static str> {
    let exact = missing.iter().copied().find(|name| name.as_bytes() == key);
    let meant = || {
        let known = section.storage_type.is_some_and(|known| known.option(key, release).is_some());
        meant_property(section, key, release).filter(|meant| !known && missing.contains(meant))
    };
    exact.or_else(meant)
}

/// The key of an ignored line that was meant to be one of the properties a ghost lacks.
fn lost_key(
    section: &Section<'_>,
    missing: &[&'static str],
    reason: &Reason<'_>,
    release: Release,
) -> Option<&'static str> {
    match reason {
        Reason::Line(Shape::Property(property) | Shape::Text(property)) => {
            missing_key(section, missing, property.key, release)
        }
        Reason::Property { key, .. } => missing_key(section, missing, key.value, release),
        _ => None,
    }
}

/// Whether a word is the key of a property that PVE knows in some release, a colon behind it or not.
fn is_property(key: &[u8]) -> bool {
    let bare = key.strip_suffix(b":").unwrap_or(key);
    tables::properties().binary_search_by(|property| property.name.as_bytes().cmp(bare)).is_ok()
}

/// A header that PVE doesn't recognise, of a type that it has.
fn lost_header<'a>(reason: &Reason<'a>) -> Option<LostHeader<'a>> {
    match reason {
        Reason::Line(Shape::Header(_)) => None,
        Reason::Line(shape) => LostHeader::of(*shape).filter(LostHeader::has_known_type),
        _ => None,
    }
}

/// A property as it would stand in a line.
fn property_text(property: PropertyLine<'_>, key: &str) -> String {
    property.value.map_or_else(|| key.to_owned(), |value| format!("{key} {}", words::name(value)))
}

/// `a dir`, `an nfs`.
pub(in crate::rules) fn article(type_name: &str) -> &'static str {
    match type_name.as_bytes().first() {
        Some(b'e' | b'i' | b'l' | b'n' | b'r') => "an",
        _ => "a",
    }
}

/// `images,rootdir`.
pub(in crate::rules) fn kinds(set: ContentSet) -> String {
    set.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(",")
}

/// `images and rootdir`; `nothing`.
pub(in crate::rules) fn kinds_in_words(set: ContentSet) -> String {
    if set.is_empty() {
        return "nothing".to_owned();
    }
    words::list(&set.iter().map(|kind| kind.name()).collect::<Vec<_>>(), 8)
}

/// A value in a message: long ones are cut.
fn short(value: &[u8]) -> Cow<'_, str> {
    let text = value.to_str_lossy();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()).into(),
        None => text,
    }
}

/// PVE's words of a refusal, in one line.
fn pve_message(problem: &Problem) -> String {
    let text = problem.text.to_str_lossy();
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Sections whose `content` line PVE refuses: what they lack follows from that.
pub(in crate::rules) fn without_content_line<'a>(view: &StorageView<'_, 'a>) -> FxHashSet<&'a [u8]> {
    let refused = view.refused().filter(|refused| refused.is("content") && refused.problem().is_some());
    refused.map(|refused| &**refused.section.id.value).collect()
}

/// Whether a section is there for PVE, be it as a ghost: what is wrong in it is worth saying.
fn is_live(section: &Section<'_>) -> bool {
    matches!(section.status(), Status::Ok | Status::Ghost(_))
}

/// Whether a section is a ghost by itself.
fn is_ghost(section: &Section<'_>) -> bool {
    matches!(section.outcome, Outcome::Ghost(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::storage::{By, Separator};
    use crate::rules::Rule;

    /// The rules that speak of something PVE dropped. No arm for the rest: what the model learns needs a rule.
    fn rules_of_dropped(reason: &Reason<'_>) -> &'static [&'static str] {
        match reason {
            Reason::Line(Shape::Blank) => &["storage-line-blank", "storage-dos-line-ends", "storage-header-swallowed"],
            Reason::Line(Shape::Header(_)) => &["storage-header-swallowed", "storage-dos-line-ends"],
            Reason::Line(Shape::Property(_)) => {
                &["storage-line-outside-section", "storage-header-invalid", "storage-section-ghost"]
            }
            Reason::Line(Shape::Text(_)) => &[
                "storage-line-unindented",
                "storage-line-unknown",
                "storage-line-outside-section",
                "storage-header-invalid",
                "storage-section-ghost",
            ],
            Reason::Section(Absent::BadId) => &["storage-id-invalid"],
            Reason::Section(Absent::NoType | Absent::UnknownType) => {
                &["storage-type-unknown", "storage-glusterfs-removed", "storage-byte-order-mark"]
            }
            Reason::Ghost(Ghost::Missing(_)) => &["storage-section-ghost"],
            Reason::Ghost(Ghost::IllegalPath(_)) => &["storage-path-characters"],
            Reason::Ghost(Ghost::NoneMixed(_)) => &["storage-content-none-mixed"],
            Reason::Ghost(Ghost::NoContent(_)) => &["storage-content-empty"],
            Reason::Property { refusal, .. } => match refusal {
                Refusal::Unknown => &["storage-property-unknown", "storage-maxfiles-removed"],
                Refusal::Foreign => &["storage-property-foreign"],
                Refusal::Duplicate(_) => &["storage-property-duplicate"],
                Refusal::NoValue => &["storage-property-no-value"],
                Refusal::Invalid(_) => &[
                    "storage-boolean-invalid",
                    "storage-content-unknown",
                    "storage-monhost-dropped",
                    "storage-nodes-invalid",
                    "storage-prune-invalid",
                    "storage-value-invalid",
                ],
            },
            Reason::Content(_) => &["storage-content-unsupported", "storage-content-empty"],
            Reason::ContentDir(_) => &["storage-content-dir-unsupported"],
            Reason::Format(_) => &["storage-format-unsupported"],
        }
    }

    /// The rules that speak of something odd.
    fn rules_of_odd(quirks: &QuirkKind<'_>) -> &'static [&'static str] {
        match quirks {
            QuirkKind::ByteOrderMark => &["storage-byte-order-mark"],
            QuirkKind::DosLineEnds { .. } => &["storage-dos-line-ends"],
            QuirkKind::SwallowedHeader { separator, .. } => match separator {
                Separator::CarriageReturn => &["storage-dos-line-ends"],
                Separator::Nothing | Separator::Blanks | Separator::Comment => &["storage-header-swallowed"],
            },
            QuirkKind::Adopted { .. } => &["storage-header-swallowed", "storage-dos-line-ends"],
            QuirkKind::Overridden(By::Section(_)) => &["storage-id-duplicate"],
            QuirkKind::Overridden(By::ImplicitLocal) => &["storage-local-replaced"],
            QuirkKind::LocalNodes => &["storage-local-nodes"],
            QuirkKind::NoNodes => &["storage-nodes-empty"],
            QuirkKind::NoContent => &["storage-content-no-effect", "storage-content-unsupported"],
            QuirkKind::Secret { .. } => &["storage-secret-inline"],
            QuirkKind::ContentDirClash(..) => &["storage-content-dirs-clash"],
            QuirkKind::ContentDirRepeated(_) => &["storage-content-dir-duplicate"],
            QuirkKind::ContentDirAbsolute(_) => &["storage-content-dir-absolute"],
            QuirkKind::MaxfilesIgnored => &["storage-maxfiles-ignored"],
            QuirkKind::CaseTwin(_) => &["storage-id-case-duplicate"],
        }
    }

    /// One text for every way to lose or bend something.
    const TEXTS: [&str; 33] = [
        "dir: aa\n\tcontent iso\n \n",
        "dir: aa\n\tpath /x\nnfs: bb\n\tserver x\n\texport /y\n",
        "dir: aa\n\tpath /x\n\n\tcontent iso\n",
        "dir: aa\n\tpath /x\ncontent iso\n",
        "dir: aa\n\tpath /x\nhello world\n",
        "  dir: aa\n\tpath /x\n",
        "dir: a\n\tpath /x\n",
        "dirr: aa\n\tpath /x\n",
        "0: aa\n",
        "dir: aa\n\tpath /x y\n",
        "dir: aa\n\tpath /x\n\tcontent none,iso\n",
        "nfs: aa\n\tserver x\n\texport /y\n\tcontent none\n",
        "dir: aa\n\tpath /x\n\tbogus 1\n",
        "lvm: aa\n\tvgname vg\n\tsparse 1\n",
        "dir: aa\n\tpath /x\n\tpath /y\n",
        "dir: aa\n\tpath /x\n\tcontent\n",
        "dir: aa\n\tpath /x\n\tdisable yes\n",
        "dir: aa\n\tpath /x\n\tcontent image\n",
        "pbs: aa\n\tserver x\n\tdatastore y\n\tcontent iso\n",
        "btrfs: aa\n\tpath /x\n\tformat qcow2\n",
        "nfs: aa\n\tserver x\n\texport /y\n\tcontent-dirs none=a\n",
        "\u{feff}dir: aa\n\tpath /x\n",
        "dir: aa\r\n\tpath /x\r\n\r\ndir: bb\r\n\tcontent iso\r\n",
        "dir: aa\n\tpath /x\n\ndir: aa\n\tpath /y\n",
        "dir: local\n\tpath /x\n",
        "dir: local\n\tpath /var/lib/vz\n\tnodes n1\n",
        "dir: aa\n\tpath /x\n\tnodes ,\n",
        "dir: aa\n\tpath /x\n\tcontent ,\n",
        "cifs: aa\n\tserver x\n\tshare y\n\tpassword z\n",
        "dir: aa\n\tpath /x\n\tcontent iso,vztmpl\n\tcontent-dirs iso=a,vztmpl=a\n",
        "dir: aa\n\tpath /x\n\tcontent iso\n\tcontent-dirs iso=a,iso=/b\n",
        "dir: aa\n\tpath /x\n\tmaxfiles 1\n\tprune-backups keep-last=1\n",
        "dir: aa\n\tpath /x\n\ndir: AA\n\tpath /y\n",
    ];

    #[test]
    fn whatever_the_model_tells_has_a_rule() {
        let options = crate::source::LoadOptions::default();
        let mut spoken: FxHashSet<&str> = FxHashSet::default();
        for release in [Release::Pve8, Release::Pve9] {
            for text in TEXTS {
                let sources =
                    crate::source::Sources::from_bytes("storage.cfg", text.as_bytes().to_vec(), &options).unwrap();
                let checked = crate::check::check(&sources, crate::rules::RULES, Some(release));
                let found: FxHashSet<&str> = checked.findings.iter().map(|finding| finding.rule).collect();
                let cfg = StorageCfg::parse(text.as_bytes(), release);
                let dropped = cfg.dropped.iter().map(|dropped| match dropped.owner {
                    // The header that isn't one explains what stands below it.
                    Owner::Line(_) => {
                        &["storage-header-swallowed", "storage-header-invalid", "storage-dos-line-ends"][..]
                    }
                    Owner::None | Owner::Section(_) => rules_of_dropped(&dropped.reason),
                });
                let quirk = cfg.quirks.iter().map(|quirk| rules_of_odd(&quirk.kind));
                for rules in dropped.chain(quirk) {
                    assert!(rules.iter().all(|id| Rule::named(id).is_some()), "{rules:?}");
                    assert!(rules.iter().any(|id| found.contains(id)), "{release} {text:?}: {rules:?}, not {found:?}");
                    spoken.extend(rules.iter().filter(|id| found.contains(*id)));
                }
            }
        }
        assert!(spoken.len() >= 35, "{spoken:?}");
    }
}
