//! The permission engine's data: what operations ask for, what integrations need.

pub mod operations;
pub mod profiles;
