//! Drives: disks, CD-ROMs, EFI and TPM state, unused volumes; and what PVE makes of a disk's options when the VM starts
//! (`parse_drive` in qemu-server, `PVE/QemuServer/Drive.pm`).

use bstr::ByteSlice;

use super::{Opt, Section};
use crate::model::schema::{self, Props};
use crate::text::{Located, Span};

/// A drive: disk, CD-ROM, EFI or TPM state, or an unused volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drive<'a> {
    /// The key: `scsi0`, `unused3`.
    pub key: &'a [u8],
    /// Where the key stands.
    pub key_span: Span,
    /// The whole value.
    pub value: &'a [u8],
    /// Where the value stands.
    pub span: Span,
    /// What is in the drive: a volume id, an absolute path, `none` or `cdrom`.
    pub file: Located<&'a [u8]>,
    /// The `format` among its options.
    pub format: Option<Located<&'a [u8]>>,
    /// Whether it is a CD-ROM drive (`media=cdrom`).
    pub is_cdrom: bool,
}

impl<'a> Drive<'a> {
    /// Storage and volume name, when a volume is in the drive.
    #[must_use]
    pub fn volume(&self) -> Option<(&'a [u8], &'a [u8])> {
        schema::format::volume_id_parts(self.file.value)
    }

    /// The key without its number.
    #[must_use]
    pub fn family(&self) -> &'a [u8] {
        crate::model::tables::guest::split_index(self.key).0
    }
}

/// Whether options of this family are drives.
#[must_use]
pub fn is_drive(family: &[u8]) -> bool {
    matches!(family, b"ide" | b"sata" | b"scsi" | b"virtio" | b"efidisk" | b"tpmstate" | b"unused")
}

/// The drives of a section.
pub(super) fn drives<'a>(section: &Section<'a>, text: &'a [u8]) -> Vec<Drive<'a>> {
    section.options.iter().filter_map(|option| drive(option, text)).collect()
}

fn drive<'a>(option: &Opt<'a>, text: &'a [u8]) -> Option<Drive<'a>> {
    if !is_drive(option.family()) {
        return None;
    }
    let props = option.props.as_ref()?;
    let file = props.get("file")?;
    let was_cdrom = option.key_span.bytes(text) == b"cdrom";
    Some(Drive {
        key: option.key,
        key_span: option.key_span,
        value: option.span.bytes(text),
        span: option.span,
        file: Located::new(file.value, file.span),
        format: props.get("format").map(|format| Located::new(format.value, format.span)),
        is_cdrom: was_cdrom || props.value("media") == Some(b"cdrom"),
    })
}

/// What PVE says when it refuses to attach a disk whose line it accepted. The disk is then neither there nor backed up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// What it logs; for some combinations nothing.
    pub warnings: Vec<String>,
}

/// Whether PVE attaches the disk with these options.
///
/// # Errors
/// What is said where it doesn't.
pub fn attach(family: &[u8], props: &Props<'_>) -> Result<(), Refused> {
    let value = |name: &str| props.value(name).unwrap_or_default();
    let set = |name: &str| schema::is_true(value(name));
    let mut warnings = Vec::new();
    let given = |name: &str| props.get(name).is_some();
    for limit in ["bps", "bps_rd", "bps_wr"] {
        if given(limit) && given(&format!("m{limit}")) {
            warnings.push(format!("both {limit} and m{limit} specified"));
        }
    }
    // What was given in bytes counts as given in megabytes (as 0.000, but that is true for Perl).
    let has =
        |name: &str| set(name) || name.strip_prefix('m').is_some_and(|bytes| bytes.starts_with("bps") && given(bytes));
    let requirements = [
        ("mbps_max", "mbps"),
        ("mbps_rd_max", "mbps_rd"),
        ("mbps_wr_max", "mbps_wr"),
        ("bps_max_length", "mbps_max"),
        ("bps_rd_max_length", "mbps_rd_max"),
        ("bps_wr_max_length", "mbps_wr_max"),
        ("iops_max_length", "iops_max"),
        ("iops_rd_max_length", "iops_rd_max"),
        ("iops_wr_max_length", "iops_wr_max"),
    ];
    for (option, needed) in requirements {
        if set(option) && !has(needed) {
            warnings.push(format!("{option} requires {needed}"));
        }
    }
    let both = |all: &str| has(all) && (has(&format!("{all}_rd")) || has(&format!("{all}_wr")));
    let is_cdrom = value("media") == b"cdrom";
    let refused = !warnings.is_empty()
        || both("mbps")
        || both("iops")
        || (is_cdrom && (set("snapshot") || set("trans") || set("format") || family == b"virtio"));
    if refused { Err(Refused { warnings }) } else { Ok(()) }
}

/// The names under which [`attach`] keeps limits in bytes.
#[must_use]
pub fn kept_as(name: &str) -> Option<&'static str> {
    match name {
        "bps" => Some("mbps"),
        "bps_rd" => Some("mbps_rd"),
        "bps_wr" => Some("mbps_wr"),
        _ => None,
    }
}

/// The name of the cloud-init drive of a VM, whatever storage it is on.
#[must_use]
pub fn is_cloudinit(file: &[u8], vmid: u64) -> bool {
    let name = memchr::memchr(b':', file).and_then(|at| file.get(at + 1..)).unwrap_or_default();
    name == b"cloudinit" || name.contains_str(format!("vm-{vmid}-cloudinit"))
}
