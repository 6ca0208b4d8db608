//! `pvelint access fits`: has somebody what an integration needs, what is missing, what is too much.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::profiles::{self, shorter};
use super::{Ask, Failure, Format, Outcome, ReadArgs, hint, name_value};
use crate::access::fits::{Attempt, Evidence, Feature, Fit, Need, Plan, PlanWay, Question, Surplus, Verdict};
use crate::access::profiles::{Erratum, ErratumKind, Profile};
use crate::access::{Change, Sentence, revoke_remark, some_names};
use crate::finding::{Command, Fix};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::ROOT;
use crate::release::Release;
use crate::text::{printable, printable_str};
use bstr::ByteSlice;

mod coverage;

use coverage::{MAX_OBJECTS, coverage};

/// ACLs that are listed for what they give beyond need.
const MAX_SURPLUS: usize = 6;
/// Names of privileges of one such ACL.
const MAX_NAMES: usize = 6;

#[derive(Debug, Args)]
pub(super) struct FitsArgs {
    /// User or token: alice@pve, ci@pve!deploy
    subject: String,

    /// Integration or role: terraform-bpg, backup-operator (`pvelint access profiles` lists them)
    profile: String,

    /// What names in braces stand for: storage=local-lvm node=pve1. `vmid`, `pool`, `storage`, `node`, `zone` and `bridge` also
    /// narrow the question to one of them
    #[arg(value_name = "NAME=VALUE")]
    bound: Vec<String>,

    /// An optional part of it that is used as well; a word of its name will do. May be given several times
    #[arg(long = "feature", short, value_name = "FEATURE")]
    features: Vec<String>,

    /// All of its optional parts
    #[arg(long, conflicts_with = "features")]
    all_features: bool,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &FitsArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let profile = profiles::profile(&args.profile)?;
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let subject = ask.subject(&args.subject)?;
    let release = ask.cfg.release;
    let features = if args.all_features {
        let variant = |name: &&str| profile.grants_in(release).any(|grant| grant.feature == *name && grant.variant);
        profile.features_in(release).into_iter().filter(|name| !variant(name)).collect()
    } else {
        let features = args.features.iter().map(|text| feature(profile, release, text));
        features.collect::<Result<Vec<_>, _>>()?
    };
    let bound = bound(profile, release, &args.bound)?;
    let objects = ask.objects();
    let question = Question { profile, features: &features, bound: &bound, objects: &objects };
    let fit = ask.access.fits(subject.as_bytes(), &question);
    let beyond = ask.access.beyond(subject.as_bytes(), &fit);
    let plans = ask.access.plans(subject.as_bytes(), &question);
    let report = Report { ask: &ask, subject, profile, release, bound: &bound, fit, beyond, plans };
    match args.format {
        Format::Text => report.text(out)?,
        Format::Json => super::print_json(out, "fits", report.json())?,
    }
    Ok(if report.fit.fits() { Outcome::Clean } else { Outcome::Findings })
}

/// Looks a feature up by its name, or by a part of it that no other has.
fn feature(profile: &Profile, release: Release, text: &str) -> Result<&'static str, Failure> {
    let known = profile.features_in(release);
    let lower = text.to_lowercase();
    if let Some(same) = known.iter().find(|name| name.to_lowercase() == lower) {
        return Ok(same);
    }
    let holding: Vec<_> = known.iter().filter(|name| name.to_lowercase().contains(&lower)).copied().collect();
    let list = |names: &[&str]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let hint = match (holding.as_slice(), known.as_slice()) {
        ([one], _) => return Ok(one),
        ([], []) => format!("it has no optional parts in {release}"),
        ([], known) => hint(text, known.iter().copied(), &format!("there are {}", list(known))),
        (several, _) => format!("which of {}?", list(several)),
    };
    Err(Failure::Usage(format!("{} has no feature {text}; {hint}", profile.id)))
}

/// The names that can be bound, and what they stand for.
fn names(profile: &Profile, release: Release) -> Vec<&'static str> {
    let mut names = vec!["bridge", "node", "pool", "storage", "vmid", "zone"];
    for grant in profile.grants_in(release) {
        let paths = std::iter::once(grant.path).chain(grant.or.iter().map(|other| other.path));
        let inside = paths.flat_map(|path| path.as_str().split('{').skip(1)).filter_map(|rest| rest.split('}').next());
        names.extend(inside);
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn bound(profile: &Profile, release: Release, arguments: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let known = names(profile, release);
    let example = || format!("pvelint access fits SUBJECT {} storage=local-lvm", profile.id);
    let mut bound = BTreeMap::new();
    for argument in arguments {
        let about = |name: &str| match known.iter().find(|known| **known == name) {
            Some(_) => Ok("a name as it stands in a path"),
            None => {
                let list = format!("it takes {}", known.join(", "));
                let hint = hint(name, known.iter().copied(), &list);
                Err(Failure::Usage(format!("{} has no name {name}; {hint}", profile.id)))
            }
        };
        let (name, value) = name_value(argument, &example, &about)?;
        if bound.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::Usage(format!("{name} is given twice")));
        }
    }
    Ok(bound)
}

/// Everything that is to be said.
struct Report<'q, 'c, 'a> {
    ask: &'q Ask<'c, 'a>,
    subject: &'q str,
    profile: &'static Profile,
    release: Release,
    bound: &'q BTreeMap<String, String>,
    fit: Fit,
    beyond: Vec<Surplus<'c>>,
    plans: Vec<Plan>,
}

impl Report<'_, '_, '_> {
    fn text(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        let mut told = Vec::new();
        for need in &self.fit.needs {
            self.need(need, &mut told, out)?;
        }
        self.features(out)?;
        self.beyond(out)?;
        self.errata(out)?;
        for (what, text) in self.remarks() {
            writeln!(out, "{what}: {text}")?;
        }
        for text in self.about_bound() {
            writeln!(out, "note: {}", printable_str(&text))?;
        }
        answer::write_remarks(&self.ask.remarks(self.subject), out)?;
        if !self.fit.fits() {
            let fixes = self.fixes();
            let chosen = self.chosen();
            let chosen = if chosen.is_empty() {
                String::new()
            } else {
                format!(" (with {}, unless you name others)", chosen.join(" "))
            };
            answer::write_fixes(&format!("what would make it fit{chosen}:"), &fixes, out)?;
            if let Some((pool, missing)) = &self.fit.nearer {
                let pool = printable(pool);
                writeln!(out, "for the guests of pool {pool} alone it lacks only {missing}: ask with pool={pool}")?;
            }
            if fixes.is_empty() {
                writeln!(out, "no ACL that pvelint could find makes it fit; `why-not` tells about one privilege")?;
            }
        }
        writeln!(out, "{}", profiles::from(self.profile))
    }

    /// `no: ci@pve!deploy lacks 13 of the 15 privileges that terraform-bpg needs (PVE 9)`.
    fn headline(&self) -> String {
        let Self { fit, profile, release, .. } = self;
        let subject = printable_str(self.subject);
        let (missing, all) = fit.count();
        let given: Vec<_> = self.bound.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let about = std::iter::once(release.to_string()).chain((!given.is_empty()).then(|| given.join(" ")));
        let about = about.collect::<Vec<_>>().join("; ");
        let id = profile.id;
        if !fit.fits() {
            let privileges = if all == 1 { "privilege" } else { "privileges" };
            return format!("no: {subject} lacks {missing} of the {all} {privileges} that {id} needs ({about})");
        }
        let pools: Vec<_> = fit.pools.iter().map(|pool| printable(pool)).collect();
        match pools.as_slice() {
            [] if fit.by_the_least() => {
                format!("yes: {subject} has the least that {id} is known to run with, not all it asks for ({about})")
            }
            [] => format!("yes: {subject} has what {id} needs ({about})"),
            [pool] => {
                format!("yes, in pool {pool}: {subject} has what {id} needs there, not for other guests ({about})")
            }
            pools => {
                let list = pools.get(..MAX_OBJECTS).unwrap_or(pools).join(", ");
                format!("yes, in pools {list}: {subject} has what {id} needs there, not for other guests ({about})")
            }
        }
    }

    /// One need with where it is met, or why it isn't.
    fn need(&self, need: &Need, told: &mut Vec<Vec<Sentence>>, out: &mut dyn Write) -> std::io::Result<()> {
        let feature = if need.feature == "base" { String::new() } else { format!("  ({})", need.feature) };
        let verdict = need.verdict();
        if need.wanted.is_empty() {
            let what = shorter(need.unneeded);
            return writeln!(out, "  -    {what} on {}: documented, asked for by nothing{feature}", need.path);
        }
        writeln!(out, "  {:4} {} on {}{feature}", word(verdict), shorter(need.wanted), need.path)?;
        // The way that is open is told; of the others, that there are some.
        let open = need.ways.iter().find(|way| way.verdict() == Verdict::Yes);
        let Some(way) = open.or(need.ways.first()) else { return Ok(()) };
        if let Some(open) = open.filter(|open| open.path != need.path) {
            writeln!(out, "         by {} on {}", shorter(open.wanted), open.path)?;
        }
        for line in coverage(way) {
            writeln!(out, "         {line}")?;
        }
        if open.is_some() {
            return Ok(());
        }
        if need.lacking() != need.wanted {
            writeln!(out, "         lacking: {}", shorter(need.lacking()))?;
        }
        for other in need.ways.iter().skip(1) {
            writeln!(out, "         or {} on {}", shorter(other.wanted), other.path)?;
        }
        if let Some(why) = self.why(way).filter(|why| !told.contains(why)) {
            for line in &why {
                writeln!(out, "         {}", line.text)?;
            }
            told.push(why);
        }
        for note in &need.notes {
            writeln!(out, "         note: {note}")?;
        }
        Ok(())
    }

    /// Why the first privilege is missing where it is missing first.
    fn why(&self, way: &Attempt) -> Option<Vec<Sentence>> {
        let spot = way.spots.iter().find(|spot| !spot.lacking.is_empty())?;
        let privilege = spot.lacking.iter().next()?;
        // A path that everybody knows, rather than what stands for all of them.
        let above = way.path.split("/{").next().filter(|path| !path.is_empty()).unwrap_or("/");
        let lacks = !self.ask.access.has(self.subject.as_bytes(), privilege, above.as_bytes());
        let all = way.spots.iter().all(|spot| spot.lacking.contains(privilege) || !spot.wanted.contains(privilege));
        let path = if lacks && all { above.to_owned() } else { spot.path.to_str_lossy().into_owned() };
        Some(Answer::new(self.ask, self.subject, privilege, &path).told)
    }

    fn features(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for (nth, feature) in self.fit.others.iter().enumerate() {
            if nth == 0 {
                writeln!(out, "optional, not asked for:")?;
            }
            let what = if feature.variant { " (another way to grant all of it)" } else { "" };
            let lacking = lacking(feature);
            let lacks = if lacking.is_empty() { String::new() } else { format!(": lacks {}", lacking.join("; ")) };
            writeln!(out, "  {:4} {}{what}{lacks}", word(feature.verdict()), feature.name)?;
        }
        Ok(())
    }

    fn beyond(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.subject.as_bytes() == ROOT {
            return writeln!(out, "beyond need: everything; a user or token made for it would do with less");
        }
        if self.beyond.is_empty() {
            return Ok(());
        }
        writeln!(out, "beyond need:")?;
        for surplus in self.beyond.iter().take(MAX_SURPLUS) {
            writeln!(out, "  {}", self.surplus(surplus))?;
        }
        if self.beyond.len() > MAX_SURPLUS {
            writeln!(out, "  and {} more ACLs", self.beyond.len() - MAX_SURPLUS)?;
        }
        match profiles::least(self.profile, self.release).filter(|_| !self.fit.by_the_least()) {
            Some(least) => writeln!(out, "  it is known to run with {least}"),
            None => Ok(()),
        }
    }

    /// `Administrator on / (user.cfg:9) gives 34 privileges more, among them Permissions.Modify, Sys.Console ...`.
    fn surplus(&self, surplus: &Surplus<'_>) -> String {
        let cfg = self.ask.cfg;
        let entry = surplus.entry.entry;
        let role = printable(cfg.role_name(entry.role));
        let path = printable(&cfg.tree.path(entry.node));
        let group = surplus.entry.member.map(|_| format!(" for @{}", printable(cfg.subject_id(entry.subject))));
        let at = self.ask.at(entry.line);
        let what = format!("{role} on {path}{} ({at})", group.unwrap_or_default());
        let ordered = surplus.powerful.iter().chain((surplus.privileges - surplus.powerful).iter());
        let names: Vec<_> = ordered.map(Priv::name).collect();
        match names.get(..MAX_NAMES).filter(|_| names.len() > MAX_NAMES + 1) {
            None => format!("{what} gives {} more", names.join(", ")),
            Some(first) => format!("{what} gives {} privileges more, among them {}", names.len(), first.join(", ")),
        }
    }

    fn errata(&self, out: &mut dyn Write) -> std::io::Result<()> {
        // What is asked for without need is of interest to those who granted it.
        let idle = |erratum: &Erratum| erratum.kind == ErratumKind::Superfluous;
        let mistakes = self.mistakes();
        let told = mistakes.iter().filter(|(erratum, evidence)| !idle(erratum) || !evidence.is_empty());
        for (nth, (erratum, evidence)) in told.enumerate() {
            if nth == 0 {
                writeln!(out, "what its documentation gets wrong:")?;
            }
            writeln!(out, "  {}", profiles::mistake(erratum))?;
            for one in evidence {
                writeln!(out, "    {}", self.shown(one))?;
            }
        }
        Ok(())
    }

    fn mistakes(&self) -> Vec<(&'static Erratum, Vec<Evidence<'_>>)> {
        let evidence = |erratum| self.ask.access.evidence(self.subject.as_bytes(), erratum, &self.fit, &self.beyond);
        self.profile.errata_in(self.release).map(|erratum| (erratum, evidence(erratum))).collect()
    }

    /// How a mistake shows in the file.
    fn shown(&self, evidence: &Evidence<'_>) -> String {
        match evidence {
            Evidence::Listed { role, name, at } => format!(
                "here role {} lists {}, and PVE ignores it ({})",
                printable(role),
                printable(name),
                self.ask.at(*at)
            ),
            Evidence::Named { role, at } => {
                format!("here an ACL names {}, and PVE ignores it ({})", printable(role), self.ask.at(*at))
            }
            Evidence::Lacking(privileges) => format!("missing here too: {}", shorter(*privileges)),
            Evidence::Granted(privileges) => format!("granted here too: {}", shorter(*privileges)),
        }
    }

    /// What has to be known, as far as it matters now: about tokens for a token, about the upgrade when something is missing.
    fn remarks(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let token = self.subject.contains('!');
        let upgraded = self.release >= Release::Pve9 && !self.fit.fits();
        profiles::remarks(self.profile).filter(move |(what, _)| match *what {
            "tokens" => token,
            "from 8 to 9" => upgraded,
            _ => true,
        })
    }

    /// Bound names of things that aren't there.
    fn about_bound(&self) -> Vec<String> {
        let above = |name: &str| match name {
            "vmid" => "/vms/",
            "node" => "/nodes/",
            "pool" | "poolid" => "/pool/",
            name if name.contains("storage") => "/storage/",
            _ => "",
        };
        let path = |(name, value): (&String, &String)| format!("{}{value}", above(name));
        self.bound.iter().map(path).flat_map(|path| self.ask.about_path(&path)).collect()
    }

    /// What the commands take of several things of which one is enough: `storage=local-lvm`.
    fn chosen(&self) -> Vec<String> {
        let chosen = self.plans.iter().flat_map(|plan| &plan.chosen);
        let name = |template: &str| template.rsplit('{').next().unwrap_or_default().trim_end_matches('}').to_owned();
        let value = |path: &[u8]| printable(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default());
        chosen.map(|(template, path)| format!("{}={}", name(template), value(path))).collect()
    }

    fn fixes(&self) -> Vec<Fix> {
        self.plans.iter().filter_map(|plan| self.fix(plan)).collect()
    }

    fn fix(&self, plan: &Plan) -> Option<Fix> {
        let commands: Option<Vec<String>> = plan.changes.iter().map(Change::command).map(Command::line).collect();
        let remark = match plan.way {
            PlanWay::Roles => "wherever the role is given".to_owned(),
            PlanWay::FullToken => "the token then has all rights of its owner, everywhere".to_owned(),
            PlanWay::Grants if plan.changes.iter().any(|change| matches!(change, Change::Revoke { .. })) => {
                revoke_remark(self.ask.cfg, &plan.changes)
            }
            PlanWay::Grants => String::new(),
        };
        commands.map(|commands| Fix::Run { commands, remark })
    }

    fn json(&self) -> Value {
        let beyond: Vec<_> = self
            .beyond
            .iter()
            .map(|surplus| {
                let entry = surplus.entry.entry;
                json!({
                    "path": self.ask.cfg.tree.path(entry.node).to_str_lossy(),
                    "role": self.ask.cfg.role_name(entry.role).to_str_lossy(),
                    "line": self.ask.line(entry.line),
                    "privileges": names_json(surplus.privileges),
                    "powerful": names_json(surplus.powerful),
                })
            })
            .collect();
        let errata: Vec<_> = self
            .mistakes()
            .iter()
            .map(|(erratum, evidence)| {
                let mut value = profiles::erratum_json(erratum);
                if let Some(fields) = value.as_object_mut() {
                    let shown: Vec<_> = evidence.iter().map(|one| self.shown(one)).collect();
                    fields.insert("shown".to_owned(), shown.into());
                }
                value
            })
            .collect();
        let features: Vec<_> = self
            .fit
            .others
            .iter()
            .map(|feature| {
                json!({
                    "name": feature.name,
                    "variant": feature.variant,
                    "answer": word(feature.verdict()),
                    "needs": feature.needs.iter().map(need_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "subject": self.subject,
            "release": self.release.major(),
            "profile": self.profile.id,
            "features": self.fit.used,
            "bound": self.bound,
            "answer": self.fit.fits(),
            "pools": self.fit.pools.iter().map(|pool| pool.to_str_lossy()).collect::<Vec<_>>(),
            "by_the_least": self.fit.by_the_least(),
            "needs": self.fit.needs.iter().map(need_json).collect::<Vec<_>>(),
            "others": features,
            "beyond": beyond,
            "errata": errata,
            "token": self.profile.token,
            "limits": self.profile.limits,
            "upgrade": self.profile.upgrade,
            "remarks": self.ask.told_json(&self.ask.remarks(self.subject)),
            "changes": answer::fixes_json(&self.fixes()),
            "source": self.profile.source,
            "date": self.profile.date,
        })
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Yes => "yes",
        Verdict::Part => "part",
        Verdict::No => "no",
    }
}

/// `VM.Console on /vms`, for each need of a feature that isn't met.
fn lacking(feature: &Feature) -> Vec<String> {
    let unmet = feature.needs.iter().filter(|need| need.verdict() != Verdict::Yes);
    unmet.map(|need| format!("{} on {}", some_names(need.lacking()), need.path)).collect()
}

fn names_json(set: PrivSet) -> Vec<&'static str> {
    set.iter().map(Priv::name).collect()
}

fn need_json(need: &Need) -> Value {
    let ways: Vec<_> = need
        .ways
        .iter()
        .map(|way| {
            let spots = way.spots.iter().filter(|spot| !spot.lacking.is_empty());
            let lacking: Vec<_> = spots
                .map(|spot| json!({ "path": spot.path.to_str_lossy(), "lacking": names_json(spot.lacking) }))
                .collect();
            json!({
                "path": way.path,
                "privileges": names_json(way.wanted),
                "one_is_enough": way.one,
                "answer": word(way.verdict()),
                "places": way.spots.len(),
                "not_on": lacking,
            })
        })
        .collect();
    json!({
        "feature": need.feature,
        "path": need.path,
        "privileges": names_json(need.wanted),
        "unneeded": names_json(need.unneeded),
        "answer": word(need.verdict()),
        "lacking": names_json(need.lacking()),
        "ways": ways,
        "notes": need.notes,
    })
}
