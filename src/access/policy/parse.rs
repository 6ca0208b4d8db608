//! The language of statements: `nobody but @admins can Sys.Modify on /`. Forms only; which names exist is
//! [`super::resolve`]'s question.
//!
//! The grammar stands in `docs/policy.md`. Words are separated by blanks, lists by commas or `and`. A statement may come from a
//! stranger's repository: whatever it is, it is read once from left to right.

use crate::text::{Span, nearest, printable_str};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till1, take_while};
use nom::combinator::{eof, opt, peek, verify};
use nom::error::{ErrorKind, ParseError};
use nom::sequence::preceded;
use nom::{Err, IResult, Parser};

/// Names that one list of a statement may have.
pub(super) const MAX_NAMES: usize = 256;

/// The words of the language.
const KEYWORDS: [&str; 12] =
    ["nobody", "but", "only", "can", "cannot", "not", "on", "and", "any", "all", "of", "below"];

/// What a statement claims of its subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// They can.
    Can,
    /// They cannot.
    Cannot,
    /// Nobody else can.
    NobodyBut,
    /// They can, and nobody else.
    Only,
}

/// How many of a list are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// One is enough.
    Any,
    /// Every one.
    All,
}

/// A list of names with how many of them are meant, if the statement says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// `any of`, `all of`.
    pub quantifier: Option<Quantifier>,
    /// The names.
    pub names: Vec<T>,
}

/// A path of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathName {
    /// `below` stands before it.
    pub below: bool,
    /// The path.
    pub span: Span,
}

/// A statement, as places in its own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What is claimed.
    pub claim: Claim,
    /// Of whom; nobody for a bare `nobody`.
    pub subjects: Vec<Span>,
    /// What they can.
    pub privileges: Listed<Span>,
    /// Where.
    pub paths: Listed<PathName>,
}

/// Why a statement can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the statement that don't fit.
    pub span: Span,
    /// What is wrong: ``a `can` or `cannot` should stand here, not `may` ``.
    pub message: String,
    /// What was probably meant, if that can be guessed.
    pub hint: Option<String>,
}

/// Where the text stopped making sense, and what would have made some.
#[derive(Debug)]
struct Wrong<'t> {
    rest: &'t str,
    expected: &'static str,
}

impl<'t> ParseError<&'t str> for Wrong<'t> {
    fn from_error_kind(rest: &'t str, _: ErrorKind) -> Self {
        Self { rest, expected: "" }
    }

    fn append(_: &'t str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Read<'t, T> = IResult<&'t str, T, Wrong<'t>>;

fn wrong<'t, T>(rest: &'t str, expected: &'static str) -> Read<'t, T> {
    Err(Err::Error(Wrong { rest, expected }))
}

fn blank(c: char) -> bool {
    c.is_whitespace()
}

/// The next word, without what separates it.
fn word(input: &str) -> Read<'_, &str> {
    preceded(take_while(blank), take_till1(|c: char| blank(c) || c == ',')).parse(input)
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// This word, in any case.
fn keyword<'t>(name: &'static str) -> impl Parser<&'t str, Output = &'t str, Error = Wrong<'t>> {
    verify(word, move |found: &str| is(found, name))
}

/// A word that isn't one of the language.
fn name<'t>(input: &'t str, expected: &'static str) -> Read<'t, &'t str> {
    match word(input) {
        Ok((rest, name)) if !KEYWORDS.iter().any(|keyword| is(name, keyword)) => Ok((rest, name)),
        _ => wrong(input, expected),
    }
}

/// What stands between two names of a list: a comma, `and`, or both.
fn separator(input: &str) -> Read<'_, &str> {
    let comma = |input| preceded(take_while(blank), tag(",")).parse(input);
    alt((|input| (comma, opt(keyword("and"))).map(|(comma, _)| comma).parse(input), keyword("and"))).parse(input)
}

/// One or more of `item`.
fn list<'t, T>(mut input: &'t str, item: impl Fn(&'t str) -> Read<'t, T>) -> Read<'t, Vec<T>> {
    let mut items = Vec::new();
    loop {
        let (rest, one) = item(input)?;
        items.push(one);
        if items.len() > MAX_NAMES {
            return wrong(input, "an end of the list, which has more than 256 names,");
        }
        match separator(rest) {
            Ok((rest, _)) => input = rest,
            Err(_) => return Ok((rest, items)),
        }
    }
}

fn quantifier(input: &str) -> Read<'_, Option<Quantifier>> {
    let any = keyword("any").map(|_| Quantifier::Any);
    let all = keyword("all").map(|_| Quantifier::All);
    let (rest, found) = opt(alt((any, all))).parse(input)?;
    let rest = if found.is_some() { opt(keyword("of")).parse(rest)?.0 } else { rest };
    Ok((rest, found))
}

fn subjects<'t>(whole: &'t str, input: &'t str) -> Read<'t, Vec<Span>> {
    let one = |input| name(input, "a user, token or @group").map(|(rest, name)| (rest, part(whole, name)));
    list(input, one)
}

fn part(whole: &str, part: &str) -> Span {
    Span::of(whole.as_bytes(), part.as_bytes())
}

fn expect<'t>(input: &'t str, name: &'static str, expected: &'static str) -> Result<&'t str, Err<Wrong<'t>>> {
    match keyword(name).parse(input) {
        Ok((rest, _)) => Ok(rest),
        Err(_) => Err(Err::Error(Wrong { rest: input, expected })),
    }
}

/// Who, and what is claimed of them.
fn head(whole: &str) -> Read<'_, (Claim, Vec<Span>)> {
    if let Ok((rest, _)) = keyword("nobody").parse(whole) {
        let (rest, but) = opt(keyword("but")).parse(rest)?;
        let (rest, exempt) = if but.is_some() { subjects(whole, rest)? } else { (rest, Vec::new()) };
        let expected = if but.is_some() { "`can`" } else { "`can` or `but`" };
        return Ok((expect(rest, "can", expected)?, (Claim::NobodyBut, exempt)));
    }
    if let Ok((rest, _)) = keyword("only").parse(whole) {
        let (rest, listed) = subjects(whole, rest)?;
        return Ok((expect(rest, "can", "`can`")?, (Claim::Only, listed)));
    }
    let (rest, listed) = match subjects(whole, whole) {
        Err(Err::Error(at)) if at.rest.len() == whole.len() => {
            return wrong(whole, "a user, token or @group, `nobody` or `only`");
        }
        read => read?,
    };
    let can = keyword("can").map(|_| Claim::Can);
    let cannot = keyword("cannot").map(|_| Claim::Cannot);
    match alt((can, cannot)).parse(rest) {
        Ok((rest, claim)) => Ok((rest, (claim, listed))),
        Err(_) => wrong(rest, "`can` or `cannot`"),
    }
}

fn statement(whole: &str) -> Read<'_, Statement> {
    let (rest, (claim, subjects)) = head(whole)?;
    let (rest, quantified) = quantifier(rest)?;
    let (rest, names) =
        list(rest, |input| name(input, "a privilege or role").map(|(rest, name)| (rest, part(whole, name))))?;
    let privileges = Listed { quantifier: quantified, names };
    let rest = expect(rest, "on", "`on` and a path")?;
    let (rest, quantified) = quantifier(rest)?;
    let (rest, names) = list(rest, |input| {
        let (rest, below) = opt(keyword("below")).parse(input)?;
        let (rest, path) = name(rest, "a path")?;
        Ok((rest, PathName { below: below.is_some(), span: part(whole, path) }))
    })?;
    let paths = Listed { quantifier: quantified, names };
    match preceded(take_while(blank), peek(eof::<_, Wrong<'_>>)).parse(rest) {
        Ok((rest, _)) => Ok((rest, Statement { claim, subjects, privileges, paths })),
        Err(_) => wrong(rest, "the end of the statement, a comma or `and`"),
    }
}

/// Reads one statement.
///
/// # Errors
/// Where it stops making sense.
pub(super) fn read(text: &str) -> Result<Statement, Fault> {
    let (rest, expected) = match statement(text) {
        Ok((_, statement)) => return Ok(statement),
        Err(Err::Error(wrong) | Err::Failure(wrong)) => (wrong.rest, wrong.expected),
        Err(Err::Incomplete(_)) => ("", ""),
    };
    let rest = rest.trim_start();
    let used = text.trim_end();
    let found = rest.strip_prefix(',').map_or_else(|| word(rest).map(|(_, word)| word).ok(), |_| rest.get(..1));
    let Some(found) = found else {
        let last = used.char_indices().next_back().map_or(0, |(at, _)| at);
        let span = Span::new(last, used.len());
        return Err(Fault { span, message: format!("the statement ends where {expected} should follow"), hint: None });
    };
    let hint = match found.to_ascii_lowercase().as_str() {
        "or" => Some("lists are separated by commas or `and`; `any of A, B` says that one is enough".to_owned()),
        "not" => Some("write `cannot`".to_owned()),
        "everybody" | "everyone" | "anybody" | "anyone" => Some("`*` is every user, `*!*` every token".to_owned()),
        "below" => Some("`below` stands in front of a path".to_owned()),
        lower => {
            let expected = KEYWORDS.iter().copied().filter(|word| expected.contains(&format!("`{word}`")));
            nearest(lower, expected).map(|near| format!("did you mean `{near}`?"))
        }
    };
    let span = part(text, found);
    Err(Fault { span, message: format!("{expected} should stand here, not `{}`", printable_str(found)), hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of(text: &str, span: Span) -> &str {
        text.get(span.range()).unwrap_or_default()
    }

    fn words<'t>(text: &'t str, spans: &[Span]) -> Vec<&'t str> {
        spans.iter().map(|span| part_of(text, *span)).collect()
    }

    #[test]
    fn the_forms_are_told_apart() {
        let text = "nobody but @admins, bob@pve and *!* can any of Sys.Modify, VM.* on below /vms and /";
        let read = read(text).unwrap();
        assert_eq!(read.claim, Claim::NobodyBut);
        assert_eq!(words(text, &read.subjects), ["@admins", "bob@pve", "*!*"]);
        assert_eq!(read.privileges.quantifier, Some(Quantifier::Any));
        assert_eq!(words(text, &read.privileges.names), ["Sys.Modify", "VM.*"]);
        let paths: Vec<_> = read.paths.names.iter().map(|path| (path.below, part_of(text, path.span))).collect();
        assert_eq!(paths, [(true, "/vms"), (false, "/")]);
        let claim = |text| super::read(text).map(|statement| statement.claim);
        assert_eq!(claim("a@pve can VM.Audit on /"), Ok(Claim::Can));
        assert_eq!(claim("  a@pve  CANNOT all VM.Audit on any of /vms/*  "), Ok(Claim::Cannot));
        assert_eq!(claim("only @a can X on /"), Ok(Claim::Only));
        assert_eq!(claim("nobody can X on /"), Ok(Claim::NobodyBut));
    }

    #[test]
    fn a_fault_points_at_the_word_that_does_not_fit() {
        for (text, at, says) in [
            ("", "", "the statement ends where a user, token or @group, `nobody` or `only` should follow"),
            ("a@pve", "e", "the statement ends where `can` or `cannot` should follow"),
            ("a@pve, can X on /", "can", "a user, token or @group should stand here, not `can`"),
            ("a@pve may X on /", "may", "`can` or `cannot` should stand here, not `may`"),
            ("nobody except @a can X on /", "except", "`can` or `but` should stand here, not `except`"),
            ("a@pve can X in /vms", "in", "`on` and a path should stand here, not `in`"),
            (
                "a@pve can X on /vms /storage",
                "/storage",
                "the end of the statement, a comma or `and` should stand here",
            ),
            ("a@pve can , on /vms", ",", "a privilege or role should stand here, not `,`"),
        ] {
            let fault = read(text).unwrap_err();
            assert_eq!(part_of(text, fault.span), at, "{text}");
            assert!(fault.message.contains(says), "{text}: {}", fault.message);
        }
        assert_eq!(read("a@pve cant X on /").unwrap_err().hint.as_deref(), Some("did you mean `can`?"));
        assert_eq!(read("a@pve can not X on /").unwrap_err().hint.as_deref(), Some("write `cannot`"));
    }
}
