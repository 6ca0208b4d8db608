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
            let subject = ignore.subject.as_ref().is_none_or(|subject| names(subject.get_ref(), &finding.subject));
            // What couldn't be read isn't one of all rules: who wants to ignore it has to say so.
            let by_name = !finding.rule.starts_with("tree-") || !ignore.rule.get_ref().starts_with('*');
            if subject && by_name && matches(ignore.rule.get_ref(), finding.rule) {
                *used = true;
                keep = false;
            }
        }
        keep
    });
    ignores.iter().zip(used).filter(|(_, used)| !used).map(|(ignore, _)| ignore).collect()
}

/// Whether `pattern` names the subject, or the object of which it is a part: `ct 105` names `ct 105: memory`.
fn names(pattern: &str, subject: &str) -> bool {
    matches(pattern, subject)
        || subject.match_indices(": ").any(|(at, _)| subject.get(..at).is_some_and(|object| matches(pattern, object)))
}

/// The subject, of the findings with these rules and subjects, that an ignore was probably meant for.
#[must_use]
pub fn nearest_subject<'f>(ignore: &Ignore, found: &'f [(&'static str, String)]) -> Option<&'f str> {
    let meant = ignore.subject.as_ref()?;
    let of_rule =
        || found.iter().filter(|(rule, _)| matches(ignore.rule.get_ref(), rule)).map(|(_, subject)| subject.as_str());
    let only = of_rule().next().filter(|_| of_rule().nth(1).is_none());
    crate::text::nearest(meant.get_ref(), of_rule()).or(only)
}

/// What is to be said of an ignore in the settings `file` that hits nothing; `known` is whether a rule has such a name, `near` what
/// was probably meant.
#[must_use]
pub fn unused(ignore: &Ignore, file: FileId, known: bool, near: Option<&str>) -> Finding {
    let rule = ignore.rule.get_ref();
    let message = if known {
        format!("this ignore of {rule} ignores nothing")
    } else {
        format!("this ignore names no rule: {rule}")
    };
    let finding = Finding::new("pvelint.toml", Place { file, span: ignore.span() }, message)
        .discriminator(format!("{rule} {}", ignore.subject.as_ref().map_or("", |subject| subject.get_ref())));
    match near {
        Some(near) => finding.edit(format!("did you mean {near}? Else remove the entry")),
        None => finding.edit("remove the entry, or correct its rule and subject"),
    }
}
