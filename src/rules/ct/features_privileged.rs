//! Features that only unprivileged containers have.

use super::{Ct, display_name, finding_in_main, has_map, pct, set, without};
use crate::finding::Level;
use crate::model::schema::Prop;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let Some(features) = config.main.get("features").filter(|_| !has_map(config)) else { return };
    let Some(props) = &features.props else { return };
    let is_void = |prop: &&Prop<'_>| prop.is_true() && matches!(prop.name(), "keyctl" | "mknod" | "force_rw_sys");
    let void: Vec<_> = props.entries.iter().filter(is_void).collect();
    let Some(first) = void.first() else { return };
    let names: Vec<_> = void.iter().map(|prop| prop.name()).collect();
    let finding = finding_in_main(
        guest,
        b"features",
        first.key_span.join(first.span),
        format!("{} of {} has no effect", words::list(&names, 3), display_name(guest)),
    )
    .label("for unprivileged containers only")
    .consequence("A privileged container has this without the feature.");
    let rest = without(guest, features, &names);
    sink.push(if rest.is_empty() {
        finding.fix_command(pct(guest, "set").words("--delete features"))
    } else {
        finding.fix_command(set(guest, b"features", rest))
    });
}
