//! Every rule there is, in one literal slice, sorted by id.

use super::{Rule, tree, user};

/// The registry.
pub static RULES: &[&Rule] = &[
    &tree::beyond_limits::RULE,
    &tree::empty::RULE,
    &tree::file_too_large::RULE,
    &tree::guest_kind_unknown::RULE,
    &tree::guest_twice::RULE,
    &tree::guest_unseen::RULE,
    &tree::guest_vmid_range::RULE,
    &tree::link_broken::RULE,
    &tree::link_outside::RULE,
    &tree::name_not_utf8::RULE,
    &tree::not_a_file::RULE,
    &tree::unreadable::RULE,
    &user::line_unknown::RULE,
];
