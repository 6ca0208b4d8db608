//! The volumes that guests name, held against storage.cfg: is the storage there, on the node, allowed to hold such a thing;
//! whose volume is it, and who else uses it.
//!
//! An undefined storage, or one that lacks a content kind, is one mistake however many guests meet it: such findings are made
//! once per storage, and name the guests.

use crate::finding::Finding;
use crate::rules::words;

include!(concat!(env!("OUT_DIR"), "/rules/volume.rs"));

mod uses;

pub use uses::{OnStorage, Use, Uses};

/// How many guests a finding names.
const NAMED: usize = 4;

/// The guests behind `uses`, each once: `VM 100, CT 105 and 3 more`.
pub(in crate::rules) fn guests<'u, 'a: 'u>(uses: impl IntoIterator<Item = &'u Use<'a>>) -> (usize, String) {
    let mut names: Vec<String> = Vec::new();
    let (mut count, mut last) = (0, None);
    for one in uses {
        // The volumes of one guest are neighbours.
        if last.replace(one.file) != Some(one.file) {
            count += 1;
            if names.len() < NAMED {
                names.push(one.guest());
            }
        }
    }
    if count > NAMED {
        names.push(format!("{} more", count - NAMED));
    }
    (count, words::list(&names, NAMED + 1))
}

/// Says of the first few of `others` what `text` says, and counts the rest.
fn related<'a>(mut finding: Finding, others: &[&Use<'a>], text: impl Fn(&Use<'a>) -> String) -> Finding {
    for one in others.iter().take(NAMED) {
        finding = finding.related(one.place(), text(one));
    }
    match others.len().saturating_sub(NAMED) {
        0 => finding,
        more => finding.note(format!("and {more} more")),
    }
}
