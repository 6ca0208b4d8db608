//! Value checks as `PVE::JSONSchema` (pve-common) makes them: type, format, pattern, length, range, enumeration.
//!
//! Shared by section configs and guest configs; the two differ only in what counts as a boolean and a number ([`Dialect`]).
//! Every refusal carries the text PVE logs. Which properties exist is data from the tables under `grammar/`; property
//! strings are in [`props`], the named formats in [`format`], Perl's idea of numbers in [`number`].

pub mod format;
pub mod number;
pub mod props;

pub use props::{Prop, Props, parse_props};

use std::borrow::Cow;

use bstr::BString;

use crate::release::Release;
use crate::text::Span;

/// The type of a scalar property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is accepted depends on the [`Dialect`]; held as `1` or `0`.
    Boolean,
    /// Decimal digits; a sign is accepted except at the top level of guest configs.
    Integer,
    /// A decimal number; sign, lone `.` and exponent are accepted except at the top level of guest configs.
    Number,
    /// Anything.
    String,
}

impl Kind {
    /// PVE's name for the type, as used in its messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
        }
    }
}

/// A named format (`register_format` in pve-common): whether a text has it, and if not the error PVE dies with,
/// without line feed. Formats may differ between releases.
pub type Verify = fn(&[u8], Release) -> Result<(), BString>;

/// A check of a whole property string, with PVE's error text.
pub type Validate = fn(&Props<'_>, Release) -> Result<(), BString>;

/// How a property's value is checked beyond its type.
#[derive(Clone, Copy)]
pub enum Format {
    /// The value has a named format.
    One(Verify),
    /// Every element of the value, split as [`format::list`] does, has it; an empty list is fine.
    List(Verify),
    /// The value is empty or `0`, or has the format.
    Optional(Verify),
    /// The value is a property string.
    Props(&'static Schema),
}

/// Another name for a property.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The property that the value is stored under.
    pub target: &'static str,
    /// The property, if any, that receives the alias name as its value.
    pub key: Option<&'static str>,
}

/// One property of a schema: what `PVE::JSONSchema` knows about it. Fill it in with `..Property::STRING` and kin.
#[derive(Clone, Copy)]
pub struct Property {
    /// Its key.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it must be present.
    pub required: bool,
    /// Whether a part without `key=` is its value (in property strings).
    pub default_key: bool,
    /// Whether it may be given repeatedly, an element each time (in section configs).
    pub array: bool,
    /// Its format.
    pub format: Option<Format>,
    /// Its regular expression, as a function that says whether the whole value matches.
    pub pattern: Option<fn(&[u8]) -> bool>,
    /// The values allowed; empty: any.
    pub values: &'static [&'static str],
    /// Least number allowed.
    pub min: Option<i64>,
    /// Greatest number allowed.
    pub max: Option<i64>,
    /// Least length in bytes.
    pub min_length: Option<usize>,
    /// Greatest length in bytes.
    pub max_length: Option<usize>,
    /// What PVE assumes when it is absent, as it would be written.
    pub default: Option<&'static str>,
    /// Set when this is only another name.
    pub alias: Option<Alias>,
    /// A property that must be present when this one is.
    pub requires: Option<&'static str>,
    /// First release that knows it.
    pub since: Release,
    /// Last release that knows it.
    pub until: Release,
    /// Where within [`Property::since`] it appeared, for people: `9.1`; empty when it was always there.
    pub since_text: &'static str,
}

impl Property {
    /// An optional string without further rules, known to every release.
    pub const STRING: Self = Self {
        name: "",
        kind: Kind::String,
        required: false,
        default_key: false,
        array: false,
        format: None,
        pattern: None,
        values: &[],
        min: None,
        max: None,
        min_length: None,
        max_length: None,
        default: None,
        alias: None,
        requires: None,
        since: Release::OLDEST,
        until: Release::LATEST,
        since_text: "",
    };
    /// An optional boolean.
    pub const BOOLEAN: Self = Self { kind: Kind::Boolean, ..Self::STRING };
    /// An optional integer.
    pub const INTEGER: Self = Self { kind: Kind::Integer, ..Self::STRING };
    /// An optional number.
    pub const NUMBER: Self = Self { kind: Kind::Number, ..Self::STRING };

    /// Whether `release` knows this property.
    #[must_use]
    pub fn known_to(&self, release: Release) -> bool {
        self.since <= release && release <= self.until
    }
}

impl std::fmt::Debug for Property {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Property({})", self.name)
    }
}

/// The properties that a property string may have. A name can occur more than once, for releases that do not overlap.
pub struct Schema {
    /// PVE's name for it, for messages to people.
    pub name: &'static str,
    /// The properties.
    pub properties: &'static [Property],
    /// A check of the whole, made after every property passed.
    pub validate: Option<Validate>,
}

impl Schema {
    /// The property `name` as `release` knows it.
    #[must_use]
    pub fn get(&self, name: &[u8], release: Release) -> Option<&'static Property> {
        self.properties.iter().find(|p| p.name.as_bytes() == name && p.known_to(release))
    }

    /// The property `name` as any release knows it: to tell a misspelling from a property of another release.
    #[must_use]
    pub fn get_any(&self, name: &[u8]) -> Option<&'static Property> {
        self.properties.iter().rev().find(|p| p.name.as_bytes() == name)
    }

    /// The property whose `key=` may be left out.
    #[must_use]
    pub fn default_key(&self, release: Release) -> Option<&'static Property> {
        self.properties.iter().find(|p| p.default_key && p.known_to(release))
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Schema({})", self.name)
    }
}

/// Which of PVE's three readers looks at a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A line of a section config (`check_value` in `PVE/SectionConfig.pm`): booleans are `1` and `0` only, numbers are
    /// stored as numbers, everything in the schema is enforced.
    Section,
    /// An option of a guest config (`check_type` in `PVE/LXC/Config.pm` and `PVE/QemuServer.pm`): booleans may be
    /// words, numbers have no sign, and only type and format are enforced.
    Guest,
    /// Inside a property string: booleans have been read from words already, everything is enforced.
    Part,
}

/// Why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The value holds a CR or LF.
    LineFeed,
    /// It does not have its type.
    Type,
    /// It does not have its format.
    Format,
    /// It does not match its regular expression.
    Pattern,
    /// It is longer than allowed.
    TooLong,
    /// It is shorter than allowed.
    TooShort,
    /// It is greater than allowed.
    TooGreat,
    /// It is less than allowed.
    TooSmall,
    /// It is not one of the values allowed.
    Enum,
    /// A required property is absent.
    Missing,
    /// The schema has no such property.
    Unknown,
    /// Another property needs this one, which is absent.
    Required,
    /// Property string: a key, or the default key's value, occurs twice.
    Duplicate,
    /// Property string: an alias and its target, or two aliases, both occur.
    AliasClash,
    /// Property string: `key=` or `=value`.
    HalfPair,
    /// Property string: a word without `key=`, and the schema has no default key.
    NoDefaultKey,
    /// Property string: one or more parts were refused; see [`Problem::parts`].
    Parts,
    /// Property string: each part is fine, the whole is not.
    Whole,
}

/// A refused value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Why.
    pub reason: Reason,
    /// The bytes to blame: the value, or the part of a property string. For something absent, the whole value.
    pub span: Span,
    /// PVE's error text without its final line feed. Further lines, which PVE prints in random order, are sorted.
    pub text: BString,
    /// The refused parts of a property string.
    pub parts: Vec<PartProblem>,
}

/// A refused part of a property string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartProblem {
    /// The key concerned.
    pub key: BString,
    /// Why.
    pub reason: Reason,
    /// The value, key or whole string to blame.
    pub span: Span,
    /// PVE's text, without the key.
    pub text: BString,
}

impl Problem {
    fn new(reason: Reason, span: Span, text: impl Into<BString>) -> Self {
        Self { reason, span, text: text.into(), parts: Vec::new() }
    }
}

/// Perl's truth: everything but the empty text and `0`.
#[must_use]
pub fn is_true(value: &[u8]) -> bool {
    !value.is_empty() && value != b"0"
}

/// Reads a boolean as command line, guest configs and property strings write it (`parse_boolean`).
#[must_use]
pub fn boolean(value: &[u8]) -> Option<bool> {
    let is = |word: &&[u8]| value.eq_ignore_ascii_case(word);
    if [&b"1"[..], b"on", b"yes", b"true"].iter().any(is) {
        Some(true)
    } else if [&b"0"[..], b"off", b"no", b"false"].iter().any(is) {
        Some(false)
    } else {
        None
    }
}

/// Checks `value`, which stands at offset `at` of its file, and gives it the form in which PVE holds it.
///
/// # Errors
/// What PVE's check dies with, as a [`Problem`].
pub fn check<'a>(
    property: &Property,
    value: &'a [u8],
    at: u32,
    dialect: Dialect,
    release: Release,
) -> Result<Cow<'a, [u8]>, Problem> {
    let span = Span::new(0, value.len()).shifted(at);
    if dialect != Dialect::Part {
        check_line_feed(value, at)?;
    }
    let type_error = || {
        let mut text = BString::from(format!("type check ('{}') failed - got '", property.kind.name()));
        text.extend_from_slice(value);
        text.push(b'\'');
        Problem::new(Reason::Type, span, text)
    };
    if dialect == Dialect::Guest {
        return match property.kind {
            Kind::Boolean => boolean(value).map(bit).map(Cow::Borrowed).ok_or_else(type_error),
            Kind::Integer if is_digits(value) => Ok(number::canonical(value)),
            Kind::Number if number::is_unsigned(value) => Ok(Cow::Borrowed(value)),
            Kind::Integer | Kind::Number => Err(type_error()),
            Kind::String => check_format(property, value, at, release).map(|()| Cow::Borrowed(value)),
        };
    }
    let typed = match property.kind {
        Kind::Boolean => matches!(value, b"0" | b"1"),
        Kind::Integer => number::is_integer(value),
        Kind::Number => number::is_number(value),
        Kind::String => true,
    };
    if !typed {
        return Err(type_error());
    }
    if let Err(mut problem) = check_format(property, value, at, release) {
        problem.text.splice(0..0, b"invalid format - ".iter().copied());
        return Err(problem);
    }
    if property.pattern.is_some_and(|matches| !matches(value)) {
        return Err(no_match(span));
    }
    check_bounds(property, value, span)?;
    Ok(if dialect == Dialect::Section && property.kind != Kind::String {
        number::canonical(value)
    } else {
        Cow::Borrowed(value)
    })
}

/// The refusal of a value, at `span`, that doesn't match its pattern.
#[must_use]
pub fn no_match(span: Span) -> Problem {
    Problem::new(Reason::Pattern, span, "value does not match the regex pattern")
}

/// Refuses a value at offset `at` that holds a CR or LF, as both readers of whole lines do before anything else.
///
/// # Errors
/// What PVE's check dies with.
pub fn check_line_feed(value: &[u8], at: u32) -> Result<(), Problem> {
    if memchr::memchr2(b'\n', b'\r', value).is_none() {
        return Ok(());
    }
    let span = Span::new(0, value.len()).shifted(at);
    Err(Problem::new(Reason::LineFeed, span, "property contains a line feed"))
}

/// Length, range and enumeration, in PVE's order. The top level of guest configs never comes here when a file is read:
/// there, only API and command line enforce these, and rules may ask on their own.
///
/// # Errors
/// What PVE's check would die with.
pub fn check_bounds(property: &Property, value: &[u8], span: Span) -> Result<(), Problem> {
    let refuse = |reason, text: String| Err(Problem::new(reason, span, text));
    if let Some(max) = property.max_length.filter(|&max| value.len() > max) {
        return refuse(Reason::TooLong, format!("value may only be {max} characters long"));
    }
    if let Some(min) = property.min_length.filter(|&min| value.len() < min) {
        return refuse(Reason::TooShort, format!("value must be at least {min} characters long"));
    }
    if (property.max.is_some() || property.min.is_some()) && number::is_number(value) {
        if let Some(max) = property.max.filter(|&max| number::compare(value, max).is_gt()) {
            return refuse(Reason::TooGreat, format!("value must have a maximum value of {max}"));
        }
        if let Some(min) = property.min.filter(|&min| number::compare(value, min).is_lt()) {
            return refuse(Reason::TooSmall, format!("value must have a minimum value of {min}"));
        }
    }
    if !property.values.is_empty() && !property.values.iter().any(|allowed| allowed.as_bytes() == value) {
        let mut text = BString::from("value '");
        text.extend_from_slice(value);
        text.extend_from_slice(b"' does not have a value in the enumeration '");
        text.extend_from_slice(property.values.join(", ").as_bytes());
        text.push(b'\'');
        return Err(Problem::new(Reason::Enum, span, text));
    }
    Ok(())
}

/// The format alone.
///
/// # Errors
/// What PVE's check dies with.
pub fn check_format(property: &Property, value: &[u8], at: u32, release: Release) -> Result<(), Problem> {
    let verify = |verify: Verify, part: &[u8]| {
        verify(part, release).map_err(|text| {
            let offset = Span::of(value, part);
            Problem::new(Reason::Format, offset.shifted(at), text)
        })
    };
    match property.format {
        None => Ok(()),
        Some(Format::One(one)) => verify(one, value),
        Some(Format::Optional(one)) => {
            if is_true(value) {
                verify(one, value)
            } else {
                Ok(())
            }
        }
        Some(Format::List(one)) => format::list_in(value, release).try_for_each(|element| verify(one, element)),
        Some(Format::Props(schema)) => parse_props(schema, value, at, release).map(|_| ()),
    }
}

const fn bit(value: bool) -> &'static [u8] {
    if value { b"1" } else { b"0" }
}

fn is_digits(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flavours_differ_in_booleans_and_numbers() {
        let one = |kind, value: &'static str, dialect| {
            check(&Property { kind, ..Property::STRING }, value.as_bytes(), 7, dialect, Release::Pve9)
                .map(|value| String::from_utf8_lossy(&value).into_owned())
                .map_err(|problem| problem.text.to_string())
        };
        assert_eq!(one(Kind::Boolean, "yes", Dialect::Guest).unwrap(), "1");
        assert_eq!(
            one(Kind::Boolean, "yes", Dialect::Section).unwrap_err(),
            "type check ('boolean') failed - got 'yes'"
        );
        assert_eq!(one(Kind::Integer, "+08", Dialect::Section).unwrap(), "8");
        assert_eq!(one(Kind::Integer, "08", Dialect::Guest).unwrap(), "8");
        assert!(one(Kind::Integer, "+8", Dialect::Guest).is_err());
        assert_eq!(one(Kind::Number, "1.50", Dialect::Guest).unwrap(), "1.50");
        assert_eq!(one(Kind::Number, "1.50", Dialect::Section).unwrap(), "1.5");
        assert_eq!(one(Kind::String, "\r", Dialect::Guest).unwrap_err(), "property contains a line feed");
    }
}
