//! The program itself, from start to exit, beside the cheapest thing that does comparable work:
//! `cargo bench --bench end_to_end [-- --full]`.
//!
//! | run | beside |
//! |---|---|
//! | one file | starting and ending an empty process (`true`) |
//! | 1,000 and 10,000 guests | `cat` of the files that pvelint reads, through `xargs` |
//! | `--full`: a pmxcfs of 128 MiB | the same |
//!
//! Everything is in the page cache. The two take turns, so that a busy machine slows both; medians are compared. Memory is the
//! peak that the kernel reports, through GNU time where it is installed.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[allow(dead_code)]
mod generate;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generate::{Cluster, Plan};
use pvelint::source::{LoadOptions, ReadState, Sources};

const PVELINT: &str = env!("CARGO_BIN_EXE_pvelint");

fn main() {
    // What cargo passes to benches, and filters for divan, mean nothing here. `cargo test --benches` only wants it to run.
    let given = |flag: &str| std::env::args().any(|arg| arg == flag);
    let rounds = if given("--test") { 1 } else { 41 };
    println!("{:<42} {:>10} {:>10} {:>7}  {:>10} {:>9}", "", "median", "beside", "ratio", "files", "peak");
    one_file(rounds);
    for guests in [1_000, 10_000] {
        for (what, plan) in [("clean", Plan::of_guests(guests).clean()), ("3 % mistakes", Plan::of_guests(guests))] {
            tree(&format!("{guests} guests, {what}"), &plan, rounds);
        }
    }
    if given("--full") {
        tree("pmxcfs of 128 MiB", &Plan::full(), rounds.min(7));
    }
}

fn one_file(rounds: usize) {
    let dir = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(&Plan::of_guests(10).clean());
    cluster.write(dir.path()).unwrap();
    let name = cluster.files.keys().find(|name| name.contains("/lxc/")).unwrap();
    let file = dir.path().join(name);
    let bytes = cluster.files[name].len();
    let pvelint = || check(&file);
    row("one container, beside `true`", rounds, &pvelint, &|| Command::new("true"), 1, bytes);
}

fn tree(what: &str, plan: &Plan, rounds: usize) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("etc");
    Cluster::new(plan).write(&root).unwrap();
    let sources = Sources::load(std::slice::from_ref(&root), &LoadOptions::default()).unwrap();
    let read: Vec<_> = sources.files.iter().filter(|file| file.state == ReadState::Read).collect();
    let list = dir.path().join("list");
    fs::write(&list, read.iter().map(|file| format!("{}\0", file.shown)).collect::<String>()).unwrap();
    let bytes = read.iter().map(|file| file.bytes.len()).sum();
    let cat = || {
        let mut cat = Command::new("xargs");
        cat.args(["-0", "cat"]).stdin(File::open(&list).unwrap());
        cat
    };
    for format in ["concise", "full", "json"] {
        let pvelint = || {
            let mut command = check(&root);
            command.args(["--format", format]);
            command
        };
        row(&format!("{what}, {format}"), rounds, &pvelint, &cat, read.len(), bytes);
    }
}

fn check(path: &Path) -> Command {
    let mut command = Command::new(PVELINT);
    command.args(["check", "--fail-on", "never"]).arg(path);
    command
}

type Make<'a> = &'a dyn Fn() -> Command;

fn row(what: &str, rounds: usize, ours: Make<'_>, other: Make<'_>, files: usize, bytes: usize) {
    let (mut one, mut two) = (Vec::new(), Vec::new());
    // The first round warms the caches.
    for round in 0..=rounds {
        let times = (time(ours()), time(other()));
        if round > 0 {
            one.push(times.0);
            two.push(times.1);
        }
    }
    let (one, two) = (median(one), median(two));
    let peak = peak_kib(&ours()).map_or_else(String::new, |kib| {
        format!("{:>6.1} MiB, {:.1}x the bytes", kib as f64 / 1024.0, kib as f64 * 1024.0 / bytes as f64)
    });
    println!(
        "{what:<42} {:>7.2} ms {:>7.2} ms {:>6.2}x  {files:>10} {peak}",
        one.as_secs_f64() * 1e3,
        two.as_secs_f64() * 1e3,
        one.as_secs_f64() / two.as_secs_f64(),
    );
}

fn time(mut command: Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let elapsed = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    elapsed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The peak resident size of a run, by GNU time.
fn peak_kib(command: &Command) -> Option<u64> {
    let time = ["/usr/bin/time", "/bin/time"].map(PathBuf::from).into_iter().find(|path| path.exists())?;
    let report = tempfile::NamedTempFile::new().ok()?;
    let mut timed = Command::new(time);
    timed.args(["-f", "%M", "-o"]).arg(report.path()).arg(command.get_program()).args(command.get_args());
    timed.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    fs::read_to_string(report.path()).ok()?.lines().last()?.trim().parse().ok()
}
