//! An ignore that hits nothing. Only what is left after all other rules can tell, so whoever applies the ignores does the work.

use crate::finding::Level;
use crate::rules::{Check, Rule};

/// The rule.
pub static RULE: Rule =
    Rule { id: "ignore-unused", level: Level::Warning, needs: &[], since: None, until: None, check: Check::Settings };
