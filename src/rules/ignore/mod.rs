//! Ignores in `pvelint.toml` that hit nothing.

include!(concat!(env!("OUT_DIR"), "/rules/ignore.rs"));
