//! The program itself, from start to exit, beside the cheapest thing that does comparable work:
//! `cargo bench --bench end_to_end [-- --full]`.
//!
//! | run | beside |
//! |---|---|
//! | one file | starting and ending an empty process (`true`) |
//! | 1,000 and 10,000 guests | `cat` of the files that pvelint reads, through `xargs` |
//! | `--full`: a pmxcfs of 128 MiB | the same |
//!
//! Everything is in the page cache. The two take turns, so that a busy machine slows both; medians are compared. `cpu` is the
//! mean time of the processors (all threads, user and kernel), which says more where others use the machine too. Memory is
//! the peak that the kernel reports, through GNU time where it is installed.

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
    println!(
        "{:<34} {:>6} {:>10} {:>10} {:>7} | {:>10} {:>10} {:>7} | {:>6} peak (budget: 8x the bytes, 256 MiB)",
        "", "budget", "median", "beside", "ratio", "cpu", "beside", "ratio", "files"
    );
    one_file(rounds);
    for (guests, budget) in [(1_000, "10 ms"), (10_000, "2x")] {
        for (what, plan) in [("clean", Plan::of_guests(guests).clean()), ("3 % mistakes", Plan::of_guests(guests))] {
            tree(&format!("{guests} guests, {what}"), budget, &plan, rounds);
        }
    }
    if given("--full") {
        tree("pmxcfs of 128 MiB", "", &Plan::full(), rounds.min(7));
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
    row("one container, beside `true`", "2x", rounds, &pvelint, &|| Command::new("true"), 1, bytes);
}

fn tree(what: &str, budget: &str, plan: &Plan, rounds: usize) {
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
        row(&format!("{what}, {format}"), budget, rounds, &pvelint, &cat, read.len(), bytes);
    }
}

fn check(path: &Path) -> Command {
    let mut command = Command::new(PVELINT);
    command.args(["check", "--fail-on", "never"]).arg(path);
    command
}

type Make<'a> = &'a dyn Fn() -> Command;

fn row(what: &str, budget: &str, rounds: usize, ours: Make<'_>, other: Make<'_>, files: usize, bytes: usize) {
    let mut sides = [(ours, Vec::new(), 0.0), (other, Vec::new(), 0.0)];
    // The first round warms the caches.
    for round in 0..=rounds {
        for (make, times, cpu) in &mut sides {
            let before = cpu_ms();
            let time = time(make());
            if round > 0 {
                times.push(time);
                *cpu += (cpu_ms() - before) / rounds as f64;
            }
        }
    }
    let [(one, one_cpu), (two, two_cpu)] = sides.map(|(_, times, cpu)| (median(times).as_secs_f64() * 1e3, cpu));
    let peak = peak_kib(&ours()).map_or_else(String::new, |kib| {
        format!("{:.1} MiB, {:.1}x the bytes", kib as f64 / 1024.0, kib as f64 * 1024.0 / bytes as f64)
    });
    println!(
        "{what:<34} {budget:>6} {one:>7.2} ms {two:>7.2} ms {:>6.2}x | {one_cpu:>7.2} ms {two_cpu:>7.2} ms {:>7} | {files:>6} {peak}",
        one / two,
        // Less than a tick in all: too short to be told.
        if two_cpu * rounds as f64 > 50.0 { format!("{:.2}x", one_cpu / two_cpu) } else { "-".to_owned() },
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

/// What the children that have ended used of the processors, in milliseconds: the 16th and 17th field of `stat`, in ticks of
/// 10 ms. That is coarse for one run; sums over many are good enough.
fn cpu_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
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
