//! What a guest's file without a telling path is: its kind by its text, its vmid by its name or by its volumes.
//!
//! People keep copies of `/etc/pve/lxc/100.conf` under names of their own (`ct-100-web.conf`, `web/lxc.conf`, `etc/vzdump/pct.conf`).
//! Pure functions: nothing here touches a disk.

use bstr::ByteSlice;

use super::FileKind;
use crate::text;

/// Tells container from VM by the text of a guest's configuration, for a `<vmid>.conf` without `lxc/` or `qemu-server/`
/// above it. Only the part before the first section header is looked at.
///
/// Every line with an option that only one of the two knows counts for that one, whichever has more is the answer, and a
/// file that says nothing, or the same for both, is neither.
///
/// * Container: `rootfs`, `mpN`, `devN`, `unprivileged`, `features`, `cmode`, `console`, `tty`, `hostname`, `swap`,
///   `timezone`, any `lxc.` line, and `arch` or `ostype` with a value of containers.
/// * VM: a disk (`scsiN`, `virtioN`, `ideN`, `sataN`, `efidisk0`, `tpmstate0`), `scsihw`, `boot`, `bootdisk`, `bios`,
///   `machine`, `cpu`, `sockets`, `numa`, `agent`, `balloon`, `kvm`, `acpi`, `vga`, `smbios1`, `vmgenid`, `name`, `args`,
///   `hostpciN`, `usbN`, `serialN`, and `arch` or `ostype` with a value of VMs.
#[must_use]
pub fn guess_guest(bytes: &[u8]) -> Option<FileKind> {
    let (mut container, mut vm) = (0u32, 0u32);
    for line in text::lines(bytes) {
        match line.first() {
            Some(b'[') => break,
            Some(b'#') | None => continue,
            Some(_) => {}
        }
        if line.starts_with(b"lxc.") {
            container += 1;
            continue;
        }
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (key, value) = line.split_at_checked(colon).unwrap_or_default();
        let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
        match told_by(key, value) {
            Some(FileKind::Container) => container += 1,
            Some(_) => vm += 1,
            None => {}
        }
    }
    match container.cmp(&vm) {
        std::cmp::Ordering::Greater => Some(FileKind::Container),
        std::cmp::Ordering::Less => Some(FileKind::Vm),
        std::cmp::Ordering::Equal => None,
    }
}

/// Which of the two knows this option, when only one does.
fn told_by(key: &[u8], value: &[u8]) -> Option<FileKind> {
    let stem_len = key.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |at| at + 1);
    let (stem, number) = key.split_at_checked(stem_len).unwrap_or((key, b""));
    match (stem, number.is_empty()) {
        (
            b"rootfs" | b"unprivileged" | b"features" | b"cmode" | b"console" | b"tty" | b"hostname" | b"swap"
            | b"timezone",
            true,
        )
        | (b"mp" | b"dev", false) => Some(FileKind::Container),
        (
            b"scsihw" | b"boot" | b"bootdisk" | b"bios" | b"machine" | b"cpu" | b"sockets" | b"numa" | b"agent"
            | b"balloon" | b"kvm" | b"acpi" | b"vga" | b"vmgenid" | b"name" | b"args",
            true,
        )
        | (
            b"scsi" | b"virtio" | b"ide" | b"sata" | b"efidisk" | b"tpmstate" | b"smbios" | b"hostpci" | b"usb"
            | b"serial",
            false,
        ) => Some(FileKind::Vm),
        (b"arch", true) => match value {
            b"amd64" | b"i386" | b"arm64" | b"armhf" | b"riscv32" | b"riscv64" => Some(FileKind::Container),
            b"x86_64" | b"aarch64" => Some(FileKind::Vm),
            _ => None,
        },
        (b"ostype", true) => match value {
            b"debian" | b"devuan" | b"ubuntu" | b"centos" | b"fedora" | b"opensuse" | b"archlinux" | b"alpine"
            | b"gentoo" | b"nixos" | b"unmanaged" => Some(FileKind::Container),
            b"l24" | b"l26" | b"other" | b"solaris" | b"w2k" | b"w2k3" | b"w2k8" | b"wvista" | b"wxp" => {
                Some(FileKind::Vm)
            }
            _ if value.starts_with(b"win") => Some(FileKind::Vm),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a file of this name is worth reading to see if it is a guest's: some `.conf`, also as `web.conf.txt` and as pve-zsync
/// keeps it (`100.conf.qemu.SNAPSHOT`).
pub(super) fn may_be_guest(name: &str) -> bool {
    name.ends_with(".conf")
        || name.ends_with(".conf.txt")
        || [".conf.lxc.", ".conf.qemu."].iter().any(|mark| name.contains(mark))
}

/// Whether a file of this name could be a copy of a file of PVE's that somebody put aside: `100.conf.bak`, `storage.cfg.pve2`,
/// `user.cfg.old`.
pub(super) fn is_put_aside(name: &str) -> bool {
    let whole = ["user.cfg", "storage.cfg", "domains.cfg", "datacenter.cfg", "jobs.cfg", "replication.cfg"];
    let of_cfg = |known: &str| name.strip_prefix(known).is_some_and(|rest| rest.starts_with(['.', '-', '_']));
    whole.iter().any(|known| of_cfg(known))
        || name.split_once(".conf.").is_some_and(|(front, _)| vmid_in_name(front).is_some())
}

/// Whether the text is surely a guest's, of which kind: every line as a guest's file has it, and so much of it told by one of the
/// two alone that no other program's file looks like it.
pub(super) fn surely_guest(bytes: &[u8]) -> Option<FileKind> {
    let kind = guess_guest(bytes).filter(|_| looks_like_guest(bytes))?;
    let mut telling = 0;
    for line in text::lines(bytes) {
        if line.starts_with(b"[") {
            break;
        }
        let Some((key, value)) = split_line(line) else { continue };
        let stem = key.trim_end_with(|c| c.is_ascii_digit());
        let volume = matches!(stem, b"rootfs" | b"scsi" | b"virtio" | b"ide" | b"sata");
        if line.starts_with(b"lxc.") || told_by(key, value).is_some() {
            telling += if volume { 2 } else { 1 };
        }
    }
    (telling >= 2).then_some(kind)
}

/// Whether every line is one that a guest's file may have: `key: value`, a comment, a section's header. At least one is the first.
pub(super) fn looks_like_guest(bytes: &[u8]) -> bool {
    let mut options = 0;
    for line in text::lines(bytes) {
        let line = line.trim_ascii_end();
        if line.is_empty() || line.starts_with(b"#") || (line.starts_with(b"[") && line.ends_with(b"]")) {
            continue;
        }
        if split_line(line).is_none() {
            return false;
        }
        options += 1;
    }
    options > 0
}

/// Key and value of a line such as `memory: 512` or `lxc.mount.auto = proc`.
fn split_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.find_byteset(b":=")?;
    let (key, value) = line.split_at_checked(at)?;
    let key = key.trim_ascii_end();
    let is_key = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let is_raw = key.starts_with(b"lxc.");
    let fits = !key.is_empty() && key.iter().all(is_key) && (is_raw || value.starts_with(b":"));
    fits.then(|| (key, value.get(1..).unwrap_or_default().trim_ascii()))
}

/// The vmid that a file's name holds: its first number that can be one, `101` in `ct-101-web.conf`.
pub(super) fn vmid_in_name(name: &str) -> Option<u32> {
    name.split(|c: char| !c.is_ascii_digit()).find_map(|number| valid_vmid(number.as_bytes()))
}

/// The vmid in whose name the volumes of a guest's text are kept: `101` where the first of them is `local-lvm:vm-101-disk-0`.
pub(super) fn vmid_in_volumes(bytes: &[u8]) -> Option<u32> {
    for line in text::lines(bytes) {
        if line.starts_with(b"[") {
            break;
        }
        let Some((key, value)) = split_line(line).filter(|_| !line.starts_with(b"#")) else { continue };
        let stem = key.trim_end_with(|c| c.is_ascii_digit());
        if !matches!(stem, b"rootfs" | b"scsi" | b"virtio" | b"ide" | b"sata" | b"efidisk" | b"tpmstate" | b"mp") {
            continue;
        }
        let volume = value.split(|&b| b == b',').next().unwrap_or_default();
        for mark in [&b"subvol-"[..], b"basevol-", b"vm-", b"base-"] {
            let Some(at) = volume.find(mark) else { continue };
            let rest = volume.get(at + mark.len()..).unwrap_or_default();
            let number = rest.get(..rest.iter().take_while(|b| b.is_ascii_digit()).count()).unwrap_or_default();
            if let Some(vmid) = valid_vmid(number) {
                return Some(vmid);
            }
        }
    }
    None
}

/// A number that PVE gives to guests: 100 to 999999999, without a zero in front.
fn valid_vmid(number: &[u8]) -> Option<u32> {
    let number = std::str::from_utf8(number).ok().filter(|number| !number.starts_with('0'))?;
    number.parse().ok().filter(|vmid| (100..=999_999_999).contains(vmid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_tells_containers_from_vms() {
        let table: &[(&str, Option<FileKind>)] = &[
            ("arch: amd64\nrootfs: local-lvm:vm-1-disk-0\n", Some(FileKind::Container)),
            ("ostype: debian\n", Some(FileKind::Container)),
            ("lxc.idmap: u 0 1 1\n", Some(FileKind::Container)),
            ("mp0: /a,mp=/a", Some(FileKind::Container)),
            ("boot: order=scsi0\nscsi0: x\n", Some(FileKind::Vm)),
            ("ostype: win11\n", Some(FileKind::Vm)),
            ("arch: aarch64\n", Some(FileKind::Vm)),
            ("#rootfs: x\nmemory: 1\n", None),
            ("memory: 1\n[snap]\nrootfs: x\n", None),
            ("rootfs: x\nname: y\n", None),
            ("", None),
            ("mp: x\nscsi: y\n", None),
            (":::\n\u{0}\n", None),
        ];
        for (text, kind) in table {
            assert_eq!(guess_guest(text.as_bytes()), *kind, "{text:?}");
        }
    }

    #[test]
    fn names_and_volumes_tell_the_vmid() {
        let names = [
            ("ct-100-web.conf", Some(100)),
            ("vm_111.conf", Some(111)),
            ("2024-ct101.conf", Some(2024)),
            ("lxc_0101.conf", None),
            ("web2.conf", None),
            ("1234567890.conf", None),
        ];
        for (name, vmid) in names {
            assert_eq!(vmid_in_name(name), vmid, "{name}");
        }
        let texts = [
            ("rootfs: tank:subvol-101-disk-0,size=8G\n", Some(101)),
            ("mp0: /x,mp=/y\nscsi0: local:200/vm-200-disk-0.qcow2\n", Some(200)),
            ("scsi0: a:base-300-disk-0/vm-301-disk-0\n", Some(301)),
            ("[snap]\nrootfs: tank:subvol-101-disk-0\n", None),
            ("memory: 512\n", None),
        ];
        for (text, vmid) in texts {
            assert_eq!(vmid_in_volumes(text.as_bytes()), vmid, "{text}");
        }
    }

    #[test]
    fn other_programs_files_are_no_guests() {
        for text in
            ["server {\n  listen 80;\n}\n", "[Unit]\nname: x\n", "key: value\nname: x\n", "", "# only a comment\n"]
        {
            assert_eq!(surely_guest(text.as_bytes()), None, "{text}");
        }
        assert_eq!(surely_guest(b"memory: 512\nscsi0: local:100/vm-100-disk-0.raw\n"), Some(FileKind::Vm));
        assert_eq!(surely_guest(b"arch: amd64\nostype: debian\n"), Some(FileKind::Container));
    }

    #[test]
    fn copies_put_aside_are_known_by_name() {
        for name in ["100.conf.bak", "storage.cfg.pve2", "user.cfg.old", "ct-100-web.conf.save"] {
            assert!(is_put_aside(name), "{name}");
        }
        for name in ["storage.cfg", "100.conf", "web.conf.bak", "README.md", "user.cfgx"] {
            assert!(!is_put_aside(name), "{name}");
        }
    }
}
