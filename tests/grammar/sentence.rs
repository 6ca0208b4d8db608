//! Makes sentences of a grammar, and sentences that are nearly so.
//!
//! [`Generator::near_miss`] makes a sentence but for one byte, one that the grammar has beside it; [`mutate`] knows nothing of
//! the grammar and does what typing does.
//!
//! Choices not made yet are preferred, so that a run soon has used every rule, every alternative, every option both ways
//! and every open repetition with and without an element. Equal seeds give equal sentences.

use super::abnf::{Bytes, Grammar, Node, START};
use std::collections::HashMap;
use std::ops::Range;

/// Splitmix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`; 0 for 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    pub(super) fn pick<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        list.get(self.below(list.len()))
    }
}

/// A text, and which rules made which parts of it.
#[derive(Clone, Default)]
pub(super) struct Sentence {
    pub(super) text: Vec<u8>,
    /// In the order in which the rules ended.
    pub(super) parts: Vec<(usize, Range<usize>)>,
}

impl Sentence {
    /// The parts that `rule` made.
    pub(super) fn made_by<'s>(&'s self, grammar: &Grammar, rule: &str) -> impl Iterator<Item = &'s [u8]> {
        let rule = grammar.rule(rule);
        self.parts.iter().filter(move |part| part.0 == rule).map(|part| &self.text[part.1.clone()])
    }
}

/// What a grammar can't say: names that have to be defined above, or nowhere else.
pub(super) enum Pick {
    /// Anything the rule makes will do.
    Free,
    /// This, which the rule could make.
    Text(Vec<u8>),
    /// There is nothing that fits now: take another way.
    Impossible,
}

/// Chooses what a rule makes, given what there is so far.
pub(super) type Picker<'p> = &'p dyn Fn(&str, &Sentence, &mut Random) -> Pick;

/// A choice: a node and its branch; a rule's use is branch 0 of its node, as `Rule`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Choice {
    Rule(usize),
    Branch(usize, usize),
}

pub(super) struct Generator<'g> {
    grammar: &'g Grammar,
    heights: Vec<Option<usize>>,
    choices: HashMap<Choice, usize>,
    used: Vec<bool>,
    /// For each node, the choices below it.
    below: Vec<Vec<u64>>,
    open: Vec<u64>,
    /// For each node, those that have it as a part.
    above: Vec<Vec<usize>>,
    /// The bytes that near misses spoil, each once before any is spoiled again: a node and the place in its text.
    targets: Vec<(usize, usize)>,
    /// The next of them.
    next_target: usize,
    /// The one to be spoiled in the sentence being made.
    target: Option<(usize, usize)>,
    /// For the node of `target`: the nodes that it is below of.
    leads: Vec<bool>,
    pub(super) random: Random,
    /// Most elements of an open repetition of more than bytes.
    pub(super) most: usize,
    depth: usize,
}

const DEEP: usize = 120;

impl<'g> Generator<'g> {
    pub(super) fn new(grammar: &'g Grammar, seed: u64) -> Self {
        let mut choices = HashMap::new();
        let mut add = |choice| {
            let next = choices.len();
            choices.entry(choice).or_insert(next);
        };
        for rule in grammar.reachable(START) {
            add(Choice::Rule(rule));
            let mut todo = vec![grammar.rules[rule].node];
            while let Some(node) = todo.pop() {
                match &grammar.nodes[node] {
                    Node::Alt(parts) => {
                        (0..parts.len()).for_each(|branch| add(Choice::Branch(node, branch)));
                        todo.extend(parts);
                    }
                    Node::Rep(min, max, part) => {
                        if *min == 0 {
                            add(Choice::Branch(node, 0));
                        }
                        if *max != Some(*min) {
                            add(Choice::Branch(node, 1));
                        }
                        todo.push(*part);
                    }
                    Node::Seq(parts) => todo.extend(parts),
                    Node::Text(_) | Node::Rule(_) => {}
                }
            }
        }
        let words = choices.len().div_ceil(64);
        let mut below = vec![vec![0; words]; grammar.nodes.len()];
        let set = |bits: &mut Vec<u64>, choice: &Choice| {
            if let Some(&at) = choices.get(choice) {
                bits[at / 64] |= 1 << (at % 64);
            }
        };
        loop {
            let before = below.clone();
            for (at, node) in grammar.nodes.iter().enumerate() {
                let mut bits = below[at].clone();
                let mut unite = |part: usize| bits.iter_mut().zip(&below[part]).for_each(|(a, b)| *a |= b);
                match node {
                    Node::Text(_) => {}
                    Node::Rule(rule) => {
                        unite(grammar.rules[*rule].node);
                        set(&mut bits, &Choice::Rule(*rule));
                    }
                    Node::Seq(parts) => parts.iter().for_each(|&part| unite(part)),
                    Node::Alt(parts) => {
                        parts.iter().for_each(|&part| unite(part));
                        (0..parts.len()).for_each(|branch| set(&mut bits, &Choice::Branch(at, branch)));
                    }
                    Node::Rep(_, _, part) => {
                        unite(*part);
                        (0..2).for_each(|branch| set(&mut bits, &Choice::Branch(at, branch)));
                    }
                }
                below[at] = bits;
            }
            if before == below {
                break;
            }
        }
        let mut open = vec![0; words];
        (0..choices.len()).for_each(|at| open[at / 64] |= 1 << (at % 64));
        let used = vec![false; choices.len()];
        let mut above = vec![Vec::new(); grammar.nodes.len()];
        for (at, node) in grammar.nodes.iter().enumerate() {
            match node {
                Node::Text(_) => {}
                Node::Rule(rule) => above[grammar.rules[*rule].node].push(at),
                Node::Seq(parts) | Node::Alt(parts) => parts.iter().for_each(|&part| above[part].push(at)),
                Node::Rep(_, _, part) => above[*part].push(at),
            }
        }
        let mut targets = Vec::new();
        for rule in grammar.reachable(START) {
            let mut todo = vec![grammar.rules[rule].node];
            while let Some(node) = todo.pop() {
                match &grammar.nodes[node] {
                    Node::Text(text) => targets.extend((0..text.len()).map(|place| (node, place))),
                    Node::Rule(_) => {}
                    Node::Seq(parts) | Node::Alt(parts) => todo.extend(parts),
                    Node::Rep(_, _, part) => todo.push(*part),
                }
            }
        }
        let leads = vec![false; grammar.nodes.len()];
        let (heights, random) = (grammar.heights(), Random::new(seed));
        Self {
            grammar,
            heights,
            choices,
            used,
            below,
            open,
            above,
            targets,
            next_target: 0,
            target: None,
            leads,
            random,
            most: 4,
            depth: 0,
        }
    }

    /// A sentence of the grammar.
    pub(super) fn sentence(&mut self, picker: Picker<'_>) -> Sentence {
        let mut sentence = Sentence::default();
        // Choices count as made only when the text they made is kept.
        let mut made = Vec::new();
        let whole = self.rule(START, &mut sentence, &mut made, picker);
        assert!(whole, "a grammar must always have a way out");
        for choice in made {
            if let Some(&at) = self.choices.get(&choice) {
                self.used[at] = true;
                self.open[at / 64] &= !(1 << (at % 64));
            }
        }
        sentence
    }

    /// Number of bytes that near misses can spoil.
    pub(super) fn targets(&self) -> usize {
        self.targets.len()
    }

    /// A sentence with one byte that its rule doesn't allow, next to those it does. `None` when there is no way to that
    /// byte, as all bytes are allowed there or a picker is in the way.
    pub(super) fn near_miss(&mut self, picker: Picker<'_>) -> Option<Vec<u8>> {
        let target = *self.targets.get(self.next_target)?;
        self.next_target = (self.next_target + 1) % self.targets.len();
        self.leads = self.leads_to(target.0);
        self.target = Some(target);
        let mut sentence = Sentence::default();
        let whole = self.rule(START, &mut sentence, &mut Vec::new(), picker);
        let hit = whole && self.target.is_none();
        self.target = None;
        hit.then_some(sentence.text)
    }

    fn leads_to(&self, target: usize) -> Vec<bool> {
        let mut leads = vec![false; self.grammar.nodes.len()];
        let mut todo = vec![target];
        while let Some(node) = todo.pop() {
            if !std::mem::replace(&mut leads[node], true) {
                todo.extend(&self.above[node]);
            }
        }
        leads
    }

    fn goes_to_target(&self, node: usize) -> bool {
        self.target.is_some() && self.leads[node]
    }

    /// The byte for one place of a text.
    fn byte(&mut self, node: usize, place: usize, set: &Bytes) -> u8 {
        let is_beside = |byte: &u8| {
            let other_case = byte.is_ascii_alphabetic() && set.has(byte ^ 0x20);
            let beside = set.has(byte.wrapping_add(1)) || set.has(byte.wrapping_sub(1));
            !set.has(*byte) && (other_case || beside)
        };
        if self.target == Some((node, place)) {
            let beside: Vec<u8> = (0..=255).filter(is_beside).collect();
            if let Some(&byte) = self.random.pick(&beside) {
                self.target = None;
                return byte;
            }
        }
        let list = set.list();
        // Mostly letters and such, where there is a choice.
        let plain: Vec<u8> = list.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        let list = if plain.is_empty() || self.random.below(4) == 0 { list } else { plain };
        self.random.pick(&list).copied().unwrap_or_default()
    }

    /// What hasn't been used so far, in words.
    pub(super) fn unused(&self) -> Vec<String> {
        let owner = |node: usize| {
            let holds = |rule: &&super::abnf::Rule| {
                let mut todo = vec![rule.node];
                while let Some(at) = todo.pop() {
                    if at == node {
                        return true;
                    }
                    match &self.grammar.nodes[at] {
                        Node::Seq(parts) | Node::Alt(parts) => todo.extend(parts),
                        Node::Rep(_, _, part) => todo.push(*part),
                        Node::Text(_) | Node::Rule(_) => {}
                    }
                }
                false
            };
            self.grammar.rules.iter().find(holds).map_or("?", |rule| &rule.name)
        };
        let mut unused: Vec<_> = self
            .choices
            .iter()
            .filter(|(_, at)| !self.used[**at])
            .map(|(choice, _)| match choice {
                Choice::Rule(rule) => format!("rule {}", self.grammar.rules[*rule].name),
                Choice::Branch(node, branch) => match self.grammar.nodes[*node] {
                    Node::Alt(_) => format!("alternative {} in {}", branch + 1, owner(*node)),
                    _ => format!("a repetition {} elements in {}", ["without", "with"][*branch], owner(*node)),
                },
            })
            .collect();
        unused.sort();
        unused
    }

    fn news(&self, node: usize) -> bool {
        self.below[node].iter().zip(&self.open).any(|(below, open)| below & open != 0)
    }

    fn is_open(&self, choice: Choice, made: &[Choice]) -> bool {
        self.choices.get(&choice).is_some_and(|&at| !self.used[at]) && !made.contains(&choice)
    }

    fn rule(&mut self, rule: usize, out: &mut Sentence, made: &mut Vec<Choice>, picker: Picker<'_>) -> bool {
        let start = out.text.len();
        match picker(&self.grammar.rules[rule].name, out, &mut self.random) {
            Pick::Impossible => return false,
            Pick::Text(text) => {
                out.text.extend_from_slice(&text);
                // So that nothing below goes without use, such a rule must be another name of one used elsewhere, or
                // several of those.
                match self.grammar.nodes[self.grammar.rules[rule].node] {
                    Node::Rule(_) => {}
                    Node::Rep(1, None, part) if matches!(self.grammar.nodes[part], Node::Rule(_)) => {
                        made.push(Choice::Branch(self.grammar.rules[rule].node, 1));
                    }
                    _ => panic!("{} is more than a name", self.grammar.rules[rule].name),
                }
            }
            Pick::Free => {
                self.depth += 1;
                let good = self.node(self.grammar.rules[rule].node, out, made, picker);
                self.depth -= 1;
                if !good {
                    return false;
                }
            }
        }
        made.push(Choice::Rule(rule));
        out.parts.push((rule, start..out.text.len()));
        true
    }

    fn node(&mut self, node: usize, out: &mut Sentence, made: &mut Vec<Choice>, picker: Picker<'_>) -> bool {
        let mark = (out.text.len(), out.parts.len(), made.len());
        let target = self.target;
        let grammar = self.grammar;
        let good = match &grammar.nodes[node] {
            Node::Text(sets) => {
                for (place, set) in sets.iter().enumerate() {
                    let byte = self.byte(node, place, set);
                    out.text.push(byte);
                }
                true
            }
            Node::Rule(rule) => self.rule(*rule, out, made, picker),
            Node::Seq(parts) => parts.iter().all(|&part| self.node(part, out, made, picker)),
            Node::Alt(parts) => {
                let mut order: Vec<usize> = (0..parts.len()).collect();
                for at in (1..order.len()).rev() {
                    order.swap(at, self.random.below(at + 1));
                }
                if self.depth > DEEP {
                    order.sort_by_key(|&branch| self.heights[parts[branch]]);
                } else if self.random.below(4) != 0 {
                    order.sort_by_cached_key(|&branch| {
                        let new = self.is_open(Choice::Branch(node, branch), made);
                        if new { 0 } else { 1 + usize::from(!self.news(parts[branch])) }
                    });
                }
                order.sort_by_key(|&branch| !self.goes_to_target(parts[branch]));
                order.into_iter().any(|branch| {
                    made.push(Choice::Branch(node, branch));
                    let good = self.node(parts[branch], out, made, picker);
                    if !good {
                        self.target = target;
                        out.text.truncate(mark.0);
                        out.parts.truncate(mark.1);
                        made.truncate(mark.2);
                    }
                    good
                })
            }
            Node::Rep(min, max, part) => self.repeat(node, (*min, *max, *part), out, made, picker),
        };
        if !good {
            self.target = target;
            out.text.truncate(mark.0);
            out.parts.truncate(mark.1);
            made.truncate(mark.2);
        }
        good
    }

    fn repeat(
        &mut self,
        node: usize,
        (min, max, part): (usize, Option<usize>, usize),
        out: &mut Sentence,
        made: &mut Vec<Choice>,
        picker: Picker<'_>,
    ) -> bool {
        let most = max.unwrap_or(min + self.most).min(min + self.most.max(4));
        let wants_more = self.is_open(Choice::Branch(node, 1), made) || (self.news(part) && self.random.below(2) == 0);
        let count = if self.depth > DEEP {
            min
        } else if min == 0 && self.is_open(Choice::Branch(node, 0), made) && self.random.below(2) == 0 {
            0
        } else if wants_more && most > min {
            min + 1 + self.random.below(most - min)
        } else {
            min + self.random.below(most - min + 1)
        };
        let count = if self.goes_to_target(part) { count.max(1) } else { count };
        let mut done = 0;
        while done < count && self.node(part, out, made, picker) {
            done += 1;
        }
        if done < min {
            return false;
        }
        if done > min || max == Some(min) {
            made.push(Choice::Branch(node, 1));
        } else if done == 0 {
            made.push(Choice::Branch(node, 0));
        }
        true
    }
}

/// Changes a sentence in one to three places, mostly so that it is none any more.
pub(super) fn mutate(sentence: &Sentence, random: &mut Random) -> Vec<u8> {
    const SPICE: &[u8] = b"\0\t\n\n\r  #:;,./=-_0159@!azAZ[]%'\"\x7f\x80\x85\xa0\xff";
    let mut text = sentence.text.clone();
    // Places of parts hold only until the first change.
    let parts: Vec<_> = sentence.parts.iter().filter(|part| !part.1.is_empty() && part.1.len() < 40).collect();
    if let Some((_, span)) = random.pick(&parts).filter(|_| !parts.is_empty()).copied()
        && random.below(2) == 0
    {
        let other = random.pick(&parts).map(|other| sentence.text[other.1.clone()].to_vec()).unwrap_or_default();
        match random.below(4) {
            0 => drop(text.drain(span.clone())),
            1 => drop(text.splice(span.end..span.end, sentence.text[span.clone()].to_vec())),
            2 => drop(text.splice(span.clone(), other)),
            _ => drop(text.splice(span.start..span.start, other)),
        }
        if random.below(3) != 0 {
            return text;
        }
    }
    for _ in 0..=random.below(2) {
        let at = random.below(text.len());
        let byte = *random.pick(SPICE).unwrap_or(&b' ');
        match random.below(5) {
            0 if !text.is_empty() => drop(text.remove(at)),
            1 if !text.is_empty() => text.insert(at, text[at]),
            2 if !text.is_empty() => text[at] = byte,
            3 if !text.is_empty() => text[at] ^= 1 << random.below(8),
            _ => text.insert(at, byte),
        }
    }
    text
}
