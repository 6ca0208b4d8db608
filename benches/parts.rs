//! How long each part of the work takes, on generated clusters: `cargo bench --bench parts [FILTER]`.
//!
//! Trees and texts are made once, outside the measurement. The budgets are about whole runs and stand in `end_to_end.rs`.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

#[allow(dead_code)]
mod generate;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use generate::{Cluster as Generated, Plan};
use pvelint::cluster::Cluster;
use pvelint::release::Release;
use pvelint::source::{FileKind, LoadOptions, Sources, TreeId};

/// The sizes of the clusters, in guests.
const SIZES: [u32; 2] = [1_000, 10_000];
const RELEASE: Release = Release::Pve9;

fn main() {
    divan::main();
}

/// A generated tree on disk, and read.
struct Site {
    path: PathBuf,
    sources: Sources,
    _dir: tempfile::TempDir,
}

impl Site {
    fn new(plan: &Plan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Generated::new(plan).write(dir.path()).unwrap();
        let path = dir.path().to_owned();
        let sources = Sources::load(std::slice::from_ref(&path), &LoadOptions::default()).unwrap();
        Self { path, sources, _dir: dir }
    }

    /// The site of this size; made when it is asked for first, and kept.
    fn of(guests: u32) -> &'static Self {
        static SITES: LazyLock<Mutex<Vec<(u32, &'static Site)>>> = LazyLock::new(Mutex::default);
        let mut sites = SITES.lock().unwrap();
        if let Some((_, site)) = sites.iter().find(|(size, _)| *size == guests) {
            return site;
        }
        let site = Box::leak(Box::new(Self::new(&Plan::of_guests(guests))));
        sites.push((guests, site));
        site
    }

    fn bytes(&self) -> BytesCount {
        BytesCount::new(self.sources.files.iter().map(|file| file.bytes.len()).sum::<usize>())
    }

    fn texts(&self, kind: FileKind) -> Vec<(&[u8], u64)> {
        let files = self.sources.files.iter().filter(|file| file.kind == kind);
        files.map(|file| (&file.bytes[..], u64::from(file.vmid.unwrap_or_default()))).collect()
    }

    fn cluster(&self) -> Cluster<'_> {
        Cluster::load(&self.sources, &self.sources.trees[0], TreeId(0), Some(RELEASE))
    }
}

/// Finding and reading the files.
#[divan::bench(args = SIZES)]
fn load(bencher: Bencher, guests: u32) {
    let site = Site::of(guests);
    bencher
        .counter(site.bytes())
        .bench(|| Sources::load(black_box(std::slice::from_ref(&site.path)), &LoadOptions::default()).unwrap());
}

/// One format each, in one thread. `items/s` are files; for user.cfg and storage.cfg look at bytes.
mod parse {
    use super::*;
    use pvelint::model::container::Container;
    use pvelint::model::storage::StorageCfg;
    use pvelint::model::subid::SubIds;
    use pvelint::model::user::UserCfg;
    use pvelint::model::vm::Vm;

    fn run<'s, M>(bencher: Bencher, guests: u32, kind: FileKind, parse: impl Fn(&'s [u8], u64) -> M + Sync) {
        let texts = Site::of(guests).texts(kind);
        let bytes: usize = texts.iter().map(|(text, _)| text.len()).sum();
        bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(texts.len())).bench(|| {
            for (text, vmid) in &texts {
                black_box(parse(black_box(text), *vmid));
            }
        });
    }

    #[divan::bench(args = SIZES)]
    fn user_cfg(bencher: Bencher, guests: u32) {
        run(bencher, guests, FileKind::UserCfg, |text, _| UserCfg::parse(text, RELEASE));
    }

    #[divan::bench(args = [1_000])]
    fn storage_cfg(bencher: Bencher, guests: u32) {
        run(bencher, guests, FileKind::StorageCfg, |text, _| StorageCfg::parse(text, RELEASE));
    }

    #[divan::bench(args = SIZES)]
    fn containers(bencher: Bencher, guests: u32) {
        run(bencher, guests, FileKind::Container, |text, vmid| Container::parse(text, vmid, RELEASE));
    }

    #[divan::bench(args = SIZES)]
    fn vms(bencher: Bencher, guests: u32) {
        run(bencher, guests, FileKind::Vm, |text, vmid| Vm::parse(text, vmid, RELEASE));
    }

    #[divan::bench(args = [1_000])]
    fn subuid(bencher: Bencher, guests: u32) {
        run(bencher, guests, FileKind::Subuid, |text, _| SubIds::parse(text));
    }
}

/// Everything parsed and linked, in as many threads as there are cores.
#[divan::bench(args = SIZES)]
fn link(bencher: Bencher, guests: u32) {
    let site = Site::of(guests);
    bencher.counter(site.bytes()).bench(|| site.cluster());
}

/// All rules over a linked cluster.
mod rules {
    use super::*;
    use pvelint::rules::{self, RULES, Rule};

    #[divan::bench(args = SIZES)]
    fn all(bencher: Bencher, guests: u32) {
        let cluster = Site::of(guests).cluster();
        bencher.bench(|| rules::run(black_box(RULES), &cluster));
    }

    /// The slow ones, by name: every rule of its own, on 10,000 guests.
    #[divan::bench(args = RULES.iter().map(|rule| rule.id), sample_count = 5)]
    fn each(bencher: Bencher, id: &str) {
        static CLUSTER: LazyLock<Cluster<'static>> = LazyLock::new(|| Site::of(10_000).cluster());
        let rule = [Rule::named(id).unwrap()];
        // What the first rule that asks pays for all (the access engine) isn't any one rule's, and is in here nevertheless.
        bencher.bench(|| rules::run(black_box(&rule), &CLUSTER));
    }
}

/// Drawing findings.
mod render {
    use super::*;
    use pvelint::finding::Finding;
    use pvelint::report::{self, Files, Run};
    use pvelint::rules::RULES;

    type Format = fn(&Run<'_>, &mut dyn std::io::Write) -> std::io::Result<()>;

    fn run(bencher: Bencher, sources: &Sources, findings: &[Finding], format: Format) {
        bencher.counter(ItemsCount::new(findings.len())).bench_local(|| {
            let files = Files::new(sources);
            let run = Run { files, ..Run::new(sources, findings) };
            let mut out = Vec::with_capacity(1 << 20);
            format(black_box(&run), &mut out).unwrap();
            out
        });
    }

    /// 1,000 findings over many files.
    #[divan::bench(args = ["full", "colour", "concise", "json"])]
    fn thousand(bencher: Bencher, format: &str) {
        let site = Site::of(10_000);
        let checked = pvelint::check(&site.sources, RULES, Some(RELEASE));
        let findings: Vec<_> = checked.findings.iter().cycle().take(1000).cloned().collect();
        assert_eq!(findings.len(), 1000, "the generator's mistakes give findings");
        run(bencher, &site.sources, &findings, by_name(format));
    }

    /// All findings of a user.cfg of 1 MiB.
    #[divan::bench(args = ["full", "concise", "json"])]
    fn large_file(bencher: Bencher, format: &str) {
        let plan = Plan { users: 2000, acl_lines: 12_500, ..Plan::of_guests(2000) };
        let mut text = Generated::new(&plan).files.remove("pve/user.cfg").unwrap();
        text.truncate(1 << 20);
        assert!(text.len() > 900_000, "{}", text.len());
        let sources = Sources::from_bytes("user.cfg", text, &LoadOptions::default()).unwrap();
        let checked = pvelint::check(&sources, RULES, Some(RELEASE));
        run(bencher, &sources, &checked.findings, by_name(format));
    }

    fn by_name(format: &str) -> Format {
        match format {
            "colour" => |run, out| report::full::write(run, true, out),
            "concise" => report::concise::write,
            "json" => report::json::write,
            _ => |run, out| report::full::write(run, false, out),
        }
    }
}

/// Who may do what.
mod access {
    use super::*;
    use pvelint::access::{Access, Grid};
    use pvelint::model::user::UserCfg;

    fn with(guests: u32, f: impl FnOnce(&UserCfg<'_>, Vec<String>)) {
        let texts = Site::of(guests).texts(FileKind::UserCfg);
        let cfg = UserCfg::parse(texts[0].0, RELEASE);
        let paths = (generate::FIRST_VMID..).take(guests as usize).map(|vmid| format!("/vms/{vmid}")).collect();
        f(&cfg, paths);
    }

    #[divan::bench(args = SIZES)]
    fn prepare(bencher: Bencher, guests: u32) {
        with(guests, |cfg, _| bencher.bench_local(|| Access::new(black_box(cfg))));
    }

    /// Every privilege of 1,000 users on every guest (budget: 50 ms for 10,000 paths), each answer read.
    #[divan::bench(args = SIZES)]
    fn thousand_users_on_every_guest(bencher: Bencher, guests: u32) {
        with(guests, |cfg, paths| {
            let users: Vec<_> = cfg.users.iter().take(1000).map(|user| user.id.value).collect();
            assert_eq!(users.len(), 1000);
            bencher.counter(ItemsCount::new(users.len() * paths.len())).bench_local(|| {
                let access = Access::new(cfg);
                let grid = Grid::new(&access, &paths);
                let mut rows = grid.rows();
                let mut granted = 0;
                for user in &users {
                    granted += rows.row(user).iter().filter(|privs| *privs != Default::default()).count();
                }
                granted
            });
        });
    }

    /// What everybody can reach, by which chains.
    #[divan::bench(args = SIZES)]
    fn escalate_everybody(bencher: Bencher, guests: u32) {
        use pvelint::access::escalate::{Escalation, World};
        let cluster = Site::of(guests).cluster();
        let (world, file) = (World::of(&cluster), cluster.user.as_ref().unwrap());
        let access = Access::new(&file.model);
        bencher.bench_local(|| Escalation::new(black_box(&access), &world).everybody());
    }

    /// One question at a time.
    #[divan::bench]
    fn one_answer(bencher: Bencher) {
        with(10_000, |cfg, paths| {
            let access = Access::new(cfg);
            let mut pairs = cfg.users.iter().zip(&paths).cycle();
            bencher.bench_local(|| {
                let (user, path) = pairs.next().unwrap();
                access.effective(black_box(user.id.value), black_box(path.as_bytes()))
            });
        });
    }
}
