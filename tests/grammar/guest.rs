//! `guest.abnf`, with the property strings of `property.abnf`, against [`Container`]; `idmap.abnf` against [`IdMap`].

use super::abnf::Grammar;
use super::recognise::{LONGEST, Recogniser};
use super::sentence::{Generator, Pick, Random, Sentence, mutate};
use super::{Differences, lines};
use pvelint::model::container::{Container, Place, Quirk, QuirkKind};
use pvelint::model::idmap::IdMap;
use pvelint::model::schema::Reason;
use pvelint::model::tables::lxc::TIMEZONES;
use pvelint::release::Release;
use std::collections::BTreeSet;

/// Keys of property strings (rules `k-*`) once in a string; time zones that exist.
fn pick(grammar: &Grammar, rule: &str, so_far: &Sentence, random: &mut Random) -> Pick {
    if rule == "zone" {
        return random.pick(&TIMEZONES).map_or(Pick::Free, |zone| Pick::Text(zone.as_bytes().to_vec()));
    }
    if !rule.starts_with("k-") {
        return Pick::Free;
    }
    // The line so far; a string never goes beyond one.
    let start = so_far.text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let here = so_far.parts.iter().rev().take_while(|part| part.1.start >= start);
    let this = grammar.rule(rule);
    if here.clone().any(|part| part.0 == this) { Pick::Impossible } else { Pick::Free }
}

/// What PVE logs about a line that is a sentence: what a line can't tell by itself.
fn is_beyond_grammar(quirk: &Quirk<'_>) -> bool {
    match &quirk.why {
        QuirkKind::Invalid(problem) => problem.reason == Reason::Duplicate || quirk.key == b"timezone",
        _ => false,
    }
}

fn check_sentence(grammar: &Grammar, sentence: &Sentence, release: Release, differences: &mut Differences) {
    let container = Container::parse(&sentence.text, 100, release);
    let warnings = container.warnings();
    if let Some(first) = warnings.first() {
        return differences.add("logged about a sentence", release, &sentence.text, first);
    }
    assert!(container.is_strictly_valid());
    let made = |rule: &str| sentence.made_by(grammar, rule).collect::<BTreeSet<_>>();
    assert_eq!(
        made("snapshot-name"),
        container
            .snapshots
            .iter()
            .map(|section| match section.place {
                Place::Snapshot(name) => name,
                _ => b"",
            })
            .collect()
    );
    assert_eq!(made("pending-header").is_empty(), container.pending.is_none());
    let key = |line: &'_ [u8]| line.split(|&byte| byte == b':').next().unwrap_or_default().to_vec();
    // A line of main stands in front of every header.
    let header = ["pending-header", "snapshot-header"].map(|rule| grammar.rule(rule));
    let headers = sentence.parts.iter().filter(|part| header.contains(&part.0)).map(|part| part.1.start);
    let end = headers.min().unwrap_or(sentence.text.len());
    let option = grammar.rule("option");
    let options = sentence.parts.iter().filter(|part| part.0 == option && part.1.start < end);
    let mut keys: BTreeSet<Vec<u8>> = options.map(|part| key(&sentence.text[part.1.clone()])).collect();
    if !container.main.environment.is_empty() {
        keys.insert(b"env".to_vec());
    }
    // A description of blanks is an option like others to PVE, which reads no description there.
    let held = container.main.options.iter().filter(|option| option.key != b"description");
    assert_eq!(keys, held.map(|option| option.key.to_vec()).collect());
    let raws = sentence.parts.iter().filter(|part| part.0 == grammar.rule("raw") && part.1.start < end);
    assert_eq!(raws.count(), container.main.raw.len() + container.main.environment.len());
}

/// Lines on which the grammar is narrower than PVE, as its comments say: a blank next to a comma, `volume=0`, and what is in
/// front of `snapstate:`.
fn is_left_out(line: &[u8]) -> bool {
    let is_blank = |byte: &u8| matches!(byte, b'\t' | 0x0b | 0x0c | b' ');
    let beside_comma = line.windows(2).any(|pair| match pair {
        [b',', byte] | [byte, b','] => is_blank(byte),
        _ => false,
    });
    let has = |text: &[u8]| line.windows(text.len()).any(|part| part == text);
    beside_comma || has(b"volume=0,") || has(b"snapstate:")
}

fn judge(recogniser: &Recogniser<'_>, text: &[u8], release: Release, differences: &mut Differences) -> [usize; 2] {
    let container = Container::parse(text, 100, release);
    let mut verdicts = [0; 2];
    let mut rule = "main-line";
    for (start, line) in lines(text) {
        if line.len() >= LONGEST {
            continue;
        }
        let whole = [line, b"\n"].concat();
        let is = |rule: &str| recogniser.accepts(rule, &whole);
        let accepted = if is("pending-header") {
            rule = "pending-line";
            true
        } else if is("snapshot-header") {
            rule = "snapshot-line";
            true
        } else {
            is(rule)
        };
        let here = |at: u32| (start..=start + line.len()).contains(&(at as usize));
        let dropped = container.dropped.iter().filter(|d| here(d.span.start) && container.log_dropped(d).is_some());
        let quirk = container.quirks.iter().filter(|o| here(o.span.start) && container.log_odd(o).is_some());
        verdicts[usize::from(accepted)] += 1;
        let excused = quirk.clone().all(is_beyond_grammar) && dropped.clone().next().is_none();
        let silent = quirk.clone().next().is_none() && dropped.clone().next().is_none();
        if accepted && !excused {
            let why = (dropped.collect::<Vec<_>>(), quirk.collect::<Vec<_>>());
            differences.add("in the grammar, but logged", release, line, &why);
        } else if !accepted && silent && !is_left_out(line) {
            differences.add("not in the grammar, but nothing is logged", release, line, &rule);
        }
    }
    verdicts
}

#[test]
fn containers_are_read_as_the_grammar_says() {
    let mut differences = Differences::default();
    for release in Release::ALL {
        let grammar = Grammar::load("guest.abnf", release);
        let recogniser = Recogniser::new(&grammar);
        let mut generator = Generator::new(&grammar, 7);
        let mut random = Random::new(8);
        let mut verdicts = [0; 2];
        for round in 0..800 {
            generator.most = 3 + round % 6;
            let sentence = generator.sentence(&|rule, so_far, random| pick(&grammar, rule, so_far, random));
            check_sentence(&grammar, &sentence, release, &mut differences);
            for _ in 0..6 {
                let mutant = mutate(&sentence, &mut random);
                let [bad, good] = judge(&recogniser, &mutant, release, &mut differences);
                verdicts = [verdicts[0] + bad, verdicts[1] + good];
            }
        }
        assert_eq!(generator.unused(), [""; 0], "never used for PVE {}", release.major());
        generator.most = 3;
        for _ in 0..2 * generator.targets() {
            let Some(mutant) = generator.near_miss(&|rule, so_far, random| pick(&grammar, rule, so_far, random)) else {
                continue;
            };
            let [bad, good] = judge(&recogniser, &mutant, release, &mut differences);
            verdicts = [verdicts[0] + bad, verdicts[1] + good];
        }
        assert!(verdicts[0] > 1000 && verdicts[1] > 1000, "too few to judge: {verdicts:?}");
    }
    differences.assert_none();
}

#[test]
fn id_maps_are_read_as_the_grammar_says() {
    let grammar = Grammar::load("idmap.abnf", Release::Pve9);
    let recogniser = Recogniser::new(&grammar);
    let mut generator = Generator::new(&grammar, 9);
    let mut random = Random::new(10);
    let mut differences = Differences::default();
    let mut verdicts = [0; 2];
    for _ in 0..400 {
        let sentence = generator.sentence(&|_, _, _| Pick::Free);
        for at in 0..6 {
            let mut value = match at {
                0 => sentence.text.clone(),
                1 => generator.near_miss(&|_, _, _| Pick::Free).unwrap_or_default(),
                _ => mutate(&sentence, &mut random),
            };
            value.retain(|&byte| byte != b'\n');
            let conf = [b"lxc.idmap:", &value[..]].concat();
            let container = Container::parse(&conf, 100, Release::Pve9);
            let map = IdMap::of(&container);
            let accepted = recogniser.accepts("idmap-value", &value);
            assert!(accepted || at > 0);
            verdicts[usize::from(accepted)] += 1;
            if accepted == map.error().is_some() || accepted != (map.entries.len() == 1) {
                differences.add("grammar and id map differ", Release::Pve9, &value, &map);
            }
            if let (true, 0, Some(entry)) = (accepted, at, map.entries.first()) {
                let made = |rule: &str| sentence.made_by(&grammar, rule).next().unwrap_or_default().to_vec();
                assert_eq!(entry.fields.map(<[u8]>::to_vec), ["container", "host", "count"].map(made));
            }
        }
    }
    assert_eq!(generator.unused(), [""; 0], "never used");
    assert!(verdicts[0] > 300 && verdicts[1] > 300, "too few to judge: {verdicts:?}");
    differences.assert_none();
}
