//! Reads ABNF (RFC 5234 with the case-sensitive strings of RFC 7405) into a graph of nodes.
//!
//! Two kinds of comment mean something: `; uses: other.abnf` makes the rules of another file known, and `; PVE 7 8: rule = ...`
//! takes the place of that rule, or adds it, when the grammar is read for one of these releases. The core rules of RFC 5234 B.1 are
//! always there. `<prose>` is refused: nothing could check it.

use pvelint::release::Release;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

/// A set of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] & (1 << (byte % 64)) != 0
    }

    pub(super) fn unite(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
    }

    pub(super) fn list(&self) -> Vec<u8> {
        (0..=255).filter(|&byte| self.has(byte)).collect()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x?}", self.list())
    }
}

/// A part of a rule.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One byte after the other, each out of a set.
    Text(Vec<Bytes>),
    /// A rule, by index.
    Rule(usize),
    /// One node after the other.
    Seq(Vec<usize>),
    /// Any one of these.
    Alt(Vec<usize>),
    /// The node this many times; without upper bound when that is `None`.
    Rep(usize, Option<usize>, usize),
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    /// Its node, and the number of the file that defines it; `None` for core rules.
    pub(super) node: usize,
    pub(super) file: Option<usize>,
}

/// What is wrong with a grammar, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.text)
    }
}

/// A grammar: the rules of one file, of those it uses, and the core rules.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    pub(super) nodes: Vec<Node>,
    pub(super) rules: Vec<Rule>,
    pub(super) files: Vec<String>,
    release: Option<Release>,
    names: HashMap<String, usize>,
    /// Where each rule is used, by rule: file and line.
    uses: Vec<(usize, usize, usize)>,
    /// Where each rule is defined.
    lines: HashMap<usize, (usize, usize)>,
}

/// The rule that makes whole texts: the first of the file.
pub(super) const START: usize = 0;

/// The rules in comments for a release, at their lines.
fn for_release(text: &str, release: Release) -> String {
    let number = release.major().to_string();
    let rule = |line: &str| {
        let (releases, rule) = line.strip_prefix("; PVE ")?.split_once(": ")?;
        releases.split(' ').any(|release| release == number).then(|| rule.to_owned())
    };
    text.lines().map(|line| rule(line).unwrap_or_default() + "\n").collect()
}

const CORE: &str = "\
ALPHA = %x41-5A / %x61-7A\nBIT = \"0\" / \"1\"\nCHAR = %x01-7F\nCR = %x0D\nCRLF = CR LF\nCTL = %x00-1F / %x7F\n\
DIGIT = %x30-39\nDQUOTE = %x22\nHEXDIG = DIGIT / \"A\" / \"B\" / \"C\" / \"D\" / \"E\" / \"F\"\nHTAB = %x09\nLF = %x0A\n\
LWSP = *(WSP / CRLF WSP)\nOCTET = %x00-FF\nSP = %x20\nVCHAR = %x21-7E\nWSP = SP / HTAB\n";

impl Grammar {
    /// Reads a file of `grammar/` as it is for a release of PVE, and checks it.
    pub(super) fn load(file: &str, release: Release) -> Self {
        let read = |file: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar").join(file);
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        Self::read(file, release, &read).unwrap_or_else(|errors| {
            panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>());
        })
    }

    /// Reads and checks a grammar; `read` gives the text of a file.
    pub(super) fn read(
        file: &str,
        release: Release,
        read: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, Vec<Error>> {
        let mut grammar = Self { release: Some(release), ..Self::default() };
        let mut overrides = Vec::new();
        let fail = |file: &str, line, text: String| vec![Error { file: file.into(), line, text }];
        grammar.files.push(file.into());
        let mut next = 0;
        while let Some(file) = grammar.files.get(next).cloned() {
            let text = read(&file).map_err(|error| fail(&file, 0, error))?;
            let used = text.lines().filter_map(|line| line.strip_prefix("; uses: ")).flat_map(str::split_whitespace);
            for other in used {
                if !grammar.files.iter().any(|known| known == other) {
                    grammar.files.push(other.into());
                }
            }
            grammar.rules_of(&text, Some(next), false).map_err(|(line, text)| fail(&file, line, text))?;
            overrides.push(for_release(&text, release));
            next += 1;
        }
        for (at, text) in overrides.iter().enumerate() {
            let file = grammar.files[at].clone();
            grammar.rules_of(text, Some(at), true).map_err(|(line, text)| fail(&file, line, text))?;
        }
        grammar.rules_of(CORE, None, false).map_err(|(line, text)| fail("core", line, text))?;
        let errors = grammar.check();
        if errors.is_empty() { Ok(grammar) } else { Err(errors) }
    }

    pub(super) fn rule(&self, name: &str) -> usize {
        *self.names.get(&name.to_ascii_lowercase()).unwrap_or_else(|| panic!("no rule {name} in {:?}", self.files))
    }

    pub(super) fn has_rule(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The rules that can be reached from `start`, itself included.
    pub(super) fn reachable(&self, start: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([start]);
        let mut todo = vec![self.rules[start].node];
        while let Some(node) = todo.pop() {
            match &self.nodes[node] {
                Node::Text(_) => {}
                Node::Rule(rule) => {
                    if seen.insert(*rule) {
                        todo.push(self.rules[*rule].node);
                    }
                }
                Node::Seq(parts) | Node::Alt(parts) => todo.extend(parts),
                Node::Rep(_, _, part) => todo.push(*part),
            }
        }
        seen
    }

    /// Whether each node can be nothing.
    pub(super) fn nullable(&self) -> Vec<bool> {
        let mut nullable = vec![false; self.nodes.len()];
        loop {
            let before = nullable.clone();
            for (at, node) in self.nodes.iter().enumerate() {
                nullable[at] = match node {
                    Node::Text(text) => text.is_empty(),
                    Node::Rule(rule) => nullable[self.rules[*rule].node],
                    Node::Seq(parts) => parts.iter().all(|&part| nullable[part]),
                    Node::Alt(parts) => parts.iter().any(|&part| nullable[part]),
                    Node::Rep(min, _, part) => *min == 0 || nullable[*part],
                };
            }
            if before == nullable {
                return nullable;
            }
        }
    }

    /// The least depth of a tree below each node; `None` for a node that never ends.
    pub(super) fn heights(&self) -> Vec<Option<usize>> {
        let mut heights: Vec<Option<usize>> = vec![None; self.nodes.len()];
        loop {
            let before = heights.clone();
            for (at, node) in self.nodes.iter().enumerate() {
                let below = match node {
                    Node::Text(_) => Some(0),
                    Node::Rule(rule) => heights[self.rules[*rule].node],
                    Node::Seq(parts) => {
                        parts.iter().map(|&part| heights[part]).try_fold(0, |most, part| Some(most.max(part?)))
                    }
                    Node::Alt(parts) => parts.iter().filter_map(|&part| heights[part]).min(),
                    Node::Rep(0, _, _) => Some(0),
                    Node::Rep(_, _, part) => heights[*part],
                };
                heights[at] = below.map(|below| below + 1).into_iter().chain(heights[at]).min();
            }
            if before == heights {
                return heights;
            }
        }
    }

    fn check(&self) -> Vec<Error> {
        let mut errors = Vec::new();
        let add = |errors: &mut Vec<Error>, (file, line): (usize, usize), text: String| {
            errors.push(Error { file: self.files.get(file).cloned().unwrap_or_default(), line, text });
        };
        let defined = |rule: usize| self.lines.get(&rule).copied();
        for &(rule, file, line) in &self.uses {
            if defined(rule).is_none() {
                add(&mut errors, (file, line), format!("rule {} isn't defined", self.rules[rule].name));
            }
        }
        if self.rules.first().is_none_or(|rule| rule.file != Some(0)) {
            add(&mut errors, (0, 1), "there is no rule".into());
        }
        if !errors.is_empty() {
            return errors;
        }
        let reachable = self.reachable(START);
        // What only the newest release uses isn't used by the others.
        let newest = self.release == Release::ALL.iter().max().copied();
        let own = |rule: &usize| self.rules[*rule].file == Some(0) && newest;
        for rule in (0..self.rules.len()).filter(own).filter(|rule| !reachable.contains(rule)) {
            add(
                &mut errors,
                defined(rule).unwrap_or_default(),
                format!("rule {} is never used", self.rules[rule].name),
            );
        }
        // Rules that a rule can begin with.
        let nullable = self.nullable();
        let firsts: Vec<BTreeSet<usize>> = self.rules.iter().map(|rule| self.firsts(rule.node, &nullable)).collect();
        for rule in reachable.iter().copied() {
            let mut seen = firsts[rule].clone();
            let mut todo: Vec<_> = seen.iter().copied().collect();
            while let Some(next) = todo.pop() {
                todo.extend(firsts[next].iter().filter(|&&more| seen.insert(more)));
            }
            if seen.contains(&rule) {
                add(
                    &mut errors,
                    defined(rule).unwrap_or_default(),
                    format!("rule {} begins with itself", self.rules[rule].name),
                );
            }
        }
        if errors.is_empty() {
            let heights = self.heights();
            for rule in reachable.into_iter().filter(|&rule| heights[self.rules[rule].node].is_none()) {
                add(
                    &mut errors,
                    defined(rule).unwrap_or_default(),
                    format!("rule {} never ends", self.rules[rule].name),
                );
            }
        }
        errors
    }

    fn firsts(&self, node: usize, nullable: &[bool]) -> BTreeSet<usize> {
        match &self.nodes[node] {
            Node::Text(_) => BTreeSet::new(),
            Node::Rule(rule) => BTreeSet::from([*rule]),
            Node::Alt(parts) => parts.iter().flat_map(|&part| self.firsts(part, nullable)).collect(),
            Node::Rep(_, _, part) => self.firsts(*part, nullable),
            Node::Seq(parts) => {
                let mut firsts = BTreeSet::new();
                for &part in parts {
                    firsts.extend(self.firsts(part, nullable));
                    if !nullable[part] {
                        break;
                    }
                }
                firsts
            }
        }
    }

    fn node(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The rule called `name`, perhaps not defined yet.
    fn named(&mut self, name: &str) -> usize {
        let key = name.to_ascii_lowercase();
        if let Some(&rule) = self.names.get(&key) {
            return rule;
        }
        let rule = self.rules.len();
        self.names.insert(key, rule);
        self.rules.push(Rule { name: name.into(), node: usize::MAX, file: None });
        rule
    }

    fn rules_of(&mut self, text: &str, file: Option<usize>, again: bool) -> Result<(), (usize, String)> {
        let mut reader = Reader { text: text.as_bytes(), at: 0, line: 1, file: file.unwrap_or(usize::MAX) };
        while reader.skip_to_rule()? {
            let line = reader.line;
            let name = reader.name().ok_or_else(|| reader.fail("a rule's name expected"))?;
            if file.is_some()
                && CORE.lines().any(|core| core.split(' ').next().is_some_and(|c| c.eq_ignore_ascii_case(&name)))
            {
                return Err((line, format!("rule {name} is one of RFC 5234")));
            }
            let rule = self.named(&name);
            reader.blanks();
            if !reader.take(b"=") {
                return Err((line, "= or =/ expected".into()));
            }
            let more = reader.take(b"/");
            reader.blanks();
            let node = reader.alternatives(self)?;
            reader.blanks();
            if !reader.done() && !reader.at_margin() {
                return Err(reader.fail("the rule doesn't end here"));
            }
            let known = self.lines.contains_key(&rule);
            match (more, known) {
                (false, true) if again => self.rules[rule].node = node,
                (false, true) => return Err((line, format!("rule {name} is defined again"))),
                (true, false) => return Err((line, format!("rule {name} has nothing to add to"))),
                (false, false) => {
                    self.rules[rule].node = node;
                    self.rules[rule].file = file;
                    self.lines.insert(rule, (reader.file, line));
                }
                (true, true) => {
                    let mut parts = match self.nodes[self.rules[rule].node].clone() {
                        Node::Alt(parts) => parts,
                        _ => vec![self.rules[rule].node],
                    };
                    match self.nodes[node].clone() {
                        Node::Alt(new) => parts.extend(new),
                        _ => parts.push(node),
                    }
                    self.rules[rule].node = self.node(Node::Alt(parts));
                }
            }
        }
        Ok(())
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    file: usize,
}

impl Reader<'_> {
    fn fail(&self, text: &str) -> (usize, String) {
        (self.line, text.into())
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn done(&self) -> bool {
        self.at >= self.text.len()
    }

    fn at_margin(&self) -> bool {
        self.at == 0 || self.text[self.at - 1] == b'\n'
    }

    fn take(&mut self, text: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Skips a comment and the end of the line; false when neither is here.
    fn line_end(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let skip = match rest.first() {
            Some(b';') => rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1),
            Some(b'\n') => 1,
            Some(b'\r') if rest.get(1) == Some(&b'\n') => 2,
            _ => return false,
        };
        self.line += usize::from(rest[skip - 1] == b'\n');
        self.at += skip;
        true
    }

    /// Skips blanks, comments and the ends of lines that an indented line follows. Behind the last line of a rule it
    /// stands at the margin.
    fn blanks(&mut self) {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            if !self.line_end() {
                return;
            }
            // Comments and empty lines inside a rule may stand at the margin.
            let mut ahead = Self { text: self.text, at: self.at, line: self.line, file: self.file };
            while ahead.line_end() {}
            if !matches!(ahead.peek(), Some(b' ' | b'\t')) {
                return;
            }
            (self.at, self.line) = (ahead.at, ahead.line);
        }
    }

    fn skip_to_rule(&mut self) -> Result<bool, (usize, String)> {
        loop {
            let start = self.at;
            while matches!(self.peek(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            if self.done() {
                return Ok(false);
            }
            if !self.line_end() {
                return if self.at == start { Ok(true) } else { Err(self.fail("an indented line without a rule")) };
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let name = rest.get(..length).filter(|name| name.first().is_some_and(u8::is_ascii_alphabetic))?;
        self.at += length;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    fn alternatives(&mut self, grammar: &mut Grammar) -> Result<usize, (usize, String)> {
        let mut parts = vec![self.sequence(grammar)?];
        loop {
            self.blanks();
            if self.at_margin() || !self.take(b"/") {
                break;
            }
            self.blanks();
            parts.push(self.sequence(grammar)?);
        }
        Ok(if parts.len() == 1 { parts[0] } else { grammar.node(Node::Alt(parts)) })
    }

    fn sequence(&mut self, grammar: &mut Grammar) -> Result<usize, (usize, String)> {
        let mut parts = Vec::new();
        loop {
            self.blanks();
            if self.at_margin() || matches!(self.peek(), None | Some(b'/' | b')' | b']')) {
                break;
            }
            parts.push(self.repetition(grammar)?);
        }
        match parts.len() {
            0 => Err(self.fail("an element expected")),
            1 => Ok(parts[0]),
            _ => Ok(grammar.node(Node::Seq(parts))),
        }
    }

    fn number(&mut self, radix: u32) -> Option<u32> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| char::from(**b).is_digit(radix)).count();
        let number = u32::from_str_radix(std::str::from_utf8(&rest[..length]).ok()?, radix).ok()?;
        self.at += length;
        Some(number)
    }

    fn repetition(&mut self, grammar: &mut Grammar) -> Result<usize, (usize, String)> {
        let min = self.number(10).map(|min| min as usize);
        let (min, max) = if self.take(b"*") {
            (min.unwrap_or(0), self.number(10).map(|max| max as usize))
        } else if let Some(exactly) = min {
            (exactly, Some(exactly))
        } else {
            return self.element(grammar);
        };
        if max.is_some_and(|max| max < min || max == 0) {
            return Err(self.fail("a repetition that is none"));
        }
        let part = self.element(grammar)?;
        Ok(grammar.node(Node::Rep(min, max, part)))
    }

    fn element(&mut self, grammar: &mut Grammar) -> Result<usize, (usize, String)> {
        if let Some(name) = self.name() {
            let rule = grammar.named(&name);
            grammar.uses.push((rule, self.file, self.line));
            return Ok(grammar.node(Node::Rule(rule)));
        }
        match self.peek() {
            Some(open @ (b'(' | b'[')) => {
                let line = self.line;
                self.at += 1;
                self.blanks();
                let inner = self.alternatives(grammar)?;
                self.blanks();
                let close: &[u8] = if open == b'(' { b")" } else { b"]" };
                if self.at_margin() || !self.take(close) {
                    return Err((line, format!("{} isn't closed", char::from(open))));
                }
                Ok(if open == b'(' { inner } else { grammar.node(Node::Rep(0, Some(1), inner)) })
            }
            Some(b'"') => self.string(grammar, false),
            Some(b'%') => {
                self.at += 1;
                match self.peek().map(|kind| kind.to_ascii_lowercase()) {
                    Some(kind @ (b's' | b'i')) => {
                        self.at += 1;
                        self.string(grammar, kind == b's')
                    }
                    Some(kind @ (b'x' | b'd' | b'b')) => {
                        self.at += 1;
                        let radix = match kind {
                            b'x' => 16,
                            b'd' => 10,
                            _ => 2,
                        };
                        self.value(grammar, radix)
                    }
                    _ => Err(self.fail("%x, %d, %b, %s or %i expected")),
                }
            }
            Some(b'<') => Err(self.fail("prose can't be checked; write a rule")),
            _ => Err(self.fail("an element expected")),
        }
    }

    fn string(&mut self, grammar: &mut Grammar, exact: bool) -> Result<usize, (usize, String)> {
        if !self.take(b"\"") {
            return Err(self.fail("\" expected"));
        }
        let rest = &self.text[self.at..];
        let end = rest.iter().position(|&b| !matches!(b, b' '..=b'~') || b == b'"').unwrap_or(rest.len());
        if rest.get(end) != Some(&b'"') {
            return Err(self.fail("the string isn't closed"));
        }
        let sets = rest[..end].iter().map(|&byte| {
            let mut set = Bytes::default();
            set.add(byte);
            if !exact {
                set.add(byte.to_ascii_lowercase());
                set.add(byte.to_ascii_uppercase());
            }
            set
        });
        let sets = sets.collect();
        self.at += end + 1;
        Ok(grammar.node(Node::Text(sets)))
    }

    fn value(&mut self, grammar: &mut Grammar, radix: u32) -> Result<usize, (usize, String)> {
        let byte = |reader: &mut Self| {
            let number = reader.number(radix).ok_or_else(|| reader.fail("a number expected"))?;
            u8::try_from(number).map_err(|_| reader.fail("grammars are about bytes: at most FF"))
        };
        let first = byte(self)?;
        let mut sets = vec![Bytes::default()];
        if self.take(b"-") {
            let last = byte(self)?;
            if last < first {
                return Err(self.fail("an empty range"));
            }
            (first..=last).for_each(|byte| sets[0].add(byte));
        } else {
            sets[0].add(first);
            while self.take(b".") {
                let mut set = Bytes::default();
                set.add(byte(self)?);
                sets.push(set);
            }
        }
        Ok(grammar.node(Node::Text(sets)))
    }
}

fn read(text: &str) -> Result<Grammar, Vec<String>> {
    let text = text.to_owned();
    Grammar::read("x.abnf", Release::Pve9, &|_| Ok(text.clone()))
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())
}

#[test]
fn mistakes_are_told_with_their_line() {
    for (text, error) in [
        ("a = b\n", "x.abnf:1: rule b isn't defined"),
        ("a = \"x\"\n; c\n\nb = \"y\"\n", "x.abnf:4: rule b is never used"),
        ("a = b\nb = [\"x\"] a\n", "x.abnf:1: rule a begins with itself"),
        ("a = \"x\"\na = \"y\"\n", "x.abnf:2: rule a is defined again"),
        ("a = octet\noctet = \"x\"\n", "x.abnf:2: rule octet is one of RFC 5234"),
        ("a = \"x\"\nb =/ \"y\"\n", "x.abnf:2: rule b has nothing to add to"),
        ("a = \"x\"\n  <what it likes>\n", "x.abnf:2: prose can't be checked; write a rule"),
        ("a = (\"x\"\n\nb = \"y\"", "x.abnf:1: ( isn't closed"),
        ("a = \"x\n", "x.abnf:1: the string isn't closed"),
        ("a = %x100\n", "x.abnf:1: grammars are about bytes: at most FF"),
        ("a = %x20-1f\n", "x.abnf:1: an empty range"),
        ("a = 3*2\"x\"\n", "x.abnf:1: a repetition that is none"),
        ("a = \"x\" )\n", "x.abnf:1: the rule doesn't end here"),
        ("a\n", "x.abnf:1: = or =/ expected"),
        ("a = \n", "x.abnf:2: an element expected"),
        ("a = \"x\" a\n", "x.abnf:1: rule a never ends"),
        ("", "x.abnf:1: there is no rule"),
        ("  a = \"x\"\n", "x.abnf:1: an indented line without a rule"),
    ] {
        assert_eq!(read(text).err().and_then(|errors| errors.into_iter().next()).as_deref(), Some(error), "{text:?}");
    }
}

#[test]
fn older_releases_replace_rules() {
    let text = "a = b\nb = \"new\"\n; PVE 7 8: b = \"old\"\n; PVE 7: a = b\n; PVE 7:   b\n";
    let accepts = |release, word: &str| {
        let grammar = Grammar::read("x.abnf", release, &|_| Ok(text.into())).unwrap();
        super::recognise::Recogniser::new(&grammar).accepts("a", word.as_bytes())
    };
    assert!(accepts(Release::Pve9, "new") && !accepts(Release::Pve9, "old"));
    assert!(accepts(Release::Pve8, "old") && accepts(Release::Pve7, "oldold") && !accepts(Release::Pve7, "old"));
}

#[test]
fn everything_in_the_two_rfcs_is_read() {
    let grammar = read(
        "; a comment\r\nstart = 2Part / *3( %s\"aB\" %i\"c\" \"d\" )\r\n  ; more\r\n\r\n  / 1*[ %x41.42 %d67 ] %b1000100-1000101\r\n\
         part = ALPHA\npart =/ %x30\n",
    )
    .unwrap();
    let part = grammar.rule("PART");
    assert!(matches!(&grammar.nodes[grammar.rules[part].node], Node::Alt(parts) if parts.len() == 2));
    let recogniser = super::recognise::Recogniser::new(&grammar);
    for (text, good) in [
        ("a0", true),
        ("a", false),
        ("", true),
        ("aBCD", true),
        ("aBcdaBcdaBcd", true),
        ("aBcdaBcdaBcdaBcd", false),
        ("abcd", false),
        ("ABCD", true),
        ("D", true),
        ("E", true),
        ("ABCABCE", true),
    ] {
        assert_eq!(recogniser.accepts("start", text.as_bytes()), good, "{text}");
    }
}
