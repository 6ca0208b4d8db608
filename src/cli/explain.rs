//! `pvelint explain`: a rule's section of the rule book.

use std::io::Write;

use clap::Args;

use super::{Failure, Outcome};
use crate::rules::{Doc, Rule};

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
        None => Err(super::no_such_rule(&args.rule)),
    }
}
