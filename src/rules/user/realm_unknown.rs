//! Users of a realm that doesn't exist.

use std::collections::BTreeMap;

use bstr::BStr;

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{User, realm};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User, Input::Domains], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let (Some((rights, _)), Some(domains)) = (context.rights(), &context.cluster.domains) else { return };
    let mut unknown: BTreeMap<&BStr, Vec<&User<'_>>> = BTreeMap::new();
    for user in rights.model.users.iter().filter(|user| user.enable.value) {
        let realm = realm(user.id.value);
        if !domains.model.has(realm) {
            unknown.entry(realm).or_default().push(user);
        }
    }
    let known: Vec<String> = domains.model.names().map(words::name).collect();
    for (realm, users) in unknown {
        let Some(first) = users.first() else { continue };
        let name = words::name(realm);
        let message = match users.as_slice() {
            [one] => format!("`{}` can't log in: there is no realm `{name}`", words::name(one.id.value)),
            users => format!("{} users can't log in: there is no realm `{name}`", users.len()),
        };
        let mut finding = Finding::new(format!("user.cfg: realm {name}"), rights.at(first.id.span), message);
        for user in users.iter().skip(1).take(3) {
            finding = finding.secondary(rights.at(user.id.span), "nor can this one");
        }
        if let Some(guess) = words::did_you_mean(realm, known.iter().map(String::as_str)) {
            finding = finding.label(format!("did you mean `{guess}`?"));
        }
        finding = finding.consequence(format!(
            "A login with a password fails: auth domain '{name}' does not exist. API tokens of these users still work."
        ));
        let swallowed = domains.model.swallowed.iter().find(|realm| realm.name.value == name.as_str());
        sink.push(match swallowed {
            Some(header) => finding
                .related(
                    domains.at(header.name.span),
                    "this line doesn't define a realm: an empty line is missing above it",
                )
                .edit(format!("put an empty line above the header of realm {name} in /etc/pve/domains.cfg")),
            None => finding
                .edit(format!("add the realm {name} again, or create users in a realm that exists and remove these")),
        });
    }
}
