//! A volume that the container doesn't use.

use super::{Ct, display_name, finding_in_main};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let unused = guest.config.main.options.iter().filter(|option| option.key.starts_with(b"unused"));
    for option in unused.filter(|option| option.known.is_some() && option.props.is_some()) {
        let volume = option.props.as_ref().and_then(|props| props.value("volume")).unwrap_or_default();
        let finding = finding_in_main(
            guest,
            option.key,
            option.span,
            format!("{} doesn't use {}", display_name(guest), words::name(volume)),
        )
        .consequence("The volume takes up space and is in no backup. Destroying the container destroys it, too.")
        .edit(format!(
            "use it as a mount point again, or give it up in the GUI: Resources, {}",
            words::name(option.key)
        ));
        sink.push(finding);
    }
}
