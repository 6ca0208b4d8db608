//! Features that an own profile makes void.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let Some(features) = main.get("features").and_then(|features| features.props.as_ref()) else { return };
    for (key, names) in [
        ("lxc.apparmor.profile", ["nesting", "fuse", "mount"].as_slice()),
        ("lxc.seccomp.profile", &["keyctl", "mknod"]),
    ] {
        let Some(profile) = main.raw_values(key).last() else { continue };
        let set: Vec<_> =
            features.entries.iter().filter(|prop| prop.is_true() && names.contains(&prop.name())).collect();
        let Some(first) = set.first() else { continue };
        let list: Vec<_> = set.iter().map(|prop| prop.name()).collect();
        // Nothing is confined, so nothing is missed.
        let level = if profile.value == b"unconfined" { Level::Note } else { RULE.level };
        let finding = finding_in_main(
            guest,
            b"features",
            first.key_span.join(first.span),
            format!("{} of {} has no effect", words::list(&list, 3), display_name(guest)),
        )
        .discriminator(key)
        .at_level(level)
        .secondary(guest.at(profile.key_span), "because of this, PVE generates no profile")
        .consequence("These features are rules in the profile that PVE generates. With a custom profile there is none.")
        .edit(format!(
            "remove either the feature or line {} of {}",
            line_number(guest, profile.key_span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
