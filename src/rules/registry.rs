//! Every rule there is, in one literal slice, sorted by id.

use super::{Rule, tree, user};

/// The registry.
pub static RULES: &[&Rule] = &[&tree::unreadable::RULE, &user::line_unknown::RULE];
