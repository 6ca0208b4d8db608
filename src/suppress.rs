//! Ignores: findings that a `pvelint.toml` says are meant to be there are left out, and ignores that hit nothing are findings
//! themselves, so that the file doesn't rot.

use crate::finding::{Finding, Level};
use crate::settings::Ignore;
use crate::text::{FileId, Place, matches};

/// Id of the findings about ignores; a rule of the registry, so that it is documented like the others.
pub const UNUSED: &str = "ignore-unused";

/// Takes the findings that `ignores` name out of `findings`, and adds one for each ignore that hit nothing. `file` is the settings
/// file. Returns how many were left out.
pub fn apply(ignores: &[Ignore], file: FileId, known: impl Fn(&str) -> bool, findings: &mut Vec<Finding>) -> usize {
    let mut used = vec![false; ignores.len()];
    let before = findings.len();
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
    let left_out = before - findings.len();
    for (ignore, _) in ignores.iter().zip(used).filter(|(_, used)| !used) {
        let rule = ignore.rule.get_ref();
        let message = if known(rule) {
            format!("this ignore of {rule} ignores nothing")
        } else {
            format!("this ignore names no rule: {rule}")
        };
        let mut finding = Finding::new("pvelint.toml", Place { file, span: ignore.span() }, message)
            .about(format!("{rule} {}", ignore.subject.as_ref().map_or("", |subject| subject.get_ref())))
            .edit("remove the entry, or correct its rule and subject");
        finding.found_by(UNUSED, Level::Warning);
        findings.push(finding);
    }
    left_out
}
