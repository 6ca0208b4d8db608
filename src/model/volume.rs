//! Volume ids (`local-lvm:vm-100-disk-0`) and the volume names of each storage type: `parse_volume_id` and the
//! `parse_volname` of pve-storage's plugins.
//!
//! A name says what a volume is and which guest owns it; whether it exists is not to be known here.

use bstr::BStr;

use crate::model::schema::format;
use crate::model::storage::format::is_lvm_name;
use crate::model::tables::storage::{ContentKind, StorageType, Volumes};
use crate::release::Release;
use crate::syntax::section::is_space;

/// A volume id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VolumeId<'a> {
    /// The storage.
    pub storage: &'a BStr,
    /// The name of the volume on it; its form is the storage type's.
    pub name: &'a BStr,
}

impl<'a> VolumeId<'a> {
    /// Splits a volume id at its first colon. `None` for everything else that may stand where volume ids do: `none`,
    /// `cdrom`, absolute paths.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (storage, name) = format::volume_id_parts(text)?;
        Some(Self { storage: BStr::new(storage), name: BStr::new(name) })
    }

    /// The size in GiB of `STORAGE:SIZE`, which asks PVE to make a new volume (`NEW_DISK_RE`); no such thing may stand in a
    /// stored config.
    #[must_use]
    pub fn new_disk_size(&self) -> Option<&'a BStr> {
        let (whole, fraction) = match memchr::memchr(b'.', self.name) {
            Some(at) => (self.name.get(..at).unwrap_or_default(), self.name.get(at + 1..)),
            None => (&**self.name, None),
        };
        let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        (digits(whole) && fraction.is_none_or(digits)).then_some(self.name)
    }
}

/// What a volume name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeName<'a> {
    /// What it is; decides which content kind the storage must have.
    pub vtype: ContentKind,
    /// The name without kind, directory and base.
    pub name: &'a BStr,
    /// The guest that owns it.
    pub owner: Option<u64>,
    /// `raw`, `qcow2`, `subvol` ...; as far as the name tells.
    pub format: VolumeFormat<'a>,
    /// The base image that it is a linked clone of.
    pub base: Option<Base<'a>>,
    /// Whether it is a base image itself: a template's disk.
    pub is_base: bool,
}

/// The image format of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeFormat<'a> {
    /// The name doesn't tell, nor does its kind.
    Unknown,
    /// This one.
    Is(&'a BStr),
    /// This one, inside an OVA archive.
    InOva(&'a BStr),
    /// A PBS snapshot of this backup type (`vm`, `ct`, `host`).
    Pbs(&'a BStr),
}

/// A base image as named by its clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base<'a> {
    /// Its name.
    pub name: &'a BStr,
    /// The template that owns it.
    pub owner: u64,
}

impl VolumeFormat<'_> {
    /// As PVE writes it: `raw`, `ova+vmdk`, `pbs-vm`; `None` when unknown.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Is(format) => Some(format.to_string()),
            Self::InOva(format) => Some(format!("ova+{format}")),
            Self::Pbs(kind) => Some(format!("pbs-{kind}")),
        }
    }

    /// Whether it is exactly `format`.
    #[must_use]
    pub fn is(&self, format: &str) -> bool {
        matches!(self, Self::Is(is) if *is == format)
    }
}

fn raw() -> VolumeFormat<'static> {
    VolumeFormat::Is(BStr::new("raw"))
}

impl<'a> VolumeName<'a> {
    /// Reads a volume name of a storage type. `None`: PVE can't parse it, so whatever uses it fails.
    #[must_use]
    pub fn parse(name: &'a [u8], storage_type: &StorageType, release: Release) -> Option<Self> {
        match storage_type.volumes {
            Volumes::Directory => directory(name, release),
            Volumes::Lvm => lvm(name, release),
            Volumes::Lvmthin => lvmthin(name),
            Volumes::Zfs => zfs(name),
            Volumes::Rbd => rbd(name),
            Volumes::Iscsi => iscsi(name, release),
            Volumes::Iscsidirect => iscsidirect(name),
            Volumes::Pbs => pbs(name),
            Volumes::Esxi => esxi(name),
        }
    }

    fn image(name: &'a [u8], owner: Option<u64>, format: VolumeFormat<'a>) -> Self {
        Self { vtype: ContentKind::Images, name: BStr::new(name), owner, format, base: None, is_base: false }
    }

    fn file(vtype: ContentKind, name: &'a [u8], format: VolumeFormat<'a>) -> Self {
        Self { vtype, name: BStr::new(name), owner: None, format, base: None, is_base: false }
    }
}

/// Digits at the start of `text`, as a number, and what follows. Numbers that no guest can have saturate.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let end = text.iter().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().fold(0_u64, |sum, b| sum.saturating_mul(10).saturating_add(u64::from(b - b'0')));
    Some((value, rest))
}

fn is_word(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(|&b| is_space(b))
}

/// `<prefix><N>-<rest>` with a rest that has no blanks: N.
fn guest_name(text: &[u8], prefix: &str) -> Option<u64> {
    let (owner, rest) = number(text.strip_prefix(prefix.as_bytes())?)?;
    is_word(rest.strip_prefix(b"-")?).then_some(owner)
}

fn directory(name: &[u8], release: Release) -> Option<VolumeName<'_>> {
    if let Some((owner, rest)) = number(name) {
        return image_file(owner, rest.strip_prefix(b"/")?, release);
    }
    let at = memchr::memchr(b'/', name)?;
    let (kind, file) = (name.get(..at)?, name.get(at + 1..)?);
    let raw = if release >= Release::Pve8 { raw() } else { VolumeFormat::Unknown };
    let plain = !file.is_empty() && !file.contains(&b'/');
    match kind {
        b"iso" if plain && has_suffix(file, &[".iso", ".img"]) => Some(VolumeName::file(ContentKind::Iso, file, raw)),
        b"vztmpl" if plain && is_template(file, release) => Some(VolumeName::file(ContentKind::Vztmpl, file, raw)),
        b"rootdir" if release <= Release::Pve8 => {
            let (owner, rest) = number(file)?;
            let volume = VolumeName::file(ContentKind::Rootdir, file, VolumeFormat::Unknown);
            rest.is_empty().then_some(VolumeName { owner: Some(owner), ..volume })
        }
        b"backup" if plain && is_backup(file) => {
            let owner = ["vzdump-openvz-", "vzdump-lxc-", "vzdump-qemu-"].into_iter().find_map(|prefix| {
                let (owner, rest) = number(file.strip_prefix(prefix.as_bytes())?)?;
                (rest.len() > 1 && rest.starts_with(b"-")).then_some(owner)
            });
            Some(VolumeName { owner, ..VolumeName::file(ContentKind::Backup, file, raw) })
        }
        b"snippets" if plain => Some(VolumeName::file(ContentKind::Snippets, file, raw)),
        b"import" if release >= Release::Pve8 => import(file),
        _ => None,
    }
}

/// What follows `<N>/`: a file, or `<base>/<N>/<file>`.
fn image_file(first: u64, rest: &[u8], release: Release) -> Option<VolumeName<'_>> {
    if !is_word(rest) {
        return None;
    }
    // Of several `/<N>/` that could part base and clone, PVE's pattern takes the last.
    let clone = memchr::memrchr_iter(b'/', rest).find_map(|at| {
        let (head, file) = (rest.get(..at)?, rest.get(at + 1..)?);
        let before = memchr::memrchr(b'/', head)?;
        let (base, owner) = (head.get(..before)?, head.get(before + 1..)?);
        let (owner, none) = number(owner)?;
        (!base.is_empty() && !file.is_empty() && none.is_empty()).then_some((base, owner, file))
    });
    if let Some((base, owner, file)) = clone {
        disk_file(base, release)?;
        let (format, is_base) = disk_file(file, release)?;
        let base = Some(Base { name: BStr::new(base), owner: first });
        return Some(VolumeName { base, is_base, ..VolumeName::image(file, Some(owner), format) });
    }
    let (format, is_base) = disk_file(rest, release)?;
    Some(VolumeName { is_base, ..VolumeName::image(rest, Some(first), format) })
}

/// Format of the image file `name`, and whether it is a base image.
fn disk_file(name: &[u8], release: Release) -> Option<(VolumeFormat<'_>, bool)> {
    let dot = memchr::memrchr(b'.', name).filter(|&dot| dot > 0)?;
    let extension = name.get(dot + 1..)?;
    let known = matches!(extension, b"raw" | b"qcow2" | b"vmdk" | b"subvol");
    // The snapshots of snapshot-as-volume-chain are no volumes of their own.
    let snapshot = release >= Release::Pve9 && extension == b"qcow2" && name.starts_with(b"snap-");
    let base = name.strip_prefix(b"base-").is_some_and(|rest| rest.len() > extension.len() + 1);
    (known && !snapshot && !name.contains(&b'/')).then_some((VolumeFormat::Is(BStr::new(extension)), base))
}

/// Whether something precedes one of these endings, whose case doesn't matter.
fn has_suffix(name: &[u8], suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| {
        let at = name.len().saturating_sub(suffix.len());
        at > 0 && name.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(suffix.as_bytes()))
    })
}

fn is_template(name: &[u8], release: Release) -> bool {
    has_suffix(name, &[".tar.gz", ".tar.xz", ".tar.zst"])
        || (release >= Release::Pve8 && has_suffix(name, &[".tar.bz2"]))
        || (release >= Release::Pve9 && has_suffix(name, &[".tar"]))
}

fn is_backup(name: &[u8]) -> bool {
    let stem = [&b".gz"[..], b".lzo", b".zst", b".bz2"].iter().find_map(|suffix| name.strip_suffix(*suffix));
    let archive = |name: &[u8]| {
        [&b".tar"[..], b".vma"].iter().any(|suffix| name.strip_suffix(*suffix).is_some_and(|stem| !stem.is_empty()))
    };
    archive(name) || stem.is_some_and(archive) || name.strip_suffix(b".tgz").is_some_and(|stem| !stem.is_empty())
}

fn import(file: &[u8]) -> Option<VolumeName<'_>> {
    let safe = |text: &[u8]| {
        text.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'.' | b'+' | b'=' | b'_'))
    };
    let split = |name: &'_ [u8]| memchr::memrchr(b'.', name).filter(|&dot| dot > 0 && safe(name));
    let (archive, member) = match memchr::memchr(b'/', file) {
        Some(at) => (Some(file.get(..at)?), file.get(at + 1..)?),
        None => (None, file),
    };
    let extension = BStr::new(member.get(split(member)? + 1..)?);
    let disk = matches!(&**extension, b"qcow2" | b"raw" | b"vmdk");
    let format = match archive {
        Some(archive) => {
            (disk && archive.get(split(archive)?..) == Some(b".ova")).then_some(VolumeFormat::InOva(extension))?
        }
        None => (disk || matches!(&**extension, b"ova" | b"ovf")).then_some(VolumeFormat::Is(extension))?,
    };
    Some(VolumeName::file(ContentKind::Import, file, format))
}

fn lvm(name: &[u8], release: Release) -> Option<VolumeName<'_>> {
    let owner = guest_name(name, "vm-").filter(|_| is_lvm_name(name))?;
    let qcow2 = release >= Release::Pve9 && name.ends_with(b".qcow2");
    let format = if qcow2 { VolumeFormat::Is(BStr::new("qcow2")) } else { raw() };
    Some(VolumeName::image(name, Some(owner), format))
}

fn lvmthin(name: &[u8]) -> Option<VolumeName<'_>> {
    if !is_lvm_name(name) {
        return None;
    }
    let base = guest_name(name, "base-");
    let owner = base.or_else(|| guest_name(name, "vm-"))?;
    Some(VolumeName { is_base: base.is_some(), ..VolumeName::image(name, Some(owner), raw()) })
}

/// `[<base>/]<name>`: the last slash that leaves a base in front and a name behind parts the two; without such a slash
/// the whole has to be a name, which may hold slashes.
fn with_base<'a>(
    text: &'a [u8],
    base: impl Fn(&'a [u8]) -> Option<u64>,
    name: impl Fn(&'a [u8]) -> Option<VolumeName<'a>>,
) -> Option<VolumeName<'a>> {
    let clone = memchr::memrchr_iter(b'/', text).find_map(|at| {
        let (head, tail) = (text.get(..at)?, text.get(at + 1..)?);
        let base = Base { name: BStr::new(head), owner: base(head)? };
        Some(VolumeName { base: Some(base), ..name(tail)? })
    });
    clone.or_else(|| name(text))
}

fn zfs(name: &[u8]) -> Option<VolumeName<'_>> {
    with_base(
        name,
        |base| guest_name(base, "base-").or_else(|| guest_name(base, "basevol-")),
        |name| {
            let find = |prefix| Some((prefix, guest_name(name, prefix)?));
            let (prefix, owner) = ["base-", "basevol-", "vm-", "subvol-"].into_iter().find_map(find)?;
            let subvol = matches!(prefix, "basevol-" | "subvol-");
            let format = if subvol { VolumeFormat::Is(BStr::new("subvol")) } else { raw() };
            let is_base = prefix.starts_with("base");
            Some(VolumeName { is_base, ..VolumeName::image(name, Some(owner), format) })
        },
    )
}

/// As sloppy as PVE's pattern: `base` and `vm` are both optional.
fn rbd(name: &[u8]) -> Option<VolumeName<'_>> {
    with_base(
        name,
        |base| guest_name(base, "base-"),
        |name| {
            let after_base = name.strip_prefix(b"base");
            let rest = after_base.unwrap_or(name);
            let rest = rest.strip_prefix(b"vm").unwrap_or(rest);
            let owner = guest_name(rest, "-")?;
            Some(VolumeName { is_base: after_base.is_some(), ..VolumeName::image(name, Some(owner), raw()) })
        },
    )
}

fn iscsi(name: &[u8], release: Release) -> Option<VolumeName<'_>> {
    let mut rest = name;
    for _ in 0..3 {
        rest = number(rest)?.1.strip_prefix(b".")?;
    }
    (is_word(rest) && (release < Release::Pve8 || !rest.contains(&b'/'))).then(|| VolumeName::image(rest, None, raw()))
}

fn iscsidirect(name: &[u8]) -> Option<VolumeName<'_>> {
    let (_, rest) = number(name.strip_prefix(b"lun")?)?;
    rest.is_empty().then(|| VolumeName::image(name, None, raw()))
}

fn pbs(name: &[u8]) -> Option<VolumeName<'_>> {
    let snapshot = name.strip_prefix(b"backup/")?;
    let time_at = memchr::memrchr(b'/', snapshot)?;
    let (group, time) = (snapshot.get(..time_at)?, snapshot.get(time_at + 1..)?);
    let id_at = memchr::memrchr(b'/', group)?;
    let (kind, id) = (group.get(..id_at)?, group.get(id_at + 1..)?);
    let part = |text: &[u8]| is_word(text) && !text.contains(&b'_');
    let stamp = time.len() == TIME.len()
        && time.iter().zip(TIME).all(|(&b, &model)| if model == b'0' { b.is_ascii_digit() } else { b == model });
    if !(part(kind) && part(id) && stamp) {
        return None;
    }
    let owner = number(id).filter(|(_, rest)| rest.is_empty()).map(|(owner, _)| owner);
    let format = VolumeFormat::Pbs(BStr::new(kind));
    Some(VolumeName { owner, ..VolumeName::file(ContentKind::Backup, snapshot, format) })
}

/// The time of a PBS snapshot; zeros stand for digits.
const TIME: &[u8] = b"0000-00-00T00:00:00Z";

fn esxi(name: &[u8]) -> Option<VolumeName<'_>> {
    let mut parts = name.splitn(3, |&b| b == b'/');
    let whole = parts.next().is_some_and(|center| !center.is_empty())
        && parts.next().is_some_and(|store| !store.is_empty())
        && parts.next().is_some_and(|path| !path.is_empty());
    let is = |format: &'static str| VolumeFormat::Is(BStr::new(format));
    let volume = if name.ends_with(b".vmx") {
        VolumeName::file(ContentKind::Import, name, is("vmx"))
    } else {
        VolumeName::file(ContentKind::Images, name, if name.ends_with(b".vmdk") { is("vmdk") } else { raw() })
    };
    // ESXi knows no VMIDs; PVE says 0.
    whole.then_some(VolumeName { owner: Some(0), ..volume })
}

/// What a guest's volume is for, as PVE's own names tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `vm-100-disk-0` and every name that means nothing special.
    Disk,
    /// `vm-100-cloudinit`: made anew at every start.
    CloudInit,
    /// `vm-100-state-<snapshot>`: the memory of a suspended guest or snapshot.
    State,
    /// `vm-100-fleece-0`: left from a backup.
    Fleece,
}

impl VolumeName<'_> {
    /// What its name, behind the VMID in it, reserves it for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        let rest = self.name.strip_prefix(b"vm-").and_then(number).and_then(|(_, rest)| rest.strip_prefix(b"-"));
        match rest {
            Some(rest) if rest == b"cloudinit" || rest.starts_with(b"cloudinit.") => Purpose::CloudInit,
            Some(rest) if rest.starts_with(b"state-") => Purpose::State,
            Some(rest) if rest.starts_with(b"fleece-") => Purpose::Fleece,
            _ => Purpose::Disk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tables::storage::storage_type_any;

    fn parse(kind: &str, name: &'static str, release: Release) -> Option<VolumeName<'static>> {
        VolumeName::parse(name.as_bytes(), storage_type_any(kind.as_bytes()).unwrap(), release)
    }

    #[test]
    fn ids_split_at_the_first_colon() {
        let id = VolumeId::parse(b"nas:iso/a:b c.iso").unwrap();
        assert_eq!((id.storage, id.name), (BStr::new("nas"), BStr::new("iso/a:b c.iso")));
        for none in ["none", "cdrom", "/dev/sda", "x:1", "nas:", ""] {
            assert_eq!(VolumeId::parse(none.as_bytes()), None, "{none}");
        }
        assert_eq!(VolumeId::parse(b"nas:32").unwrap().new_disk_size(), Some(BStr::new("32")));
        assert_eq!(VolumeId::parse(b"nas:0.5").unwrap().new_disk_size(), Some(BStr::new("0.5")));
        assert_eq!(VolumeId::parse(b"nas:vm-1-x").unwrap().new_disk_size(), None);
    }

    #[test]
    fn the_last_slash_parts_base_and_clone() {
        let volume = parse("rbd", "base-1-a/vm-2-b/vm-3-c", Release::Pve9).unwrap();
        assert_eq!(volume.base.unwrap().name, "base-1-a/vm-2-b");
        assert_eq!(volume.owner, Some(3));
        // No name behind the slash: the whole is a name.
        let volume = parse("rbd", "base-1-a/x", Release::Pve9).unwrap();
        assert_eq!((volume.base, volume.is_base, volume.owner), (None, true, Some(1)));
        assert_eq!(parse("zfspool", "vm-1-a/vm-2-b", Release::Pve9).unwrap().owner, Some(1));
        let volume = parse("dir", "1/a.raw/2/b.qcow2", Release::Pve9).unwrap();
        assert_eq!((volume.owner, volume.base.unwrap().owner), (Some(2), 1));
        assert!(parse("dir", "1/a.raw/2/b.raw/3/c.raw", Release::Pve9).is_none());
    }

    #[test]
    fn file_names_need_a_stem() {
        for name in ["100/.raw", "iso/.iso", "vztmpl/.tar.gz", "backup/.tgz", "import/.ova", "import/a.ova/.raw"] {
            assert_eq!(parse("dir", name, Release::Pve9), None, "{name}");
        }
        assert!(!parse("dir", "100/base-.raw", Release::Pve9).unwrap().is_base);
    }

    #[test]
    fn names_tell_purposes() {
        let purpose = |kind, name| parse(kind, name, Release::Pve9).unwrap().purpose();
        assert_eq!(purpose("lvmthin", "vm-100-cloudinit"), Purpose::CloudInit);
        assert_eq!(purpose("dir", "100/vm-100-cloudinit.qcow2"), Purpose::CloudInit);
        assert_eq!(purpose("dir", "100/vm-100-state-a.raw"), Purpose::State);
        assert_eq!(purpose("zfspool", "vm-100-fleece-0"), Purpose::Fleece);
        assert_eq!(purpose("zfspool", "vm-100-disk-0"), Purpose::Disk);
    }
}
