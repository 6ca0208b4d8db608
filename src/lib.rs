//! Reads the configuration of Proxmox VE the way Proxmox VE reads it, and says what is wrong with it.
//!
//! Data flows one way through the modules, and none imports one further down this list:
//! [`source`] -> [`text`] -> [`syntax`] -> [`model`] -> [`cluster`] -> [`access`] -> [`rules`] -> [`finding`] ->
//! [`report`] -> [`cli`]. `ARCHITECTURE.md` says what each may know. The library never prints, exits or panics; everything that can
//! go wrong is a value.

pub mod access;
pub mod finding;
pub mod model;
pub mod release;
pub mod syntax;
pub mod text;
