//! A distribution with systemd in an unprivileged container without nesting.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let main = &config.main;
    let Some(ostype) = main.get("ostype").filter(|_| config.is_unprivileged()) else { return };
    if !matches!(&*ostype.value, b"archlinux" | b"centos" | b"debian" | b"fedora" | b"opensuse" | b"ubuntu") {
        return;
    }
    let features = main.get("features");
    let nesting =
        features.and_then(|features| features.props.as_ref()).is_some_and(|props| props.get("nesting").is_some());
    let readable = features.is_none_or(|features| features.props.is_some());
    if nesting || !readable || main.raw_values("lxc.apparmor.profile").next().is_some() {
        return;
    }
    let value = match features {
        Some(features) => [features.span.bytes(config.text), b",nesting=1"].concat(),
        None => b"nesting=1".to_vec(),
    };
    let finding = finding_in_main(guest, b"features", ostype.span, format!("{} has no nesting", display_name(guest)))
        .label("recent versions of it need nesting")
        .consequence("systemd can't isolate its services: some fail with `Failed to set up mount namespacing`, logins take 25 seconds.")
        .fix_command(set(guest, b"features", value));
    sink.push(finding);
}
