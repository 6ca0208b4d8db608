//! The rule book: every rule has its section and every section its rule, and every example does what it says.

use std::path::Path;

use pvelint::CheckOptions;
use pvelint::finding::Level;
use pvelint::release::Release;
use pvelint::rules::{Doc, Example, RULES, Rule, Verdict, book};
use pvelint::settings::Settings;
use pvelint::source::{LoadOptions, Sources};

fn facts(rule: &Rule) -> String {
    let applies: Vec<_> = Release::ALL.iter().filter(|r| rule.applies_to(**r)).map(|r| r.major().to_string()).collect();
    let mut facts = format!("{} · PVE {}", rule.level, applies.join(", "));
    if !rule.needs.is_empty() {
        let needs: Vec<_> = rule.needs.iter().map(|input| input.name()).collect();
        facts.push_str(&format!(" · needs {}", needs.join(", ")));
    }
    facts
}

#[test]
fn registry_is_sorted_and_its_ids_follow_the_rules() {
    assert!(RULES.is_sorted_by(|a, b| a.id < b.id), "sort src/rules/registry.rs by id");
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
    assert_eq!(sections, ids, "sections of lints.md (left) and rules (right)");
    for rule in RULES {
        let doc = Doc::of(rule.id).unwrap();
        assert_eq!(doc.facts(), facts(rule), "facts line of {}", rule.id);
        assert!((20..200).contains(&doc.summary().len()), "{}: {:?}", rule.id, doc.summary());
        for heading in ["### Why it matters", "### Fix", "### Source"] {
            assert!(doc.text.contains(heading), "{} lacks {heading}", rule.id);
        }
    }
}

/// Rules about texts that a fence can't hold: no line feed at the end, CR LF, 8 KiB of notes. They have tests of their own.
const NOT_IN_A_FENCE: [&str; 3] = ["ct-description-long", "ct-line-ends", "ct-newline-missing"];

#[test]
fn every_rule_about_configuration_has_a_bad_and_a_good_example() {
    // An example of hundreds of lines explains nothing; tests/rules.rs has it.
    let too_long = ["idmap-too-large"];
    let shown = |rule: &&&Rule| {
        !rule.id.starts_with("tree-") && !rule.id.starts_with("ignore-") && !too_long.contains(&rule.id)
    };
    for rule in RULES.iter().filter(shown) {
        let examples = Doc::of(rule.id).unwrap().examples();
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

fn write(root: &Path, example: &Example) {
    for (path, content) in example.files.iter().filter(|(path, _)| *path != SETTINGS) {
        let path = root.join(if path.starts_with("etc/") { (*path).to_owned() } else { format!("etc/pve/{path}") });
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

#[test]
fn examples_do_what_they_say() {
    let mut failures = Vec::new();
    let mut ran = 0;
    for rule in RULES {
        for example in Doc::of(rule.id).unwrap().examples() {
            ran += 1;
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), &example);
            let mut sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
            let release = example.release.or(rule.until).unwrap_or(Release::Pve9);
            let settings = example.files.iter().find(|(path, _)| *path == SETTINGS);
            let policy = settings.and_then(|(path, text)| {
                let file = sources.attach(path, text.clone().into_bytes());
                Settings::parse(text).unwrap().policy(text, file)
            });
            let terms = CheckOptions { release: Some(release), target: example.target, policy: policy.as_ref() };
            let checked = pvelint::check_with(&sources, RULES, terms);
            let found: Vec<_> =
                checked.findings.iter().map(|f| format!("{} {}: {}", f.level, f.rule, f.message)).collect();
            match example.verdict {
                Verdict::Bad => {
                    if !checked.findings.iter().any(|f| f.rule == rule.id) {
                        failures.push(format!("{}: its bad example isn't found; found: {found:#?}", rule.id));
                    }
                }
                Verdict::Good => {
                    if checked.findings.iter().any(|f| f.rule == rule.id || f.level > Level::Note) {
                        failures.push(format!("{}: its good example has findings: {found:#?}", rule.id));
                    }
                }
            }
        }
    }
    assert!(ran > 0, "no example ran");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
