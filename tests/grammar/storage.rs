//! `storage.abnf` and `section.abnf` against [`StorageCfg`] and the reader of section configs below it.

use super::abnf::{Grammar, START};
use super::recognise::{LONGEST, Recogniser};
use super::sentence::{Generator, Pick, Random, Sentence, mutate};
use super::{Differences, lines};
use pvelint::model::schema::Reason as Why;
use pvelint::model::storage::{Ghost, Outcome, Reason, Refusal, StorageCfg};
use pvelint::release::Release;
use pvelint::syntax::section::{Document, HeaderRule, Role, typed_header, word_header};

/// Properties (rules `p-*`) once in a section, keys of property strings (`k-*`) once in a string.
fn pick(grammar: &Grammar, rule: &str, so_far: &Sentence) -> Pick {
    let ends: fn(&str) -> bool = match rule.get(..2) {
        Some("p-") => |rule| rule == "header-rest",
        Some("k-") => |rule| rule == "header-rest" || rule.starts_with("p-"),
        _ => return Pick::Free,
    };
    let name = |part: &(usize, _)| grammar.rules[part.0].name.as_str();
    let before = so_far.parts.iter().rev().map(name).take_while(|name| !ends(name)).any(|name| name == rule);
    if before { Pick::Impossible } else { Pick::Free }
}

/// What PVE logs about a line that is a sentence: what a line can't tell by itself.
fn is_beyond_grammar(reason: &Reason<'_>) -> bool {
    match reason {
        Reason::Ghost(Ghost::Missing(_)) | Reason::Property { refusal: Refusal::Duplicate(_), .. } => true,
        Reason::Property { refusal: Refusal::Invalid(problem), .. } => {
            matches!(problem.reason, Why::Duplicate | Why::TooLong)
        }
        _ => false,
    }
}

/// The types of the release's storages.
fn types(grammar: &Grammar) -> Vec<String> {
    let reachable = grammar.reachable(START);
    let names = reachable.into_iter().filter_map(|rule| grammar.rules[rule].name.strip_suffix("-header"));
    names.map(str::to_owned).collect()
}

fn check_sentence(grammar: &Grammar, sentence: &Sentence, release: Release, differences: &mut Differences) {
    let cfg = StorageCfg::parse(&sentence.text, release);
    if let Some(dropped) = cfg.dropped.first() {
        let line = dropped.span.bytes(&sentence.text);
        return differences.add("dropped from a sentence", release, line, &dropped.reason);
    }
    let ids: Vec<&[u8]> = cfg.sections.iter().map(|section| &**section.id.value).collect();
    assert_eq!(ids, sentence.made_by(grammar, "new-id").collect::<Vec<_>>());
    assert!(cfg.sections.iter().all(|section| section.outcome == Outcome::Ok));
    let made = sentence.parts.iter().filter(|part| grammar.rules[part.0].name.starts_with("p-")).count();
    let held: usize = cfg.sections.iter().map(|section| section.properties.len()).sum();
    assert_eq!(held, made, "{}", sentence.text.escape_ascii());
}

/// Where the reader is: between sections, in one of a type, or in one that PVE skips without looking at its lines.
#[derive(Clone, PartialEq)]
enum State {
    Between,
    Inside(String),
    Skipping,
}

/// Lines on which the grammar is narrower than PVE, as value.abnf says: negative numbers that are 0 for Perl, with their
/// exponents of three digits and more.
fn is_left_out(line: &[u8]) -> bool {
    let negative =
        |exponent: &[u8]| matches!(exponent, [b'e' | b'E', b'-', digits @ ..] if digits.iter().all(u8::is_ascii_digit));
    line.windows(5).any(negative)
}

fn judge(
    recogniser: &Recogniser<'_>,
    types: &[String],
    text: &[u8],
    release: Release,
    differences: &mut Differences,
) -> [usize; 2] {
    let cfg = StorageCfg::parse(text, release);
    let mut verdicts = [0; 2];
    let mut state = State::Between;
    for (start, line) in lines(text) {
        if line.len() >= LONGEST {
            // Whatever it is, what follows can't be told.
            return verdicts;
        }
        let whole = [line, b"\n"].concat();
        let is = |rule: &str| recogniser.accepts(rule, &whole);
        // Some types need nothing.
        let has = |rule: &str| recogniser.has_rule(rule) && is(rule);
        let accepted = if is("comment") {
            true
        } else if is("empty") {
            state = State::Between;
            true
        } else {
            match state.clone() {
                State::Skipping => continue,
                State::Inside(kind) => is(&format!("{kind}-line")) || has(&format!("{kind}-needed")),
                State::Between => match types.iter().find(|kind| is(&format!("{kind}-header"))) {
                    Some(kind) => {
                        state = State::Inside(kind.clone());
                        true
                    }
                    None => {
                        if typed_header(line).is_some() {
                            state = State::Skipping;
                        }
                        false
                    }
                },
            }
        };
        let here = |at: u32| (start..=start + line.len()).contains(&(at as usize));
        // PVE takes values apart in any order, and stops at a content that spoils the section.
        let stopped = cfg.sections.iter().any(|section| {
            let spoilt = matches!(section.outcome, Outcome::Ghost(Ghost::NoneMixed(_) | Ghost::NoContent(_)));
            spoilt && (section.span.start as usize..section.span.end as usize).contains(&start)
        });
        let reasons: Vec<_> = cfg.dropped.iter().filter(|d| here(d.span.start)).map(|d| &d.reason).collect();
        verdicts[usize::from(accepted)] += 1;
        if accepted && !reasons.iter().all(|reason| is_beyond_grammar(reason)) {
            differences.add("in the grammar, but dropped", release, line, &reasons);
        } else if !accepted && reasons.is_empty() && !stopped && !is_left_out(line) {
            differences.add("not in the grammar, but not dropped", release, line, &"");
        }
    }
    verdicts
}

#[test]
fn storage_cfg_is_read_as_the_grammar_says() {
    let mut differences = Differences::default();
    for release in Release::ALL {
        let grammar = Grammar::load("storage.abnf", release);
        let recogniser = Recogniser::new(&grammar);
        let types = types(&grammar);
        let mut generator = Generator::new(&grammar, 3);
        let mut random = Random::new(4);
        let mut verdicts = [0; 2];
        for round in 0..300 {
            generator.most = 3 + round % 6;
            let mut sentence = generator.sentence(&|rule, so_far, _| pick(&grammar, rule, so_far));
            if random.below(2) == 0 && sentence.text.ends_with(b"\n") {
                sentence.text.pop();
                sentence
                    .parts
                    .retain(|part| part.1.end <= sentence.text.len() || grammar.rules[part.0].name == "new-id");
            }
            check_sentence(&grammar, &sentence, release, &mut differences);
            for _ in 0..6 {
                let mutant = mutate(&sentence, &mut random);
                let [bad, good] = judge(&recogniser, &types, &mutant, release, &mut differences);
                verdicts = [verdicts[0] + bad, verdicts[1] + good];
            }
        }
        assert_eq!(generator.unused(), [""; 0], "never used for PVE {}", release.major());
        generator.most = 3;
        for _ in 0..2 * generator.targets() {
            let Some(mutant) = generator.near_miss(&|rule, so_far, _| pick(&grammar, rule, so_far)) else { continue };
            let [bad, good] = judge(&recogniser, &types, &mutant, release, &mut differences);
            verdicts = [verdicts[0] + bad, verdicts[1] + good];
        }
        assert!(verdicts[0] > 1000 && verdicts[1] > 1000, "too few to judge: {verdicts:?}");
    }
    differences.assert_none();
}

#[test]
fn section_configs_are_split_as_the_grammar_says() {
    let grammar = Grammar::load("section.abnf", Release::Pve9);
    let recogniser = Recogniser::new(&grammar);
    let mut generator = Generator::new(&grammar, 5);
    let mut random = Random::new(6);
    let mut differences = Differences::default();
    let mut judged = [0; 2];
    for _ in 0..400 {
        let sentence = generator.sentence(&|_, _, _| Pick::Free);
        for at in 0..4 {
            let text = if at == 0 { sentence.text.clone() } else { mutate(&sentence, &mut random) };
            for (rule, header) in [(typed_header as HeaderRule, "typed-header"), (word_header, "word-header")] {
                let mut inside = false;
                for line in Document::parse(&text, rule).lines {
                    let whole = [line.text, b"\n"].concat();
                    let is = |rule: &str| recogniser.accepts(rule, &whole);
                    let expected = if is("comment") {
                        "comment"
                    } else if is("empty") {
                        "empty"
                    } else if inside && is("property") {
                        "property"
                    } else if !inside && is(header) {
                        "header"
                    } else {
                        "ignored"
                    };
                    let found = match line.role {
                        Role::Comment => "comment",
                        Role::Empty => "empty",
                        Role::Property(_) => "property",
                        Role::Header(_) => "header",
                        Role::Ignored(_) => "ignored",
                    };
                    inside = found == "header" || (inside && found != "empty");
                    judged[usize::from(found != "ignored")] += 1;
                    if expected != found {
                        differences.add(expected, Release::Pve9, line.text, &line.role);
                    }
                }
            }
        }
    }
    assert_eq!(generator.unused(), [""; 0], "never used");
    assert!(judged[0] > 500 && judged[1] > 500, "too few to judge: {judged:?}");
    differences.assert_none();
}
