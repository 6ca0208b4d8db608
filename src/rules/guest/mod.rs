//! Guests of either kind: what containers and VMs have in common, and what one may take from the other, such as an address.

use bstr::ByteSlice;

use crate::cluster::{Cluster, Guest};
use crate::finding::{Command, Finding, Level};
use crate::model::container::Container;
use crate::model::guest::{Dropped, Opt, Place, Quirk, Section, SnapshotStorage};
use crate::model::schema::Prop;
use crate::model::vm::Vm;
use crate::rules::words;
use crate::text::{FileId, Span};

include!(concat!(env!("OUT_DIR"), "/rules/guest.rs"));

mod nic;

pub(in crate::rules) use nic::{Nic, nics};

/// A guest's config of either kind, and where it stands.
#[derive(Clone, Copy, Debug)]
pub enum AnyGuest<'c, 'a> {
    /// A container.
    Container(&'c Guest<'a, Container<'a>>),
    /// A VM.
    Vm(&'c Guest<'a, Vm<'a>>),
}

/// Every guest of a cluster, containers first.
pub(in crate::rules) fn all<'c, 'a>(cluster: &'c Cluster<'a>) -> impl Iterator<Item = AnyGuest<'c, 'a>> {
    let containers = cluster.containers.iter().map(AnyGuest::Container);
    containers.chain(cluster.vms.iter().map(AnyGuest::Vm))
}

impl<'c, 'a> AnyGuest<'c, 'a> {
    /// Its number.
    pub(in crate::rules) const fn vmid(self) -> Option<u32> {
        match self {
            Self::Container(guest) => guest.vmid,
            Self::Vm(guest) => guest.vmid,
        }
    }

    /// The node whose directory holds its config.
    pub(in crate::rules) const fn node(self) -> Option<&'a str> {
        match self {
            Self::Container(guest) => guest.node,
            Self::Vm(guest) => guest.node,
        }
    }

    /// The file of its config.
    pub(in crate::rules) const fn file(self) -> FileId {
        match self {
            Self::Container(guest) => guest.file,
            Self::Vm(guest) => guest.file,
        }
    }

    /// A place in its config.
    pub(in crate::rules) fn at(self, span: Span) -> crate::text::Place {
        crate::text::Place { file: self.file(), span }
    }

    /// Its config.
    pub(in crate::rules) const fn text(self) -> &'a [u8] {
        match self {
            Self::Container(guest) => guest.config.text,
            Self::Vm(guest) => guest.config.text,
        }
    }

    /// What it runs with.
    pub(in crate::rules) const fn main(self) -> &'c Section<'a> {
        match self {
            Self::Container(guest) => &guest.config.main,
            Self::Vm(guest) => &guest.config.main,
        }
    }

    /// What waits for its next start.
    pub(in crate::rules) fn pending(self) -> Option<&'c Section<'a>> {
        match self {
            Self::Container(guest) => guest.config.pending.as_deref(),
            Self::Vm(guest) => guest.config.pending.as_deref(),
        }
    }

    /// Its snapshots.
    pub(in crate::rules) fn snapshots(self) -> &'c [Section<'a>] {
        match self {
            Self::Container(guest) => &guest.config.snapshots,
            Self::Vm(guest) => &guest.config.snapshots,
        }
    }

    /// The storages that its snapshots name.
    pub(in crate::rules) fn snapshot_storages(self) -> &'c [SnapshotStorage<'a>] {
        match self {
            Self::Container(guest) => &guest.config.snapshot_storages,
            Self::Vm(guest) => &guest.config.snapshot_storages,
        }
    }

    /// What PVE kept or replaced surprisingly; of a VM, also what it refused.
    pub(in crate::rules) fn quirks(self) -> &'c [Quirk<'a>] {
        match self {
            Self::Container(guest) => &guest.config.quirks,
            Self::Vm(guest) => &guest.config.quirks,
        }
    }

    /// What PVE ignored.
    pub(in crate::rules) fn dropped(self) -> &'c [Dropped<'a>] {
        match self {
            Self::Container(guest) => &guest.config.dropped,
            Self::Vm(guest) => &guest.config.dropped,
        }
    }

    /// Whether an option of the main section is there and true.
    pub(in crate::rules) fn is_on(self, key: &str) -> bool {
        self.main().get(key).is_some_and(Opt::is_true)
    }

    /// `container` or `VM`.
    pub(in crate::rules) const fn kind(self) -> &'static str {
        match self {
            Self::Container(_) => "container",
            Self::Vm(_) => "VM",
        }
    }

    /// `container 105`, `VM 100`: to begin a message with.
    pub(in crate::rules) fn display_name(self) -> String {
        let kind = self.kind();
        self.vmid().map_or_else(|| format!("the {kind}"), |vmid| format!("{kind} {vmid}"))
    }

    /// The path of its config on a node.
    pub(in crate::rules) fn conf(self) -> String {
        match (self, self.vmid()) {
            (_, None) => format!("the {}'s config", self.kind()),
            (Self::Container(guest), _) => guest.pve_path("lxc"),
            (Self::Vm(guest), _) => guest.pve_path("qemu-server"),
        }
    }

    /// The number, from 1, of the line that holds `span`.
    pub(in crate::rules) fn line_number(self, span: Span) -> usize {
        match self {
            Self::Container(guest) => guest.config.line_number(span),
            Self::Vm(guest) => guest.config.line_number(span),
        }
    }

    /// `line N of FILE`.
    pub(in crate::rules) fn line(self, span: Span) -> String {
        format!("line {} of {}", self.line_number(span), self.conf())
    }

    /// A finding about the option `key` (the guest as such, if empty) of a section.
    pub(in crate::rules) fn finding_in(
        self,
        place: Place<'_>,
        key: &[u8],
        span: Span,
        message: impl Into<String>,
    ) -> Finding {
        let kind = match self {
            Self::Container(_) => "ct",
            Self::Vm(_) => "vm",
        };
        let mut subject = self.vmid().map_or_else(|| kind.to_owned(), |vmid| format!("{kind} {vmid}"));
        if !key.is_empty() {
            subject = format!("{subject}: {}", words::name(key));
        }
        match place {
            Place::Main => {}
            Place::Pending => subject.push_str(" (pending)"),
            Place::Snapshot(name) => subject = format!("{subject} (snapshot {})", words::name(name)),
            Place::Special(name) => subject = format!("{subject} ({})", words::name(name)),
        }
        Finding::new(subject, self.at(span), message)
    }

    /// A finding about an option of the main section.
    pub(in crate::rules) fn finding(self, key: &[u8], span: Span, message: impl Into<String>) -> Finding {
        self.finding_in(Place::Main, key, span, message)
    }

    /// `pct VERB VMID` or `qm VERB VMID`; spoilt where the guest's number isn't known.
    pub(in crate::rules) fn command(self, verb: &str) -> Command {
        let tool = match self {
            Self::Container(_) => "pct",
            Self::Vm(_) => "qm",
        };
        Command::new(&format!("{tool} {verb}")).arg(self.vmid().map(|vmid| vmid.to_string()).unwrap_or_default())
    }

    /// The command that sets an option.
    pub(in crate::rules) fn set(self, key: &[u8], value: impl AsRef<[u8]>) -> Command {
        match key.to_str() {
            Ok(key) => self.command("set").words(&format!("--{key}")).arg(value),
            Err(_) => self.command("set").arg(""),
        }
    }

    /// The command that deletes an option.
    pub(in crate::rules) fn delete(self, key: &[u8]) -> Command {
        self.command("set").words("--delete").arg(key)
    }

    /// The fix `remove line N of FILE`.
    pub(in crate::rules) fn remove_line(self, span: Span) -> String {
        format!("remove {}", self.line(span))
    }

    /// The fix `write line N of FILE as TEXT`.
    pub(in crate::rules) fn write_as(self, span: Span, line: impl AsRef<[u8]>) -> String {
        format!("write {} as `{}`", self.line(span), line.as_ref().to_str_lossy())
    }

    /// The value of a property string as written, without the parts called `names`.
    pub(in crate::rules) fn without(self, option: &Opt<'_>, names: &[&str]) -> Vec<u8> {
        let Some(props) = &option.props else { return option.span.bytes(self.text()).to_vec() };
        let kept = props.entries.iter().filter(|prop| !names.contains(&prop.name()));
        let parts: Vec<_> = kept.map(|prop| self.as_written(prop)).collect();
        bstr::join(",", parts)
    }

    fn as_written(self, prop: &Prop<'_>) -> &'a [u8] {
        prop.key_span.join(prop.span).bytes(self.text())
    }
}

/// Lowers a finding outside the main section: what is pending does harm only at the next start, what is in a snapshot only
/// after a rollback.
pub(in crate::rules) fn level_for_section(finding: Finding, level: Level, place: Place<'_>) -> Finding {
    match place {
        Place::Main | Place::Special(_) => finding.at_level(level),
        Place::Pending => finding
            .at_level(level.min(Level::Warning))
            .consequence("It is pending: it applies from the guest's next start on."),
        Place::Snapshot(_) => {
            finding.at_level(Level::Note).consequence("It is in a snapshot: it applies after a rollback.")
        }
    }
}
