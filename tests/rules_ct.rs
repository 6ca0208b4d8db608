//! The rules about containers: none forgets a thing that the parser noticed, and none cries wolf.

use std::collections::BTreeSet;
use std::path::Path;

use pvelint::finding::{Finding, Fix, Level};
use pvelint::model::container::{Container, DropReason, QuirkKind, Shape};
use pvelint::model::schema::Reason;
use pvelint::release::Release;
use pvelint::rules::RULES;
use pvelint::source::{LoadOptions, Sources};

const BASE: [(&str, &str); 9] = [
    ("arch", "amd64"),
    ("features", "nesting=1"),
    ("hostname", "web"),
    ("memory", "512"),
    ("net0", "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:05,ip=dhcp,type=veth"),
    ("ostype", "debian"),
    ("rootfs", "local-lvm:vm-105-disk-0,size=8G"),
    ("swap", "512"),
    ("unprivileged", "1"),
];

/// A container that is all right, but for `lines`: an option takes the place of its namesake, `-key` removes it, everything
/// else is appended.
fn with(lines: &str) -> String {
    let key = |line: &str| line.split(':').next().unwrap().to_owned();
    let mut text = String::new();
    let own = || lines.lines().take_while(|line| !line.starts_with('['));
    for (name, value) in BASE {
        if !own().any(|line| key(line) == name || line == format!("-{name}")) {
            text += &format!("{name}: {value}\n");
        }
    }
    text + &lines.lines().filter(|line| !line.starts_with('-')).map(|line| format!("{line}\n")).collect::<String>()
}

fn findings(name: &str, text: &[u8], release: Release) -> Vec<Finding> {
    let sources = Sources::from_bytes(name, text.to_vec(), &LoadOptions::default()).unwrap();
    let mut found = pvelint::check(&sources, RULES, Some(release)).findings;
    found.retain(|finding| finding.rule.starts_with("ct-") || finding.rule.starts_with("guest-"));
    found
}

fn of(text: &str, release: Release) -> Vec<Finding> {
    findings("nodes/pve1/lxc/105.conf", text.as_bytes(), release)
}

fn levels(text: &str, release: Release) -> Vec<(Level, &'static str)> {
    of(text, release).iter().map(|finding| (finding.level, finding.rule)).collect()
}

/// What is found on [`with`] these lines in 9.
fn found(lines: &str) -> Vec<(Level, &'static str)> {
    levels(&with(lines), Release::Pve9)
}

fn fixes(lines: &str, rule: &str) -> Vec<String> {
    let found = of(&with(lines), Release::Pve9);
    let finding = found.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{lines}: no {rule}"));
    let text = |fix: &Fix| match fix {
        Fix::Run { commands, .. } => commands.join("; "),
        Fix::Edit(text) => text.clone(),
    };
    finding.fixes.iter().map(text).collect()
}

use Level::{Error, Note, Warning};

#[test]
fn the_base_is_all_right() {
    for release in Release::ALL {
        assert_eq!(levels(&with(""), release), []);
    }
}

/// The rule that speaks of each thing the parser drops. A new variant doesn't compile before it has one.
fn rule_of_drop(why: &DropReason<'_>) -> &'static str {
    match why {
        DropReason::Unparsable(Shape::NoValue(_)) => "ct-value-missing",
        DropReason::Unparsable(
            Shape::Indented | Shape::UpperCase(_) | Shape::Equals(_) | Shape::BlankBeforeColon(_),
        ) => "ct-line-invalid",
        DropReason::Unparsable(Shape::BadKey(_) | Shape::Other) => "ct-line-unknown",
        DropReason::BadHeader { .. } => "ct-section-invalid",
        DropReason::RawUnknown(_) => "ct-raw-dropped",
        DropReason::RawRejected(..) => "ct-raw-rootfs",
        DropReason::Delete => "ct-delete-misplaced",
        DropReason::Snapstate => "ct-snapstate-misplaced",
        DropReason::FalseDescription => "ct-description-zero",
        DropReason::SkippedSection { .. } => unreachable!("only VMs skip sections"),
    }
}

/// The same for what is odd.
fn rule_of_why(why: &QuirkKind) -> &'static str {
    match why {
        QuirkKind::Invalid(problem) if problem.reason == Reason::Type => "ct-value-type",
        QuirkKind::Invalid(_) => "ct-mount-invalid",
        QuirkKind::UnknownOption { elsewhere: Some(_), .. } => "ct-option-newer",
        QuirkKind::UnknownOption { acted_on: true, .. } => "ct-option-index",
        QuirkKind::UnknownOption { .. } => "ct-option-unknown",
        QuirkKind::Reserved => "ct-option-reserved",
        QuirkKind::OutOfBounds(_) => "ct-value-range",
        QuirkKind::Overridden(_) => "guest-option-duplicate",
        QuirkKind::SectionReplaced(_) => "guest-section-duplicate",
        QuirkKind::RawRenamed(_) | QuirkKind::RawLimit => "ct-raw-renamed",
        QuirkKind::RawLegacyCgroup { .. } => "ct-raw-cgroup-v1",
        QuirkKind::RawUnknownToLxc => "ct-raw-key-unknown",
        QuirkKind::TrailingComment => "ct-value-comment",
        QuirkKind::Glued => "ct-line-glued",
        QuirkKind::SnapstateSwallows => "ct-snapstate-misplaced",
        QuirkKind::LongDescription => "guest-description-long",
    }
}

#[test]
fn whatever_the_parser_notices_has_its_rule() {
    let long = format!("#{}", "x".repeat(8200));
    let lines = [
        "nameserver:",
        " memory: 1",
        "Memory: 1",
        "cores=1",
        "cores : 1",
        "foo-bar: 1",
        "nonsense",
        "[a b]",
        "lxc.tty.dir: x",
        "lxc.rootfs.path: /x",
        "delete: swap",
        "snapstate: delete",
        "description: 0",
        "memory: lots",
        "mp0: x",
        "dev0: /dev/x",
        "net40: name=eth9,bridge=x,hwaddr=BC:24:11:00:00:01",
        "cpus: 1",
        "lxc: 1",
        "tty: 9",
        "swap: 1\nswap: 2",
        "[ab]\n[ab]",
        "lxc.id_map: u 0 1 1",
        "lxc.limit.nofile: 1",
        "lxc.cgroup.memory.limit_in_bytes: 1",
        "lxc.kmsg: 0",
        "memory: 512 # x",
        "swap: 512memory: 1",
        "cmode: shell snapstate: prepare",
        &long,
    ];
    let (mut drops, mut odds) = (BTreeSet::new(), BTreeSet::new());
    for lines in lines {
        let release = if lines.starts_with("dev0") { Release::Pve7 } else { Release::Pve9 };
        let text = with(lines);
        let container = Container::parse(text.as_bytes(), 105, release);
        let rules: Vec<_> = of(&text, release).iter().map(|finding| finding.rule).collect();
        for dropped in &container.dropped {
            let rule = rule_of_drop(&dropped.why);
            assert!(rules.contains(&rule), "{lines}: {:?} gives no {rule} but {rules:?}", dropped.why);
            drops.insert(rule);
        }
        // A comment or a glued line explains what else is wrong with the value.
        let explains = |why: &QuirkKind| matches!(why, QuirkKind::TrailingComment | QuirkKind::Glued);
        let explained = container.quirks.iter().any(|quirk| explains(&quirk.why));
        for quirk in container.quirks.iter().filter(|quirk| !explained || explains(&quirk.why)) {
            let rule = rule_of_why(&quirk.why);
            assert!(rules.contains(&rule), "{lines}: {:?} gives no {rule} but {rules:?}", quirk.why);
            odds.insert(rule);
        }
    }
    assert_eq!(drops.len(), 9, "{drops:?}");
    assert_eq!(odds.len(), 16, "{odds:?}");
}

#[test]
fn one_mistake_gives_one_finding() {
    for (lines, expected) in [
        // Lines and sections.
        ("-arch\nArch: amd64", vec![(Error, "ct-line-invalid")]),
        ("-rootfs\n rootfs: local-lvm:vm-105-disk-0", vec![(Error, "ct-line-invalid")]),
        (" # remark", vec![(Warning, "ct-line-invalid")]),
        ("PATH=/usr/bin", vec![(Error, "ct-line-unknown")]),
        ("[before upgrade]\nmemory: 256\nswap: 0", vec![(Error, "ct-section-invalid")]),
        ("memory: 1\nmemory: 1024", vec![(Warning, "guest-option-duplicate")]),
        ("memory: 2G\nmemory: 2048", vec![(Warning, "guest-option-duplicate")]),
        ("memory: 1024\nmemory: 1024", vec![(Note, "guest-option-duplicate")]),
        ("timezone: host snapstate: prepare", vec![(Error, "ct-snapstate-misplaced")]),
        ("snapstate: prepare", vec![(Warning, "ct-snapstate-misplaced")]),
        // Values.
        ("memory: 2G", vec![(Error, "ct-memory-unit")]),
        ("memory: 512 # MiB", vec![(Error, "ct-value-comment")]),
        ("swap: 512lxc.mount.entry: /srv srv none bind,create=dir", vec![(Error, "ct-line-glued")]),
        ("-arch\nhostname: webarch: amd64", vec![(Error, "ct-line-glued")]),
        ("mp0: /srv,mp=/srv # x", vec![(Error, "ct-value-comment")]),
        ("arch: riscv32", vec![(Error, "ct-arch-unsupported")]),
        ("arch: amd46", vec![(Error, "ct-arch-unsupported")]),
        ("arch: x86_64", vec![(Warning, "ct-value-range")]),
        ("lock: nonsense", vec![(Warning, "guest-locked")]),
        ("lock: backup", vec![(Note, "guest-locked")]),
        ("nameserver: 192.0.2.1 fe80::1%eth0 nonsense", vec![(Warning, "ct-value-format")]),
        ("hookscript: nonsense", vec![(Error, "ct-value-format")]),
        ("cpuunits: 0", vec![(Error, "ct-cpuunits-zero")]),
        ("cpulimit: 0.001", vec![(Error, "ct-cpulimit-tiny")]),
        ("cpulimit: 8\ncores: 4", vec![(Note, "ct-cpulimit-above-cores")]),
        ("mp256: local-lvm:vm-105-disk-1,mp=/srv", vec![(Error, "ct-option-index")]),
        ("net32: nonsense", vec![(Error, "ct-option-index")]),
        ("unused300: local-lvm:x", vec![(Warning, "ct-option-index")]),
        // Networks.
        ("net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:05,ip=192.0.2.5", vec![(Error, "ct-net-invalid")]),
        ("net0: name=eth0,hwaddr=BC:24:11:00:01:05", vec![(Error, "ct-net-bridge-missing")]),
        ("net0: name=eth0,bridge=vmbr0", vec![(Warning, "ct-net-hwaddr-missing")]),
        ("net1: name=eth1,bridge=vmbr0,hwaddr=bc:24:11:00:01:05", vec![(Error, "guest-mac-duplicate")]),
        // Mounts.
        ("mp0: /srv/a,mp=/srv, ro=1", vec![(Error, "ct-mount-invalid")]),
        ("rootfs: local-lvm:vm-105-disk-0,size=8GB", vec![(Error, "ct-rootfs-invalid")]),
        ("mp0: srv,mp=/srv,backup=1", vec![(Error, "ct-mount-volume-word")]),
        ("mp0: local-lvm:8,mp=/srv,backup=1", vec![(Error, "ct-mount-volume-size")]),
        ("mp0: /srv,mp=//,shared=1", vec![(Error, "ct-mount-target")]),
        ("mp0: /srv,mp=..,shared=1", vec![(Error, "ct-mount-target")]),
        ("mp0: /etc/pve/nodes,mp=/x", vec![(Warning, "ct-bind-system-path")]),
        ("mp0: /etc/,mp=/x,ro=1", vec![(Note, "ct-bind-system-path")]),
        ("mp0: /srv,mp=/a/b\nmp1: /srv2,mp=/a", vec![(Error, "ct-mount-hidden")]),
        (
            "mp0: /srv,mp=/a/b\nmp1: /srv2,mp=/a\nmp2: /srv3,mp=/a",
            vec![(Error, "ct-mount-hidden"), (Error, "ct-mount-target-duplicate")],
        ),
        ("mp0: /srv,mp=/a,quota=1", vec![(Error, "ct-mount-quota")]),
        ("rootfs: local-lvm:vm-105-disk-0,ro=1", vec![(Error, "ct-rootfs-read-only")]),
        ("mp0: /srv,mp=/a,idmap=u:0:1000:2;u:1:5000:1", vec![(Error, "ct-mount-idmap-overlap")]),
        // lxc.* lines.
        ("lxc.net.0.mtv: 1500", vec![(Error, "ct-raw-key-unknown"), (Note, "ct-raw-overrides")]),
        ("lxc.cgroup.devices.allow: c 10:200 rwm", vec![(Note, "ct-raw-cgroup-v1")]),
        ("lxc.mount.entry: /srv /mnt none bind,create=dir", vec![(Error, "ct-raw-mount-absolute")]),
        (
            "lxc.mount.entry: /dev/net/tun dev/net/tun none bind",
            vec![(Note, "ct-raw-device-mount"), (Warning, "ct-raw-mount-create")],
        ),
        ("lxc.mount.entry: /srv srv none bind", vec![(Note, "ct-raw-mount-create")]),
        ("lxc.prlimit.nofile: 64k", vec![(Error, "ct-raw-limit-invalid")]),
        ("lxc.cap.drop: sys_time mac_admn", vec![(Error, "ct-raw-capability-unknown")]),
        // Isolation.
        ("features: nesting", vec![(Error, "ct-features-invalid")]),
        ("dev0: gid=5", vec![(Error, "ct-dev-invalid")]),
        ("dev0: /dev/x,gid=70000", vec![(Warning, "ct-dev-id-unmapped")]),
        ("dev0: /dev/kvm", vec![(Note, "ct-dev-dangerous")]),
        ("unprivileged: 0\n-features", vec![(Note, "ct-privileged")]),
    ] {
        let mut got = found(lines);
        got.sort_by_key(|(_, rule)| *rule);
        assert_eq!(got, expected, "{lines}");
    }
}

#[test]
fn what_works_is_not_blamed() {
    for lines in [
        "memory:1024",
        "ostype: openeuler",
        "onboot: YES",
        "entrypoint: /bin/sh -c 'a # b'\ncmode: console",
        "lxc.environment: TITLE=a #1",
        "description: memory: 512 # x",
        "cpulimit: 0\ncores: 4",
        "net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:05,ip=192.0.2.0/31,gw=192.0.2.1",
        "net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:05,ip6=2001:db8::2/64,gw6=fe80::1",
        "net1: name=eth1,bridge=vmbr0,tag=5,hwaddr=BC:24:11:00:01:05",
        "net1: name=eth1,bridge=vmbr1,hwaddr=BC:24:11:00:01:05",
        "mp0: /srv,mp=/a\nmp1: /srv2,mp=/ab\nmp2: /srv3,mp=/a/b",
        "mp0: /srv,mp=data",
        "mp0: local-lvm:vm-105-disk-1,mp=/a,backup=0",
        "mp0: /home,mp=/a\nmp1: /var/lib/vz/template/iso,mp=/iso",
        "rootfs: local-lvm:vm-105-disk-0,quota=0,ro=0",
        "mp0: /srv,mp=/a,idmap=passthrough",
        "lxc.cgroup.dir: x",
        "lxc.mount.entry: /srv /var/lib/lxc/105/rootfs/srv none bind,create=dir",
        "lxc.mount.entry: tmpfs dev/shm tmpfs defaults",
        "lxc.mount.entry: /dev/dri dev/dri none bind,optional,create=dir",
        "lxc.prlimit.nofile: 1024:unlimited",
        "lxc.cap.drop: sys_time 40 none",
        "lxc.cap.drop:\nlxc.cap.keep: net_admin",
        "lxc.uts.name: web",
        "dev0: /dev/ttyUSB0,uid=0,gid=20,mode=0660",
        "dev0: /dev/sdr0\n-dev0",
        "lock: 0",
        "parent: snap\n[snap]\nsnaptime: 1\narch: amd64",
        "tags: a;B,c d",
        "timezone: Europe/Vienna",
    ] {
        let lines = lines.replace("dev0: /dev/sdr0\n-dev0", "");
        let got = found(&lines);
        assert!(
            got.iter().all(|(level, _)| *level == Note) && !got.iter().any(|(_, rule)| *rule == "guest-locked"),
            "{lines}: {got:?}"
        );
    }
    let creating = levels("lock: create\n", Release::Pve9);
    assert_eq!(creating, [(Note, "guest-locked")]);
}

#[test]
fn pending_changes_are_warnings_and_snapshots_notes() {
    for (header, level) in [("[pve:pending]", Warning), ("[snap]", Note)] {
        for (line, rule) in [
            ("memory: 2G", "ct-memory-unit"),
            ("net0: x", "ct-net-invalid"),
            ("Memory: 1", "ct-line-invalid"),
            ("lxc.tty.dir: x", "ct-raw-dropped"),
        ] {
            let got = found(&format!("{header}\n{line}"));
            assert!(got.contains(&(level, rule)), "{header} {line}: {got:?}");
            assert!(got.iter().all(|(got, _)| *got <= level), "{header} {line}: {got:?}");
        }
    }
    assert_eq!(found("[snap]\n[snap]"), [(Error, "guest-section-duplicate")]);
}

#[test]
fn releases_differ() {
    let dev = with("dev0: /dev/ttyUSB0,gid=20");
    assert_eq!(levels(&dev, Release::Pve7), [(Error, "ct-option-newer")]);
    assert_eq!(levels(&dev, Release::Pve8), []);
    let mount = with("mp0: /srv,mp=/a,idmap=passthrough");
    assert_eq!(levels(&mount, Release::Pve8), [(Error, "ct-option-newer")]);
    assert_eq!(levels(&mount, Release::Pve9), []);
    // Two mistakes: the part is too new, and another one is wrong.
    let both = with("mp0: /srv,mp=/a,idmap=passthrough,ro=2");
    assert_eq!(levels(&both, Release::Pve8), [(Error, "ct-mount-invalid")]);
    let limit = with("unprivileged: 0\n-features\nlxc.cgroup.memory.limit_in_bytes: 1073741824");
    let level = |release| levels(&limit, release).into_iter().find(|(_, rule)| *rule == "ct-raw-cgroup-v1").unwrap().0;
    assert_eq!((level(Release::Pve8), level(Release::Pve9)), (Warning, Error));
    assert_eq!(levels(&with("cpuunits: 0"), Release::Pve8), [(Warning, "ct-cpuunits-zero")]);
}

#[test]
fn remedies_are_what_an_admin_would_type() {
    let first = |lines, rule| fixes(lines, rule).remove(0);
    for (lines, rule, fix) in [
        ("memory: 2G", "ct-memory-unit", "pct set 105 --memory 2048"),
        ("swap: 0.5 GiB", "ct-memory-unit", "pct set 105 --swap 512"),
        ("hostname: web_1", "ct-hostname-invalid", "pct set 105 --hostname web-1"),
        ("ostype: debain", "ct-value-range", "pct set 105 --ostype debian"),
        ("timezone: Etc/UTC", "ct-timezone-unknown", "pct set 105 --timezone UTC"),
        ("features: nestin=1, keyctl=1", "ct-features-invalid", "pct set 105 --features nesting=1,keyctl=1"),
        (
            "net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:05,ip=dhcp\nnet1: name=eth1,bridge=vmbr0,hwaddr=BC:24:11:00:01:05",
            "guest-mac-duplicate",
            "pct set 105 --net1 name=eth1,bridge=vmbr0",
        ),
        (
            "net1: name=eth0,bridge=vmbr1,hwaddr=BC:24:11:00:02:05",
            "ct-net-name-duplicate",
            "pct set 105 --net1 name=eth1,bridge=vmbr1,hwaddr=BC:24:11:00:02:05",
        ),
        (
            "net0: name=eth0,bridge=vmbr0,type=veth",
            "ct-net-hwaddr-missing",
            "pct set 105 --net0 name=eth0,bridge=vmbr0",
        ),
        ("mp0: /srv,backup=yes,mp=/a", "ct-bind-backup", "pct set 105 --mp0 /srv,mp=/a"),
        ("Memory : 512", "ct-line-invalid", "write line 10 of /etc/pve/nodes/pve1/lxc/105.conf as `memory: 512`"),
        ("mp0: /srv,mp=/a, r=1,readonly=1", "ct-mount-invalid", "correct line 10 of /etc/pve/nodes/pve1/lxc/105.conf"),
        (
            "lxc.mount.entry: /srv /mnt/srv none bind,create=dir 0 0",
            "ct-raw-mount-absolute",
            "write line 10 of /etc/pve/nodes/pve1/lxc/105.conf as `lxc.mount.entry: /srv mnt/srv none bind,create=dir 0 0`",
        ),
        (
            "lxc.network.link = vmbr0",
            "ct-raw-renamed",
            "write line 10 of /etc/pve/nodes/pve1/lxc/105.conf as `lxc.net.0.link: vmbr0`",
        ),
        ("lxc.devttydir: lxc", "ct-raw-renamed", "remove line 10 of /etc/pve/nodes/pve1/lxc/105.conf"),
        (
            "mp0: local-lvm:8,mp=/srv",
            "ct-mount-volume-size",
            "remove line 10 of /etc/pve/nodes/pve1/lxc/105.conf, then: pct set 105 --mp0 local-lvm:8,mp=/srv",
        ),
    ] {
        assert_eq!(first(lines, rule), fix, "{lines}");
    }
    // Nothing that destroys data, and no command where the number of the container isn't known.
    let text = with("memory: 2G\nhostname: a_b").replace("vm-105-disk", "disk");
    let stdin = findings("-", text.as_bytes(), Release::Pve9);
    assert!(stdin.iter().all(|finding| finding.fixes.iter().all(|fix| matches!(fix, Fix::Edit(_)))));
}

#[test]
fn texts_that_no_fence_can_hold() {
    let lines = |text: &[u8]| {
        let found = findings("nodes/pve1/lxc/105.conf", text, Release::Pve9);
        found.iter().map(|finding| (finding.level, finding.rule)).collect::<Vec<_>>()
    };
    let text = with("");
    assert_eq!(lines(text.trim_end().as_bytes()), [(Note, "guest-newline-missing")]);
    assert_eq!(lines(text.replace('\n', "\r\n").as_bytes()), [(Note, "ct-line-ends")]);
    assert_eq!(lines(format!("#{}\n{text}", "x".repeat(8192)).as_bytes()), [(Note, "guest-description-long")]);
    assert_eq!(lines(format!("#{}\n{text}", "x".repeat(8191)).as_bytes()), []);
}

fn tree(files: &[(&str, String)]) -> Vec<(Level, &'static str)> {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join("etc/pve").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    checked(dir.path()).iter().map(|finding| (finding.level, finding.rule)).collect()
}

fn checked(path: &Path) -> Vec<Finding> {
    let sources = Sources::load(&[path.to_owned()], &LoadOptions::default()).unwrap();
    let mut found = pvelint::check(&sources, RULES, Some(Release::Pve9)).findings;
    found.retain(|finding| finding.rule.starts_with("ct-") || finding.rule.starts_with("guest-"));
    found
}

#[test]
fn containers_are_compared_where_they_can_meet() {
    let net = |mac: &str, ip: &str| format!("net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:{mac},ip={ip}");
    let guest = |name: &str, net: String, more: &str| with(&format!("hostname: {name}\n{net}\n{more}"));
    let pair = |node: &str, a: String, b: String| {
        tree(&[("nodes/pve1/lxc/105.conf", a), (&format!("nodes/{node}/lxc/106.conf"), b)])
    };
    let dhcp = |mac| net(mac, "dhcp");
    let twice = "guest-mac-duplicate";
    assert_eq!(pair("pve1", guest("a", dhcp("01"), ""), guest("b", dhcp("01"), "")), [(Warning, twice)]);
    assert_eq!(pair("pve2", guest("a", dhcp("0a"), ""), guest("b", dhcp("0A"), "")), [(Warning, twice)]);
    assert_eq!(
        pair("pve1", guest("a", dhcp("01"), "onboot: 1"), guest("b", dhcp("01"), "onboot: 1")),
        [(Error, twice)]
    );
    assert_eq!(pair("pve1", guest("a", dhcp("01"), "template: 1"), guest("b", dhcp("01"), "")), []);
    assert_eq!(pair("pve1", guest("a", dhcp("01"), ""), guest("b", dhcp("02"), "")), []);
    let fixed = |mac| net(mac, "192.0.2.5/24");
    assert_eq!(
        pair("pve1", guest("a", fixed("01"), ""), guest("b", fixed("02"), "")),
        [(Warning, "guest-ip-duplicate")]
    );
    assert_eq!(pair("pve2", guest("a", fixed("01"), ""), guest("b", fixed("02"), "")), [(Note, "guest-ip-duplicate")]);
    assert_eq!(pair("pve1", guest("a", dhcp("01"), ""), guest("a", dhcp("02"), "")), [(Note, "guest-name-duplicate")]);
    // A copied tree with one vmid twice is a mistake of its own.
    assert_eq!(tree(&[("nodes/pve1/lxc/105.conf", with("")), ("nodes/pve2/lxc/105.conf", with(""))]), []);
}

#[test]
fn the_clean_sample_is_clean() {
    assert_eq!(checked(Path::new("samples/clean")), []);
}

/// Every warning that the real PVE printed is found by a rule, and no text makes a rule stumble.
#[test]
fn whatever_pve_warns_of_is_found() {
    let mut cases = 0;
    for case in super::support::recordings("lxc_conf.") {
        let text = super::conformance_lxc::conf_of(&case);
        for release in Release::ALL {
            cases += 1;
            let container = Container::parse(&text, 105, release);
            let found = findings("nodes/pve1/lxc/105.conf", &text, release);
            let end = u32::try_from(text.len()).unwrap();
            assert!(found.iter().all(|finding| finding.primary.place.span.end <= end), "{}", case["id"]);
            let warned = container.dropped.iter().filter(|dropped| container.log_dropped(dropped).is_some());
            let warned = warned.map(|dropped| dropped.span);
            // A value that a later line replaces is never used; that line, or the header above it, is found.
            let replaced = |span: pvelint::text::Span| {
                let by = container.quirks.iter().filter(|quirk| matches!(quirk.why, QuirkKind::Overridden(_)));
                by.map(|quirk| quirk.span).any(|old| old.start <= span.start && span.end <= old.end)
            };
            let quirk =
                container.quirks.iter().filter(|quirk| container.log_odd(quirk).is_some()).map(|quirk| quirk.span);
            let quirk = quirk.filter(|span| !replaced(*span));
            for span in warned.chain(quirk) {
                let touches = |place: &pvelint::text::Span| place.start <= span.end && span.start <= place.end;
                let mut places = found.iter().flat_map(|finding| {
                    std::iter::once(&finding.primary).chain(&finding.labels).map(|label| &label.place.span)
                });
                assert!(
                    places.any(touches),
                    "{}: {:?} isn't found",
                    case["id"],
                    String::from_utf8_lossy(span.bytes(&text))
                );
            }
        }
    }
    assert!(cases > 0, "no vectors found");
}
