//! Containers and VMs.

use std::fmt::Write as _;

use super::{HOST_IDS, Plan, Random, StorageKind, storage_kind, storage_name};

/// A storage that can hold disks.
fn disk_storage(plan: &Plan, random: &mut Random) -> (StorageKind, String) {
    loop {
        let index = random.below(plan.storages.max(3));
        let kind = storage_kind(index);
        if matches!(kind, StorageKind::Zfs | StorageKind::LvmThin | StorageKind::Nfs | StorageKind::Rbd) {
            return (kind, storage_name(index));
        }
    }
}

fn volume((kind, storage): &(StorageKind, String), vmid: u32, disk: u32, is_container: bool) -> String {
    match (kind, is_container) {
        (StorageKind::Nfs, true) => format!("{storage}:{vmid}/vm-{vmid}-disk-{disk}.raw"),
        (StorageKind::Nfs, false) => format!("{storage}:{vmid}/vm-{vmid}-disk-{disk}.qcow2"),
        (StorageKind::Zfs, true) => format!("{storage}:subvol-{vmid}-disk-{disk}"),
        _ => format!("{storage}:vm-{vmid}-disk-{disk}"),
    }
}

fn mac(vmid: u32, nic: u32) -> String {
    let n = vmid * 4 + nic;
    format!("BC:24:11:{:02X}:{:02X}:{:02X}", (n >> 16) & 255, (n >> 8) & 255, n & 255)
}

/// Its own address in 10.0.0.0/8.
fn address(vmid: u32) -> String {
    format!("10.{}.{}.{}", 1 + ((vmid >> 16) & 127), (vmid >> 8) & 255, vmid & 255)
}

/// The text of a guest: the options sorted as PVE writes them, other lines, then the snapshots with copies of both.
struct Guest {
    notes: Vec<String>,
    options: Vec<(String, String)>,
    other: Vec<String>,
    snapshots: u32,
}

impl Guest {
    fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.options.push((key.into(), value.into()));
    }

    fn get(&mut self, key: &str) -> Option<&mut String> {
        self.options.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    fn text(mut self) -> String {
        self.options.sort();
        let mut out = String::new();
        for note in &self.notes {
            let _ = writeln!(out, "#{note}");
        }
        let parent = |section: u32| (section > 0).then(|| format!("snap{section:02}"));
        self.body(&mut out, parent(self.snapshots), None);
        for snapshot in 1..=self.snapshots {
            let _ = writeln!(out, "\n[snap{snapshot:02}]");
            self.body(&mut out, parent(snapshot - 1), Some(1_718_000_000 + 86_400 * u64::from(snapshot)));
        }
        out
    }

    fn body(&self, out: &mut String, parent: Option<String>, time: Option<u64>) {
        let mut options: Vec<_> = self.options.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        options.extend(parent.map(|parent| ("parent", parent)));
        options.extend(time.map(|time| ("snaptime", time.to_string())));
        options.sort_by_key(|(key, _)| *key);
        for (key, value) in options {
            let _ = writeln!(out, "{key}: {value}");
        }
        for line in &self.other {
            let _ = writeln!(out, "{line}");
        }
    }
}

fn snapshots(plan: &Plan, random: &mut Random, can: bool) -> u32 {
    match (can, plan.snapshots) {
        (false, _) => 0,
        (true, 0) => {
            if random.chance(1, 6) {
                1 + random.below(3)
            } else {
                0
            }
        }
        (true, count) => count,
    }
}

pub(super) fn container(plan: &Plan, vmid: u32) -> String {
    let mut random = plan.random("container", vmid);
    let random = &mut random;
    let mut ct = Guest { notes: Vec::new(), options: Vec::new(), other: Vec::new(), snapshots: 0 };
    if random.chance(1, 5) {
        ct.notes
            .push(random.pick(&["Reverse proxy of the shop", "Owner%3A team 7", "Siehe Wiki, Büro Wien"]).to_owned());
    }
    let (os, memory) = (random.pick(&["debian", "ubuntu", "alpine", "debian"]), 512 << random.below(6));
    ct.set("arch", "amd64");
    ct.set("cores", (1 + random.below(8)).to_string());
    ct.set("features", "nesting=1");
    ct.set("hostname", format!("ct{vmid}"));
    ct.set("memory", memory.to_string());
    ct.set("ostype", os);
    ct.set("swap", random.pick(&["0", "512", "1024"]));
    ct.set("unprivileged", "1");
    if random.chance(1, 2) {
        ct.set("onboot", "1");
    }
    if random.chance(1, 8) {
        ct.set("startup", format!("order={},up=30", 1 + random.below(9)));
    }
    if random.chance(1, 4) {
        ct.set("tags", random.pick(&["prod", "prod;web", "db;test"]));
    }
    if random.chance(1, 10) {
        ct.set("nameserver", "192.0.2.53");
        ct.set("searchdomain", "example.org");
    }
    for nic in 0..1 + random.below(2) {
        let ip = if nic == 0 && random.chance(1, 2) {
            format!("gw=10.255.255.254,hwaddr={},ip={}/8", mac(vmid, nic), address(vmid))
        } else {
            format!("hwaddr={},ip=dhcp", mac(vmid, nic))
        };
        ct.set(format!("net{nic}"), format!("name=eth{nic},bridge=vmbr{nic},{ip},type=veth"));
    }
    let root = disk_storage(plan, random);
    ct.set("rootfs", format!("{},size={}G", volume(&root, vmid, 0, true), 4 << random.below(5)));
    let mut can_snapshot = root.0 != StorageKind::Nfs;
    if random.chance(3, 10) {
        let data = disk_storage(plan, random);
        can_snapshot &= data.0 != StorageKind::Nfs;
        ct.set(
            "mp0",
            format!("{},mp=/srv/data,backup=1,size={}G", volume(&data, vmid, 1, true), 16 << random.below(6)),
        );
    }
    let mapped = random.chance(1, 6).then(|| HOST_IDS.start + random.below(HOST_IDS.end - HOST_IDS.start));
    if let Some(id) = mapped {
        can_snapshot = false;
        ct.set("mp1", format!("/srv/share/{id},mp=/srv/share,replicate=0,shared=1"));
        for kind in ['u', 'g'] {
            ct.other.push(format!("lxc.idmap: {kind} 0 100000 {id}"));
            ct.other.push(format!("lxc.idmap: {kind} {id} {id} 1"));
            ct.other.push(format!("lxc.idmap: {kind} {} {} {}", id + 1, 100_001 + id, 65_535 - id));
        }
    }
    ct.snapshots = snapshots(plan, random, can_snapshot);
    match plan.mistake("container", vmid, 12) {
        Some(0) => ct.set("memroy", "2048"),
        Some(1) => _ = ct.get("memory").map(|value| *value = "2G".to_owned()),
        Some(2) => _ = ct.get("rootfs").map(|value| *value = format!("gone:{vmid}/vm-{vmid}-disk-0.raw,size=8G")),
        Some(3) => _ = ct.get("net0").map(|value| *value = value.replace(",bridge", ", bridge")),
        Some(4) => ct.other.push("lxc.cgroup.devices.allow: c 226:128 rwm".to_owned()),
        Some(5) => ct.other.push("lxc.idmap: u 0 100000 65536 # all".to_owned()),
        Some(6) => ct.other.extend(["u", "g"].map(|kind| format!("lxc.idmap: {kind} 70000 2000 1"))),
        Some(7) => ct.set("mp2", "/srv/media,mp=/media,ro=1, backup=0"),
        Some(8) => _ = ct.get("swap").map(|value| value.push_str("lxc.mount.auto: cgroup")),
        Some(9) => ct.set("memory", "4096"),
        Some(10) => ct.other.push("[a b]\ncores: 1".to_owned()),
        Some(11) => ct.other.push("lxc.init_cmd: /sbin/init".to_owned()),
        _ => {}
    }
    ct.text()
}

pub(super) fn vm(plan: &Plan, vmid: u32) -> String {
    let mut random = plan.random("vm", vmid);
    let random = &mut random;
    let mut vm = Guest { notes: Vec::new(), options: Vec::new(), other: Vec::new(), snapshots: 0 };
    if random.chance(1, 5) {
        vm.notes.push("Built by packer".to_owned());
    }
    vm.set("agent", "1");
    vm.set("cores", (1 + random.below(16)).to_string());
    vm.set("cpu", "x86-64-v2-AES");
    vm.set("memory", (1024_u32 << random.below(6)).to_string());
    vm.set("meta", "creation-qemu=9.2.0,ctime=1742000000");
    vm.set("name", format!("vm{vmid}"));
    vm.set("numa", "0");
    vm.set("ostype", random.pick(&["l26", "l26", "win11"]));
    vm.set("scsihw", "virtio-scsi-single");
    let uuid = |random: &mut Random| {
        let (a, b) = (random.next(), random.next());
        let (a, b) = (a & !0xf000 | 0x4000, b & (u64::MAX >> 2) | 1 << 63);
        let text = format!("{a:016x}{b:016x}");
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    };
    let (one, other) = (uuid(random), uuid(random));
    vm.set("smbios1", format!("uuid={one}"));
    vm.set("vmgenid", other);
    vm.set("sockets", "1");
    if random.chance(1, 2) {
        vm.set("onboot", "1");
    }
    for nic in 0..1 + random.below(2) {
        vm.set(format!("net{nic}"), format!("virtio={},bridge=vmbr{nic},firewall=1", mac(vmid, nic)));
    }
    let mut can_snapshot = true;
    for disk in 0..1 + random.below(3) {
        let storage = disk_storage(plan, random);
        let size = 8 << random.below(6);
        can_snapshot &= storage.0 != StorageKind::LvmThin;
        vm.set(
            format!("scsi{disk}"),
            format!("{},discard=on,iothread=1,size={size}G", volume(&storage, vmid, disk, false)),
        );
    }
    vm.set("boot", "order=scsi0");
    vm.snapshots = snapshots(plan, random, can_snapshot);
    match plan.mistake("vm", vmid, 4) {
        Some(0) => _ = vm.get("scsi0").map(|value| *value = format!("gone:vm-{vmid}-disk-0,size=32G")),
        Some(1) => vm.set("ide2", "local-lvm:iso/debian-13.1.0-amd64-netinst.iso,media=cdrom,size=783M"),
        Some(2) => vm.set("unused0", format!("pbs-05:vm-{vmid}-disk-9")),
        Some(3) => vm.other.push("cores 4".to_owned()),
        _ => {}
    }
    vm.text()
}
