//! The rules about VMs: each mistake is found where it is and nothing else with it, and what is right stays quiet.

use pvelint::finding::{Finding, Fix, Level};
use pvelint::release::Release;
use pvelint::rules::RULES;
use pvelint::source::{LoadOptions, Sources};

const BASE: [(&str, &str); 10] = [
    ("agent", "1"),
    ("boot", "order=scsi0;net0"),
    ("cores", "2"),
    ("cpu", "x86-64-v2-AES"),
    ("memory", "4096"),
    ("name", "web"),
    ("net0", "virtio=BC:24:11:00:01:00,bridge=vmbr0"),
    ("ostype", "l26"),
    ("scsi0", "local-lvm:vm-100-disk-0,size=32G"),
    ("scsihw", "virtio-scsi-single"),
];

/// A VM that is all right, but for `lines`: an option takes the place of its namesake, `-key` removes it, everything else is
/// appended.
fn with(lines: &str) -> String {
    let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    let own = || lines.lines().take_while(|line| !line.starts_with('['));
    let mut text = String::new();
    for (name, value) in BASE {
        if !own().any(|line| key(line) == name || line == format!("-{name}")) {
            text += &format!("{name}: {value}\n");
        }
    }
    text + &lines.lines().filter(|line| !line.starts_with('-')).map(|line| format!("{line}\n")).collect::<String>()
}

fn of(text: &str, release: Release) -> Vec<Finding> {
    let name = "nodes/pve1/qemu-server/100.conf";
    let sources = Sources::from_bytes(name, text.as_bytes().to_vec(), &LoadOptions::default()).unwrap();
    pvelint::check(&sources, RULES, Some(release)).findings
}

/// Level, rule and the text of the line that each finding points at.
fn found(lines: &str, release: Release) -> Vec<(Level, &'static str, String)> {
    let text = with(lines);
    let line = |finding: &Finding| {
        let before = &text[..finding.primary.place.span.start as usize];
        let at = before.matches('\n').count();
        text.lines().nth(at).unwrap_or_default().to_owned()
    };
    of(&text, release).iter().map(|finding| (finding.level, finding.rule, line(finding))).collect()
}

#[test]
fn each_mistake_is_found_at_its_line_and_nothing_else() {
    use Level::{Error, Note, Warning};
    for (lines, level, rule, at) in [
        ("Memory: 1", Error, "vm-line-invalid", "Memory: 1"),
        ("cpulimit = 2", Error, "vm-line-invalid", "cpulimit = 2"),
        (" onboot: 1", Error, "vm-line-invalid", " onboot: 1"),
        ("onboot : 1", Error, "vm-line-invalid", "onboot : 1"),
        ("onboot:", Error, "vm-line-invalid", "onboot:"),
        ("delete: memory", Error, "vm-line-invalid", "delete: memory"),
        ("bogus", Error, "vm-line-invalid", "bogus"),
        ("scsi31: local-lvm:vm-100-disk-1", Error, "vm-option-unknown", "scsi31: local-lvm:vm-100-disk-1"),
        ("onbot: 1", Error, "vm-option-unknown", "onbot: 1"),
        ("disk0: a1:b", Warning, "vm-option-unknown", "disk0: a1:b"),
        ("net: virtio,bridge=vmbr0", Error, "vm-option-unknown", "net: virtio,bridge=vmbr0"),
        ("sata0: a1:vm-100-disk-1,iothread=1", Error, "vm-disk-invalid", "sata0: a1:vm-100-disk-1,iothread=1"),
        ("ide0: a1:vm-100-disk-1, size=1G", Error, "vm-disk-invalid", "ide0: a1:vm-100-disk-1, size=1G"),
        ("scsi1: vm-100-disk-1", Error, "vm-disk-invalid", "scsi1: vm-100-disk-1"),
        ("net1: virtio,bridge=vmbr0,vlan=3", Error, "vm-net-invalid", "net1: virtio,bridge=vmbr0,vlan=3"),
        ("net1: bridge=vmbr0", Error, "vm-net-invalid", "net1: bridge=vmbr0"),
        ("memory: 4G", Error, "vm-value-invalid", "memory: 4G"),
        ("onboot: ja", Error, "vm-value-invalid", "onboot: ja"),
        ("cpu: hots", Error, "vm-value-invalid", "cpu: hots"),
        ("name: my_vm", Error, "vm-value-invalid", "name: my_vm"),
        ("tags: a b!", Warning, "guest-tags-invalid", "tags: a b!"),
        ("cores: 0", Error, "vm-value-range", "cores: 0"),
        ("bios: uefi", Error, "vm-value-range", "bios: uefi"),
        ("ostype: l26 # linux", Error, "vm-value-range", "ostype: l26 # linux"),
        ("name: other\nname: web", Warning, "guest-option-duplicate", "name: other"),
        ("scsi1: a1:vm-100-disk-1,mbps=1,bps=1", Error, "vm-disk-refused", "scsi1: a1:vm-100-disk-1,mbps=1,bps=1"),
        ("net0: virtio,bridge=vmbr0", Warning, "vm-net-mac-missing", "net0: virtio,bridge=vmbr0"),
        ("net0: virtio=BC:24:11:00:01:00", Warning, "vm-net-bridge-missing", "net0: virtio=BC:24:11:00:01:00"),
        ("boot: order=scsi5;net0", Warning, "vm-boot-device-unknown", "boot: order=scsi5;net0"),
        ("-boot\nbootdisk: virtio0", Warning, "vm-boot-device-unknown", "bootdisk: virtio0"),
        ("bios: ovmf", Warning, "vm-efidisk-missing", "bios: ovmf"),
        ("efidisk0: a1:vm-100-disk-1", Note, "vm-efidisk-no-effect", "efidisk0: a1:vm-100-disk-1"),
        ("ciuser: x", Warning, "vm-cloudinit-no-drive", "ciuser: x"),
        ("vcpus: 3", Error, "vm-vcpus-above-cores", "vcpus: 3"),
        ("balloon: 9000", Warning, "vm-balloon-above-memory", "balloon: 9000"),
        ("hugepages: 2", Error, "vm-numa-required", "hugepages: 2"),
        (
            "numa: 1\nnuma0: cpus=0,memory=4096,hostnodes=0",
            Error,
            "vm-numa-memory",
            "numa0: cpus=0,memory=4096,hostnodes=0",
        ),
        ("hostpci0: 01:00.0,pcie=1", Error, "vm-pcie-required", "hostpci0: 01:00.0,pcie=1"),
        ("usb0: usb3=1", Error, "vm-passthrough-source", "usb0: usb3=1"),
        ("hostpci0: 01:00.0\nhostpci1: 0000:01:00", Error, "vm-pci-duplicate", "hostpci1: 0000:01:00"),
        ("machine: pc-q35-5.0", Error, "vm-machine-removed", "machine: pc-q35-5.0"),
        ("[s1]\nmachine: pc-q35-5.0\nsnaptime: 1", Warning, "vm-machine-removed", "machine: pc-q35-5.0"),
        (
            "[s1]\nrunningmachine: pc-i440fx-5.1\nsnaptime: 1\nvmstate: a1:vm-100-state-s1",
            Warning,
            "vm-machine-removed",
            "runningmachine: pc-i440fx-5.1",
        ),
        ("[s 1]\nmemory: 1", Error, "vm-section-unknown", "[s 1]"),
        ("[s1]\nsnaptime: 1\n[s1]\nsnaptime: 2", Error, "guest-section-duplicate", "[s1]"),
        ("parent: gone", Warning, "guest-parent-unknown", "parent: gone"),
        ("lock: backup", Note, "guest-locked", "lock: backup"),
        ("lock: mine", Warning, "guest-locked", "lock: mine"),
        ("unused0: a1:vm-100-disk-9", Note, "guest-volume-unused", "unused0: a1:vm-100-disk-9"),
        ("[PENDING]\nmemory: 2048", Note, "guest-pending-changes", "[PENDING]"),
        ("[s1]\nsnapstate: delete", Warning, "guest-snapshot-unfinished", "snapstate: delete"),
        ("vmstate: a1:vm-100-state-x", Warning, "vm-vmstate-left", "vmstate: a1:vm-100-state-x"),
        ("ostype: other\nusb7: host=1-2", Error, "vm-usb-index-unusable", "usb7: host=1-2"),
        ("machine: pc-i440fx-7.0\nusb5: spice", Error, "vm-usb-index-unusable", "usb5: spice"),
        (
            "scsi1: a1:x,aio=native,cache=writeback",
            Warning,
            "vm-disk-aio-cache",
            "scsi1: a1:x,aio=native,cache=writeback",
        ),
        ("vga: serial1", Warning, "vm-vga-serial-missing", "vga: serial1"),
    ] {
        assert_eq!(found(lines, Release::Pve9), [(level, rule, at.to_owned())], "{lines}");
    }
}

/// The catalogue names every rule on guests, and none that doesn't exist.
#[test]
fn the_catalogue_is_true() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/catalogue.md");
    let text = std::fs::read_to_string(path).unwrap();
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let subjects = ["acl", "ct", "guest", "idmap", "storage", "tree", "vm", "volume"];
    let is_id = |name: &&&str| {
        name.split_once('-').is_some_and(|(subject, _)| subjects.contains(&subject)) && !name.contains('.')
    };
    for name in named.iter().filter(is_id) {
        assert!(pvelint::rules::Rule::named(name).is_some(), "no rule is called {name}");
    }
    for rule in RULES.iter().filter(|rule| rule.id.starts_with("vm-") || rule.id.starts_with("guest-")) {
        assert!(named.contains(&rule.id), "docs/catalogue.md lacks {}", rule.id);
    }
}

#[test]
fn what_is_right_stays_quiet() {
    for lines in [
        "",
        "cpu: custom-mine",
        "hotplug: 1\nnuma: 0",
        "memory: current=4096\nballoon: 0",
        "machine: q35\nhostpci0: 01:00.0,pcie=1",
        "sockets: 2\nvcpus: 4",
        "ide2: a1:vm-100-cloudinit,media=cdrom\nipconfig0: ip=192.0.2.4/24,gw=192.0.2.1",
        "ide2: a1:vm-100-cloudinit,media=cdrom\nipconfig0: ip=192.0.2.4/32,gw=198.51.100.1",
        "bios: ovmf\nefidisk0: a1:vm-100-disk-1,efitype=4m,size=4M",
        "[PENDING]\n[s1]\ncores: 2\nsnaptime: 1",
        "parent: s1\n[s1]\nsnaptime: 1",
        "vmgenid: 1",
        "hostpci0: 01:00.0\nhostpci1: 01:00.1",
        "#a note\ntags: a;b\nstartup: order=1",
        "lock: suspended\nvmstate: a1:vm-100-state-x\nrunningmachine: pc-i440fx-9.0+pve0",
    ] {
        let loud: Vec<_> = found(lines, Release::Pve9).into_iter().filter(|(level, ..)| *level > Level::Note).collect();
        assert_eq!(loud, [], "{lines}");
    }
}

#[test]
fn one_mistake_is_one_finding() {
    // The disk that boots is dropped: that it can't boot then needs no saying.
    let rules: Vec<_> = found("scsi0: local-lvm:vm-100-disk-0,foo=1", Release::Pve9).iter().map(|one| one.1).collect();
    assert_eq!(rules, ["vm-disk-invalid"]);
    let rules: Vec<_> = found("memory: 8 GB\nballoon: 2048", Release::Pve9).iter().map(|one| one.1).collect();
    assert_eq!(rules, ["vm-value-invalid"]);
}

#[test]
fn commands_are_those_to_paste() {
    let command = |lines: &str, rule: &str| {
        let findings = of(&with(lines), Release::Pve9);
        let fixes = findings.iter().filter(|finding| finding.rule == rule).flat_map(|finding| &finding.fixes);
        let lines = fixes.filter_map(|fix| match fix {
            Fix::Run { commands, .. } => Some(commands.join("; ")),
            Fix::Edit(_) => None,
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(command("bios: ovmf", "vm-efidisk-missing"), ["qm set 100 --efidisk0 local-lvm:1,efitype=4m"]);
    assert_eq!(command("ciuser: x", "vm-cloudinit-no-drive"), ["qm set 100 --ide2 local-lvm:cloudinit"]);
    assert_eq!(command("boot: order=scsi5;net0", "vm-boot-device-unknown"), ["qm set 100 --boot 'order=scsi0;net0'"]);
    assert_eq!(
        command("boot: order=net0;scsi7;scsi0", "vm-boot-device-unknown"),
        ["qm set 100 --boot 'order=net0;scsi0'"]
    );
    assert_eq!(
        command("machine: pc-q35-5.0,viommu=virtio", "vm-machine-removed"),
        ["qm set 100 --machine q35,viommu=virtio"]
    );
    assert_eq!(command("net0: virtio,bridge=vmbr0", "vm-net-mac-missing"), ["qm set 100 --net0 virtio,bridge=vmbr0"]);
    assert_eq!(command("lock: backup", "guest-locked"), ["qm unlock 100"]);
}

/// A command makes PVE write what it holds: a disk whose line it dropped is then lost for good.
#[test]
fn commands_warn_where_they_would_delete_lines() {
    let remarks = |lines: &str| {
        let findings = of(&with(lines), Release::Pve9);
        let fixes = findings.into_iter().flat_map(|finding| finding.fixes);
        let remarks = fixes.filter_map(|fix| match fix {
            Fix::Run { remark, .. } => Some(remark),
            Fix::Edit(_) => None,
        });
        remarks.collect::<Vec<_>>()
    };
    let warns =
        |lines: &str| remarks(lines).iter().all(|remark| remark.contains("only after the lines that PVE drops"));
    assert!(!remarks("vcpus: 4").is_empty() && !warns("vcpus: 4"));
    for dropped in
        ["virtio1: a1:vm-100-disk-1,ssd=1", "foo: 1", "Onboot: 1", "[a b]\ncores: 1", "[s1]\ncores: 1\n[s1]\ncores: 1"]
    {
        let lines = format!("vcpus: 4\n{dropped}");
        assert!(!remarks(&lines).is_empty() && warns(&lines), "{dropped}");
    }
    assert!(!warns("vcpus: 4\ncpu: custom-mine"));
}

#[test]
fn guests_of_both_kinds_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "etc/pve/nodes/pve1/lxc/105.conf",
        "arch: amd64\nhostname: ct\nmemory: 512\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:00,ip=192.0.2.7/24,type=veth\n\
         ostype: debian\nrootfs: local-lvm:vm-105-disk-0,size=8G\nswap: 512\nunprivileged: 1\n",
    );
    let vm = with("ide2: local-lvm:vm-100-cloudinit,media=cdrom\nipconfig0: ip=192.0.2.7/24");
    write("etc/pve/nodes/pve1/qemu-server/100.conf", &vm);
    let sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
    let checked = pvelint::check(&sources, RULES, Some(Release::Pve9));
    let loud: Vec<_> =
        checked.findings.iter().filter(|f| f.level > Level::Note).map(|f| (f.rule, &*f.subject)).collect();
    assert_eq!(loud, [("guest-mac-duplicate", "vm 100: net0"), ("guest-ip-duplicate", "vm 100: ipconfig0")]);
    let fixes: Vec<_> =
        checked.findings.iter().filter(|f| f.rule == "guest-mac-duplicate").flat_map(|f| &f.fixes).collect();
    assert!(
        matches!(&fixes[..], [Fix::Run { commands, .. }] if commands == &["qm set 100 --net0 virtio,bridge=vmbr0"]),
        "{fixes:?}"
    );
}

mod properties {
    use proptest::prelude::*;
    use pvelint::model::vm::{Vm, dump};

    use super::*;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "scsi0: ",
            "local-lvm:vm-100-disk-0",
            "ide2: ",
            "none,media=cdrom",
            "net0: ",
            "virtio=BC:24:11:00:01:00",
            "bridge=vmbr0",
            "ipconfig0: ",
            "ip=192.0.2.1/24",
            "gw=192.0.2.1",
            "numa0: ",
            "cpus=0",
            "memory: ",
            "4096",
            "numa: 1",
            "hotplug: memory",
            "machine: ",
            "pc-i440fx-5.1",
            "[PENDING]",
            "[snap1]",
            "[special:cloudinit]",
            "[special:fleecing]",
            "fleecing-images: ",
            "[a b]",
            "[",
            "]",
            "\n",
            "\r\n",
            "\n",
            "\n",
            " ",
            ",",
            "=",
            ":",
            ";",
            "#",
            "%41",
            "snapstate: delete",
            "delete: memory",
            "description: ",
            "boot: order=",
            "scsi0",
            "hostpci0: ",
            "01:00.0",
            "vcpus: ",
            "99999999999999999999",
            "cores: ",
            "balloon: ",
            "smbios1: uuid=",
            "cdrom: ",
            "tags: ",
            "unused0: ",
            "template: 1",
            "lock: ",
            "parent: snap1",
            "\0",
            "args: ",
            "cpu: host",
        ];
        let word = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
        let piece = prop_oneof![9 => word, 1 => prop::collection::vec(any::<u8>(), 0..4)];
        prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_panics_and_spans_lie_in_the_file(text in text(), release in prop::sample::select(Release::ALL.to_vec())) {
            let within = |span: pvelint::text::Span| span.start <= span.end && span.end as usize <= text.len();
            let vm = Vm::parse(&text, 100, release);
            for section in vm.sections().chain(&vm.special) {
                prop_assert!(within(section.header));
                for option in &section.options {
                    prop_assert!(within(option.span) && within(option.key_span));
                    for prop in option.props.iter().flat_map(|props| &props.entries) {
                        prop_assert!(within(prop.span) && within(prop.key_span));
                    }
                }
            }
            prop_assert!(vm.quirks.iter().all(|quirk| within(quirk.span)));
            prop_assert!(vm.dropped.iter().all(|dropped| within(dropped.span)));
            let _ = dump::dump(&vm);
            let name = "nodes/pve1/qemu-server/100.conf";
            let sources = Sources::from_bytes(name, text.clone(), &LoadOptions::default()).unwrap();
            for finding in pvelint::check(&sources, RULES, Some(release)).findings {
                prop_assert!(within(finding.primary.place.span), "{}", finding.rule);
            }
        }
    }
}
