//! The rule book: every rule has its section and every section its rule, and every example does what it says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pvelint::CheckOptions;
use pvelint::finding::{Finding, Level};
use pvelint::release::Release;
use pvelint::rules::{Doc, Example, RENAMED, RULES, Rule, Verdict, book};
use pvelint::settings::Settings;
use pvelint::source::{LoadOptions, Sources};
use pvelint::text::matches;

#[test]
fn registry_is_sorted_and_its_ids_follow_the_rules() {
    assert!(RULES.is_sorted_by(|a, b| a.id < b.id), "`Rule::named` looks them up by halves");
    for rule in RULES {
        assert!(
            rule.id.len() <= 40 && rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            rule.id
        );
        for severity in ["error", "warning", "note"] {
            assert!(!rule.id.split('-').any(|word| word == severity), "{}: an id names no severity", rule.id);
        }
        assert!(Rule::named(rule.id).is_some_and(|found| found.id == rule.id));
    }
}

#[test]
fn every_rule_has_its_section_and_every_section_its_rule() {
    let mut sections: Vec<_> = book().map(|doc| doc.id).collect();
    sections.sort_unstable();
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(sections, ids, "sections of the book (left) and rules (right)");
    for rule in RULES {
        let text = text(rule);
        let doc = Doc { id: rule.id, text: &text };
        assert!((20..200).contains(&doc.summary().len()), "{}: {:?}", rule.id, doc.summary());
        for heading in ["### Why it matters", "### Fix", "### Source"] {
            assert!(doc.text.contains(heading), "{} lacks {heading}", rule.id);
        }
    }
}

/// Where the rules are.
fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules")
}

/// The text of a rule as it is now, not as it was when the tests were built.
fn text(rule: &Rule) -> String {
    let mut folders = fs::read_dir(rules()).unwrap().map(|entry| entry.unwrap());
    let path = folders.find_map(|folder| {
        let subject = folder.file_name().into_string().unwrap().replace('_', "-");
        let name = rule.id.strip_prefix(&subject)?.strip_prefix('-')?.replace('-', "_");
        Some(folder.path().join(name).with_extension("md")).filter(|path| path.is_file())
    });
    fs::read_to_string(path.unwrap()).unwrap()
}

/// The book for people: the texts under `src/rules/` as they are now, each under its heading and its line of facts.
fn lints() -> String {
    let rules = rules();
    let read = |path: &Path| fs::read_to_string(path).unwrap().trim().to_owned();
    let mut lints = read(&rules.join("mod.md"));
    let mut subjects: Vec<_> = fs::read_dir(&rules).unwrap().map(|entry| entry.unwrap().path()).collect();
    subjects.retain(|path| path.is_dir());
    subjects.sort();
    for folder in subjects {
        write!(lints, "\n\n{}", read(&folder.join("mod.md"))).unwrap();
        let subject = format!("{}-", folder.file_name().unwrap().to_str().unwrap().replace('_', "-"));
        for rule in RULES.iter().filter(|rule| rule.id.starts_with(&subject)) {
            write!(lints, "\n\n## {}\n\n{}\n\n{}", rule.id, rule.facts(), text(rule).trim()).unwrap();
        }
    }
    lints.push('\n');
    lints
}

#[test]
fn lints_md_is_made_of_the_texts_of_the_rules() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("lints.md");
    let lints = lints();
    if std::env::var_os("BOOK").is_some_and(|value| value == "write") {
        fs::write(&path, &lints).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    let differs = lints.lines().zip(written.lines()).position(|(new, old)| new != old);
    assert!(
        written == lints,
        "line {} of lints.md isn't what the texts under src/rules say; `BOOK=write cargo test book` writes it",
        differs.unwrap_or_default() + 1,
    );
}

/// Rules about texts that a fence can't hold: no line feed at the end, CR LF, 8 KiB of notes. They have tests of their own.
const NOT_IN_A_FENCE: [&str; 3] = ["guest-description-long", "ct-line-ends", "guest-newline-missing"];

#[test]
fn every_rule_about_configuration_has_a_bad_and_a_good_example() {
    // An example of hundreds of lines explains nothing; tests/rules.rs has it.
    let too_long = ["idmap-too-large"];
    let shown = |rule: &&&Rule| {
        !rule.id.starts_with("tree-") && !rule.id.starts_with("ignore-") && !too_long.contains(&rule.id)
    };
    for rule in RULES.iter().filter(shown) {
        let text = text(rule);
        let examples = Doc { id: rule.id, text: &text }.examples();
        for verdict in [Verdict::Bad, Verdict::Good] {
            if verdict == Verdict::Bad && NOT_IN_A_FENCE.contains(&rule.id) {
                continue;
            }
            assert!(
                examples.iter().any(|e| e.verdict == verdict && !e.files.is_empty()),
                "{}: no {verdict:?} example",
                rule.id
            );
        }
    }
}

/// The settings are no part of the tree.
const SETTINGS: &str = "pvelint.toml";

fn write(root: &Path, example: &Example<'_>) {
    for (path, content) in example.files.iter().filter(|(path, _)| *path != SETTINGS) {
        let path = root.join(if path.starts_with("etc/") { (*path).to_owned() } else { format!("etc/pve/{path}") });
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The rules whose examples run: all, or those that `RULE=ct-memory-unit` names, which may hold `*`.
fn chosen() -> Vec<&'static Rule> {
    let pattern = std::env::var("RULE").unwrap_or_else(|_| "*".to_owned());
    let chosen: Vec<_> = RULES.iter().copied().filter(|rule| matches(&pattern, rule.id)).collect();
    assert!(!chosen.is_empty(), "no rule is called {pattern}");
    chosen
}

/// Where the finding stands, as an example writes it: path and line.
fn place(sources: &Sources, finding: &Finding) -> String {
    let file = sources.file(finding.primary.place.file).unwrap();
    let before = &file.bytes[..finding.primary.place.span.start as usize];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    format!("{}:{line}", file.pve_name().trim_start_matches('/'))
}

/// What is wrong with an example, if anything.
fn judge(rule: &Rule, example: &Example<'_>) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), example);
    let mut sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
    let release = example.release.or(rule.until).unwrap_or(Release::Pve9);
    let settings = example.files.iter().find(|(path, _)| *path == SETTINGS);
    let policy = settings.and_then(|(path, text)| {
        let file = sources.attach(path, text.clone().into_bytes());
        Settings::parse(text).unwrap().policy(text, file)
    });
    let terms = CheckOptions { release: Some(release), target: example.target, policy: policy.as_ref() };
    let checked = pvelint::check_with(&sources, RULES, terms);
    let (own, other): (Vec<_>, Vec<_>) = checked.findings.iter().partition(|finding| finding.rule == rule.id);
    let others: Vec<_> = other
        .iter()
        .filter(|finding| finding.level > Level::Note)
        .map(|f| format!("{}: {} of {}: {}", place(&sources, f), f.level, f.rule, f.message))
        .collect();
    let found: Vec<_> = own.iter().map(|f| format!("{} at `{}`", f.level, place(&sources, f))).collect();
    let gives = (!found.is_empty()).then(|| format!("{}.", found.join(", ")));
    for text in own.iter().flat_map(|f| f.consequence.iter().chain([&f.message])) {
        let prose: String = text.split('`').step_by(2).collect();
        if let Some(word) = said(&prose) {
            return Some(format!("{text:?} says {word:?}, which is not one of our words"));
        }
    }
    if !others.is_empty() {
        return Some(format!("others find more than notes: {others:#?}"));
    }
    match example.verdict {
        Verdict::Bad if gives.is_none() => Some("nothing is found".to_owned()),
        Verdict::Bad | Verdict::Good if gives == example.gives => None,
        Verdict::Bad | Verdict::Good => Some(format!(
            "the text says  Gives: {}\n  and there is   Gives: {}",
            example.gives.as_deref().unwrap_or("nothing"),
            gives.as_deref().unwrap_or("nothing"),
        )),
    }
}

#[test]
fn examples_do_what_they_say() {
    let mut failures = Vec::new();
    let mut ran = 0;
    for rule in chosen() {
        let text = text(rule);
        for example in (Doc { id: rule.id, text: &text }).examples() {
            ran += 1;
            let wrong = judge(rule, &example);
            failures.extend(wrong.map(|wrong| format!("{}, {:?}: {wrong}", rule.id, example.verdict)));
        }
    }
    assert!(ran > 0 || std::env::var_os("RULE").is_some(), "no example ran");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What we don't say, because the field doesn't: see the words of the documentation of PVE and of other linters.
const REPLACED: [&str; 7] = ["rights", "mend", "may", "odd", "without a word", "all the same", "in place of"];

/// What of `words` stands in `text` as words of their own.
fn said(text: &str) -> Option<&'static str> {
    let text = format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    REPLACED.into_iter().find(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let behind = text[at + word.len()..].chars().next();
            !before.is_some_and(part_of_word) && !behind.is_some_and(part_of_word)
        })
    })
}

#[test]
fn texts_of_rules_use_the_words_of_the_field() {
    assert_eq!(said("it gives rights to nobody"), Some("rights"));
    assert_eq!(said("copyrights, a maybe and an amendment"), None);
    for rule in RULES {
        let text = text(rule);
        let mut fence = false;
        // What PVE says, in backticks, is its own matter, and so are the sources.
        let prose: String = text
            .split("### Source")
            .next()
            .unwrap()
            .lines()
            .filter(|line| {
                let edge = line.starts_with("```");
                fence ^= edge;
                !fence && !edge
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let prose: String = prose.split('`').step_by(2).collect();
        assert_eq!(said(&prose), None, "{}", rule.id);
    }
}

#[test]
fn renamed_ids_lead_to_rules_and_stand_in_the_changelog() {
    assert!(RENAMED.is_sorted_by(|a, b| a.0 < b.0), "they are looked up by halves");
    let changelog = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md")).unwrap();
    for (old, new) in RENAMED {
        assert!(Rule::named(old).is_none() && Rule::named(new).is_some(), "{old}: {new}");
        assert!(changelog.contains(&format!("| `{old}` | `{new}` |")), "CHANGELOG.md says nothing of {old}");
    }
}
