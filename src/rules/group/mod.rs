//! Groups in user.cfg: lines and members that PVE drops, or keeps without knowing them.

pub mod empty;
pub mod member_malformed;
pub mod member_unknown;
pub mod name_malformed;
pub mod unused;
