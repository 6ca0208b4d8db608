//! Every rule there is, in one literal slice, sorted by id.

use super::{Rule, idmap, ignore, subid, tree, user};

/// The registry.
pub static RULES: &[&Rule] = &[
    &idmap::default_not_granted::RULE,
    &idmap::flag_missing::RULE,
    &idmap::gap::RULE,
    &idmap::host_root::RULE,
    &idmap::kind_missing::RULE,
    &idmap::misplaced::RULE,
    &idmap::not_granted::RULE,
    &idmap::one_sided::RULE,
    &idmap::overlap::RULE,
    &idmap::range_invalid::RULE,
    &idmap::root_unmapped::RULE,
    &idmap::shifted::RULE,
    &idmap::syntax::RULE,
    &idmap::system_ids::RULE,
    &idmap::too_large::RULE,
    &ignore::unused::RULE,
    &subid::grant_odd::RULE,
    &subid::line_ignored::RULE,
    &subid::overlaps_container::RULE,
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
