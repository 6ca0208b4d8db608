//! Typed values with spans, exactly as PVE would hold them after reading a file, plus what it dropped and why.
//!
//! One module per format. A model knows the tables of its release ([`tables`]) and its own syntax module; it doesn't know
//! other files, rules or output.

pub mod calendar;
pub mod container;
pub mod domains;
pub mod guest;
pub mod host;
pub mod idmap;
pub mod schema;
pub mod section;
pub mod storage;
pub mod subid;
pub mod tables;
mod text;
pub mod user;
pub mod vm;
pub mod volume;
