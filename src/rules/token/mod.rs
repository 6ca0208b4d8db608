//! API tokens in user.cfg: lines that PVE drops, overrides, or reads differently from what is written.

pub mod expire_malformed;
pub mod id_malformed;
pub mod owner_unknown;
pub mod privsep_misread;
pub mod privsep_missing;
pub mod repeated;
