//! Which guest uses which volume: gathered once, by storage, for all rules that ask.

use rustc_hash::FxHashMap;

use crate::cluster::Cluster;
use crate::model::container::Opt;
use crate::model::storage::Section;
use crate::model::tables::storage::ContentKind;
use crate::model::volume::{VolumeId, VolumeName};
use crate::text::{FileId, Located, Place, Span};

/// Every volume that the active config of some guest names, `unusedN` included.
#[derive(Debug, Default)]
pub struct Uses<'a> {
    storages: Vec<OnStorage<'a>>,
    index: FxHashMap<&'a [u8], usize>,
}

/// The volumes of one storage.
#[derive(Debug)]
pub struct OnStorage<'a> {
    /// The storage's id as the guests write it.
    pub id: &'a [u8],
    /// What PVE has under that id: a storage or a ghost; `None`: nothing.
    pub section: Option<&'a Section<'a>>,
    /// In the order of the guests' paths, containers first.
    pub uses: Vec<Use<'a>>,
}

/// One volume in one guest.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    /// Whether the guest is a container.
    pub is_container: bool,
    /// Its number, where the file's name tells.
    pub vmid: Option<u32>,
    /// Its node.
    pub node: Option<&'a str>,
    /// Its file.
    pub file: FileId,
    /// The option: `scsi0`, `rootfs`, `unused1`.
    pub key: &'a [u8],
    /// Where the volume id stands.
    pub span: Span,
    /// The volume's name on its storage.
    pub name: &'a [u8],
    /// What the name says; `None` when PVE can't parse it, or when the storage or its type isn't known.
    pub volume: Option<VolumeName<'a>>,
    /// The `format` option of a VM's drive.
    pub format: Option<&'a Located<&'a [u8]>>,
    /// Whether it is a CD-ROM drive.
    pub is_cdrom: bool,
    /// Whether it is only kept, as `unusedN`.
    pub is_unused: bool,
    /// Whether the guest is a template, which never starts.
    pub is_template: bool,
    /// Whether the guest starts with its node.
    pub onboot: bool,
}

impl<'a> Uses<'a> {
    /// Looks through all guests of `cluster`.
    #[must_use]
    pub fn of(cluster: &'a Cluster<'a>) -> Self {
        let mut uses = Self::default();
        // Once to count, once to keep: what grows is copied, and there are as many as there are disks.
        let mut counts: Vec<usize> = Vec::new();
        each(cluster, |id, _| {
            let at = uses.storage(cluster, id);
            counts.resize(uses.storages.len(), 0);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        });
        for (storage, count) in uses.storages.iter_mut().zip(counts) {
            storage.uses.reserve_exact(count);
        }
        each(cluster, |id, mut one| {
            let at = uses.storage(cluster, id);
            let Some(storage) = uses.storages.get_mut(at) else { return };
            one.volume = storage
                .section
                .and_then(|section| section.storage_type)
                .and_then(|storage_type| VolumeName::parse(one.name, storage_type, cluster.release));
            storage.uses.push(one);
        });
        uses
    }

    /// The place of the storage with this id.
    fn storage(&mut self, cluster: &'a Cluster<'a>, id: &'a [u8]) -> usize {
        *self.index.entry(id).or_insert_with(|| {
            let section = cluster.storage.as_ref().and_then(|storage| storage.model.get(id));
            self.storages.push(OnStorage { id, section, uses: Vec::new() });
            self.storages.len() - 1
        })
    }

    /// The storages that guests name, in the order of their first use.
    pub fn storages(&self) -> impl Iterator<Item = &OnStorage<'a>> {
        self.storages.iter()
    }

    /// What is used of storage `id`.
    #[must_use]
    pub fn on(&self, id: &[u8]) -> &[Use<'a>] {
        self.index.get(id).and_then(|&at| self.storages.get(at)).map_or(&[], |storage| &storage.uses)
    }
}

/// Shows every volume that a guest names, with the id of its storage; not yet what its name says.
fn each<'a>(cluster: &'a Cluster<'a>, mut see: impl FnMut(&'a [u8], Use<'a>)) {
    for guest in &cluster.containers {
        let main = &guest.config.main;
        let is_on = |key: &str| main.get(key).is_some_and(Opt::is_true);
        let (is_template, onboot) = (is_on("template"), is_on("onboot"));
        for option in &main.options {
            let family = option.family();
            if option.key != b"rootfs" && !matches!(family, b"mp" | b"unused") {
                continue;
            }
            let Some(volume) = option.props.as_ref().and_then(|props| props.get("volume")) else { continue };
            let Some(id) = VolumeId::parse(volume.value) else { continue };
            let one = Use {
                is_container: true,
                vmid: guest.vmid,
                node: guest.node,
                file: guest.file,
                key: option.key,
                span: volume.span,
                name: id.name,
                volume: None,
                format: None,
                is_cdrom: false,
                is_unused: family == b"unused",
                is_template,
                onboot,
            };
            see(id.storage, one);
        }
    }
    for guest in &cluster.vms {
        for drive in &guest.config.drives {
            let Some(id) = VolumeId::parse(drive.file.value) else { continue };
            let one = Use {
                is_container: false,
                vmid: guest.vmid,
                node: guest.node,
                file: guest.file,
                key: drive.key,
                span: drive.file.span,
                name: id.name,
                volume: None,
                format: drive.format.as_ref(),
                is_cdrom: drive.is_cdrom,
                is_unused: drive.family() == b"unused",
                is_template: guest.config.is_template(),
                onboot: guest.config.starts_with_node(),
            };
            see(id.storage, one);
        }
    }
}

impl<'a> OnStorage<'a> {
    /// The storage, when PVE has one under that id that isn't a ghost.
    #[must_use]
    pub fn storage(&self) -> Option<&'a Section<'a>> {
        self.section.filter(|section| section.is_effective())
    }
}

impl Use<'_> {
    /// Where the volume id stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { file: self.file, span: self.span }
    }

    /// Whether it is a disk of a guest: nothing that is only read, such as an ISO image.
    #[must_use]
    pub fn is_disk(&self) -> bool {
        self.volume.is_some_and(|volume| matches!(volume.vtype, ContentKind::Images | ContentKind::Rootdir))
    }

    /// The content kind that the storage must have for it; `None` when the name doesn't tell.
    #[must_use]
    pub fn needed_kind(&self) -> Option<ContentKind> {
        let vtype = self.volume?.vtype;
        Some(if self.is_container { ContentKind::Rootdir } else { vtype })
    }

    /// Whether the guest starts even when the storage lacks the kind: PVE looks only before it mounts an image.
    #[must_use]
    pub fn starts_without_kind(&self) -> bool {
        self.is_container && self.volume.is_some_and(|volume| volume.format.is("subvol"))
    }

    /// `VM 100`, `CT 105`.
    #[must_use]
    pub fn guest(&self) -> String {
        match (self.is_container, self.vmid) {
            (true, Some(vmid)) => format!("CT {vmid}"),
            (false, Some(vmid)) => format!("VM {vmid}"),
            (true, None) => "this container".to_owned(),
            (false, None) => "this VM".to_owned(),
        }
    }

    /// `VM 100 scsi0`.
    #[must_use]
    pub fn drive(&self) -> String {
        format!("{} {}", self.guest(), String::from_utf8_lossy(self.key))
    }

    /// The subject of a finding about it: `vm 100: scsi0`.
    #[must_use]
    pub fn subject(&self) -> String {
        let kind = if self.is_container { "ct" } else { "vm" };
        let key = String::from_utf8_lossy(self.key);
        self.vmid.map_or_else(|| format!("{kind}: {key}"), |vmid| format!("{kind} {vmid}: {key}"))
    }

    /// The program that changes the guest.
    #[must_use]
    pub const fn tool(&self) -> &'static str {
        if self.is_container { "pct" } else { "qm" }
    }
}
