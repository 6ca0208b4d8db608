//! `grammar/*.abnf` against the models: every sentence of a grammar is read without complaint, and what is nearly a sentence
//! gets a complaint exactly where the grammar says so.
//!
//! Each module below has one format. The grammars describe single lines and what lines may follow each other; what no
//! grammar can say (names defined above, keys that occur once) is granted by a [`sentence::Picker`] when sentences are
//! made, and excepted, reason by reason, when mutants are judged.

mod abnf;
mod guest;
mod recognise;
mod sentence;
mod storage;
mod subid;
mod user;

use abnf::{Grammar, START};
use pvelint::release::Release;
use std::collections::BTreeSet;
use std::path::Path;

/// The grammars, and the files that only others use.
const GRAMMARS: [&str; 7] =
    ["guest.abnf", "idmap.abnf", "property.abnf", "section.abnf", "storage.abnf", "subid.abnf", "user.abnf"];
const LIBRARIES: [&str; 1] = ["value.abnf"];

#[test]
fn every_file_is_read_and_every_rule_of_it_used() {
    let (mut defined, mut used) = (BTreeSet::new(), BTreeSet::new());
    for file in GRAMMARS {
        for release in Release::ALL {
            let grammar = Grammar::load(file, release);
            let reachable = grammar.reachable(START);
            for (at, rule) in grammar.rules.iter().enumerate() {
                let Some(file) = rule.file else { continue };
                let name = format!("{} in {}", rule.name, grammar.files[file]);
                if reachable.contains(&at) {
                    used.insert(name.clone());
                }
                defined.insert(name);
            }
        }
    }
    assert_eq!(defined.difference(&used).collect::<Vec<_>>(), [""; 0]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<_> = names.filter(|name| name.ends_with(".abnf")).collect();
    assert_eq!(found, GRAMMARS.into_iter().chain(LIBRARIES).map(String::from).collect());
}

/// The lines of a text without their LF, and where each begins.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    text.split_inclusive(|&byte| byte == b'\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.strip_suffix(b"\n").unwrap_or(line))
    })
}

/// Collects what differs and fails with all of it.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn add(&mut self, what: &str, release: Release, line: &[u8], more: &dyn std::fmt::Debug) {
        if self.0.len() < 12 {
            self.0.push(format!("PVE {}: {what}: \"{}\" {more:?}\n", release.major(), line.escape_ascii()));
        }
    }

    fn assert_none(&self) {
        assert!(self.0.is_empty(), "\n{}", self.0.concat());
    }
}
