//! API tokens in user.cfg: lines that PVE drops, overrides, or reads differently from what is written.

pub mod acl_beyond_owner;
pub mod full_rights;
pub mod full_rights_root;
pub mod owner_disabled;
pub mod without_acl;
