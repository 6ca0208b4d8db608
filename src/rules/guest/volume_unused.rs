//! A volume that the guest doesn't use.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let unused = guest.main().options.iter().filter(|option| option.key.starts_with(b"unused"));
    for option in unused.filter(|option| option.known.is_some()) {
        let Some(props) = &option.props else { continue };
        let (part, place, what) = match guest {
            AnyGuest::Container(_) => ("volume", "Resources", "use it as a mount point again"),
            AnyGuest::Vm(_) => ("file", "Hardware", "attach it again"),
        };
        let volume = props.value(part).unwrap_or_default();
        let message = format!("{} doesn't use `{}`", guest.display_name(), words::name(volume));
        let finding = guest
            .finding(option.key, option.span, message)
            .consequence(format!(
                "The volume takes up space and is in no backup. Destroying the {} destroys it, too.",
                guest.kind()
            ))
            .edit(format!("{what}, or remove it in the GUI: {place}, {}", words::name(option.key)));
        sink.push(finding);
    }
}
