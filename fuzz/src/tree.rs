//! A whole tree, from files to output.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use pvelint::finding::Fix;
use pvelint::release::Release;
use pvelint::report::{self, Files, Run};
use pvelint::rules::RULES;
use pvelint::source::{LoadOptions, Sources};

use crate::text::Text;

/// Begins the line that names the next file.
pub(crate) const MARK: &str = "@@ ";
const MAX_FILES: usize = 24;

/// Files, each behind a line `@@ <path below /etc>`. They are written to a directory in memory, loaded, checked, and
/// shown in every format.
pub fn tree(data: &[u8]) {
    let files = files(data);
    let root = root();
    let _ = fs::remove_dir_all(root);
    fs::create_dir_all(root).expect("directory for the tree");
    for (path, text) in &files {
        let path = root.join(path);
        // A file where another path needs a directory, or the reverse: whichever came first stays.
        if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
            let _ = fs::write(path, text);
        }
    }
    let sources = Sources::load(&[root.to_owned()], &LoadOptions::default()).expect("the directory is there");
    for release in [None, Some(Release::Pve7), Some(Release::Pve8)] {
        check(&sources, release);
    }
    for (file, _) in pvelint::dump(&sources, None) {
        assert!(sources.file(file.id).is_some());
    }
}

fn check(sources: &Sources, release: Option<Release>) {
    let checked = pvelint::check(sources, RULES, release);
    let mut seen = HashSet::new();
    for finding in &checked.findings {
        let labels = finding.labels.iter().chain([&finding.primary]).map(|label| label.place);
        for place in labels.chain(finding.related.iter().filter_map(|related| related.place)) {
            let file = sources.file(place.file).expect("a finding's file");
            Text::new(&file.bytes, true).check(place.span);
        }
        assert!(seen.insert(finding.fingerprint()), "two findings {} {}", finding.rule, finding.subject);
        assert!(
            !finding.message.is_empty() && !finding.message.contains('\n'),
            "{}: {:?}",
            finding.rule,
            finding.message
        );
        for fix in &finding.fixes {
            if let Fix::Run { commands, .. } = fix {
                assert!(commands.iter().all(|command| !command.is_empty() && !command.chars().any(char::is_control)));
            }
        }
    }
    let run = Run {
        files: Files::new(sources),
        findings: &checked.findings,
        trees: checked.trees.clone(),
        not_evaluated: checked.not_evaluated.clone(),
        unread: Vec::new(),
        ignored: 0,
        target: None,
        verbose: true,
        elapsed: None,
    };
    let text = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes everything");
        String::from_utf8(out).expect("output is UTF-8")
    };
    let full = text(&|out| report::full::write(&run, false, out));
    assert!(!full.chars().any(|c| c.is_control() && c != '\n'), "control character in {full:?}");
    let coloured = text(&|out| report::full::write(&run, true, out));
    assert!(!coloured.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\u{1b}')));
    let concise = text(&|out| report::concise::write(&run, out));
    assert_eq!(concise.lines().count(), checked.findings.len());
    assert!(!concise.chars().any(|c| c.is_control() && c != '\n'));
    let json = text(&|out| report::json::write(&run, out));
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    text(&|out| run.write_summary(out));

    let again = pvelint::check(sources, RULES, release);
    assert_eq!(again.findings, checked.findings, "checking twice");
}

fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        base.join(format!("pvelint-fuzz-{}", std::process::id())).join("etc")
    })
}

/// The files in `data`. What stands in front of the first mark is `pve/user.cfg`.
fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("pve/user.cfg".to_owned(), Vec::new())];
    for line in pvelint::text::lines(data) {
        match line.strip_prefix(MARK.as_bytes()) {
            Some(name) if files.len() < MAX_FILES => files.push((safe(name), Vec::new())),
            _ => files.last_mut().expect("one at least").1.extend_from_slice(line),
        }
    }
    files
}

/// A path that stays below the root: without components that lead out of it, and short enough for any file system.
fn safe(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let plain = |part: &&str| !part.is_empty() && !matches!(*part, "." | "..");
    let clean = |part: &str| part.chars().filter(|&c| c != '\0' && c != '\n').take(40).collect::<String>();
    let parts: Vec<_> = name.split('/').filter(plain).map(clean).filter(|part| !part.is_empty()).take(8).collect();
    if parts.is_empty() { "pve/storage.cfg".to_owned() } else { parts.join("/") }
}
