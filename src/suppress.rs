//! Ignores: findings that a `pvelint.toml` says are meant to be there are left out, and ignores that hit nothing are findings
//! themselves, so that the file doesn't rot.
//!
//! Which rules there are, and which of them were asked, isn't known here.

use crate::finding::Finding;
use crate::settings::Ignore;
use crate::text::{FileId, Place, matches};

/// Takes the findings that `ignores` name out of `findings`. Returns the ignores that hit nothing.
pub fn apply<'i>(ignores: &'i [Ignore], findings: &mut Vec<Finding>) -> Vec<&'i Ignore> {
    let mut used = vec![false; ignores.len()];
    findings.retain(|finding| {
        let mut keep = true;
        for (ignore, used) in ignores.iter().zip(&mut used) {
            let subject = ignore.subject.as_ref().is_none_or(|subject| matches(subject.get_ref(), &finding.subject));
            if subject && matches(ignore.rule.get_ref(), finding.rule) {
                *used = true;
                keep = false;
            }
        }
        keep
    });
    ignores.iter().zip(used).filter(|(_, used)| !used).map(|(ignore, _)| ignore).collect()
}

/// What is to be said of an ignore in the settings `file` that hits nothing; `known` is whether a rule has such a name.
#[must_use]
pub fn unused(ignore: &Ignore, file: FileId, known: bool) -> Finding {
    let rule = ignore.rule.get_ref();
    let message = if known {
        format!("this ignore of {rule} ignores nothing")
    } else {
        format!("this ignore names no rule: {rule}")
    };
    Finding::new("pvelint.toml", Place { file, span: ignore.span() }, message)
        .discriminator(format!("{rule} {}", ignore.subject.as_ref().map_or("", |subject| subject.get_ref())))
        .edit("remove the entry, or correct its rule and subject")
}
