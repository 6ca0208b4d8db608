//! Replication jobs in `replication.cfg`.

include!(concat!(env!("OUT_DIR"), "/rules/replication.rs"));
