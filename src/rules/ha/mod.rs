//! HA: resources, groups and rules.

include!(concat!(env!("OUT_DIR"), "/rules/ha.rs"));
