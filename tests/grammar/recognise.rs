//! Says whether a grammar has a text: all ways at once, remembered per node and place.

use super::abnf::{Bytes, Grammar, Node};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// Longer texts aren't judged.
pub(super) const LONGEST: usize = 511;

/// Places in a text at which something can end.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ends([u64; (LONGEST + 1) / 64]);

impl Ends {
    fn one(at: usize) -> Self {
        let mut ends = Self::default();
        ends.add(at);
        ends
    }

    fn add(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn has(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }

    fn unite(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
    }

    fn without(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a &= !b);
        self
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn list(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

pub(super) struct Recogniser<'g> {
    grammar: &'g Grammar,
    nullable: Vec<bool>,
    /// The bytes that each node can begin with.
    first: Vec<Bytes>,
    /// For nodes that are always one byte: which.
    single: Vec<Option<Bytes>>,
    known: RefCell<FxHashMap<(u32, u32), Ends>>,
}

impl<'g> Recogniser<'g> {
    pub(super) fn new(grammar: &'g Grammar) -> Self {
        let nullable = grammar.nullable();
        let count = grammar.nodes.len();
        let mut first = vec![Bytes::default(); count];
        let mut single: Vec<Option<Bytes>> = vec![None; count];
        loop {
            let before = (first.clone(), single.clone());
            for (at, node) in grammar.nodes.iter().enumerate() {
                match node {
                    Node::Text(text) => {
                        first[at] = text.first().copied().unwrap_or_default();
                        single[at] = if let [set] = text[..] { Some(set) } else { None };
                    }
                    Node::Rule(rule) => {
                        first[at] = first[grammar.rules[*rule].node];
                        single[at] = single[grammar.rules[*rule].node];
                    }
                    Node::Alt(parts) => {
                        for part in parts {
                            let set = first[*part];
                            first[at].unite(&set);
                        }
                        single[at] = parts.iter().try_fold(Bytes::default(), |mut all, part| {
                            all.unite(single[*part].as_ref()?);
                            Some(all)
                        });
                    }
                    Node::Rep(_, _, part) => first[at] = first[*part],
                    Node::Seq(parts) => {
                        for &part in parts {
                            let set = first[part];
                            first[at].unite(&set);
                            if !nullable[part] {
                                break;
                            }
                        }
                    }
                }
            }
            if before == (first.clone(), single.clone()) {
                break;
            }
        }
        Self { grammar, nullable, first, single, known: RefCell::default() }
    }

    /// Whether `rule` has `text`.
    pub(super) fn accepts(&self, rule: &str, text: &[u8]) -> bool {
        assert!(text.len() <= LONGEST, "{} bytes are too long to judge", text.len());
        self.known.borrow_mut().clear();
        self.ends(self.grammar.rules[self.grammar.rule(rule)].node, text, 0).has(text.len())
    }

    /// Whether there is a rule of that name.
    pub(super) fn has_rule(&self, rule: &str) -> bool {
        self.grammar.has_rule(rule)
    }

    fn ends(&self, node: usize, text: &[u8], at: usize) -> Ends {
        let next = text.get(at);
        if !self.nullable[node] && !next.is_some_and(|&byte| self.first[node].has(byte)) {
            return Ends::default();
        }
        if self.single[node].is_some() {
            return Ends::one(at + 1);
        }
        match &self.grammar.nodes[node] {
            Node::Text(sets) => {
                let fits = text.len() >= at + sets.len() && sets.iter().zip(&text[at..]).all(|(set, &b)| set.has(b));
                return if fits { Ends::one(at + sets.len()) } else { Ends::default() };
            }
            Node::Rule(rule) => return self.ends(self.grammar.rules[*rule].node, text, at),
            _ => {}
        }
        let key = (u32::try_from(node).unwrap(), u32::try_from(at).unwrap());
        if let Some(ends) = self.known.borrow().get(&key) {
            return *ends;
        }
        let ends = match &self.grammar.nodes[node] {
            Node::Seq(parts) => parts.iter().fold(Ends::one(at), |from, &part| self.step(part, text, from)),
            Node::Alt(parts) => {
                let mut all = Ends::default();
                parts.iter().for_each(|&part| all.unite(&self.ends(part, text, at)));
                all
            }
            Node::Rep(min, max, part) => self.repeat(*min, *max, *part, text, at),
            Node::Text(_) | Node::Rule(_) => unreachable!("answered above"),
        };
        self.known.borrow_mut().insert(key, ends);
        ends
    }

    fn step(&self, part: usize, text: &[u8], from: Ends) -> Ends {
        let mut all = Ends::default();
        from.list().for_each(|at| all.unite(&self.ends(part, text, at)));
        all
    }

    fn repeat(&self, min: usize, max: Option<usize>, part: usize, text: &[u8], at: usize) -> Ends {
        if let Some(set) = &self.single[part] {
            let run = text[at..].iter().take(max.unwrap_or(LONGEST)).take_while(|&&byte| set.has(byte)).count();
            let mut all = Ends::default();
            (min..=run).for_each(|length| all.add(at + length));
            return all;
        }
        let mut from = Ends::one(at);
        for _ in 0..min {
            from = self.step(part, text, from);
        }
        let mut all = from;
        for _ in min..max.unwrap_or(LONGEST + min) {
            from = self.step(part, text, from).without(&all);
            if from.is_empty() {
                break;
            }
            all.unite(&from);
        }
        all
    }
}
