//! Reads the configuration of Proxmox VE the way Proxmox VE reads it, and says what is wrong with it.
//!
//! Data flows one way through the modules, and none imports one further down this list:
//! [`source`] -> [`text`] -> [`syntax`] -> [`model`] -> [`cluster`] -> [`access`] -> [`rules`] -> [`finding`] ->
//! [`suppress`] -> [`report`] -> [`cli`]. `ARCHITECTURE.md` says what each may know. The library never prints, exits or panics;
//! everything that can go wrong is a value.
//!
//! ```no_run
//! use pvelint::{check, rules::RULES, source::{LoadOptions, Sources}};
//!
//! let sources = Sources::load(&["backup/etc".into()], &LoadOptions::default())?;
//! for finding in check(&sources, RULES, None).findings {
//!     println!("{}: {}", finding.rule, finding.message);
//! }
//! # Ok::<(), pvelint::source::LoadError>(())
//! ```

pub mod access;
pub mod cli;
pub mod cluster;
pub mod finding;
pub mod model;
pub mod release;
pub mod report;
pub mod rules;
pub mod settings;
pub mod source;
pub mod suppress;
pub mod syntax;
pub mod text;

mod check;

pub use check::{CheckOptions, Checked, check, check_with, dump};
