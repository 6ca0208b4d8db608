//! `pvelint access profiles`: the integrations and roles that `fits` knows, and what one of them needs.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Format, Outcome, ReleaseArg, hint};
use crate::access::profiles::{Basis, Checked, Erratum, ErratumKind, Grant, Profile, find, profiles};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::tables::place::{List, Text};
use crate::release::Release;

#[derive(Debug, Args)]
pub(super) struct ProfilesArgs {
    /// Only those that have this word in their id, name or category; the id of one shows what that needs
    word: Option<String>,

    #[command(flatten)]
    release: ReleaseArg,

    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &ProfilesArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let word = args.word.as_deref().unwrap_or_default().to_lowercase();
    if let Some(profile) = find(&word) {
        let releases = args.release.pve.map_or(Release::ALL.to_vec(), |release| vec![release]);
        match args.format {
            Format::Text => show(profile, &releases, out)?,
            Format::Json => super::print_json(out, "profiles", json!({ "profiles": [whole(profile, &releases)] }))?,
        }
        return Ok(Outcome::Clean);
    }
    let has = |text: &str| text.to_lowercase().contains(&word);
    let wanted = |profile: &&Profile| has(&profile.id) || has(&profile.name) || has(&profile.category);
    let chosen: Vec<_> = profiles().iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(unknown(&word));
    }
    match args.format {
        Format::Text => {
            let width = chosen.iter().map(|profile| profile.id.len()).max().unwrap_or_default();
            let kinds = chosen.iter().map(|profile| profile.category.len()).max().unwrap_or_default();
            for Profile { id, name, category, .. } in chosen {
                writeln!(out, "{id:width$}  {category:kinds$}  {name}")?;
            }
        }
        Format::Json => {
            let list: Vec<_> = chosen.into_iter().map(summary).collect();
            super::print_json(out, "profiles", json!({ "profiles": list }))?;
        }
    }
    Ok(Outcome::Clean)
}

/// Looks a profile up.
pub(super) fn profile(text: &str) -> Result<&'static Profile, Failure> {
    find(text).ok_or_else(|| unknown(text))
}

fn unknown(text: &str) -> Failure {
    let holding: Vec<_> = profiles().iter().map(|profile| profile.id).filter(|id| id.contains(text)).collect();
    let hint = match holding.as_slice() {
        [] => hint(text, profiles().iter().map(|profile| profile.id.as_str()), "`pvelint access profiles` lists them"),
        ids => format!("did you mean {}?", ids.join(" or ")),
    };
    Failure::Usage(format!("no profile is called {text}; {hint}"))
}

fn show(profile: &Profile, releases: &[Release], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}: {} ({})", profile.id, profile.name, profile.category)?;
    super::write_by_release(releases, |release| needs(profile, release), out)?;
    let wrong = profile.errata.iter().filter(|erratum| erratum.releases.iter().any(|one| releases.contains(one)));
    for (nth, erratum) in wrong.enumerate() {
        if nth == 0 {
            writeln!(out, "what its documentation gets wrong:")?;
        }
        let majors: Vec<_> = erratum.releases.iter().map(|release| release.major().to_string()).collect();
        let all = erratum.releases.len() == Release::ALL.len() || releases.len() == 1;
        let when = if all { String::new() } else { format!(" (PVE {})", majors.join(", ")) };
        writeln!(out, "  {}{when}", mistake(erratum))?;
    }
    for (what, text) in remarks(profile) {
        writeln!(out, "{what}: {text}")?;
    }
    writeln!(out, "{}", from(profile))
}

fn needs(profile: &Profile, release: Release) -> String {
    let mut out = String::new();
    for grant in profile.grants_in(release).filter(|grant| !grant.optional) {
        // What has a name of its own is asked for by default all the same.
        let feature = if grant.feature == "base" { String::new() } else { format!("  ({})", grant.feature) };
        out.push_str(&described(grant, release, "  ", &feature));
    }
    for feature in profile.features_in(release) {
        let grants = || profile.grants_in(release).filter(|grant| grant.optional && grant.serves(feature));
        let what = if grants().any(|grant| grant.variant) { "or all at once" } else { "feature" };
        out.push_str(&format!("  {what}: {feature}\n"));
        grants().for_each(|grant| out.push_str(&described(grant, release, "    ", "")));
    }
    if let Some(least) = least(profile, release) {
        out.push_str(&format!("  known to run with {least}\n"));
    }
    out
}

/// A grant in lines.
fn described(grant: &Grant, release: Release, indent: &str, feature: &str) -> String {
    let unneeded: PrivSet = privileges(grant.unneeded).filter(|one| one.exists_in(release)).collect();
    let needed = privileges(grant.privileges).collect::<PrivSet>() - unneeded;
    let mut names: Vec<String> = grant.roles.iter().map(|role| format!("role {role}")).collect();
    if !needed.is_empty() {
        names.insert(0, shorter(needed));
    }
    if names.is_empty() {
        names.push("nothing".to_owned());
    }
    let mut out = format!("{indent}{} on {}{feature}\n", names.join(" and "), grant.path);
    for other in grant.or {
        let names = shorter(privileges(other.privileges).collect());
        out.push_str(&format!("{indent}  or {names} on {}\n", other.path));
    }
    if !unneeded.is_empty() {
        out.push_str(&format!("{indent}  documented, and asked for by nothing: {}\n", shorter(unneeded)));
    }
    if let Some(note) = grant.note {
        out.push_str(&format!("{indent}  note: {note}\n"));
    }
    out
}

/// `Sys.Audit on /nodes; VM.Audit on /vms`, where less is known to be enough.
pub(super) fn least(profile: &Profile, release: Release) -> Option<String> {
    let part = |path: &str, names| format!("{} on {path}", shorter(privileges(names).collect()));
    let parts: Vec<_> = profile.minimal_in(release).map(|least| part(&least.path, least.privileges)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// One mistake in a line.
pub(super) fn mistake(erratum: &Erratum) -> String {
    let names = erratum.names.join(", ");
    let what = match erratum.kind {
        _ if names.is_empty() => return erratum.text.to_string(),
        ErratumKind::Unknown => "no such name",
        ErratumKind::Missing => "left out",
        ErratumKind::Superfluous => "not asked for",
        ErratumKind::Path => "on another path",
        ErratumKind::Note => return format!("{names}: {}", erratum.text),
    };
    format!("{what}: {names} ({})", erratum.text)
}

/// What has to be known about tokens, limits and the upgrade.
pub(super) fn remarks(profile: &Profile) -> impl Iterator<Item = (&'static str, &'static str)> {
    let token = profile.token.map(|text| ("tokens", text.as_str()));
    let limits = profile.limits.iter().map(|text| ("note", text.as_str()));
    let upgrade = profile.upgrade.map(|text| ("from 8 to 9", text.as_str()));
    token.into_iter().chain(limits).chain(upgrade)
}

/// Where the profile comes from.
pub(super) fn from(profile: &Profile) -> String {
    let date = profile.date.map(|date| format!(" ({date})")).unwrap_or_default();
    let checked = match profile.checked {
        Checked::Code => "compared with the calls in its code",
        Checked::Partly => "compared with some of the calls in its code",
        Checked::Rules => "compared with what PVE checks for the documented features",
        Checked::No => "as documented, compared with nothing",
    };
    format!("from: {}{date}; {checked}", profile.source)
}

/// The names of `set`, with the VM.Config family in one word when it is complete.
pub(super) fn shorter(set: PrivSet) -> String {
    if Release::ALL.iter().any(|release| set == PrivSet::all(*release)) {
        return "every privilege".to_owned();
    }
    let config = |one: &Priv| one.name().starts_with("VM.Config.");
    let all: PrivSet = Priv::all().filter(config).collect();
    if !set.contains_all(all) {
        return set.to_string();
    }
    let mut names: Vec<&str> = (set - all).iter().map(Priv::name).collect();
    let at = names.iter().take_while(|name| **name < "VM.Config.").count();
    names.insert(at, "VM.Config.*");
    names.join(", ")
}

fn privileges(names: List<Text>) -> impl Iterator<Item = Priv> {
    names.iter().filter_map(|name| Priv::from_name(name.as_bytes()))
}

/// What a profile is of, without its grants.
fn summary(profile: &Profile) -> Value {
    json!({ "id": profile.id, "name": profile.name, "category": profile.category })
}

/// A profile for programs.
fn whole(profile: &Profile, releases: &[Release]) -> Value {
    let majors = |all: &[Release]| all.iter().map(|release| release.major()).collect::<Vec<_>>();
    let counts = |all: &[Release]| all.iter().any(|release| releases.contains(release));
    let grants: Vec<_> = profile
        .grants
        .iter()
        .filter(|grant| counts(&grant.releases))
        .map(|grant| {
            let or: Vec<_> =
                grant.or.iter().map(|other| json!({ "path": other.path, "privileges": other.privileges })).collect();
            json!({
                "path": grant.path,
                "privileges": grant.privileges,
                "roles": grant.roles,
                "releases": majors(&grant.releases),
                "feature": grant.feature,
                "optional": grant.optional,
                "variant": grant.variant,
                "also": grant.also,
                "documented": grant.basis == Basis::Documented,
                "unneeded": grant.unneeded,
                "note": grant.note,
                "or": or,
            })
        })
        .collect();
    let least = profile.minimal.iter().filter(|least| counts(&least.releases));
    let least: Vec<_> = least
        .map(|least| json!({ "path": least.path, "privileges": least.privileges, "releases": majors(&least.releases) }))
        .collect();
    let errata = profile.errata.iter().filter(|erratum| counts(&erratum.releases)).map(erratum_json);
    json!({
        "id": profile.id,
        "name": profile.name,
        "category": profile.category,
        "grants": grants,
        "minimal": least,
        "errata": errata.collect::<Vec<_>>(),
        "token": profile.token,
        "limits": profile.limits,
        "upgrade": profile.upgrade,
        "source": profile.source,
        "date": profile.date,
    })
}

/// A mistake for programs.
pub(super) fn erratum_json(erratum: &Erratum) -> Value {
    let kind = match erratum.kind {
        ErratumKind::Unknown => "unknown",
        ErratumKind::Missing => "missing",
        ErratumKind::Superfluous => "superfluous",
        ErratumKind::Path => "path",
        ErratumKind::Note => "note",
    };
    let releases: Vec<_> = erratum.releases.iter().map(|release| release.major()).collect();
    json!({ "kind": kind, "names": erratum.names, "releases": releases, "text": erratum.text })
}
