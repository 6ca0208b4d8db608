//! Groups in user.cfg: lines and members that PVE drops, or keeps without knowing them.

pub mod empty;
pub mod unused;
