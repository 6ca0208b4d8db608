//! API tokens in user.cfg: lines that PVE drops, overrides, or reads differently from what is written.

include!(concat!(env!("OUT_DIR"), "/rules/token.rs"));
