//! The two main jobs, from sources to answers: every tree linked and judged ([`check`]), or shown as PVE holds it ([`dump`]).

use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::access::policy::Policy;
use crate::cluster::{Cluster, ReleaseFrom};
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::report::{NotEvaluated, Tree};
use crate::rules::{self, Context, Rule, Unevaluated};
use crate::source::{SourceFile, Sources, TreeId};

/// What the rules said of all trees.
#[derive(Debug, Default)]
pub struct Checked<'a> {
    /// Findings, sorted by file, offset and rule.
    pub findings: Vec<Finding>,
    /// The trees, in the order of their paths.
    pub trees: Vec<Tree<'a>>,
    /// Rules that could be evaluated in no tree, grouped by what they miss.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What a check is told apart from the sources and the rules.
#[derive(Clone, Copy, Debug, Default)]
pub struct CheckOptions<'p> {
    /// The release to evaluate by, whatever a tree tells.
    pub release: Option<Release>,
    /// Say as well what there will be to fix once a tree of an older release runs this one: what the rules say of it then and
    /// don't say of it now.
    pub target: Option<Release>,
    /// Statements about rights that have to hold in every tree. Their file is one of the sources, too.
    pub policy: Option<&'p Policy>,
}

/// Asks `rules` about every tree of `sources`. `release` overrides what a tree tells.
#[must_use]
pub fn check<'a>(sources: &'a Sources, rules: &[&'static Rule], release: Option<Release>) -> Checked<'a> {
    check_with(sources, rules, CheckOptions { release, ..CheckOptions::default() })
}

/// The same, on more terms.
#[must_use]
pub fn check_with<'a>(sources: &'a Sources, rules: &[&'static Rule], terms: CheckOptions<'_>) -> Checked<'a> {
    evaluate(sources, rules, terms, drop)
}

/// The same, and what to do with each tree's models when they are no longer needed.
pub(crate) fn evaluate<'a>(
    sources: &'a Sources,
    rules: &[&'static Rule],
    CheckOptions { release, target, policy }: CheckOptions<'_>,
    done: impl Fn(Cluster<'a>),
) -> Checked<'a> {
    let mut checked = Checked::default();
    let mut missing: Vec<Vec<Unevaluated>> = Vec::new();
    for mut cluster in clusters(sources, release) {
        let assumed = cluster.release_from == ReleaseFrom::Default;
        if let (true, Some(before)) = (assumed, target.and_then(Release::before)) {
            // An upgrade to a release is made from the one before.
            cluster = Cluster::load(sources, cluster.tree, cluster.id, Some(before));
            cluster.release_from = ReleaseFrom::Target;
        }
        let mut verdicts = rules::run_in(rules, &Context::new(&cluster).with_policy(policy));
        if assumed {
            lower_assumed(&mut verdicts.findings, sources, &cluster, policy);
        }
        if let Some(target) = target.filter(|target| *target > cluster.release) {
            let upgraded = Cluster::load(sources, cluster.tree, cluster.id, Some(target));
            let context = Context::new(&upgraded).with_policy(policy).upgraded_from(cluster.release);
            let mut then = rules::run_in(rules, &context).findings;
            let now: FxHashSet<_> = verdicts.findings.iter().map(Finding::fingerprint).collect();
            then.retain(|finding| !now.contains(&finding.fingerprint()));
            checked.findings.extend(then.into_iter().map(|finding| finding.after_upgrade(target)));
        }
        checked.findings.extend(verdicts.findings);
        missing.push(verdicts.not_evaluated);
        checked.trees.push(Tree {
            path: &cluster.tree.shown,
            release: cluster.release,
            release_from: cluster.release_from.to_string(),
        });
        done(cluster);
    }
    checked.findings.extend(rules::run_on_sources(rules, sources));
    checked.findings.extend(policy.into_iter().flat_map(|policy| rules::run_on_policy(rules, policy)));
    checked.findings.sort_by(|a, b| (a.primary.place, a.rule).cmp(&(b.primary.place, b.rule)));
    checked.not_evaluated = unevaluated_everywhere(missing, policy.map_or(0, |policy| policy.statements.len()));
    checked
}

/// Makes warnings of the errors that hold only on the release that was assumed: one release earlier, the same text is none.
fn lower_assumed(findings: &mut [Finding], sources: &Sources, cluster: &Cluster<'_>, policy: Option<&Policy>) {
    let Some(before) = cluster.release.before() else { return };
    let is_error = |finding: &&mut Finding| finding.level == Level::Error;
    let mut asked: Vec<_> =
        findings.iter_mut().filter(is_error).filter_map(|finding| Rule::named(finding.rule)).collect();
    asked.sort_by_key(|rule| rule.id);
    asked.dedup_by_key(|rule| rule.id);
    if asked.is_empty() {
        return;
    }
    let earlier = Cluster::load(sources, cluster.tree, cluster.id, Some(before));
    let there = rules::run_in(&asked, &Context::new(&earlier).with_policy(policy)).findings;
    let there: FxHashSet<_> =
        there.iter().filter(|finding| finding.level == Level::Error).map(Finding::fingerprint).collect();
    for finding in findings.iter_mut().filter(is_error).filter(|finding| !there.contains(&finding.fingerprint())) {
        finding.only_assumed(cluster.release);
    }
}

/// What PVE holds after reading each file that has a model, in the order of their paths.
pub fn dump(sources: &Sources, release: Option<Release>) -> impl Iterator<Item = (&SourceFile, Value)> {
    let mut dumped: Vec<_> = clusters(sources, release).flat_map(|cluster| dump_cluster(sources, &cluster)).collect();
    dumped.sort_by_key(|(file, _)| file.id);
    dumped.into_iter()
}

fn clusters(sources: &Sources, release: Option<Release>) -> impl Iterator<Item = Cluster<'_>> {
    sources.trees.iter().zip(0..).map(move |(tree, id)| Cluster::load(sources, tree, TreeId(id), release))
}

fn dump_cluster<'a>(sources: &'a Sources, cluster: &Cluster<'a>) -> Vec<(&'a SourceFile, Value)> {
    use crate::model::container::{self, Container};
    use crate::model::user;
    use crate::model::vm::{self, Vm};
    let user = cluster.user.iter().map(|user| (user.file, user::dump(&user.model)));
    let storage = cluster.storage.iter().map(|storage| (storage.file, storage.model.dump()));
    // The cluster holds nothing of snapshots; here they are wanted.
    let whole = |config: &Container<'a>| Container::parse(config.text, config.vmid, config.release);
    let containers = cluster.containers.iter().map(|guest| (guest.file, container::dump::dump(&whole(&guest.config))));
    let whole = |config: &Vm<'a>| Vm::parse(config.text, config.vmid, config.release);
    let vms = cluster.vms.iter().map(|guest| (guest.file, vm::dump::dump(&whole(&guest.config))));
    let sections = cluster.sections.iter().map(|file| (file.file, file.model.dump()));
    user.chain(storage)
        .chain(sections)
        .chain(containers)
        .chain(vms)
        .filter_map(|(file, value)| Some((sources.file(file)?, value)))
        .collect()
}

/// The rules that had no answer in any tree, by what they miss; with them go the statements of a policy.
fn unevaluated_everywhere(trees: Vec<Vec<Unevaluated>>, statements: usize) -> Vec<NotEvaluated> {
    let mut trees = trees.into_iter();
    let mut everywhere = trees.next().unwrap_or_default();
    for tree in trees {
        everywhere.retain(|unevaluated| tree.iter().any(|other| other.rule == unevaluated.rule));
    }
    everywhere
        .chunk_by(|a, b| a.missing == b.missing)
        .map(|group| NotEvaluated {
            missing: group.first().map(|one| one.missing.name().to_owned()).unwrap_or_default(),
            rules: group.iter().map(|one| one.rule).collect(),
            statements: if group.iter().any(|one| one.rule == rules::ids::POLICY_BROKEN) { statements } else { 0 },
        })
        .collect()
}
