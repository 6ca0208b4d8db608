//! Resource pools in user.cfg: lines and members that PVE drops.

pub mod acl_without_members;
pub mod guest_missing;
pub mod storage_missing;
pub mod without_storage;
