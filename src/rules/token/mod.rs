//! API tokens in user.cfg: lines that PVE drops, overrides, or reads differently from what is written.

pub mod acl_beyond_owner;
pub mod expire_malformed;
pub mod full_rights;
pub mod full_rights_root;
pub mod id_malformed;
pub mod owner_disabled;
pub mod owner_unknown;
pub mod privsep_misread;
pub mod privsep_missing;
pub mod repeated;
pub mod without_acl;
