//! `pvelint explain`: a rule's section of the rule book.

use std::io::Write;

use clap::Args;

use super::{Failure, Outcome};
use crate::rules::{Doc, RULES, Rule};

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Id of the rule, as findings show it
    rule: String,
}

pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    match Rule::named(&args.rule).zip(Doc::of(&args.rule)) {
        Some((rule, doc)) => {
            writeln!(out, "# {}\n\n{}\n\n{}", rule.id, rule.facts(), doc.text.trim())?;
            Ok(Outcome::Clean)
        }
        None => {
            let known = RULES.iter().map(|rule| rule.id);
            let hint = super::nearest(&args.rule, known)
                .map_or_else(|| "`pvelint rules` lists them".to_owned(), |id| format!("did you mean {id}?"));
            Err(Failure::Usage(format!("no rule is called {}; {hint}", args.rule)))
        }
    }
}
