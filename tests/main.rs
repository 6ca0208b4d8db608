//! All integration tests, in one binary: one link, one start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs
)]

mod access;
mod access_assert;
mod access_cli;
mod access_data;
mod access_diff;
mod access_escalate;
mod access_fits;
mod access_graph;
mod access_propose;
mod architecture;
mod book;
mod cli;
mod conformance_access;
mod conformance_lxc;
mod conformance_qemu;
mod conformance_section;
mod conformance_storage;
mod conformance_user;
mod docs;
mod files;
mod grammar;
mod help;
mod layouts;
mod releases;
mod report;
mod rules;
mod rules_ct;
mod rules_storage;
mod rules_user;
mod rules_vm;
mod samples;
mod soundness;
mod source;
mod support;
mod tables;
mod user;
