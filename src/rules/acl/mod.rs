//! ACL lines in user.cfg: parts that PVE drops, keeps for nobody, overrides, or never looks at.

mod change;
pub mod group_missing;
pub mod guest_missing;
mod missing;
pub mod narrows_rights;
pub mod no_access_kills_pool;
pub mod node_missing;
pub mod path_other_release;
pub mod path_unknown;
pub mod pool_missing;
pub mod propagate_off;
pub mod realm_missing;
pub mod redundant;
pub mod restriction_undone_by_pool;
pub mod role_without_effect;
pub mod storage_missing;
pub mod user_hides_group;
pub mod users_one_by_one;

pub(in crate::rules) use role_without_effect::role_reach;

pub mod backup_rights_missing;
pub mod iso_rights_missing;
pub(in crate::rules) mod storage_gap;
pub mod vm_rights_without_storage;
