//! Finding and reading files: shapes of trees, links, special files, limits, names.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use super::support::{tree, write};
use pvelint::release::Release;
use pvelint::source::{
    FileKind, HintFrom, Ignored, Layout, LoadError, LoadOptions, Presence, Problem, ProblemKind, ReadState, Snapshot,
    SourceFile, Sources, ToldBy, Tree, TreeId, Unrecognised, dpkg_release,
};
use tempfile::TempDir;

const CT: &str = "arch: amd64\nrootfs: local-lvm:vm-100-disk-0,size=4G\n";
const VM: &str = "boot: order=scsi0\nscsi0: local-lvm:vm-101-disk-0\n";

fn load(inputs: &[PathBuf]) -> Sources {
    load_with(inputs, &LoadOptions::default())
}

fn load_with(inputs: &[PathBuf], options: &LoadOptions) -> Sources {
    let sources = Sources::load(inputs, options).unwrap();
    check(&sources);
    sources
}

fn load_dir(dir: &TempDir) -> Sources {
    load(&[dir.path().to_path_buf()])
}

/// What holds for every load.
fn check(sources: &Sources) {
    assert!(sources.files.windows(2).all(|pair| pair[0].shown.as_bytes() <= pair[1].shown.as_bytes()));
    for (index, file) in sources.files.iter().enumerate() {
        assert_eq!(file.id.0 as usize, index);
        assert!(file.tree.is_none_or(|tree| sources.tree(tree).is_some()));
        assert!(matches!(file.state, ReadState::Read | ReadState::Attached) || file.bytes.is_empty());
        let problems = sources.problems.iter().filter(|problem| problem.file == file.id).count();
        assert_eq!(problems, usize::from(file.state == ReadState::Failed), "{}", file.shown);
        if file.state == ReadState::Skipped {
            assert!(!file.kind.is_read(), "{}", file.shown);
        }
    }
}

fn rel<'s>(dir: &TempDir, file: &'s SourceFile) -> &'s str {
    file.shown.strip_prefix(dir.path().to_str().unwrap()).unwrap().trim_start_matches('/')
}

/// Path and kind of every file.
fn kinds<'s>(dir: &TempDir, sources: &'s Sources) -> Vec<(&'s str, FileKind)> {
    sources.files.iter().map(|file| (rel(dir, file), file.kind)).collect()
}

/// Paths of those that were read.
fn read<'s>(dir: &TempDir, sources: &'s Sources) -> Vec<&'s str> {
    let files = sources.files.iter().filter(|file| file.state == ReadState::Read);
    files.map(|file| rel(dir, file)).collect()
}

fn problems<'s>(dir: &TempDir, sources: &'s Sources) -> Vec<(&'s str, ProblemKind)> {
    let place = |problem: &Problem| rel(dir, sources.file(problem.file).unwrap());
    sources.problems.iter().map(|problem| (place(problem), problem.kind.clone())).collect()
}

fn nodes(tree: &Tree) -> Vec<&str> {
    tree.nodes.iter().map(|node| &**node).collect()
}

fn present(sources: &Sources, kind: FileKind) -> bool {
    matches!(sources.trees[0].input(kind), Presence::Present(id) if sources.file(id).unwrap().kind == kind)
}

#[test]
fn a_copy_of_etc_pve() {
    let dir = tree(&[
        ("user.cfg", "user:root@pam:1:0:::::\n"),
        ("storage.cfg", ""),
        ("datacenter.cfg", "keyboard: de\n"),
        ("priv/token.cfg", "secret"),
        ("priv/lock/x/", ""),
        ("nodes/pve2/", ""),
        ("nodes/pve1/lxc/100.conf", CT),
        ("nodes/pve1/lxc/100.conf.bak", CT),
        ("nodes/pve1/lxc/0101.conf", CT),
        ("nodes/pve1/qemu-server/101.conf", VM),
        ("nodes/pve1/lrm_status", "{}"),
        ("firewall/100.fw", ""),
        ("100.conf", CT),
        (".git/config", "x"),
        ("user.cfg.tmp.77", "x"),
    ]);
    symlink("nodes/pve1", dir.path().join("local")).unwrap();
    symlink("nodes/pve1/lxc", dir.path().join("lxc")).unwrap();
    symlink("nodes/pve1/openvz", dir.path().join("openvz")).unwrap();
    let sources = load_dir(&dir);
    assert_eq!(
        kinds(&dir, &sources),
        [
            (".git", FileKind::Ignored(Ignored::Hidden)),
            ("100.conf", FileKind::Unrecognised(Unrecognised::SecondCopy)),
            ("datacenter.cfg", FileKind::DatacenterCfg),
            ("firewall/100.fw", FileKind::FirewallGuest),
            ("local", FileKind::Ignored(Ignored::Alias)),
            ("lxc", FileKind::Ignored(Ignored::Alias)),
            ("nodes/pve1/lrm_status", FileKind::LrmStatus),
            ("nodes/pve1/lxc/0101.conf", FileKind::Unrecognised(Unrecognised::LeadingZero)),
            ("nodes/pve1/lxc/100.conf", FileKind::Container),
            ("nodes/pve1/lxc/100.conf.bak", FileKind::Unrecognised(Unrecognised::Suffix)),
            ("nodes/pve1/qemu-server/101.conf", FileKind::Vm),
            ("openvz", FileKind::Ignored(Ignored::Alias)),
            ("priv/lock", FileKind::Ignored(Ignored::Lock)),
            ("priv/token.cfg", FileKind::TokenCfg),
            ("storage.cfg", FileKind::StorageCfg),
            ("user.cfg", FileKind::UserCfg),
            ("user.cfg.tmp.77", FileKind::Ignored(Ignored::Temporary)),
        ]
    );
    assert_eq!(
        read(&dir, &sources),
        ["nodes/pve1/lxc/100.conf", "nodes/pve1/qemu-server/101.conf", "storage.cfg", "user.cfg"]
    );
    assert_eq!(problems(&dir, &sources), []);
    let [tree] = &sources.trees[..] else { panic!("one tree") };
    assert_eq!((tree.layout, tree.live, tree.has_nodes), (Layout::Pve, false, true));
    assert_eq!(nodes(tree), ["pve1", "pve2"]);
    assert_eq!(tree.local_node.as_deref(), Some("pve1"));
    assert_eq!(tree.release_hint, None);
    assert!(present(&sources, FileKind::UserCfg) && present(&sources, FileKind::TokenCfg));
    assert_eq!(tree.input(FileKind::DomainsCfg), Presence::Absent);
    assert_eq!(tree.input(FileKind::Subuid), Presence::NotLooked);
    assert!(present(&sources, FileKind::Container));
    assert_eq!(tree.input(FileKind::OpenVz), Presence::Absent);
    assert_eq!(tree.input(FileKind::OutsideTree), Presence::NotLooked);
    let ct = sources.files.iter().find(|file| file.kind == FileKind::Container).unwrap();
    assert_eq!((ct.node.as_deref(), ct.vmid, ct.told_by), (Some("pve1"), Some(100), ToldBy::Path));
    assert_eq!(&ct.bytes[..], CT.as_bytes());
    assert_eq!((ct.rel(), &*ct.pve_name()), ("nodes/pve1/lxc/100.conf", "nodes/pve1/lxc/100.conf"));
    assert_eq!(sources.files_of(TreeId(0)).count(), sources.files.len());
}

#[test]
fn a_copy_of_etc_with_the_files_beside_pve() {
    let dir = tree(&[
        ("subuid", "root:100000:65536\n"),
        ("network/interfaces", "auto lo\n"),
        ("network/other", ""),
        ("vzdump.conf", ""),
        ("shadow", "secret"),
        ("lxc/default.conf", ""),
        ("pve/user.cfg", ""),
        ("pve/ha/rules.cfg", ""),
    ]);
    let sources = load_dir(&dir);
    assert_eq!(
        kinds(&dir, &sources),
        [
            ("lxc/default.conf", FileKind::OutsideTree),
            ("network/interfaces", FileKind::NetworkInterfaces),
            ("pve/ha/rules.cfg", FileKind::HaRules),
            ("pve/user.cfg", FileKind::UserCfg),
            ("shadow", FileKind::OutsideTree),
            ("subuid", FileKind::Subuid),
            ("vzdump.conf", FileKind::VzdumpConf),
        ]
    );
    let tree = &sources.trees[0];
    assert_eq!(tree.layout, Layout::Etc);
    assert_eq!(tree.shown, dir.path().join("pve").to_str().unwrap());
    assert!(present(&sources, FileKind::Subuid) && present(&sources, FileKind::UserCfg));
    assert_eq!(tree.input(FileKind::Subgid), Presence::Absent);
    assert_eq!(tree.release_hint, Some((Release::Pve9, HintFrom::File("ha/rules.cfg"))));
    let subuid = sources.files.iter().find(|file| file.kind == FileKind::Subuid).unwrap();
    assert_eq!((subuid.rel(), &*subuid.pve_name()), ("subuid", "/etc/subuid"));
    assert_eq!(sources.files[3].rel(), "user.cfg");
}

#[test]
fn a_system_root() {
    let status = "Package: pve-manager\nStatus: install ok installed\nVersion: 8.4.1\n";
    let dir = tree(&[
        ("etc/subuid", ""),
        ("etc/passwd", ""),
        ("etc/pve/user.cfg", ""),
        ("var/lib/dpkg/status", status),
        ("home/x/pve/user.cfg", ""),
    ]);
    let sources = load_dir(&dir);
    assert_eq!(read(&dir, &sources), ["etc/passwd", "etc/pve/user.cfg", "etc/subuid"]);
    assert_eq!(sources.trees[0].layout, Layout::SystemRoot);
    assert_eq!(sources.trees[0].release_hint, Some((Release::Pve8, HintFrom::Dpkg)));
    assert_eq!(dpkg_release(&dir.path().join("var/lib/dpkg/status")), Some(Release::Pve8));
    assert_eq!(dpkg_release(&dir.path().join("var/lib/dpkg")), None);
    assert_eq!(dpkg_release(&dir.path().join("none")), None);
}

#[test]
fn a_parent_of_trees() {
    let dir = tree(&[
        ("README.md", ""),
        ("a/pve/user.cfg", ""),
        ("a/subuid", ""),
        ("b/lxc/100.conf", CT),
        ("c/d/etc/pve/storage.cfg", ""),
        (".hidden/user.cfg", ""),
        ("e/100.conf", CT),
    ]);
    let sources = load_dir(&dir);
    let trees: Vec<_> = sources.trees.iter().map(|tree| tree.layout).collect();
    assert_eq!(trees, [Layout::Etc, Layout::Pve, Layout::SystemRoot, Layout::Pve]);
    let of: Vec<_> = sources.files.iter().map(|file| (rel(&dir, file), file.tree.map(|tree| tree.0))).collect();
    assert_eq!(
        of,
        [
            (".hidden", None),
            ("README.md", None),
            ("a/pve/user.cfg", Some(0)),
            ("a/subuid", Some(0)),
            ("b/lxc/100.conf", Some(1)),
            ("c/d/etc/pve/storage.cfg", Some(2)),
            ("e/100.conf", Some(3)),
        ]
    );
}

#[test]
fn without_nodes_the_text_tells_what_a_guest_is() {
    let dir = tree(&[("100.conf", CT), ("more/101.conf", VM), ("102.conf", "memory: 512\n"), ("0103.conf", CT)]);
    let sources = load_dir(&dir);
    assert_eq!(
        kinds(&dir, &sources),
        [
            ("0103.conf", FileKind::Unrecognised(Unrecognised::SecondCopy)),
            ("100.conf", FileKind::Container),
            ("102.conf", FileKind::Unrecognised(Unrecognised::GuestElsewhere)),
            ("more/101.conf", FileKind::Vm),
        ]
    );
    assert_eq!(problems(&dir, &sources), [("102.conf", ProblemKind::KindUnknown)]);
    let ct = &sources.files[1];
    assert_eq!((ct.told_by, ct.vmid, &*ct.pve_name()), (ToldBy::Text, Some(100), "lxc/100.conf"));
}

#[test]
fn root_links_turned_into_directories_are_not_counted_twice() {
    let dir = tree(&[
        ("nodes/pve1/lxc/100.conf", CT),
        ("local/lxc/100.conf", CT),
        ("local/config", ""),
        ("lxc/100.conf", CT),
        ("qemu-server/101.conf", VM),
    ]);
    let sources = load_dir(&dir);
    assert_eq!(read(&dir, &sources), ["nodes/pve1/lxc/100.conf"]);
    assert_eq!(sources.files.len(), 5);

    // Without `nodes/`, `local/` is the one that counts; what only the others have is read there.
    let dir = tree(&[("local/lxc/100.conf", CT), ("lxc/100.conf", CT), ("qemu-server/101.conf", VM)]);
    let sources = load_dir(&dir);
    assert_eq!(read(&dir, &sources), ["local/lxc/100.conf", "qemu-server/101.conf"]);
    assert!(!sources.trees[0].has_nodes);
}

#[test]
fn a_part_of_a_tree_is_what_its_path_says() {
    let dir = tree(&[("nodes/pve1/lxc/100.conf", CT), ("nodes/pve2/qemu-server/101.conf", VM), ("user.cfg", "")]);
    for (part, count) in [("nodes", 2), ("nodes/pve1", 1), ("nodes/pve1/lxc", 1), ("nodes/pve1/lxc/", 1)] {
        let sources = load(&[dir.path().join(part)]);
        assert_eq!(sources.files.len(), count, "{part}");
        let ct = &sources.files[0];
        assert_eq!((ct.kind, ct.node.as_deref()), (FileKind::Container, Some("pve1")), "{part}");
        let tree = &sources.trees[0];
        assert_eq!((nodes(tree)[0], tree.has_nodes), ("pve1", true), "{part}");
        assert_eq!(tree.input(FileKind::UserCfg), Presence::NotLooked, "{part}");
    }
}

#[test]
fn links() {
    let outside = tree(&[("user.cfg", "outside")]);
    let dir = tree(&[("nodes/a/lxc/100.conf", CT), ("..data/storage.cfg", "dir: local\n"), ("datacenter.cfg", "")]);
    let at = |path: &str| dir.path().join(path);
    symlink("100.conf", at("nodes/a/lxc/101.conf")).unwrap();
    symlink("nowhere", at("nodes/a/lxc/102.conf")).unwrap();
    symlink("104.conf", at("nodes/a/lxc/103.conf")).unwrap();
    symlink("103.conf", at("nodes/a/lxc/104.conf")).unwrap();
    symlink("..data/storage.cfg", at("storage.cfg")).unwrap();
    symlink("..data/storage.cfg", at("domains.cfg")).unwrap();
    symlink("..data", at("..now")).unwrap();
    symlink(outside.path().join("user.cfg"), at("user.cfg")).unwrap();
    symlink(outside.path(), at("sdn")).unwrap();
    symlink("a", at("nodes/b")).unwrap();
    symlink("..", at("nodes/a/up")).unwrap();
    symlink(".git", at("ha")).unwrap();
    fs::create_dir(at(".git")).unwrap();
    let sources = load_dir(&dir);
    let link = FileKind::Ignored(Ignored::Link);
    let kind = |path: &str| kinds(&dir, &sources).into_iter().find(|(at, _)| *at == path).unwrap().1;
    assert_eq!(kind("nodes/a/lxc/101.conf"), link);
    assert_eq!(kind("nodes/b"), link);
    assert_eq!(kind("nodes/a/up"), link);
    assert_eq!(read(&dir, &sources), ["nodes/a/lxc/100.conf", "storage.cfg"]);
    let real = |dir: &TempDir| dir.path().canonicalize().unwrap();
    assert_eq!(
        problems(&dir, &sources),
        [
            (
                "domains.cfg",
                ProblemKind::LinkOther(real(&dir).join("..data/storage.cfg").to_string_lossy().into_owned())
            ),
            ("ha", ProblemKind::LinkDirectory(real(&dir).join(".git").to_string_lossy().into_owned())),
            ("nodes/a/lxc/102.conf", ProblemKind::LinkBroken),
            ("nodes/a/lxc/103.conf", ProblemKind::LinkLoop),
            ("nodes/a/lxc/104.conf", ProblemKind::LinkLoop),
            ("sdn", ProblemKind::LinkOutside(real(&outside).to_string_lossy().into_owned())),
            ("user.cfg", ProblemKind::LinkOutside(real(&outside).join("user.cfg").to_string_lossy().into_owned())),
        ]
    );
    assert!(matches!(sources.trees[0].input(FileKind::UserCfg), Presence::Unreadable(Some(_))));
}

#[test]
fn root_links_that_leave_the_tree_are_a_problem() {
    let outside = tree(&[("100.conf", CT)]);
    let dir = tree(&[("user.cfg", "")]);
    symlink(outside.path(), dir.path().join("lxc")).unwrap();
    symlink("local", dir.path().join("local")).unwrap();
    let sources = load_dir(&dir);
    let found = problems(&dir, &sources);
    assert!(
        matches!(&found[..], [("local", ProblemKind::LinkLoop), ("lxc", ProblemKind::LinkOutside(_))]),
        "{found:?}"
    );
}

#[test]
fn what_is_no_regular_file_is_a_problem() {
    let dir = tree(&[("user.cfg/x/", ""), ("nodes/a/lxc/101.conf/", ""), ("nodes/a/qemu-server/", "")]);
    let fifo = dir.path().join("nodes/a/lxc/100.conf");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("storage.cfg")).unwrap();
    symlink("lxc/100.conf", dir.path().join("nodes/a/config")).unwrap();
    let sources = load_dir(&dir);
    assert_eq!(
        problems(&dir, &sources),
        [
            ("nodes/a/config", ProblemKind::NotRegular("FIFO")),
            ("nodes/a/lxc/100.conf", ProblemKind::NotRegular("FIFO")),
            ("nodes/a/lxc/101.conf", ProblemKind::NotRegular("directory")),
            ("storage.cfg", ProblemKind::NotRegular("socket")),
            ("user.cfg", ProblemKind::NotRegular("directory")),
        ]
    );
    assert!(matches!(sources.trees[0].input(FileKind::UserCfg), Presence::Unreadable(Some(_))));

    let sources = load(&[fifo]);
    assert_eq!(problems(&dir, &sources), [("nodes/a/lxc/100.conf", ProblemKind::NotRegular("FIFO"))]);
}

#[test]
fn what_may_not_be_read_is_a_problem() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tree(&[("user.cfg", "x"), ("nodes/a/lxc/100.conf", CT)]);
    let closed = [dir.path().join("user.cfg"), dir.path().join("nodes/a/lxc")];
    for path in &closed {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    if fs::read(&closed[0]).is_ok() {
        return; // root may read everything
    }
    let sources = load_dir(&dir);
    let found = problems(&dir, &sources);
    fs::set_permissions(&closed[1], fs::Permissions::from_mode(0o700)).unwrap();
    assert!(
        matches!(
            &found[..],
            [("nodes/a/lxc", ProblemKind::Unreadable(_)), ("user.cfg", ProblemKind::Unreadable(why))]
                if why.contains("ermission")
        ),
        "{found:?}"
    );
}

#[test]
fn a_file_may_have_one_mebibyte() {
    let most = "#".repeat(1024 * 1024);
    let dir =
        tree(&[("user.cfg", &most), ("storage.cfg", &format!("{most}#")), ("datacenter.cfg", &format!("{most}#"))]);
    let sources = load_dir(&dir);
    assert_eq!(problems(&dir, &sources), [("storage.cfg", ProblemKind::TooLarge(1024 * 1024 + 1))]);
    assert_eq!(sources.files[2].bytes.len(), 1024 * 1024);
    let sources = Sources::from_bytes("user.cfg", vec![b'#'; 1024 * 1024 + 1], &LoadOptions::default()).unwrap();
    assert_eq!(sources.problems[0].kind, ProblemKind::TooLarge(1024 * 1024 + 1));
}

#[test]
fn the_number_of_files_and_bytes_is_limited() {
    let dir = tempfile::tempdir().unwrap();
    for vmid in 1000..1600 {
        write(dir.path(), &format!("nodes/a/lxc/{vmid}.conf"), CT);
    }
    write(dir.path(), "user.cfg", "");
    let options = LoadOptions { max_files: 100, ..LoadOptions::default() };
    let sources = load_with(&[dir.path().to_path_buf()], &options);
    assert!(sources.files.len() <= 101);
    assert_eq!(problems(&dir, &sources), [("nodes/a/lxc", ProblemKind::TooManyFiles(100))]);

    let options = LoadOptions { max_bytes: CT.len() as u64 * 10, ..LoadOptions::default() };
    let sources = load_with(&[dir.path().to_path_buf()], &options);
    assert_eq!(read(&dir, &sources).len(), 10);
    assert_eq!(sources.problems.len(), 591);
    assert!(sources.problems.iter().all(|problem| matches!(problem.kind, ProblemKind::TooManyBytes(_))));
}

#[test]
fn depth_is_limited() {
    let deep = "d/".repeat(40);
    let dir = tree(&[("user.cfg", ""), (&deep, "")]);
    let sources = load_dir(&dir);
    assert_eq!(problems(&dir, &sources), [("d/".repeat(17).trim_end_matches('/'), ProblemKind::TooDeep)]);
}

#[test]
fn many_files_are_read_in_order() {
    let dir = tempfile::tempdir().unwrap();
    for vmid in 100..700 {
        write(dir.path(), &format!("nodes/n{}/lxc/{vmid}.conf", vmid % 3), format!("hostname: ct{vmid}\n"));
    }
    let sources = load_dir(&dir);
    assert_eq!(sources.files.len(), 600);
    for file in &sources.files {
        assert_eq!(&file.bytes[..], format!("hostname: ct{}\n", file.vmid.unwrap()).as_bytes());
    }
}

#[test]
fn what_is_given_twice_is_read_once() {
    let dir = tree(&[("pve/user.cfg", ""), ("pve/lxc/100.conf", CT), ("subuid", ""), ("pve/nodes/a/lxc/100.conf", CT)]);
    let at = |path: &str| dir.path().join(path);
    let once = load_dir(&dir);
    let twice = load(&[
        at("pve/nodes"),
        at("pve/user.cfg"),
        at("pve/../pve/"),
        at("subuid"),
        dir.path().join("."),
        dir.path().to_path_buf(),
    ]);
    assert_eq!(kinds(&dir, &once), kinds(&dir, &twice));
    assert_eq!(twice.trees.len(), 1);
    assert!(twice.problems.is_empty());

    let files = load(&[at("pve/user.cfg"), at("pve/user.cfg"), at("pve/nodes/../user.cfg")]);
    assert_eq!(files.files.len(), 1);
}

#[test]
fn files_given_one_by_one_form_a_tree() {
    let dir = tree(&[
        ("etc/pve/user.cfg", ""),
        ("etc/pve/nodes/a/lxc/100.conf", CT),
        ("etc/pve/nodes/b/lxc/101.conf", CT),
        ("etc/subuid", ""),
        ("100.conf.bak", CT),
        ("102.conf", VM),
    ]);
    let at = |path: &str| dir.path().join(path);
    let sources = load(&[
        at("etc/subuid"),
        at("etc/pve/user.cfg"),
        at("etc/pve/nodes/b/lxc/101.conf"),
        at("etc/pve/nodes/a/lxc/100.conf"),
    ]);
    let [tree] = &sources.trees[..] else { panic!("one tree") };
    assert_eq!((tree.layout, nodes(tree)), (Layout::Files, vec!["a", "b"]));
    assert_eq!(tree.shown, at("etc/pve").to_str().unwrap());
    assert!(present(&sources, FileKind::UserCfg) && present(&sources, FileKind::Subuid));
    assert_eq!(tree.input(FileKind::StorageCfg), Presence::NotLooked);
    assert_eq!(sources.files[0].rel(), "nodes/a/lxc/100.conf");

    let sources = load(&[at("100.conf.bak"), at("102.conf")]);
    let told: Vec<_> = sources.files.iter().map(|file| (file.kind, file.vmid, file.told_by)).collect();
    assert_eq!(told, [(FileKind::Container, Some(100), ToldBy::Text), (FileKind::Vm, Some(102), ToldBy::Text)]);

    let options = LoadOptions { kind: Some(FileKind::Container), vmid: Some(7), ..LoadOptions::default() };
    let sources = load_with(&[at("100.conf.bak")], &options);
    let file = &sources.files[0];
    assert_eq!((file.kind, file.vmid, file.told_by), (FileKind::Container, Some(7), ToldBy::User));
    assert_eq!(&file.bytes[..], CT.as_bytes());
}

#[test]
fn standard_input_is_what_its_name_says() {
    let from = |name: &str, text: &str, options: &LoadOptions| {
        let sources = Sources::from_bytes(name, text.as_bytes().to_vec(), options).unwrap();
        check(&sources);
        assert_eq!((sources.files.len(), sources.trees.len()), (1, 1));
        sources
    };
    let none = LoadOptions::default();
    let table = [
        ("nodes/n1/lxc/100.conf", "", FileKind::Container, Some("n1"), Some(100)),
        ("/x/y/nodes/n1/qemu-server/100.conf", "", FileKind::Vm, Some("n1"), Some(100)),
        ("lxc/100.conf", "", FileKind::Container, None, Some(100)),
        ("100.conf", CT, FileKind::Container, None, Some(100)),
        ("./100.conf", VM, FileKind::Vm, None, Some(100)),
        ("storage.cfg", "", FileKind::StorageCfg, None, None),
        ("backup/user.cfg", "", FileKind::UserCfg, None, None),
        ("domains.cfg", "", FileKind::DomainsCfg, None, None),
        ("subuid", "", FileKind::Subuid, None, None),
        ("/etc/network/interfaces", "", FileKind::NetworkInterfaces, None, None),
    ];
    for (name, text, kind, node, vmid) in table {
        let sources = from(name, text, &none);
        let file = &sources.files[0];
        assert_eq!((file.kind, file.node.as_deref(), file.vmid), (kind, node, vmid), "{name}");
        assert_eq!((&*file.shown, file.state, &file.bytes[..]), (name, ReadState::Read, text.as_bytes()), "{name}");
    }
    for name in ["", "foo.txt", "100.conf.bak", "100.conf"] {
        assert_eq!(from(name, "x", &none).problems[0].kind, ProblemKind::KindUnknown, "{name}");
    }
    let given = LoadOptions { kind: Some(FileKind::Container), vmid: Some(105), ..LoadOptions::default() };
    let sources = from("", CT, &given);
    assert_eq!((sources.files[0].kind, sources.files[0].vmid), (FileKind::Container, Some(105)));
    assert_eq!(sources.files[0].shown, "<stdin>");
}

#[test]
fn a_host_root_takes_the_place_of_what_is_beside() {
    let status = "Package: pve-manager\nStatus: install ok installed\nVersion: 7.4-20\n";
    let host = tree(&[("etc/subuid", "given"), ("var/lib/dpkg/status", status)]);
    let dir = tree(&[("a/pve/user.cfg", ""), ("a/subuid", "beside"), ("b/user.cfg", ""), ("b/subuid", "beside")]);
    let options = LoadOptions { host_root: Some(host.path().to_path_buf()), ..LoadOptions::default() };
    let sources = load_with(&[dir.path().to_path_buf()], &options);
    let read: Vec<_> = sources.files.iter().filter(|file| file.kind == FileKind::Subuid).collect();
    assert_eq!(read.len(), 1);
    assert_eq!((&read[0].bytes[..], read[0].tree), (&b"given"[..], None));
    for tree in &sources.trees {
        assert_eq!(tree.input(FileKind::Subuid), Presence::Present(read[0].id));
        assert_eq!(tree.input(FileKind::Subgid), Presence::Absent);
        assert_eq!(tree.release_hint, Some((Release::Pve7, HintFrom::Dpkg)));
    }
    assert_eq!(sources.files.iter().filter(|file| file.kind == FileKind::Ignored(Ignored::OtherHost)).count(), 2);

    // A copy of /etc will do, and so will the tree's own root.
    let options = LoadOptions { host_root: Some(host.path().join("etc")), ..LoadOptions::default() };
    let sources = load_with(&[dir.path().join("b")], &options);
    assert!(present(&sources, FileKind::Subuid));
    write(host.path(), "etc/pve/user.cfg", "");
    let options = LoadOptions { host_root: Some(host.path().to_path_buf()), ..LoadOptions::default() };
    let sources = load_with(&[host.path().to_path_buf()], &options);
    assert_eq!(kinds(&host, &sources), [("etc/pve/user.cfg", FileKind::UserCfg), ("etc/subuid", FileKind::Subuid)]);
    assert!(present(&sources, FileKind::Subuid));

    for path in [dir.path().join("none"), dir.path().join("b/user.cfg"), dir.path().join("a/pve")] {
        let options = LoadOptions { host_root: Some(path), ..LoadOptions::default() };
        assert!(matches!(Sources::load(&[], &options), Err(LoadError::HostRoot { .. })));
    }
}

#[test]
fn the_nodes_own_tree_has_the_nodes_own_files() {
    let root = tree(&[("etc/pve/user.cfg", ""), ("etc/subuid", ""), ("copy/pve/user.cfg", "")]);
    let real = root.path().canonicalize().unwrap();
    let options = LoadOptions { live_pve: real.join("etc/pve"), live_host: real.clone(), ..LoadOptions::default() };
    for input in ["etc/pve", "etc/pve/", "etc", "."] {
        let sources = load_with(&[real.join(input)], &options);
        assert!(sources.trees[0].live && present(&sources, FileKind::Subuid), "{input}");
    }
    let sources = load_with(&[real.join("copy/pve")], &options);
    assert!(!sources.trees[0].live);
    assert_eq!(sources.trees[0].input(FileKind::Subuid), Presence::NotLooked);
}

#[test]
fn inputs_without_anything_are_told_apart() {
    let dir = tree(&[("a/README", ""), ("pve/", ""), ("etc/subuid", "")]);
    let sources = load(&[dir.path().join("a")]);
    assert_eq!(problems(&dir, &sources), [("a", ProblemKind::NothingFound)]);
    let sources = load(&[dir.path().join("pve")]);
    assert_eq!(sources.trees.len(), 0);
    assert_eq!(problems(&dir, &sources), [("pve", ProblemKind::EmptyPve)]);
    let sources = load(&[dir.path().join("etc")]);
    assert!(present(&sources, FileKind::Subuid));
    assert_eq!(sources.trees[0].input(FileKind::UserCfg), Presence::NotLooked);
    let missing = dir.path().join("missing");
    let error = Sources::load(std::slice::from_ref(&missing), &LoadOptions::default()).unwrap_err();
    assert!(matches!(&error, LoadError::Input { path, .. } if *path == missing));
    assert!(error.to_string().starts_with(missing.to_str().unwrap()), "{error}");
}

#[test]
fn names_that_are_not_utf8_are_a_problem() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tree(&[("user.cfg", ""), ("nodes/a/lxc/", "")]);
    fs::write(dir.path().join("nodes/a/lxc").join(std::ffi::OsStr::from_bytes(b"1\xff.conf")), CT).unwrap();
    let sources = load_dir(&dir);
    assert_eq!(problems(&dir, &sources), [("nodes/a/lxc/1\u{fffd}.conf", ProblemKind::NameNotUtf8)]);
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn no_file_of_a_real_tree_is_lost() {
    let corpus = super::support::collection().join("../corpus");
    let mut on_disk = Vec::new();
    let mut work = vec![corpus.clone()];
    while let Some(dir) = work.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { work.push(path) } else { on_disk.push(path) }
        }
    }
    on_disk.sort();
    assert!(on_disk.len() > 30);
    let sources = load(std::slice::from_ref(&corpus));
    assert!(sources.problems.is_empty(), "{:?}", sources.problems);
    let mut listed: Vec<PathBuf> = sources.files.iter().map(|file| PathBuf::from(&file.shown)).collect();
    listed.sort();
    assert_eq!(listed, on_disk);
    assert_eq!(sources.trees.len(), 6);
    for file in &sources.files {
        let name = file.shown.rsplit('/').next().unwrap();
        let expected = match name {
            "README.md" => FileKind::OutsideTree,
            "vzdump.conf" => FileKind::VzdumpConf,
            "500.conf.bak" => FileKind::Unrecognised(Unrecognised::Suffix),
            _ if file.shown.contains("/lxc/") => FileKind::Container,
            _ if file.shown.contains("/qemu-server/") => FileKind::Vm,
            _ => FileKind::from_path(name).kind,
        };
        assert_eq!(file.kind, expected, "{}", file.shown);
        assert!(!matches!(file.kind, FileKind::Unrecognised(why) if why != Unrecognised::Suffix), "{}", file.shown);
        // And each is told as itself when it is given alone.
        let alone = load(&[PathBuf::from(&file.shown)]);
        if !matches!(file.kind, FileKind::OutsideTree | FileKind::Unrecognised(_)) {
            assert_eq!(alone.files[0].kind, file.kind, "{}", file.shown);
        }
        // The text tells containers from VMs as the path does.
        if matches!(file.kind, FileKind::Container | FileKind::Vm) {
            assert_eq!(pvelint::source::guess_guest(&file.bytes), Some(file.kind), "{}", file.shown);
        }
    }
}

#[test]
fn what_is_attached_says_so() {
    let mut sources = Sources::from_bytes("storage.cfg", Vec::new(), &LoadOptions::default()).unwrap();
    let id = sources.attach("pvelint.toml", b"x".to_vec());
    let file = sources.file(id).unwrap();
    assert_eq!((file.state, &file.bytes[..], file.tree), (ReadState::Attached, &b"x"[..], None));
    assert_eq!(sources.unread().count(), 0);
}

/// What a test can see of a file.
fn seen(sources: &Sources) -> Vec<(String, FileKind, ReadState, Vec<u8>)> {
    sources.files.iter().map(|file| (file.shown.clone(), file.kind, file.state, file.bytes.to_vec())).collect()
}

#[test]
fn a_refresh_is_as_if_read_anew_and_opens_only_what_changed() {
    let dir = tree(&[
        ("user.cfg", "user:root@pam:1:0:::::\n"),
        ("storage.cfg", "dir: local\n\tpath /x\n"),
        ("nodes/n/lxc/100.conf", CT),
    ]);
    let inputs = [dir.path().to_path_buf()];
    let mut snapshot = Snapshot::load(&inputs, LoadOptions::default()).unwrap();
    let shown = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let bytes = |snapshot: &Snapshot, name: &str| {
        let file = snapshot.sources().files.iter().find(|file| file.shown == shown(name)).unwrap();
        std::sync::Arc::clone(&file.bytes)
    };
    let fresh = || seen(&Sources::load(&inputs, &LoadOptions::default()).unwrap());
    let before = bytes(&snapshot, "storage.cfg");

    // A new file, one that is gone, one that changed: only this has to be named.
    write(dir.path(), "nodes/n/lxc/101.conf", "memory: 1\n");
    write(dir.path(), "user.cfg", "user:a@pve:1:0:::::\n");
    std::fs::remove_file(dir.path().join("nodes/n/lxc/100.conf")).unwrap();
    snapshot.refresh(&[&shown("user.cfg")]).unwrap();
    assert_eq!(seen(snapshot.sources()), fresh());
    assert!(std::sync::Arc::ptr_eq(&before, &bytes(&snapshot, "storage.cfg")), "what didn't change is shared");

    // A text in place of a file, and the file again.
    snapshot.set_text(&shown("storage.cfg"), Some(b"nfs: x\n".to_vec()));
    snapshot.refresh(&[]).unwrap();
    assert_eq!(&bytes(&snapshot, "storage.cfg")[..], b"nfs: x\n");
    snapshot.set_text(&shown("storage.cfg"), None);
    snapshot.refresh(&[]).unwrap();
    assert_eq!(seen(snapshot.sources()), fresh());

    // Not named, not opened.
    write(dir.path(), "storage.cfg", "other");
    snapshot.refresh(&[]).unwrap();
    assert_eq!(bytes(&snapshot, "storage.cfg"), before);

    // Where it fails, what was held is held.
    let held = seen(snapshot.sources());
    std::fs::remove_dir_all(dir.path()).unwrap();
    assert!(snapshot.refresh(&[]).is_err());
    assert_eq!(seen(snapshot.sources()), held);
}
