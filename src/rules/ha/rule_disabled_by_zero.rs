//! An HA rule that `disable 0` disables.

use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::HaRules], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(file) = context.cluster.section_file("ha/rules.cfg") else { return };
    for rule in file.model.effective() {
        let Some(disable) = rule.value("disable").filter(|_| !rule.flag("disable")) else { continue };
        let id = words::code(rule.id.value.as_bytes());
        sink.push(
            finding_in(file, Some(rule), disable.span, format!("HA rule {id} is disabled, although it says `disable 0`"))
                .consequence("PVE asks whether the line is there, not what it says. The next change of the file drops it and enables the rule.")
                .edit(format!("delete {}", line(file, disable.span))),
        );
    }
}
