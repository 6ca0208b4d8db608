//! How the tables of containers and VMs describe an option.

use crate::model::schema::{Format, Property, Schema};

/// Whether an option is one of its kind or one of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// One option.
    Single,
    /// Options with a number behind the name, from 0 up to, not including, this.
    Indexed(u16),
}

/// An option of a guest's configuration.
#[derive(Debug)]
pub struct GuestOption {
    /// Type, format and, for API and command line only, enumeration, range, pattern and length.
    pub property: Property,
    /// Whether it has a number.
    pub family: Family,
    /// The value that PVE works with when the option is absent; not always the schema's default.
    pub absent: Option<&'static str>,
    /// Whether no guest starts without it.
    pub start: bool,
}

impl GuestOption {
    /// The schema of its property string, if its value is one.
    #[must_use]
    pub const fn schema(&self) -> Option<&'static Schema> {
        match self.property.format {
            Some(Format::Props(schema)) => Some(schema),
            _ => None,
        }
    }
}

/// Splits the number off the end of an option's key: `net12` into `net` and `12`.
#[must_use]
pub fn split_index(key: &[u8]) -> (&[u8], &[u8]) {
    let end = key.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |last| last + 1);
    key.split_at(end)
}
