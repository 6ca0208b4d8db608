//! Groups in user.cfg: lines and members that PVE drops, or keeps without knowing them.

include!(concat!(env!("OUT_DIR"), "/rules/group.rs"));
