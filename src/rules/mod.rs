//! The rule engine, and one folder of rules for each subject.
//!
//! A rule is a constant with one function, in `<subject>/<name>.rs`; the path is its id. It knows the model, the cluster and the
//! access engine, never syntax, and never prints. Its documentation is `<name>.md` beside it, whose examples run as tests. The
//! build script finds both.

use std::sync::OnceLock;

use rayon::prelude::*;

use crate::access::Access;
use crate::access::policy::{self as statements, Policy, Problem};
use crate::cluster::{Cluster, Guest, Input, Presence};
use crate::finding::{Finding, Level};
use crate::model::container::Container;
use crate::model::vm::Vm;
use crate::release::Release;
use crate::source::Sources;
use crate::text::{FileId, nearest};

mod doc;
mod renamed;
mod rights;
pub mod words;

// Written by build/rules.rs: `pub mod` for each folder beside this file, `ids`, and `RULES`.
include!(concat!(env!("OUT_DIR"), "/rules.rs"));

pub use doc::{Doc, Example, Verdict, book};
pub use renamed::RENAMED;

/// A rule: what it is called, how bad it is, what it needs to be evaluated, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its path below this folder: kebab-case, subject first, at most 40 characters, no severity in it. Empty in the rule's own
    /// file, and given by the registry.
    pub id: &'static str,
    /// The level of its findings, unless a finding says otherwise.
    pub level: Level,
    /// The inputs without which it is not evaluated.
    pub needs: &'static [Input],
    /// The first release it applies to; `None` for all.
    pub since: Option<Release>,
    /// The last release it applies to; `None` for all.
    pub until: Option<Release>,
    /// How it looks at a cluster.
    pub check: Check,
}

/// Looks at a whole cluster.
pub type ClusterCheck = fn(&Context<'_>, &mut Sink);

/// Looks at one container.
pub type ContainerCheck = fn(&Context<'_>, &Guest<'_, Container<'_>>, &mut Sink);

/// Looks at one guest of either kind.
pub type GuestCheck = fn(&Context<'_>, &guest::AnyGuest<'_, '_>, &mut Sink);

/// Looks at one VM.
pub type VmCheck = fn(&Context<'_>, &Guest<'_, Vm<'_>>, &mut Sink);

/// Looks at one container whose id map is written out.
pub type MappedCheck = fn(&Context<'_>, &idmap::Mapped<'_, '_>, &mut Sink);

/// Looks at a cluster that is judged as if it ran a later release, told the one it runs.
pub type UpgradeCheck = fn(&Context<'_>, Release, &mut Sink);

/// Looks at a policy in a cluster.
pub type StatementsCheck = fn(&Context<'_>, &Policy, &mut Sink);

/// The granularity of a rule.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Once for everything that was read, before any tree is linked.
    Sources(fn(&Sources, &mut Sink)),
    /// Once for the whole cluster.
    Cluster(ClusterCheck),
    /// Once for each container.
    Container(ContainerCheck),
    /// Once for each container and each VM.
    Guest(GuestCheck),
    /// Once for each VM.
    Vm(VmCheck),
    /// Once for each container with `lxc.idmap` lines, whose map is read once for all of these rules.
    Mapped(MappedCheck),
    /// Once for a cluster that is judged as if it ran a later release, told the one it runs; not at all without `--target`.
    Upgrade(UpgradeCheck),
    /// Once for a policy, before any tree is linked.
    Policy(fn(&Policy, &mut Sink)),
    /// Once for a policy in each cluster, and not at all without one.
    Statements(StatementsCheck),
    /// By whoever applies the settings, once all others have spoken.
    Settings,
}

/// What a rule may look at.
///
/// What is made when first asked for is made in one thread: one that shared the work with rayon would run other rules while it
/// waits for its share, and those would ask for what it is making, for ever.
#[derive(Debug)]
pub struct Context<'a> {
    /// Everything that was read, linked.
    pub cluster: &'a Cluster<'a>,
    access: OnceLock<Option<Access<'a, 'a>>>,
    rights: OnceLock<Option<rights::AclAnalysis<'a>>>,
    uses: OnceLock<volume::Uses<'a>>,
    policy: Option<&'a Policy>,
    upgraded_from: Option<Release>,
    judged: OnceLock<Vec<Vec<Problem>>>,
}

impl<'a> Context<'a> {
    /// A context over `cluster`.
    #[must_use]
    pub fn new(cluster: &'a Cluster<'a>) -> Self {
        Self {
            cluster,
            access: OnceLock::new(),
            rights: OnceLock::new(),
            uses: OnceLock::new(),
            policy: None,
            upgraded_from: None,
            judged: OnceLock::new(),
        }
    }

    /// The same, with statements about rights that have to hold.
    #[must_use]
    pub fn with_policy(self, policy: Option<&'a Policy>) -> Self {
        Self { policy, ..self }
    }

    /// The same, for a cluster that really runs `from` and was read as the release it is to be upgraded to reads it.
    #[must_use]
    pub fn upgraded_from(self, from: Release) -> Self {
        Self { upgraded_from: Some(from), ..self }
    }

    /// What is wrong with each statement of the policy, found when first asked for; nothing without a user.cfg.
    pub fn judged(&self) -> &[Vec<Problem>] {
        self.judged.get_or_init(|| match (self.policy, self.access()) {
            (Some(policy), Some(access)) => statements::judge(policy, self.cluster, access),
            _ => Vec::new(),
        })
    }

    /// The bytes of a file, for quoting a line in a message.
    #[must_use]
    pub fn text(&self, file: FileId) -> &'a [u8] {
        self.cluster.sources.file(file).map_or(&[], |file| &file.bytes)
    }

    /// The access engine over user.cfg, built when first asked for; `None` without a user.cfg.
    pub fn access(&self) -> Option<&Access<'a, 'a>> {
        let build = || self.cluster.user.as_ref().map(|user| Access::new(&user.model));
        self.access.get_or_init(build).as_ref()
    }

    /// What the rules about rights share, made when first asked for; `None` without a user.cfg.
    fn rights(&self) -> Option<(&rights::AclAnalysis<'a>, &Access<'a, 'a>)> {
        let access = self.access()?;
        let rights = self.rights.get_or_init(|| rights::AclAnalysis::of(self.cluster, access)).as_ref()?;
        Some((rights, access))
    }

    /// The volumes that guests use, by storage, gathered when first asked for.
    pub fn uses(&self) -> &volume::Uses<'a> {
        self.uses.get_or_init(|| volume::Uses::of(self.cluster))
    }
}

/// Where a rule puts what it finds.
#[derive(Debug)]
pub struct Sink {
    rule: &'static str,
    level: Level,
    findings: Vec<Finding>,
}

impl Sink {
    const fn new() -> Self {
        Self { rule: "", level: Level::Note, findings: Vec::new() }
    }

    /// Takes findings of `rule` from now on.
    const fn with(&mut self, rule: &Rule) -> &mut Self {
        self.rule = rule.id;
        self.level = rule.level;
        self
    }

    /// Takes findings of the rule that is running.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// Takes a finding of the rule that is running.
    pub fn push(&mut self, mut finding: Finding) {
        finding.found_by(self.rule, self.level);
        self.findings.push(finding);
    }
}

/// A rule that could not be evaluated, and for want of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unevaluated {
    /// The first missing input.
    pub missing: Input,
    /// The rule.
    pub rule: &'static str,
}

/// What the rules said of one cluster.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Sorted by file, offset and rule.
    pub findings: Vec<Finding>,
    /// The rules that gave no answer, by what they miss; those that miss the same in the order in which they were asked.
    pub not_evaluated: Vec<Unevaluated>,
}

impl Rule {
    const fn new(level: Level, needs: &'static [Input], check: Check) -> Self {
        Self { id: "", level, needs, since: None, until: None, check }
    }

    /// A rule about everything that was read, before any tree is linked.
    #[must_use]
    pub const fn sources(level: Level, check: fn(&Sources, &mut Sink)) -> Self {
        Self::new(level, &[], Check::Sources(check))
    }

    /// A rule about a cluster that has all of `needs`.
    #[must_use]
    pub const fn cluster(level: Level, needs: &'static [Input], check: ClusterCheck) -> Self {
        Self::new(level, needs, Check::Cluster(check))
    }

    /// A rule about single containers.
    #[must_use]
    pub const fn container(level: Level, check: ContainerCheck) -> Self {
        Self::new(level, &[Input::Containers], Check::Container(check))
    }

    /// A rule about single guests of either kind.
    #[must_use]
    pub const fn guest(level: Level, check: GuestCheck) -> Self {
        Self::new(level, &[Input::Guests], Check::Guest(check))
    }

    /// A rule about single VMs.
    #[must_use]
    pub const fn vm(level: Level, check: VmCheck) -> Self {
        Self::new(level, &[Input::Vms], Check::Vm(check))
    }

    /// A rule about single containers whose id map is written out.
    #[must_use]
    pub const fn mapped(level: Level, check: MappedCheck) -> Self {
        Self::new(level, &[Input::Containers], Check::Mapped(check))
    }

    /// A rule about what an upgrade changes, in a cluster that has all of `needs`.
    #[must_use]
    pub const fn upgrade(level: Level, needs: &'static [Input], check: UpgradeCheck) -> Self {
        Self::new(level, needs, Check::Upgrade(check))
    }

    /// A rule about a policy as such.
    #[must_use]
    pub const fn policy(level: Level, check: fn(&Policy, &mut Sink)) -> Self {
        Self::new(level, &[], Check::Policy(check))
    }

    /// A rule about a policy in a cluster that has all of `needs`.
    #[must_use]
    pub const fn statements(level: Level, needs: &'static [Input], check: StatementsCheck) -> Self {
        Self::new(level, needs, Check::Statements(check))
    }

    /// A rule that whoever applies the settings evaluates.
    #[must_use]
    pub const fn settings(level: Level) -> Self {
        Self::new(level, &[], Check::Settings)
    }

    /// The same, for no release before `release`.
    #[must_use]
    pub const fn since(self, release: Release) -> Self {
        Self { since: Some(release), ..self }
    }

    /// The same, for no release after `release`.
    #[must_use]
    pub const fn until(self, release: Release) -> Self {
        Self { until: Some(release), ..self }
    }

    /// The same, by its id.
    const fn called(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    /// Level, releases and inputs, in a line: `error · PVE 8, 9 · needs storage.cfg`.
    #[must_use]
    pub fn facts(&self) -> String {
        let releases = Release::ALL.iter().filter(|release| self.applies_to(**release));
        let releases: Vec<_> = releases.map(|release| release.major().to_string()).collect();
        let mut facts = format!("{} · PVE {}", self.level, releases.join(", "));
        if !self.needs.is_empty() {
            let needs: Vec<_> = self.needs.iter().map(|input| input.name()).collect();
            facts.push_str(" · needs ");
            facts.push_str(&needs.join(", "));
        }
        facts
    }

    /// Whether the rule says anything about `release`.
    #[must_use]
    pub fn applies_to(&self, release: Release) -> bool {
        self.since.is_none_or(|since| since <= release) && self.until.is_none_or(|until| release <= until)
    }

    /// The rule that somebody probably means who writes `id`, which no rule has: what a rule of that name is called now, or the
    /// closest id.
    #[must_use]
    pub fn suggestion(id: &str) -> Option<&'static str> {
        renamed::now(id).or_else(|| nearest(id, RULES.iter().map(|rule| rule.id)))
    }

    /// The rule called `id`.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.binary_search_by(|rule| rule.id.cmp(id)).ok().and_then(|at| RULES.get(at)).copied()
    }
}

/// Runs those of `rules` that look at the sources as such.
#[must_use]
pub fn run_on_sources(rules: &[&'static Rule], sources: &Sources) -> Vec<Finding> {
    let mut sink = Sink::new();
    for rule in rules {
        if let Check::Sources(check) = rule.check {
            check(sources, sink.with(rule));
        }
    }
    disambiguate(&mut sink.findings);
    sink.findings
}

/// Runs those of `rules` that look at a policy as such.
#[must_use]
pub fn run_on_policy(rules: &[&'static Rule], policy: &Policy) -> Vec<Finding> {
    let mut sink = Sink::new();
    for rule in rules {
        if let Check::Policy(check) = rule.check {
            check(policy, sink.with(rule));
        }
    }
    disambiguate(&mut sink.findings);
    sink.findings
}

/// From how many guests on the rules run in parallel.
const PARALLEL: usize = 200;

/// Runs `rules` over `cluster`.
#[must_use]
pub fn run(rules: &[&'static Rule], cluster: &Cluster<'_>) -> Verdicts {
    run_in(rules, &Context::new(cluster))
}

/// Runs `rules` over the cluster of `context`.
#[must_use]
pub fn run_in(rules: &[&'static Rule], context: &Context<'_>) -> Verdicts {
    let cluster = context.cluster;
    let mut verdicts = Verdicts::default();
    let mut for_cluster: Vec<(&Rule, ClusterCheck)> = Vec::new();
    let mut for_containers: Vec<(&Rule, ContainerCheck)> = Vec::new();
    let mut for_guests: Vec<(&Rule, GuestCheck)> = Vec::new();
    let mut for_vms: Vec<(&Rule, VmCheck)> = Vec::new();
    let mut for_maps: Vec<(&Rule, MappedCheck)> = Vec::new();
    let mut for_policy = Vec::new();
    let mut for_upgrade = Vec::new();
    let silent = |rule: &Rule| match rule.check {
        Check::Statements(_) => context.policy.is_none(),
        Check::Upgrade(_) => context.upgraded_from.is_none(),
        _ => false,
    };
    for rule in rules.iter().filter(|rule| rule.applies_to(cluster.release) && !silent(rule)) {
        match rule.needs.iter().find(|&&input| cluster.presence(input) != Presence::Present) {
            // A cluster without jobs has no jobs.cfg: nothing is missed.
            Some(&missing) if missing.is_optional() && cluster.presence(missing) == Presence::Absent => {}
            Some(&missing) => verdicts.not_evaluated.push(Unevaluated { missing, rule: rule.id }),
            None => match rule.check {
                Check::Cluster(check) => for_cluster.push((rule, check)),
                Check::Container(check) => for_containers.push((rule, check)),
                Check::Guest(check) => for_guests.push((rule, check)),
                Check::Vm(check) => for_vms.push((rule, check)),
                Check::Mapped(check) => for_maps.push((rule, check)),
                Check::Statements(check) => for_policy.push((rule, check)),
                Check::Upgrade(check) => for_upgrade.push((rule, check)),
                Check::Sources(_) | Check::Policy(_) | Check::Settings => {}
            },
        }
    }
    let run_one = |&(rule, check): &(&Rule, ClusterCheck)| {
        let mut sink = Sink::new();
        check(context, sink.with(rule));
        sink.findings
    };
    let run_all = |guest: &Guest<'_, Container<'_>>| {
        let mut sink = Sink::new();
        for &(rule, check) in &for_containers {
            check(context, guest, sink.with(rule));
        }
        for &(rule, check) in &for_guests {
            check(context, &guest::AnyGuest::Container(guest), sink.with(rule));
        }
        if let Some(mapped) = idmap::Mapped::of(context, guest).filter(|_| !for_maps.is_empty()) {
            for &(rule, check) in &for_maps {
                check(context, &mapped, sink.with(rule));
            }
        }
        sink.findings
    };
    let run_vm = |guest: &Guest<'_, Vm<'_>>| {
        let mut sink = Sink::new();
        for &(rule, check) in &for_vms {
            check(context, guest, sink.with(rule));
        }
        for &(rule, check) in &for_guests {
            check(context, &guest::AnyGuest::Vm(guest), sink.with(rule));
        }
        sink.findings
    };
    let mut findings: Vec<Finding>;
    if cluster.containers.len() + cluster.vms.len() < PARALLEL {
        // Starting the threads would take longer than the work.
        findings = for_cluster.iter().flat_map(run_one).collect();
        findings.extend(cluster.containers.iter().flat_map(run_all));
        findings.extend(cluster.vms.iter().flat_map(run_vm));
    } else {
        let once = || for_cluster.par_iter().flat_map_iter(run_one).collect::<Vec<_>>();
        let each = || {
            let containers = cluster.containers.par_iter().with_min_len(64).flat_map_iter(run_all);
            let vms = cluster.vms.par_iter().with_min_len(64).flat_map_iter(run_vm);
            containers.chain(vms).collect::<Vec<_>>()
        };
        let (found, mut more) = rayon::join(once, each);
        findings = found;
        findings.append(&mut more);
    }
    for (rule, check) in for_policy {
        let mut sink = Sink::new();
        if let Some(policy) = context.policy {
            check(context, policy, sink.with(rule));
        }
        findings.append(&mut sink.findings);
    }
    for (rule, check) in for_upgrade {
        let mut sink = Sink::new();
        if let Some(from) = context.upgraded_from {
            check(context, from, sink.with(rule));
        }
        findings.append(&mut sink.findings);
    }
    findings.sort_by(|a, b| {
        (a.primary.place, a.rule, &a.subject, &a.discriminator).cmp(&(
            b.primary.place,
            b.rule,
            &b.subject,
            &b.discriminator,
        ))
    });
    vm::warn_of_lost_lines(cluster, &mut findings);
    disambiguate(&mut findings);
    verdicts.findings = findings;
    verdicts.not_evaluated.sort_by_key(|one| one.missing);
    verdicts
}

/// Findings that share a fingerprint are numbered in file order, so that each has its own.
fn disambiguate(findings: &mut [Finding]) {
    let mut seen = rustc_hash::FxHashMap::default();
    for finding in findings {
        let count = seen.entry(finding.fingerprint()).or_insert(0_u32);
        if *count > 0 {
            finding.set_ordinal(*count);
        }
        *count += 1;
    }
}
