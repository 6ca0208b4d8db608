//! `/etc/subuid` and `/etc/subgid` of a node: which host ids root may put into an id map.
//!
//! Mirrors shadow's `lib/subordinateio.c` (4.8.1 to 4.17.4), as `newuidmap` and `newgidmap` use it.

use crate::syntax::property::is_space;
use crate::syntax::subid::{self, Form};
use crate::text::Span;

/// One of the two files.
#[derive(Clone, Debug, Default)]
pub struct SubIds<'a> {
    /// The lines shadow reads, in order.
    pub entries: Vec<Entry<'a>>,
    /// The lines it ignores, without a word.
    pub dropped: Vec<Dropped<'a>>,
    /// Lines that count, though not for what they seem to say.
    pub quirks: Vec<Quirk>,
}

/// `owner:start:count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Account name or uid, as written.
    pub owner: &'a [u8],
    /// First host id.
    pub start: u64,
    /// Number of host ids.
    pub count: u64,
    /// The line, without LF.
    pub span: Span,
}

impl Entry<'_> {
    /// Whether the entry's owner is root for the tools: the name, its uid, or one of `aliases`, the other accounts of
    /// uid 0.
    #[must_use]
    pub fn is_roots(&self, aliases: &[&[u8]]) -> bool {
        matches!(self.owner, b"root" | b"0") || aliases.contains(&self.owner)
    }

    /// Behind the last id; `None` when it lies beyond 64 bits.
    #[must_use]
    pub fn end(&self) -> Option<u64> {
        self.start.checked_add(self.count)
    }
}

/// An ignored line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// The line, without LF.
    pub span: Span,
    /// The owner field; empty when there are no fields.
    pub owner: &'a [u8],
    /// QuirkKind.
    pub why: DropReason,
}

/// QuirkKind a line is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// Nothing in it, or blanks.
    Blank,
    /// Begins with `#`. There is no comment syntax, but as a line of its own it does no harm.
    Comment,
    /// Fewer than three fields, or an empty one.
    Fields,
    /// Begins with `+` or `-`.
    Nis,
    /// 1024 bytes or more.
    TooLong,
    /// Ends in a comment, a blank or a CR, which makes the last number invalid.
    Trailing(Trailing),
    /// A field is no number.
    Number,
}

/// What follows the last number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailing {
    /// A comment.
    Comment,
    /// Blanks.
    Blank,
    /// CR, from a file with DOS line ends.
    CarriageReturn,
}

/// A line that says something else than people think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// The line, without LF.
    pub span: Span,
    /// What is odd.
    pub why: QuirkKind,
}

/// What is odd about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuirkKind {
    /// The owner would be root without blanks, byte order mark or capitals.
    AlmostRoot,
    /// A number with a leading zero is octal.
    Octal,
    /// Root is granted no id at all.
    Nothing,
    /// `root:0:0` grants root every id, by an overflow.
    Everything,
}

impl<'a> SubIds<'a> {
    /// Reads one of the files. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Self {
        let mut ids = Self::default();
        for line in subid::parse(text) {
            let body = crate::text::without_lf(line.raw);
            let span = Span::of(text, body);
            let (owner, why) = match line.form {
                Form::Fields { owner, start, count } => match (unsigned(start), unsigned(count)) {
                    (Some(first), Some(number)) => {
                        ids.look_at(owner, [start, count], first, number, span);
                        ids.entries.push(Entry { owner, start: first, count: number, span });
                        continue;
                    }
                    (Some(_), None) => (owner, trailing(count).map_or(DropReason::Number, DropReason::Trailing)),
                    _ => (owner, DropReason::Number),
                },
                Form::Nis => (&b""[..], DropReason::Nis),
                Form::TooLong => (&b""[..], DropReason::TooLong),
                Form::Other if body.trim_ascii().is_empty() => (&b""[..], DropReason::Blank),
                Form::Other if body.trim_ascii_start().starts_with(b"#") => (&b""[..], DropReason::Comment),
                Form::Other => (&b""[..], DropReason::Fields),
            };
            let why = if owner.starts_with(b"#") { DropReason::Comment } else { why };
            ids.dropped.push(Dropped { span, owner, why });
        }
        ids
    }

    fn look_at(&mut self, owner: &[u8], numbers: [&[u8]; 2], start: u64, count: u64, span: Span) {
        let is_root = matches!(owner, b"root" | b"0");
        let bare = owner.strip_prefix(b"\xef\xbb\xbf").unwrap_or(owner).trim_ascii();
        let octal = |number: &&[u8]| {
            let digits = number.trim_ascii_start();
            matches!(digits, [b'0', b'0'..=b'9', ..])
        };
        let mut quirk = |holds: bool, why| {
            if holds {
                self.quirks.push(Quirk { span, why });
            }
        };
        quirk(!is_root && bare.eq_ignore_ascii_case(b"root"), QuirkKind::AlmostRoot);
        quirk(numbers.iter().any(octal), QuirkKind::Octal);
        quirk(is_root && count == 0 && start != 0, QuirkKind::Nothing);
        quirk(is_root && count == 0 && start == 0, QuirkKind::Everything);
    }

    /// What root may map, `aliases` being the other accounts of uid 0.
    #[must_use]
    pub fn grants(&self, aliases: &[&[u8]]) -> Grants {
        let mut grants = Grants::default();
        for entry in self.entries.iter().filter(|entry| entry.is_roots(aliases)) {
            match entry.end() {
                _ if entry.count == 0 => grants.everything |= entry.start == 0,
                // A range that overflows contains nothing for shadow, save the one that ends exactly at the top.
                None if entry.start.checked_add(entry.count - 1).is_none() => {}
                end => grants.ranges.push((entry.start, end.unwrap_or(u64::MAX))),
            }
        }
        grants.ranges.sort_unstable();
        grants.ranges.dedup_by(|next, last| {
            let touches = next.0 <= last.1;
            if touches {
                last.1 = last.1.max(next.1);
            }
            touches
        });
        grants
    }
}

/// The host ids root may map, as disjoint ranges in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// First id and the one behind the last; neither overlapping nor touching.
    pub ranges: Vec<(u64, u64)>,
    /// Whether `root:0:0` grants everything.
    pub everything: bool,
}

impl Grants {
    /// Whether all of the `count` ids from `start` on are granted (`have_sub_uids`); never for no ids.
    #[must_use]
    pub fn have(&self, start: u64, count: u64) -> bool {
        let Some(end) = start.checked_add(count) else { return false };
        let behind = self.ranges.partition_point(|range| range.0 <= start);
        let holding = behind.checked_sub(1).and_then(|at| self.ranges.get(at));
        count > 0 && (self.everything || holding.is_some_and(|range| end <= range.1))
    }
}

/// What follows the number in the last field, when only that makes it invalid.
fn trailing(field: &[u8]) -> Option<Trailing> {
    let number = field.trim_ascii_start();
    let end = number.iter().position(|b| b.is_ascii_whitespace() || *b == b'#')?;
    let (number, rest) = number.split_at_checked(end)?;
    unsigned(number)?;
    Some(match rest.trim_ascii_start().first() {
        Some(b'#') => Trailing::Comment,
        Some(_) => return None,
        None if rest.ends_with(b"\r") => Trailing::CarriageReturn,
        None => Trailing::Blank,
    })
}

/// C's `strtoul` with base 0, for the whole field: leading blanks, a sign, decimal, `0x` or octal. A negative number wraps.
#[must_use]
pub fn unsigned(field: &[u8]) -> Option<u64> {
    let blanks = field.iter().take_while(|&&b| is_space(b)).count();
    let text = field.get(blanks..)?;
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let (digits, radix) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (rest, 16),
        [b'0', _, ..] => (digits, 8),
        _ => (digits, 10),
    };
    let plain = !digits.is_empty() && digits.iter().all(|&b| char::from(b).is_digit(radix));
    let number = plain.then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()).flatten()?;
    Some(if negative { number.wrapping_neg() } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_c_numbers() {
        for (field, number) in
            [("10", 10), (" 10", 10), ("+1", 1), ("0x3e8", 1000), ("010", 8), ("0", 0), ("-1", u64::MAX), ("00", 0)]
        {
            assert_eq!(unsigned(field.as_bytes()), Some(number), "{field}");
        }
        for bad in ["", "1 ", "1\r", "1k", "08", "0x", "1_0", "--1", "18446744073709551616"] {
            assert_eq!(unsigned(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn ignored_lines_have_a_reason() {
        let text = b"# c\n\nroot:1:1 # x\nroot:1:1 \nroot:1:1\r\nroot:x:1\nroot:1\n+root:1:1\nroot:1:1";
        let ids = SubIds::parse(text);
        let why: Vec<_> = ids.dropped.iter().map(|dropped| dropped.why).collect();
        let trailing = |t| DropReason::Trailing(t);
        assert_eq!(
            why,
            [
                DropReason::Comment,
                DropReason::Blank,
                trailing(Trailing::Comment),
                trailing(Trailing::Blank),
                trailing(Trailing::CarriageReturn),
                DropReason::Number,
                DropReason::Fields,
                DropReason::Nis,
            ]
        );
        assert_eq!(ids.entries.len(), 1);
    }

    #[test]
    fn adjacent_grants_chain_and_gaps_break() {
        let grants = |text: &str| SubIds::parse(text.as_bytes()).grants(&[]);
        let two = grants("root:100010:10\n0:100000:10\nnobody:5:5\n");
        assert!(two.have(100_000, 20) && !two.have(100_000, 21) && !two.have(5, 1) && !two.have(100_000, 0));
        assert!(!grants("root:0:5\nroot:6:5").have(0, 7));
        assert!(grants("root:0:0").have(7, 1000) && !grants("root:7:0").have(7, 1));
        assert!(!grants("toor:7:1").have(7, 1));
        assert!(SubIds::parse(b"toor:7:1").grants(&[b"toor"]).have(7, 1));
    }

    #[test]
    fn oddities_are_noted() {
        let why = |text: &str| SubIds::parse(text.as_bytes()).quirks.iter().map(|quirk| quirk.why).collect::<Vec<_>>();
        assert_eq!(why("Root:1:1\n root:1:1\nroot :1:1"), [QuirkKind::AlmostRoot; 3]);
        assert_eq!(why("root:010:1"), [QuirkKind::Octal]);
        assert_eq!(why("root:0:0\nroot:1:0"), [QuirkKind::Everything, QuirkKind::Nothing]);
    }
}
