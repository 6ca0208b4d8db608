//! `/etc/pve/domains.cfg`: which authentication realms there are.
//!
//! Mirrors what `PVE::Auth::Plugin` of pve-access-control (`src/PVE/Auth/Plugin.pm`) takes for a section and for a realm's
//! name. Only names, types and places: what a realm is set to isn't modelled.

use crate::model::tables::access::is_name_byte;
use crate::syntax::section::{Document, Role, Shape, typed_header};
use crate::text::{Located, Span};
use bstr::BStr;

/// The realms that exist without a section.
pub const BUILTIN: [&str; 2] = ["pam", "pve"];

/// The types of realms that PVE ships; their case doesn't matter in the file.
const TYPES: [&str; 5] = ["ad", "ldap", "openid", "pam", "pve"];

/// A `domains.cfg`.
#[derive(Clone, Debug, Default)]
pub struct Domains<'a> {
    /// The sections in the order of the file. Of two with one name the later counts.
    pub realms: Vec<Realm<'a>>,
    /// Header lines inside a section, for want of an empty line above them: PVE ignores them, and their properties go to the
    /// section above.
    pub swallowed: Vec<Realm<'a>>,
}

/// A section, or what should have been one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Realm<'a> {
    /// The type as written.
    pub kind: Located<&'a BStr>,
    /// The realm's name.
    pub name: Located<&'a BStr>,
    /// Whether PVE ships this type; the section of any other is skipped, unless a plugin brings the type.
    pub known: bool,
    /// Whether the name can be a realm's; the section is skipped otherwise.
    pub valid: bool,
}

impl<'a> Domains<'a> {
    /// Reads `text`. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Self {
        let document = Document::parse(text, typed_header);
        let mut domains = Self::default();
        for line in &document.lines {
            let (header, list) = match line.role {
                Role::Header(header) => (header, &mut domains.realms),
                Role::Ignored(Shape::Header(header)) => (header, &mut domains.swallowed),
                _ => continue,
            };
            let located = |part: &'a [u8]| Located::new(BStr::new(part), Span::of(text, part));
            list.push(Realm {
                kind: located(header.kind),
                name: located(header.id),
                known: TYPES.iter().any(|known| header.kind.eq_ignore_ascii_case(known.as_bytes())),
                valid: is_realm(header.id),
            });
        }
        domains
    }

    /// Whether there is a realm `name`, with a section or without. A section of a type that PVE doesn't ship counts: a plugin may
    /// bring the type.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        BUILTIN.iter().any(|builtin| builtin.as_bytes() == name)
            || self.realms.iter().any(|realm| realm.valid && realm.name.value == name)
    }

    /// The names of all realms that exist, `pam` and `pve` first; a name may come twice.
    pub fn names(&self) -> impl Iterator<Item = &'a BStr> {
        let builtin = BUILTIN.iter().map(|name| BStr::new(name.as_bytes()));
        builtin.chain(self.realms.iter().filter(|realm| realm.valid).map(|realm| realm.name.value))
    }
}

/// A letter and one or more of `A-Z a-z 0-9 . _ -`.
fn is_realm(name: &[u8]) -> bool {
    matches!(name, [first, rest @ ..] if first.is_ascii_alphabetic() && !rest.is_empty() && rest.iter().all(|&byte| is_name_byte(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn realms_are_the_sections_and_the_two_that_always_exist() {
        let domains = Domains::parse(b"LDAP: corp\n\tserver1 ldap.example.org\n\nopenid: 1x\n\nradius: old\n\n");
        assert!(domains.has(b"pam") && domains.has(b"pve") && domains.has(b"corp") && domains.has(b"old"));
        assert!(!domains.has(b"1x") && !domains.has(b"Corp"));
        assert_eq!(domains.realms.iter().map(|realm| realm.known).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(domains.names().collect::<Vec<_>>(), ["pam", "pve", "corp", "old"]);
    }

    #[test]
    fn a_header_without_an_empty_line_above_it_makes_no_realm() {
        let domains = Domains::parse(b"ldap: one\n\tserver1 a.example.org\nldap: two\n\tserver1 b.example.org\n");
        assert!(domains.has(b"one") && !domains.has(b"two"));
        assert_eq!(domains.swallowed.first().map(|realm| realm.name.value), Some(BStr::new(b"two")));
    }
}
