//! Value checks as `PVE::JSONSchema` (pve-common) makes them: type, format, pattern, length, range, enumeration.
//!
//! Shared by section configs and guest configs; the two differ only in what counts as a boolean and a number ([`Flavour`]).
//! Every refusal carries the text PVE logs. Which properties exist is data from the tables under `grammar/`; the named
//! formats are in [`format`], Perl's idea of numbers is in [`number`].

pub mod format;
pub mod number;

use std::borrow::Cow;

use bstr::BString;
use rustc_hash::FxHashMap;

use crate::release::Release;
use crate::syntax::property::{self, Form};
use crate::text::Span;

/// The type of a scalar property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is accepted depends on the [`Flavour`]; held as `1` or `0`.
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
pub type Validate = fn(&Props<'_>) -> Result<(), BString>;

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
        since: Release::Pve7,
        until: Release::Pve9,
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
pub enum Flavour {
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

/// One property of a property string.
#[derive(Clone, Copy, Debug)]
pub struct Prop<'a> {
    /// What the schema says about it.
    pub property: &'static Property,
    /// The value as PVE holds it: booleans are `1` and `0`, everything else is as written.
    pub value: &'a [u8],
    /// Where the key stands; empty, in front of the value, when it was left out.
    pub key_span: Span,
    /// Where the value stands.
    pub span: Span,
}

impl<'a> Prop<'a> {
    /// The key, whether written or left out.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.property.name
    }

    /// Whether the value is true for Perl: neither empty nor `0`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        is_true(self.value)
    }

    /// The value as a number; only for integers that fit.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        number::integer(self.value)
    }
}

/// A property string that PVE accepts.
#[derive(Clone, Debug)]
pub struct Props<'a> {
    /// The schema it was read with.
    pub schema: &'static Schema,
    /// The properties present, in the order written.
    pub entries: Vec<Prop<'a>>,
    /// The whole string.
    pub span: Span,
}

impl<'a> Props<'a> {
    /// The property `name`, when present.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Prop<'a>> {
        self.entries.iter().find(|prop| prop.property.name == name)
    }

    /// The value of `name`, when present.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).map(|prop| prop.value)
    }

    /// Whether `name` is present and true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(Prop::is_true)
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
    flavour: Flavour,
    release: Release,
) -> Result<Cow<'a, [u8]>, Problem> {
    let span = Span::new(0, value.len()).shifted(at);
    if flavour != Flavour::Part {
        check_line_feed(value, at)?;
    }
    let type_error = || {
        let mut text = BString::from(format!("type check ('{}') failed - got '", property.kind.name()));
        text.extend_from_slice(value);
        text.push(b'\'');
        Problem::new(Reason::Type, span, text)
    };
    if flavour == Flavour::Guest {
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
        return Err(Problem::new(Reason::Pattern, span, "value does not match the regex pattern"));
    }
    check_bounds(property, value, span)?;
    Ok(if flavour == Flavour::Section && property.kind != Kind::String {
        number::canonical(value)
    } else {
        Cow::Borrowed(value)
    })
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

/// A key and value on their way into [`Props`]; the key may turn out to be unknown.
struct Entry<'a> {
    key: &'a [u8],
    prop: Prop<'a>,
}

/// The entries read so far, each key once. No schema has this many keys, so that a hash table only helps against texts
/// made to waste time.
#[derive(Default)]
struct Entries<'a> {
    list: Vec<Entry<'a>>,
    index: FxHashMap<&'a [u8], usize>,
}

impl<'a> Entries<'a> {
    const SMALL: usize = 48;

    fn get(&self, key: &[u8]) -> Option<&Entry<'a>> {
        self.position(key).and_then(|at| self.list.get(at))
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        if self.list.len() > Self::SMALL {
            return self.index.get(key).copied();
        }
        self.list.iter().position(|entry| entry.key == key)
    }

    /// Adds an entry, in place of one with the same key.
    fn put(&mut self, entry: Entry<'a>) {
        if let Some(old) = self.position(entry.key).and_then(|at| self.list.get_mut(at)) {
            *old = entry;
            return;
        }
        self.list.push(entry);
        let len = self.list.len();
        if len == Self::SMALL + 1 {
            self.index = self.list.iter().enumerate().map(|(at, entry)| (entry.key, at)).collect();
        } else if let Some(last) = self.list.last().filter(|_| len > Self::SMALL) {
            self.index.insert(last.key, len - 1);
        }
    }
}

/// Stands in for the properties that the schema doesn't have; never leaves this module.
static UNKNOWN: Property = Property::STRING;

/// Reads the property string `text`, which stands at offset `at` of its file (`parse_property_string` in
/// `PVE/JSONSchema.pm`).
///
/// # Errors
/// The [`Problem`] whose text PVE dies with. One bad part spoils the whole string.
pub fn parse_props<'a>(
    schema: &'static Schema,
    text: &'a [u8],
    at: u32,
    release: Release,
) -> Result<Props<'a>, Problem> {
    let whole = Span::new(0, text.len()).shifted(at);
    let place = |part: &[u8]| Span::of(text, part).shifted(at);
    let mut entries = Entries::default();
    entries.list.reserve(memchr::memchr_iter(b',', text).take(Entries::SMALL).count() + 1);
    let mut default_key: Option<&'static Property> = None;
    let duplicate = |key: &[u8], span| {
        let mut text = BString::from("duplicate key in comma-separated list property: ");
        text.extend_from_slice(key);
        Problem::new(Reason::Duplicate, span, text)
    };
    for part in property::parts(text) {
        let span = place(part.raw);
        match part.form {
            Form::Blank => {}
            Form::Pair { key, value } => {
                if entries.get(key).is_some() {
                    return Err(duplicate(key, span));
                }
                let mut known = schema.get(key, release);
                let mut stored_key = key;
                if let Some(alias) = known.and_then(|property| property.alias) {
                    resolve_alias(schema, alias, key, place(key), &mut entries, release)?;
                    stored_key = alias.target.as_bytes();
                    known = schema.get(stored_key, release);
                }
                let value_span = place(value);
                let value: &'a [u8] = match known {
                    Some(property) if property.kind == Kind::Boolean => boolean(value).map_or(value, |yes| bit(yes)),
                    _ => value,
                };
                let property = known.unwrap_or(&UNKNOWN);
                let prop = Prop { property, value, key_span: place(key), span: value_span };
                entries.put(Entry { key: stored_key, prop });
            }
            Form::Bare(value) => {
                if let Some(property) = default_key {
                    return Err(duplicate(property.name.as_bytes(), span));
                }
                let Some(property) = schema.default_key(release) else {
                    let text = "value without key, but schema does not define a default key";
                    return Err(Problem::new(Reason::NoDefaultKey, span, text));
                };
                default_key = Some(property);
                let key = property.name.as_bytes();
                // PVE asks whether the earlier value is true, not whether there is one: `volume=0,x` gives x.
                if entries.get(key).is_some_and(|entry| entry.prop.is_true()) {
                    return Err(duplicate(key, span));
                }
                let key_span = Span { start: span.start, end: span.start };
                entries.put(Entry { key, prop: Prop { property, value, key_span, span } });
            }
            Form::Broken => {
                let text = "missing key in comma-separated list property";
                return Err(Problem::new(Reason::HalfPair, span, text));
            }
        }
    }
    let problems = check_entries(schema, &entries, whole, release);
    if !problems.is_empty() {
        return Err(format_error(whole, problems));
    }
    let props = Props { schema, entries: entries.list.into_iter().map(|entry| entry.prop).collect(), span: whole };
    if let Some(validate) = schema.validate {
        validate(&props).map_err(|text| Problem::new(Reason::Whole, whole, text))?;
    }
    Ok(props)
}

fn resolve_alias<'a>(
    schema: &'static Schema,
    alias: Alias,
    key: &'a [u8],
    span: Span,
    entries: &mut Entries<'a>,
    release: Release,
) -> Result<(), Problem> {
    if let Some(name) = alias.key {
        if entries.get(name.as_bytes()).is_some() {
            return Err(Problem::new(Reason::AliasClash, span, format!("key alias '{name}' is already defined")));
        }
        let property = schema.get(name.as_bytes(), release).unwrap_or(&UNKNOWN);
        entries.put(Entry { key: name.as_bytes(), prop: Prop { property, value: key, key_span: span, span } });
    }
    // Before 9 the alias silently overwrote what its target had.
    let target = alias.target;
    if release >= Release::Pve9 && entries.get(target.as_bytes()).is_some() {
        let text = format!("key '{target}' is already defined (via alias)");
        return Err(Problem::new(Reason::AliasClash, span, text));
    }
    Ok(())
}

fn check_entries(schema: &'static Schema, entries: &Entries<'_>, whole: Span, release: Release) -> Vec<PartProblem> {
    let mut problems = Vec::new();
    let has = |name: &str| entries.get(name.as_bytes()).is_some();
    for property in schema.properties.iter().filter(|p| p.required && p.alias.is_none() && p.known_to(release)) {
        if !has(property.name) {
            let text = "property is missing and it is not optional".into();
            problems.push(PartProblem { key: property.name.into(), reason: Reason::Missing, span: whole, text });
        }
    }
    for Entry { key, prop } in &entries.list {
        if std::ptr::eq(prop.property, &raw const UNKNOWN) {
            let text = "property is not defined in schema and the schema does not allow additional properties".into();
            problems.push(PartProblem { key: (*key).into(), reason: Reason::Unknown, span: prop.key_span, text });
            continue;
        }
        if let Err(problem) = check(prop.property, prop.value, prop.span.start, Flavour::Part, release) {
            let Problem { reason, span, text, .. } = problem;
            problems.push(PartProblem { key: (*key).into(), reason, span, text });
        }
        if let Some(needed) = prop.property.requires.filter(|needed| !has(needed)) {
            let text = if release >= Release::Pve9 {
                format!("missing property required by '{}'", prop.property.name)
            } else {
                format!("missing property - '{}' requires this property", prop.property.name)
            };
            let reason = Reason::Required;
            problems.push(PartProblem { key: needed.into(), reason, span: prop.key_span, text: text.into() });
        }
    }
    problems
}

fn format_error(whole: Span, mut problems: Vec<PartProblem>) -> Problem {
    let mut lines: Vec<Vec<u8>> = Vec::with_capacity(problems.len());
    problems.sort_by(|a, b| a.key.cmp(&b.key));
    for problem in &problems {
        let mut line = problem.key.to_vec();
        line.extend_from_slice(b": ");
        line.extend_from_slice(&problem.text);
        lines.push(line);
    }
    lines.sort();
    let mut text = BString::from("format error");
    for line in lines {
        text.push(b'\n');
        text.extend_from_slice(&line);
    }
    let span = problems.first().map_or(whole, |problem| problem.span);
    Problem { reason: Reason::Parts, span, text, parts: problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    static MOUNT: Schema = Schema {
        name: "mount",
        properties: &[
            Property {
                name: "volume",
                required: true,
                default_key: true,
                alias: None,
                format: Some(Format::One(format::volume_id)),
                ..Property::STRING
            },
            Property { name: "file", alias: Some(Alias { target: "volume", key: None }), ..Property::STRING },
            Property { name: "ro", ..Property::BOOLEAN },
            Property { name: "uid", min: Some(0), max: Some(9), ..Property::INTEGER },
            Property { name: "kind", values: &["a", "b"], requires: Some("uid"), ..Property::STRING },
            Property { name: "new", since: Release::Pve9, ..Property::STRING },
        ],
        validate: None,
    };

    fn parse(text: &'static str, release: Release) -> Result<Vec<(&'static str, String)>, String> {
        parse_props(&MOUNT, text.as_bytes(), 0, release)
            .map(|props| {
                props.entries.iter().map(|p| (p.name(), String::from_utf8_lossy(p.value).into_owned())).collect()
            })
            .map_err(|problem| problem.text.to_string())
    }

    #[test]
    fn booleans_are_read_from_words_and_the_rest_is_kept() {
        let read = parse("ro=Yes,ab:c,,uid=+5", Release::Pve9).unwrap();
        assert_eq!(read, [("ro", "1".into()), ("volume", "ab:c".into()), ("uid", "+5".into())]);
    }

    #[test]
    fn the_first_syntax_error_ends_it() {
        let error = |text| parse(text, Release::Pve9).unwrap_err();
        assert_eq!(error("ab:c,ab:d,=x"), "duplicate key in comma-separated list property: volume");
        assert_eq!(error("ab:c,volume=ab:d"), "duplicate key in comma-separated list property: volume");
        assert_eq!(error("foo=1,foo=2"), "duplicate key in comma-separated list property: foo");
        assert_eq!(error("ab:c,ro="), "missing key in comma-separated list property");
    }

    #[test]
    fn a_false_value_gives_way_to_the_default_key() {
        assert_eq!(parse("volume=0,ab:c", Release::Pve9).unwrap(), [("volume", "ab:c".into())]);
    }

    #[test]
    fn every_bad_part_is_listed_in_order() {
        assert_eq!(
            parse("uid=10,ro=2,kind=c, ro=1", Release::Pve9).unwrap_err(),
            "format error\n ro: property is not defined in schema and the schema does not allow additional properties\n\
             kind: value 'c' does not have a value in the enumeration 'a, b'\n\
             ro: type check ('boolean') failed - got '2'\nuid: value must have a maximum value of 9\n\
             volume: property is missing and it is not optional"
        );
    }

    #[test]
    fn aliases_overwrote_before_9() {
        let text = "ab:c,file=ab:d";
        assert_eq!(parse(text, Release::Pve8).unwrap(), [("volume", "ab:d".into())]);
        assert_eq!(parse(text, Release::Pve9).unwrap_err(), "key 'volume' is already defined (via alias)");
    }

    #[test]
    fn requirements_are_worded_per_release() {
        let text = "ab:c,kind=a";
        assert_eq!(parse(text, Release::Pve9).unwrap_err(), "format error\nuid: missing property required by 'kind'");
        assert_eq!(
            parse(text, Release::Pve8).unwrap_err(),
            "format error\nuid: missing property - 'kind' requires this property"
        );
    }

    #[test]
    fn properties_of_other_releases_are_unknown() {
        assert!(parse("ab:c,new=1", Release::Pve9).is_ok());
        assert!(parse("ab:c,new=1", Release::Pve8).is_err());
        assert!(MOUNT.get_any(b"new").is_some());
    }

    #[test]
    fn flavours_differ_in_booleans_and_numbers() {
        let one = |kind, value: &'static str, flavour| {
            check(&Property { kind, ..Property::STRING }, value.as_bytes(), 7, flavour, Release::Pve9)
                .map(|value| String::from_utf8_lossy(&value).into_owned())
                .map_err(|problem| problem.text.to_string())
        };
        assert_eq!(one(Kind::Boolean, "yes", Flavour::Guest).unwrap(), "1");
        assert_eq!(
            one(Kind::Boolean, "yes", Flavour::Section).unwrap_err(),
            "type check ('boolean') failed - got 'yes'"
        );
        assert_eq!(one(Kind::Integer, "+08", Flavour::Section).unwrap(), "8");
        assert_eq!(one(Kind::Integer, "08", Flavour::Guest).unwrap(), "8");
        assert!(one(Kind::Integer, "+8", Flavour::Guest).is_err());
        assert_eq!(one(Kind::Number, "1.50", Flavour::Guest).unwrap(), "1.50");
        assert_eq!(one(Kind::Number, "1.50", Flavour::Section).unwrap(), "1.5");
        assert_eq!(one(Kind::String, "\r", Flavour::Guest).unwrap_err(), "property contains a line feed");
    }

    #[test]
    fn problems_point_at_the_bytes_to_blame() {
        let problem = parse_props(&MOUNT, b"ab:c,uid=x", 100, Release::Pve9).unwrap_err();
        assert_eq!(problem.parts.first().map(|part| part.span), Some(Span::new(109, 110)));
    }
}
