//! Property strings, read and checked: `parse_property_string` in pve-common, `PVE/JSONSchema.pm`.
//!
//! How the string comes apart is [`crate::syntax::property`].

use bstr::BString;
use rustc_hash::FxHashMap;

use super::{
    Alias, Dialect, Kind, PartProblem, Problem, Property, Reason, Schema, bit, boolean, check, is_true, number,
};
use crate::release::Release;
use crate::syntax::property::{self, Form};
use crate::text::Span;

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
    /// The properties present, in the order written.
    pub entries: Box<[Prop<'a>]>,
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

/// The properties read so far, each key once.
struct Entries<'a> {
    text: &'a [u8],
    /// Where `text` begins in its file.
    at: u32,
    list: Vec<Prop<'a>>,
    /// The places of keys that the schema doesn't have, where there are many: a text made to waste time.
    unknown: FxHashMap<&'a [u8], usize>,
}

/// Stands in for the properties that the schema doesn't have; never leaves this module.
static UNKNOWN: Property = Property::STRING;

fn is_unknown(property: &Property) -> bool {
    std::ptr::eq(property, &raw const UNKNOWN)
}

impl<'a> Entries<'a> {
    /// So many are looked through one by one. No schema has as many keys.
    const SMALL: usize = 48;

    fn new(text: &'a [u8], at: u32) -> Self {
        let commas = text.iter().filter(|&&byte| byte == b',').count();
        Self { text, at, list: Vec::with_capacity(commas.min(Self::SMALL) + 1), unknown: FxHashMap::default() }
    }

    /// The key of one of the properties.
    fn key(&self, prop: &Prop<'a>) -> &'a [u8] {
        if !is_unknown(prop.property) {
            return prop.property.name.as_bytes();
        }
        let Span { start, end } = prop.key_span;
        Span { start: start - self.at, end: end - self.at }.bytes(self.text)
    }

    /// The property that the schema has and that was read, too.
    fn get(&self, property: &Property) -> Option<&Prop<'a>> {
        self.position(property, b"").and_then(|at| self.list.get(at))
    }

    /// The place of a property, or of a key that the schema doesn't have.
    fn position(&self, property: &Property, key: &[u8]) -> Option<usize> {
        if !is_unknown(property) {
            return self.list.iter().position(|prop| std::ptr::eq(prop.property, property));
        }
        if self.list.len() > Self::SMALL {
            return self.unknown.get(key).copied();
        }
        self.list.iter().position(|prop| is_unknown(prop.property) && self.key(prop) == key)
    }

    /// Adds a property, in place of what there is of it.
    fn put(&mut self, prop: Prop<'a>) {
        match self.position(prop.property, self.key(&prop)).and_then(|at| self.list.get_mut(at)) {
            Some(old) => *old = prop,
            None => self.push(prop),
        }
    }

    /// Adds a property that there isn't yet.
    fn push(&mut self, prop: Prop<'a>) {
        self.list.push(prop);
        let len = self.list.len();
        if len == Self::SMALL + 1 {
            let unknown = self.list.iter().enumerate().filter(|(_, prop)| is_unknown(prop.property));
            self.unknown = unknown.map(|(at, prop)| (self.key(prop), at)).collect();
        } else if len > Self::SMALL && is_unknown(prop.property) {
            self.unknown.insert(self.key(&prop), len - 1);
        }
    }
}

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
    let mut entries = Entries::new(text, at);
    let mut default_key: Option<&'static Property> = None;
    let duplicate = |key: &[u8], span| {
        let mut text = BString::from("duplicate key in comma-separated list property: ");
        text.extend_from_slice(key);
        Problem::new(Reason::Duplicate, span, text)
    };
    for part in property::parts(text) {
        match part.form {
            Form::Blank => {}
            Form::Pair { key, value } => {
                let mut property = schema.get(key, release).unwrap_or(&UNKNOWN);
                if entries.position(property, key).is_some() {
                    return Err(duplicate(key, place(part.raw)));
                }
                let alias = property.alias;
                if let Some(alias) = alias {
                    property = resolve_alias(schema, alias, key, place(key), &mut entries, release)?;
                }
                let span = place(value);
                let value: &'a [u8] = match property.kind {
                    Kind::Boolean => boolean(value).map_or(value, |yes| bit(yes)),
                    _ => value,
                };
                let prop = Prop { property, value, key_span: place(key), span };
                if alias.is_some() { entries.put(prop) } else { entries.push(prop) }
            }
            Form::Bare(value) => {
                let span = place(value);
                if let Some(property) = default_key {
                    return Err(duplicate(property.name.as_bytes(), span));
                }
                let Some(property) = schema.default_key(release) else {
                    let text = "value without key, but schema does not define a default key";
                    return Err(Problem::new(Reason::NoDefaultKey, span, text));
                };
                default_key = Some(property);
                // PVE asks whether the earlier value is true, not whether there is one: `volume=0,x` gives x.
                if entries.get(property).is_some_and(Prop::is_true) {
                    return Err(duplicate(property.name.as_bytes(), span));
                }
                let key_span = Span { start: span.start, end: span.start };
                // Before 9, words that stand for a boolean weren't read where the key was left out.
                let value = match property.kind {
                    Kind::Boolean if release >= Release::Pve9 => boolean(value).map_or(value, |yes| bit(yes)),
                    _ => value,
                };
                entries.put(Prop { property, value, key_span, span });
            }
            Form::Broken => {
                let text = "missing key in comma-separated list property";
                return Err(Problem::new(Reason::HalfPair, place(part.raw), text));
            }
        }
    }
    let problems = check_entries(schema, &entries, whole, release);
    if !problems.is_empty() {
        return Err(format_error(whole, problems));
    }
    let props = Props { entries: entries.list.into_boxed_slice() };
    if let Some(validate) = schema.validate {
        validate(&props, release).map_err(|text| Problem::new(Reason::Whole, whole, text))?;
    }
    Ok(props)
}

/// The property that the alias `key` stands for, and the note that the alias was used.
fn resolve_alias<'a>(
    schema: &'static Schema,
    alias: Alias,
    key: &'a [u8],
    span: Span,
    entries: &mut Entries<'a>,
    release: Release,
) -> Result<&'static Property, Problem> {
    if let Some(name) = alias.key {
        let property = schema.get(name.as_bytes(), release).unwrap_or(&UNKNOWN);
        if entries.get(property).is_some() {
            return Err(Problem::new(Reason::AliasClash, span, format!("key alias '{name}' is already defined")));
        }
        entries.put(Prop { property, value: key, key_span: span, span });
    }
    // Before 9 the alias silently overwrote what its target had.
    let target = schema.get(alias.target.as_bytes(), release).unwrap_or(&UNKNOWN);
    if release >= Release::Pve9 && entries.get(target).is_some() {
        let text = format!("key '{}' is already defined (via alias)", alias.target);
        return Err(Problem::new(Reason::AliasClash, span, text));
    }
    Ok(target)
}

fn check_entries(schema: &'static Schema, entries: &Entries<'_>, whole: Span, release: Release) -> Vec<PartProblem> {
    let mut problems = Vec::new();
    for property in schema.properties.iter().filter(|p| p.required && p.alias.is_none() && p.known_to(release)) {
        if entries.get(property).is_none() {
            let text = "property is missing and it is not optional".into();
            problems.push(PartProblem { key: property.name.into(), reason: Reason::Missing, span: whole, text });
        }
    }
    for prop in &entries.list {
        let key = || BString::from(entries.key(prop));
        if is_unknown(prop.property) {
            let text = "property is not defined in schema and the schema does not allow additional properties".into();
            problems.push(PartProblem { key: key(), reason: Reason::Unknown, span: prop.key_span, text });
            continue;
        }
        if let Err(problem) = check(prop.property, prop.value, prop.span.start, Dialect::Part, release) {
            let Problem { reason, span, text, .. } = problem;
            problems.push(PartProblem { key: key(), reason, span, text });
        }
        let has = |name: &str| entries.list.iter().any(|other| entries.key(other) == name.as_bytes());
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
    use crate::model::schema::{Format, format};

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
    fn problems_point_at_the_bytes_to_blame() {
        let problem = parse_props(&MOUNT, b"ab:c,uid=x", 100, Release::Pve9).unwrap_err();
        assert_eq!(problem.parts.first().map(|part| part.span), Some(Span::new(109, 110)));
    }
}
