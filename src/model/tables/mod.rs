//! The tables under `grammar/`, compiled into static data by `build/`. Nothing is parsed at start-up.

pub mod access;
pub mod guest;
pub mod lxc;
pub mod place;
pub mod qemu;
pub mod section;
pub mod storage;
