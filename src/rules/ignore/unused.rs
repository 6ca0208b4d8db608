//! An ignore that hits nothing. Only what is left after all other rules can tell, so whoever applies the ignores does the work.

use crate::finding::Level;
use crate::rules::Rule;

/// The rule.
pub const RULE: Rule = Rule::settings(Level::Warning);
