//! Roles in user.cfg: names and privileges that PVE drops, and lines that change what is built in.

pub mod equals_builtin;
pub mod unused;
