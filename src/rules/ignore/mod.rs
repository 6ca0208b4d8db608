//! Ignores in `pvelint.toml` that hit nothing.

pub mod unused;
