//! Lossless, located syntax: one module per format family.
//!
//! A syntax module turns bytes into lines and fields with spans, and never fails: the spans of its lines, concatenated, are
//! the input, whatever the input is. It knows nothing of meaning (which types, options or ids exist): that is [`crate::model`].
//! nom works inside one line or one field, so that a bad line costs itself and nothing else.

pub mod colon;
pub mod guest;
pub mod property;
pub mod section;
pub mod subid;
