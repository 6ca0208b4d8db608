//! `subid.abnf` against [`SubIds`].

use super::abnf::Grammar;
use super::recognise::{LONGEST, Recogniser};
use super::sentence::{Generator, Pick, Random, mutate};
use super::{Differences, lines};
use pvelint::model::subid::SubIds;
use pvelint::release::Release;

/// Whether a number on the line may be too big for 64 bits.
fn may_overflow(line: &[u8]) -> bool {
    line.split(|byte| !byte.is_ascii_hexdigit()).any(|run| run.len() > 16)
}

#[test]
fn subordinate_ids_are_read_as_the_grammar_says() {
    let grammar = Grammar::load("subid.abnf", Release::Pve9);
    let recogniser = Recogniser::new(&grammar);
    let mut generator = Generator::new(&grammar, 11);
    let mut random = Random::new(12);
    let mut differences = Differences::default();
    let mut verdicts = [0; 2];
    for round in 0..400 {
        generator.most = 3 + round % 8;
        let sentence = generator.sentence(&|_, _, _| Pick::Free);
        let ids = SubIds::parse(&sentence.text);
        assert!(ids.dropped.is_empty(), "{:?}", ids.dropped);
        let owners: Vec<&[u8]> = ids.entries.iter().map(|entry| entry.owner).collect();
        assert_eq!(owners, sentence.made_by(&grammar, "owner").collect::<Vec<_>>());
        for at in 0..6 {
            let mutant = match at {
                0 => generator.near_miss(&|_, _, _| Pick::Free).unwrap_or_default(),
                _ => mutate(&sentence, &mut random),
            };
            let ids = SubIds::parse(&mutant);
            for (start, line) in lines(&mutant).filter(|(_, line)| line.len() <= LONGEST) {
                let accepted = recogniser.accepts("line", line);
                let held = ids.entries.iter().any(|entry| entry.span.start as usize == start);
                let dropped = ids.dropped.iter().find(|dropped| dropped.span.start as usize == start);
                verdicts[usize::from(accepted)] += 1;
                assert_eq!(held, dropped.is_none(), "every line is one or the other");
                if accepted != held && !may_overflow(line) {
                    differences.add("grammar and reader differ", Release::Pve9, line, &dropped);
                }
            }
        }
    }
    assert_eq!(generator.unused(), [""; 0], "never used");
    assert!(verdicts[0] > 300 && verdicts[1] > 300, "too few to judge: {verdicts:?}");
    differences.assert_none();
}
