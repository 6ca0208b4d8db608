//! `nodes/<node>/qemu-server/<vmid>.conf`, lightly: which volumes a virtual machine uses.
//!
//! Only the drives of the main section are read; the many other options of a machine are not modelled, and nothing is
//! checked. Lines are told apart as `parse_vm_config` in qemu-server, `PVE/QemuServer.pm`, does.

use crate::release::Release;
use crate::syntax::guest::{self, Class, Dialect};
use crate::syntax::property::{self, Form};
use crate::text::{Located, Span};

/// Families of drives, with the number of drives each can have; 0 where the key has no number.
const DRIVES: [(&[u8], u32); 8] = [
    (b"ide", 4),
    (b"sata", 6),
    (b"scsi", 31),
    (b"virtio", 16),
    (b"efidisk", 1),
    (b"tpmstate", 1),
    (b"unused", 256),
    (b"cdrom", 0),
];

/// A virtual machine, as far as its volumes go.
#[derive(Clone, Debug)]
pub struct Vm<'a> {
    /// The file.
    pub text: &'a [u8],
    /// Its number, from the file's name.
    pub vmid: u64,
    /// The drives of the main section; of several lines with one key, the last.
    pub drives: Vec<Drive<'a>>,
    /// Whether it is a template, which never starts.
    pub template: bool,
    /// Whether it starts with its node.
    pub onboot: bool,
    /// The `lock` option.
    pub lock: Option<Located<&'a [u8]>>,
    /// The names of its snapshots, in file order, with the places of their headers. A repeated name occurs repeatedly.
    pub snapshots: Vec<Located<&'a [u8]>>,
}

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
        crate::model::schema::format::volume_id_parts(self.file.value)
    }

    /// The key without its number.
    #[must_use]
    pub fn family(&self) -> &'a [u8] {
        crate::model::tables::lxc::split_index(self.key).0
    }
}

impl<'a> Vm<'a> {
    /// Reads `text`, the configuration of machine `vmid`. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8], vmid: u64, release: Release) -> Self {
        let mut machine =
            Self { text, vmid, drives: Vec::new(), template: false, onboot: false, lock: None, snapshots: Vec::new() };
        let mut in_main = true;
        for line in guest::parse(text, Dialect::Vm { hyphens: release >= Release::Pve8 }) {
            match line.class {
                Class::Pending | Class::Special(_) => in_main = false,
                Class::Snapshot(name) => {
                    in_main = false;
                    let span = Span::of(text, line.body());
                    machine.snapshots.push(Located::new(name, span));
                }
                // From 8 on, an unknown header ends the section; 7 reads on in the one before.
                Class::Other if release >= Release::Pve8 && line.raw.starts_with(b"[") => in_main = false,
                Class::Option { key: b"lock", value } if in_main => {
                    machine.lock = Some(Located::new(value, Span::of(text, value)));
                }
                Class::Option { key: b"template", value } if in_main => machine.template = is_on(value),
                Class::Option { key: b"onboot", value } if in_main => machine.onboot = is_on(value),
                Class::Option { key, value } if in_main => machine.drive(key, value),
                _ => {}
            }
        }
        machine
    }

    fn drive(&mut self, key: &'a [u8], value: &'a [u8]) {
        let (family, number) = crate::model::tables::lxc::split_index(key);
        let Some(&(_, count)) = DRIVES.iter().find(|(name, _)| *name == family) else { return };
        let number: Option<u32> = std::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
        if number.map_or(count != 0, |number| number >= count) {
            return;
        }
        let Some(file) = file_of(value) else { return };
        let media = pairs(value).find(|(key, _)| *key == b"media").map(|(_, value)| value);
        let drive = Drive {
            key,
            key_span: Span::of(self.text, key),
            value,
            span: Span::of(self.text, value),
            file: Located::new(file, Span::of(self.text, file)),
            format: pairs(value)
                .find(|(key, _)| *key == b"format")
                .map(|(_, format)| Located::new(format, Span::of(self.text, format))),
            is_cdrom: family == b"cdrom" || media == Some(b"cdrom"),
        };
        match self.drives.iter_mut().find(|old| old.key == key) {
            Some(old) => *old = drive,
            None => self.drives.push(drive),
        }
    }

    /// The drive with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Drive<'a>> {
        self.drives.iter().find(|drive| drive.key == key.as_bytes())
    }
}

fn is_on(value: &[u8]) -> bool {
    crate::model::schema::boolean(value) == Some(true)
}

/// The value without `key=`, or that of `file` or its other name `volume`.
fn file_of(value: &[u8]) -> Option<&[u8]> {
    property::parts(value).find_map(|part| match part.form {
        Form::Bare(file) | Form::Pair { key: b"file" | b"volume", value: file } => Some(file),
        _ => None,
    })
}

fn pairs(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    property::parts(value).filter_map(|part| match part.form {
        Form::Pair { key, value } => Some((key, value)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_of_the_main_section_are_found() {
        let text = b"boot: order=scsi0\nscsi0: local-lvm:vm-1-disk-0,size=8G\nide2: media=cdrom,file=none\n\
                     scsi0: tank:vm-1-disk-1\nscsi31: a:b\nunused0: volume=tank:vm-1-disk-2\nlock: backup\n\
                     template: 1\nonboot: no\n[PENDING]\nsata0: x1:y\n[snap1]\nonboot: 1\n\nsata1: x1:y\n";
        let machine = Vm::parse(text, 1, Release::Pve9);
        let keys: Vec<_> = machine.drives.iter().map(|drive| drive.key).collect();
        assert_eq!(keys, [&b"scsi0"[..], b"ide2", b"unused0"]);
        let disk = machine.get("scsi0").and_then(Drive::volume);
        assert_eq!(disk, Some((&b"tank"[..], &b"vm-1-disk-1"[..])));
        assert!(machine.get("ide2").is_some_and(|drive| drive.is_cdrom && drive.volume().is_none()));
        assert_eq!(machine.lock.map(|lock| lock.value), Some(&b"backup"[..]));
        assert_eq!(machine.snapshots.len(), 1);
        assert!(machine.template && !machine.onboot);
    }

    #[test]
    fn a_bad_header_ended_nothing_before_8() {
        let text = b"[a b]\nscsi0: x1:y\n";
        assert_eq!(Vm::parse(text, 1, Release::Pve7).drives.len(), 1);
        assert_eq!(Vm::parse(text, 1, Release::Pve9).drives.len(), 0);
    }
}
