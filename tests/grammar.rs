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

use pvelint::release::Release;

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
