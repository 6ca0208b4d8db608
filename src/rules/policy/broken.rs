//! A statement that isn't so.

use crate::access::policy::{Breach, Case, Policy, Problem, Stated};
use crate::access::{Access, Explainer, Sentence};
use crate::cluster::{File, Input};
use crate::finding::{Finding, Fix, Level};
use crate::model::tables::access::Priv;
use crate::model::user::{ROOT, UserCfg};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::{LineIndex, Span};
use bstr::BStr;

/// The rule.
pub const RULE: Rule = Rule::statements(Level::Error, &[Input::User], check);

/// Privileges that a message names before it counts them.
const MAX_NAMES: usize = 3;
/// Ways to give a right that are shown.
const MAX_REMEDIES: usize = 2;

fn check(context: &Context<'_>, policy: &Policy, sink: &mut Sink) {
    let (Some(file), Some(access)) = (&context.cluster.user, context.access()) else { return };
    let mut lines = None;
    for (stated, problem) in super::problems(context, policy) {
        let Problem::Broken(breach) = problem else { continue };
        let Some(case) = breach.cases.first() else { continue };
        let lines = lines.get_or_insert_with(|| LineIndex::new(file.model.text));
        let at = |span: Span| format!("user.cfg:{}", lines.line_of(span.start) + 1);
        let told = chain(access, &at, breach, case);
        let finding = headline(policy, stated, breach, case);
        let finding = with_others(with_chain(finding, file, told), breach);
        sink.push(with_fixes(finding, access, breach, case));
    }
}

fn headline(policy: &Policy, stated: &Stated, breach: &Breach, case: &Case) -> Finding {
    let reason = match &stated.reason {
        Some(reason) => format!("this doesn't hold; the reason for it: {reason}"),
        None => "this doesn't hold".to_owned(),
    };
    let whole = Span::new(0, stated.text.len());
    // A statement with `only` can be broken both ways.
    super::finding(policy, stated, whole, said(breach, case)).label(reason).discriminator(if breach.can {
        "can"
    } else {
        "lacks"
    })
}

/// `kid@pve can VM.PowerMgmt on /vms/105`.
fn said(breach: &Breach, case: &Case) -> String {
    let names: Vec<_> = case.privileges.iter().map(Priv::name).collect();
    let verb = if breach.can { "can" } else { "lacks" };
    format!("{} {verb} {} on {}", words::name(&case.subject), words::list(&names, MAX_NAMES), words::name(&case.path))
}

/// The chain of the first privilege of the first case.
fn chain(access: &Access<'_, '_>, at: &dyn Fn(Span) -> String, breach: &Breach, case: &Case) -> Vec<Sentence> {
    let Some(privilege) = case.privileges.iter().next() else { return Vec::new() };
    let teller = Explainer::new(access, at);
    if breach.can {
        let chain = access.derive(&case.subject, privilege, &case.path);
        chain.map(|chain| teller.derivation(&case.subject, privilege, &case.path, &chain)).unwrap_or_default()
    } else {
        let refusal = access.why_not(&case.subject, privilege, &case.path);
        refusal.map(|refusal| teller.refusal(&case.subject, privilege, &case.path, &refusal)).unwrap_or_default()
    }
}

/// The chain's sentences, and under its lines what they are in it.
fn with_chain(mut finding: Finding, file: &File<UserCfg<'_>>, told: Vec<Sentence>) -> Finding {
    for told in told {
        for (span, text) in told.marks {
            let place = file.at(span);
            match finding.labels.iter_mut().find(|label| label.place == place) {
                Some(label) if label.text.contains(&text) => {}
                Some(label) => label.text = format!("{}; {text}", label.text),
                None => finding = finding.secondary(place, text),
            }
        }
        finding = finding.consequence(told.text);
    }
    finding
}

fn with_others(mut finding: Finding, breach: &Breach) -> Finding {
    for case in breach.cases.iter().skip(1) {
        finding = finding.note(said(breach, case));
    }
    match breach.count - breach.cases.len() {
        0 => finding,
        more => finding.note(format!("and the same for {more} more")),
    }
}

fn with_fixes(mut finding: Finding, access: &Access<'_, '_>, breach: &Breach, case: &Case) -> Finding {
    if breach.can && *case.subject == *ROOT {
        return finding.edit("leave root@pam out of the statement: no ACL limits it");
    }
    let fixes: Vec<Fix> = if breach.can {
        let first = case.privileges.iter().next();
        first.and_then(|privilege| access.to_take(&case.subject, privilege, &case.path)).into_iter().collect()
    } else {
        let group: Option<&BStr> = breach.group.as_ref().map(AsRef::as_ref);
        let to_group = group.and_then(|group| access.to_give_group(group, case.privileges, &case.path));
        let to_one = access.to_give(&case.subject, case.privileges, &case.path);
        to_group.into_iter().chain(to_one).take(MAX_REMEDIES).collect()
    };
    finding.fixes.extend(fixes);
    finding
}
