//! What follows from the table of files: the page that lists them, the pattern of the pre-commit hook, the names that the command
//! line takes.

use std::fmt::Write as _;
use std::path::Path;

use pvelint::release::Release;
use pvelint::source::{FILES, FileKind, FileSpec, Nature, Releases, Side};

use super::support;

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// `8..`, as a reader wants it.
fn releases(of: Releases) -> String {
    match (of.since, of.until) {
        (Release::OLDEST, Release::LATEST) => String::new(),
        (since, Release::LATEST) => format!("from {} on", since.major()),
        (Release::OLDEST, until) => format!("up to {}", until.major()),
        (since, until) if since == until => since.major().to_string(),
        (since, until) => format!("{} to {}", since.major(), until.major()),
    }
}

fn table(wanted: impl Fn(&FileSpec) -> bool) -> String {
    let mut table = "| file | what is in it | releases | package |\n|---|---|---|---|\n".to_owned();
    for spec in FILES.iter().filter(|spec| wanted(spec)) {
        let front = if spec.side == Side::Host { "/etc/" } else { "" };
        let paths: Vec<_> =
            spec.paths.iter().map(|path| format!("`{front}{path}`").replace('{', "<").replace('}', ">")).collect();
        let package = if spec.package.is_empty() { "none" } else { spec.package };
        let releases = releases(spec.releases);
        writeln!(table, "| {} | {} | {releases} | {package} |", paths.join(", "), spec.about).unwrap();
    }
    table
}

fn page() -> String {
    let names: Vec<_> = FileKind::all_read().map(|spec| format!("`{}`", spec.name)).collect();
    let dumped: Vec<_> = FILES.iter().filter(|spec| spec.dump).map(|spec| format!("`{}`", spec.name)).collect();
    let config = |spec: &FileSpec| !spec.read && spec.nature == Nature::Config;
    let rest = |spec: &FileSpec| !spec.read && spec.nature != Nature::Config;
    format!(
        "# Files\n\n\
         Paths are below `/etc/pve`, or whole. This page is made of `grammar/files.toml`.\n\n\
         ## Read\n\n{}\n\
         `--kind` and `--require` take {}. `pvelint dump` shows {}.\n\n\
         ## Configuration that isn't read yet\n\n\
         A run says in its summary which of them it left out; `--verbose` and JSON list them.\n\n{}\n\
         ## Never judged\n\nSecrets, state, and what others made of the configuration.\n\n{}",
        table(|spec| spec.read),
        names.join(", "),
        dumped.join(", "),
        table(config),
        table(rest),
    )
}

#[test]
fn the_page_lists_the_files_of_the_table() {
    let (path, page) = (root("docs/files.md"), page());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/files.md is out of date; `UPDATE_DOCS=1 cargo test files` writes it");
}

/// The names of a changed file for which the hook runs, as a line of the pattern each.
fn patterns() -> Vec<String> {
    let mut lines = Vec::new();
    for path in FileKind::all_read().flat_map(|spec| spec.paths) {
        let path = path.rsplit("{node}/").next().unwrap();
        let path = path.replace('.', "\\.").replace("{name}", "[^/]+");
        // People give guests names of their own.
        let line = path.replace("{vmid}", if path.ends_with("{vmid}\\.conf") { "[^/]+" } else { "[1-9][0-9]*" });
        lines.push(line);
    }
    lines.extend(["[1-9][0-9]{2,8}\\.conf".to_owned(), "pvelint\\.toml".to_owned()]);
    lines
}

#[test]
fn the_hook_runs_for_every_file_that_is_read() {
    let path = root(".pre-commit-hooks.yaml");
    let hooks = std::fs::read_to_string(&path).unwrap();
    let (front, rest) = hooks.split_once("(?x)(^|/)(\n").unwrap();
    let (_, back) = rest.split_once(")$").unwrap();
    let wanted = format!("{front}(?x)(^|/)(\n      {}\n    )${back}", patterns().join("\n      | "));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(hooks == wanted, "`UPDATE_DOCS=1 cargo test files` writes it:\n{wanted}");
    }
}

#[test]
fn every_kind_that_is_read_can_be_named() {
    for spec in FileKind::all_read() {
        for name in [spec.name, spec.short].into_iter().filter(|name| !name.is_empty()) {
            let output = support::pvelint_with_stdin(&["check", "--kind", name, "--vmid", "100", "-"], b"");
            assert_ne!(output.status.code(), Some(2), "{name}: {}", support::stderr(&output));
        }
    }
    let output = support::pvelint_with_stdin(&["check", "--kind", "priv/shadow.cfg", "-"], b"");
    assert_eq!(output.status.code(), Some(2), "what isn't read has no name");
}

/// What the table says is dumped is dumped.
#[test]
fn what_is_dumped_says_so() {
    for spec in FileKind::all_read() {
        let output = support::pvelint_with_stdin(&["dump", "--kind", spec.name, "--vmid", "100", "-"], b"");
        assert_eq!(output.status.success(), spec.dump, "{}: {}", spec.name, support::stderr(&output));
    }
}
