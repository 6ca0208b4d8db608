//! storage.cfg and volumes: one mistake gives one finding, fixes don't contradict each other or lose anything, and
//! what can't be known stays unsaid.

use pvelint::finding::{Finding, Fix, Level};
use pvelint::model::storage::{Owner, Reason, Status, StorageCfg};
use pvelint::release::Release;
use pvelint::rules::RULES;
use pvelint::source::{LoadOptions, Sources};
use pvelint::syntax::section::Shape;

fn judge(files: &[(&str, &str)], release: Release) -> Vec<Finding> {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        super::support::write(&dir.path().join("etc/pve"), path, content);
    }
    let sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
    let findings = pvelint::check(&sources, RULES, Some(release)).findings;
    findings.into_iter().filter(|f| f.rule.starts_with("storage-") || f.rule.starts_with("volume-")).collect()
}

/// Rules with findings above a note, in the order of the files.
fn loud(files: &[(&str, &str)]) -> Vec<&'static str> {
    judge(files, Release::Pve9).iter().filter(|f| f.level > Level::Note).map(|f| f.rule).collect()
}

fn commands(findings: &[Finding]) -> Vec<String> {
    let fixes = findings.iter().filter(|f| f.level > Level::Note).flat_map(|f| &f.fixes);
    fixes
        .filter_map(|fix| match fix {
            Fix::Run { commands, .. } => Some(commands.join("\n")),
            Fix::Edit(_) => None,
        })
        .collect()
}

fn edits(findings: &[Finding]) -> Vec<String> {
    let fixes = findings.iter().filter(|f| f.level > Level::Note).flat_map(|f| &f.fixes);
    fixes
        .filter_map(|fix| match fix {
            Fix::Edit(text) => Some(text.clone()),
            Fix::Run { .. } => None,
        })
        .collect()
}

const VM: &str = "nodes/pve1/qemu-server/100.conf";
const VM2: &str = "nodes/pve2/qemu-server/101.conf";
const CT: &str = "nodes/pve1/lxc/105.conf";

#[test]
fn a_lost_storage_is_one_finding_however_many_guests_need_it() {
    let vm = (VM, "scsi0: tank:vm-100-disk-0,size=8G\nscsi1: tank:vm-100-disk-1,size=8G\n");
    let ct = (CT, "rootfs: tank:vm-105-disk-0,size=8G\n");
    for (storage, rule) in [
        ("dir: iso\n\tpath /x\nlvmthin: tank\n\tvgname pve\n\tthinpool data\n", "storage-header-swallowed"),
        ("lvm-thin: tank\n\tvgname pve\n\tthinpool data\n", "storage-type-unknown"),
        ("lvmthin: tank\n\n\tvgname pve\n\tthinpool data\n", "storage-section-ghost"),
        ("lvmthin: tank\n\tvgname pve\nthinpool data\n", "storage-section-ghost"),
        ("lvmthin: tank\n\tvgname: pve\n\tthinpool data\n", "storage-section-ghost"),
        ("lvmthin: tank\n\tvgname p v e\n\tthinpool data\n", "storage-section-ghost"),
        ("  lvmthin: tank\n\tvgname pve\n\tthinpool data\n", "storage-header-invalid"),
        ("lvmthin: tank # ssd\n\tvgname pve\n\tthinpool data\n", "storage-header-invalid"),
        ("lvmthin : tank\n\tvgname pve\n\tthinpool data\n", "storage-header-invalid"),
        ("dir: iso\r\n\tpath /x\r\n\r\nlvmthin: tank\r\n\tvgname pve\r\n\tthinpool data\r\n", "storage-dos-line-ends"),
        ("\u{feff}lvmthin: tank\n\tvgname pve\n\tthinpool data\n", "storage-byte-order-mark"),
        ("glusterfs: tank\n\tvolume v\n", "storage-glusterfs-removed"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tcontent vm,ct\n", "storage-content-unknown"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tcontent none\n", "storage-content-empty"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tnodes pve11\n", "storage-nodes-unknown"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tnodes ,\n", "storage-nodes-empty"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tcontent images\n", "volume-content-missing"),
        ("lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tdisable\n", "volume-storage-disabled"),
        ("dir: iso\n\tpath /x\n", "volume-storage-unknown"),
        ("dir: tank\n\tpath /x\n", "volume-name-invalid"),
    ] {
        assert_eq!(loud(&[("storage.cfg", storage), vm, ct]), [rule], "{storage:?}");
    }
}

#[test]
fn a_ghost_names_the_lines_that_would_have_saved_it() {
    let findings = judge(&[("storage.cfg", "dir: backup\n\tcontent backup\n\n\tpath /b\n\tnodes a\n")], Release::Pve9);
    let ghost = findings.iter().find(|f| f.rule == "storage-section-ghost").unwrap();
    assert_eq!(ghost.message, "storage `backup` has no `path`");
    assert_eq!(ghost.labels.len(), 1);
    assert_eq!(ghost.fixes, [Fix::Edit("remove line 3 of /etc/pve/storage.cfg".into())]);

    let findings = judge(&[("storage.cfg", "dir: backup\n\tPath: /b\n")], Release::Pve9);
    assert_eq!(edits(&findings), ["write `    path /b` in line 2 of /etc/pve/storage.cfg"]);

    let findings = judge(&[("storage.cfg", "nfs: nas\n\tcontent iso\n")], Release::Pve9);
    assert!(findings.iter().any(|f| f.message == "storage `nas` has no `export` and no `server`"), "{findings:?}");
    assert_eq!(edits(&findings)[0].lines().count(), 2);
}

#[test]
fn no_command_is_proposed_that_pve_refuses_or_that_deletes_a_section() {
    let typo = "dir: tank\n\tpath /tank\n\tcontent image\n\n";
    let set = "pvesm set tank --content images";
    assert_eq!(commands(&judge(&[("storage.cfg", typo)], Release::Pve9)), [set]);
    for lost in [
        "dir: ghost\n",
        "dirr: lost\n\tpath /x\n",
        "dir: x\n\tpath /x\n",
        " dir: lost\n\tpath /x\n",
        "dir: one\n\tpath /x\ndir: two\n",
        "dir: one\n\tpath /x\n\ndir: one\n\tpath /x\n",
        "dir: one\n\tpath /x\n\n\tcontent iso\n",
        "zfspool: local\n\tpool x\n",
    ] {
        let findings = judge(&[("storage.cfg", &format!("{typo}{lost}"))], Release::Pve9);
        assert_eq!(commands(&findings), [""; 0], "{lost:?}");
        let edit = "write `content images` in line 3 of /etc/pve/storage.cfg";
        assert!(edits(&findings).iter().any(|text| text == edit), "{lost:?}: {:?}", edits(&findings));
    }
    // Where its plugin is, the section isn't lost.
    let findings = judge(&[("storage.cfg", &format!("{typo}drbd: linstor\n\tresourcegroup x\n"))], Release::Pve9);
    assert_eq!(commands(&findings), [set]);
}

#[test]
fn what_a_plugin_may_bring_is_left_alone() {
    let storage = "drbd: linstor\n\tresourcegroup rg\n\tcontrollers 192.0.2.1\n\tcontent images,rootdir\n\n\
                   storpool: sp\n\ttemplate x\n";
    let vm = (VM, "scsi0: linstor:pm-1234abcd_100,size=8G\nide2: sp:whatever,media=cdrom\n");
    assert_eq!(loud(&[("storage.cfg", storage), vm]), [""; 0]);
}

#[test]
fn harmless_lines_are_notes_at_most() {
    for storage in [
        "nfs: nas\n\tserver x\n\texport /y\n\tshared 1\n",
        "dir: tank\n\tpath /tank\n\tshared no\n",
        "dir: tank\n\tpath /tank\n\tcontent iso\n\tcontent iso\n",
        "dir: tank\n\tpath /tank\n \n",
        "iscsi: san\n\tportal x\n\ttarget y\n\tcontent none\n",
        "zfs: san\n\tportal x\n\ttarget y\n\tpool z\n\tblocksize 8k\n\tiscsiprovider freenas\n",
        "lvm: a1\n\tvgname pve\n\tcontent images\n\nlvmthin: a2\n\tvgname pve\n\tthinpool data\n",
        "dir: a1\n\tpath /x\n\tcontent images\n\ndir: a2\n\tpath /x/\n\tcontent iso\n",
        "dir: a1\n\tpath /x\n\tnodes n1\n\ndir: a2\n\tpath /x\n\tnodes n2\n",
    ] {
        assert_eq!(loud(&[("storage.cfg", storage)]), [""; 0], "{storage:?}");
    }
}

#[test]
fn without_nodes_nothing_is_said_about_nodes() {
    let storage = "dir: tank\n\tpath /tank\n\tnodes somewhere\n";
    assert_eq!(
        loud(&[("storage.cfg", storage), ("qemu-server/100.conf", "scsi0: tank:100/vm-100-disk-0.raw\n")]),
        [""; 0]
    );
}

#[test]
fn the_local_that_pve_makes_up_exists() {
    let vm = (VM, "ide2: local:iso/x.iso,media=cdrom\nscsi0: local:100/vm-100-disk-0.raw\n");
    let ct = (CT, "rootfs: local:105/vm-105-disk-0.raw\n");
    assert_eq!(loud(&[("storage.cfg", ""), vm, ct]), [""; 0]);
}

#[test]
fn two_findings_on_one_storage_propose_the_same_value() {
    let storage = "lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tcontent images,iso\n";
    let findings = judge(&[("storage.cfg", storage), (CT, "rootfs: tank:vm-105-disk-0\n")], Release::Pve9);
    assert_eq!(commands(&findings), ["pvesm set tank --content images,rootdir"; 2]);

    let storage = "dir: tank\n\tpath /tank\n\tnodes pve1,pve7xx\n";
    let files = [
        ("storage.cfg", storage),
        (VM, "scsi0: tank:100/a.raw\n"),
        (VM2, "scsi0: tank:101/a.raw\n"),
        ("nodes/pve3/qemu-server/102.conf", "scsi0: tank:102/a.raw\n"),
    ];
    let findings = judge(&files, Release::Pve9);
    assert_eq!(commands(&findings), ["pvesm set tank --nodes pve1,pve2,pve3"; 2]);
}

#[test]
fn content_is_judged_by_what_the_volume_is_and_who_has_it() {
    let zfs = "zfspool: tank\n\tpool rpool\n\tcontent images\n";
    let level = |guest: (&str, &str), storage: &str| {
        judge(&[("storage.cfg", storage), guest], Release::Pve9).iter().map(|f| (f.rule, f.level)).collect::<Vec<_>>()
    };
    let missing = |level| ("volume-content-missing", level);
    let ct = |volume| (CT, volume);
    let found = level(ct("rootfs: tank:subvol-105-disk-0,size=8G\n"), zfs);
    assert!(found.contains(&missing(Level::Warning)), "{found:?}");
    let lvm = "lvmthin: tank\n\tvgname pve\n\tthinpool data\n\tcontent images\n";
    assert!(level(ct("rootfs: tank:vm-105-disk-0\n"), lvm).contains(&missing(Level::Error)));
    // Nothing starts from an unused disk.
    let found = level((VM, "unused0: tank:100/a.raw\n"), "dir: tank\n\tpath /tank\n\tcontent iso\n");
    assert!(!found.iter().any(|(rule, _)| *rule == "volume-content-missing"), "{found:?}");
    // No type of this name could hold it: no command.
    let iscsi = "iscsi: tank\n\tportal x\n\ttarget y\n";
    let findings = judge(&[("storage.cfg", iscsi), ct("rootfs: tank:0.0.1.lun\n")], Release::Pve9);
    assert_eq!(commands(&findings), [""; 0]);
}

#[test]
fn a_disk_in_two_guests_is_not_also_a_strangers_disk() {
    let storage = "lvmthin: tank\n\tvgname pve\n\tthinpool data\n";
    let files = [
        ("storage.cfg", storage),
        (VM, "scsi0: tank:vm-100-disk-0\n"),
        (VM2, "scsi0: tank:vm-101-disk-0\nscsi1: tank:vm-100-disk-0\n"),
    ];
    let findings = judge(&files, Release::Pve9);
    assert_eq!(loud(&files), ["volume-in-two-guests"]);
    assert_eq!(commands(&findings), ["qm set 101 --delete scsi1"]);
    // Whichever comes first, the guest that doesn't own it loses it.
    let files = [
        ("storage.cfg", storage),
        (VM, "scsi0: tank:vm-100-disk-0\nscsi1: tank:vm-101-disk-0\n"),
        (VM2, "scsi0: tank:vm-101-disk-0\n"),
    ];
    assert_eq!(commands(&judge(&files, Release::Pve9)), ["qm set 100 --delete scsi1"]);
    let iso = [
        ("storage.cfg", "dir: tank\n\tpath /tank\n\tcontent iso\n"),
        (VM, "ide2: tank:iso/x.iso,media=cdrom\nide0: tank:iso/x.iso,media=cdrom\n"),
        (VM2, "ide2: tank:iso/x.iso,media=cdrom\n"),
    ];
    assert_eq!(loud(&iso), [""; 0]);
}

#[test]
fn clones_make_a_base_image_sacred() {
    let storage = "zfspool: tank\n\tpool rpool\n";
    let base = (VM, "scsi0: tank:base-100-disk-0\n");
    let clone = (VM2, "scsi0: tank:base-100-disk-0/vm-101-disk-0\n");
    let level = |files: &[(&str, &str)]| {
        judge(files, Release::Pve9).iter().find(|f| f.rule == "volume-base-attached").map(|f| f.level)
    };
    assert_eq!(level(&[("storage.cfg", storage), base]), Some(Level::Warning));
    assert_eq!(level(&[("storage.cfg", storage), base, clone]), Some(Level::Error));
    assert_eq!(level(&[("storage.cfg", storage), (VM, "scsi0: tank:base-100-disk-0\ntemplate: 1\n"), clone]), None);
    assert_eq!(loud(&[("storage.cfg", storage), clone]), ["volume-clone-base-unknown"]);
}

#[test]
fn a_secret_is_in_no_word_of_its_finding() {
    let storage = "cifs: nas\n\tserver x\n\tshare y\n\tcontent iso\n\tusername u\n\tpassword Geheim7\n\n\
                   nfs: nas2\n\tserver x\n\texport /y\n\toptions vers=3,password=Geheim7\n";
    let findings = judge(&[("storage.cfg", storage)], Release::Pve9);
    let secrets: Vec<_> = findings.iter().filter(|f| f.rule == "storage-secret-inline").collect();
    assert_eq!(secrets.len(), 2);
    assert!(!format!("{secrets:?}").contains("Geheim7"));
    let fingerprint = "pbs: pbs\n\tserver x\n\tdatastore y\n\tencryption-key 1\n";
    assert_eq!(loud(&[("storage.cfg", fingerprint)]), [""; 0]);
}

#[test]
fn releases_differ() {
    let loud = |storage: &str, release| -> Vec<&'static str> {
        let findings = judge(&[("storage.cfg", storage)], release);
        findings.iter().filter(|f| f.level > Level::Note).map(|f| f.rule).collect()
    };
    let import = "dir: tank\n\tpath /tank\n\tcontent iso,import\n";
    assert_eq!(loud(import, Release::Pve7), ["storage-content-unknown"]);
    assert_eq!(loud(import, Release::Pve8), [""; 0]);
    let maxfiles = "dir: tank\n\tpath /tank\n\tcontent backup\n\tmaxfiles 3\n";
    assert_eq!(loud(maxfiles, Release::Pve8), [""; 0]);
    assert_eq!(loud(maxfiles, Release::Pve9), ["storage-maxfiles-removed"]);
    let gluster = "glusterfs: tank\n\tvolume v\n\tserver x\n";
    assert_eq!(loud(gluster, Release::Pve7), [""; 0]);
    assert_eq!(loud(gluster, Release::Pve8), ["storage-glusterfs-removed"]);
    let none = "dir: tank\n\tpath /tank\n\tcontent none\n";
    assert_eq!(loud(none, Release::Pve9), ["storage-content-no-effect"]);
}

/// Whatever PVE logged about a recorded file is in some finding, and so is what is a ghost or overridden there.
#[test]
fn nothing_that_pve_logs_is_passed_over() {
    let cases = super::conformance_storage::recorded();
    assert!(!cases.is_empty());
    let mut failures = Vec::new();
    for (text, release) in &cases {
        let sources = Sources::from_bytes("storage.cfg", text.clone(), &LoadOptions::default()).unwrap();
        let findings = pvelint::check(&sources, RULES, Some(*release)).findings;
        let cfg = StorageCfg::parse(text, *release);
        let lost = cfg.sections.iter().filter(|section| section.overridden.is_some());
        let lost: Vec<_> = lost.map(|section| section.span).collect();
        for dropped in &cfg.dropped {
            // What stands in a section that isn't in effect doesn't matter, and a line that looks empty does no harm.
            let dead = lost.iter().any(|span| span.start <= dropped.span.start && dropped.span.end <= span.end);
            let of_header = matches!(dropped.owner, Owner::Line(_));
            let behind_dead = match dropped.owner {
                Owner::Section(at) => !matches!(cfg.sections[at].status(), Status::Ok | Status::Ghost(_)),
                _ => false,
            };
            let is_section = matches!(dropped.reason, Reason::Section(_));
            if dead || of_header || (behind_dead && !is_section) || dropped.reason == Reason::Line(Shape::Blank) {
                continue;
            }
            let touches = |f: &Finding| {
                let places = std::iter::once(&f.primary).chain(&f.labels);
                places.map(|label| label.place.span).any(|span| {
                    let section = dropped.section.map(|at| cfg.sections[at].header);
                    let below = section.is_some_and(|header| header.start <= span.start && span.end <= header.end);
                    below || (span.start <= dropped.span.end && dropped.span.start <= span.end)
                })
            };
            let dos = |f: &Finding| f.rule == "storage-dos-line-ends" && matches!(dropped.reason, Reason::Line(_));
            let same_group =
                |f: &Finding| f.rule == "storage-line-outside-section" || f.rule == "storage-section-ghost";
            if !findings.iter().any(|f| touches(f) || dos(f) || (dropped.section.is_none() && same_group(f))) {
                failures.push(format!("{release} {:?}: {dropped:?}", bstr::BStr::new(text)));
            }
        }
        let ghost = cfg.table().any(|section| section.outcome != pvelint::model::storage::Outcome::Ok);
        let writes = commands(&findings).iter().any(|command| command.starts_with("pvesm"));
        if ghost && writes {
            failures.push(format!("{release} {:?}: a command where none works", bstr::BStr::new(text)));
        }
    }
    let shown: Vec<_> = failures.iter().take(8).collect();
    assert!(failures.is_empty(), "{} of {}: {shown:#?}", failures.len(), cases.len());
}

#[test]
fn a_long_file_of_mistakes_takes_no_longer_than_its_length() {
    // Quadratic work over 20,000 sections would take minutes.
    let sections: String = (0..20_000).map(|n| format!("dir: s{n}\n\n\tpath /x\n")).collect();
    let same: String = (0..20_000).map(|n| format!("dir: s{n}\n\tpath /x\n\tnodes a{n}\n\n")).collect();
    let bases: String = (0..15_000).map(|n| format!("lvm: s{n}\n\tvgname v{n}\n\tbase x{n}:y\n\n")).collect();
    let one = format!("dir: aa\n{}", "\n\tpath /x\n".repeat(50_000));
    let nodes = format!("dir: tank\n\tpath /x\n\tnodes {}\n", "n,m ".repeat(100_000));
    for text in [sections, same, bases, one, nodes] {
        judge(&[("storage.cfg", &text), (VM, "scsi0: tank:100/a.raw\nscsi1: x1:y\n")], Release::Pve9);
    }
}
