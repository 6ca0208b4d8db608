//! Value checks as `PVE::JSONSchema` (pve-common) makes them: type, format, pattern, length, range, enumeration.
//!
//! Shared by section configs and guest configs; the two differ only in what counts as a boolean and a number ([`Flavour`]).
