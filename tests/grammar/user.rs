//! `user.abnf` against [`UserCfg`].

use super::abnf::Grammar;
use super::recognise::{LONGEST, Recogniser};
use super::sentence::{Generator, Pick, Random, Sentence, mutate};
use super::{Differences, lines};
use pvelint::model::user::{NoToken, Reason, UnknownLine, UserCfg, UserFault};
use pvelint::release::Release;
use std::collections::BTreeSet;

/// Names that have to be defined above, taken from the sentence so far.
fn pick(grammar: &Grammar, rule: &str, so_far: &Sentence, random: &mut Random) -> Pick {
    let from = |defined: &[&[u8]], random: &mut Random| {
        random.pick(defined).map_or(Pick::Impossible, |name| Pick::Text(name.to_vec()))
    };
    let plain = |name: &&[u8]| !name.iter().any(|b| matches!(b, 0 | b',' | b';' | 0x85 | 0xa0));
    let no_nul = |name: &&[u8]| !name.contains(&0);
    let users = || -> Vec<&[u8]> {
        [&b"root@pam"[..]].into_iter().chain(so_far.made_by(grammar, "new-user")).collect::<Vec<_>>()
    };
    let tokens = || -> Vec<&[u8]> {
        // A second line for a user takes his tokens away.
        let (user, token) = (grammar.rule("new-user"), grammar.rule("new-token"));
        let mut tokens: Vec<&[u8]> = Vec::new();
        for (rule, place) in &so_far.parts {
            let text = &so_far.text[place.clone()];
            if *rule == user {
                tokens.retain(|token| !token.starts_with(&[text, b"!"].concat()));
            } else if *rule == token {
                tokens.push(text);
            }
        }
        tokens
    };
    match rule {
        "owner" => from(&users(), random),
        "comma-owner" | "nul-member" => from(&users().into_iter().filter(no_nul).collect::<Vec<_>>(), random),
        "plain-owner" | "member" | "acl-user" => from(&users().into_iter().filter(plain).collect::<Vec<_>>(), random),
        "nul-token" => from(&tokens().into_iter().filter(no_nul).collect::<Vec<_>>(), random),
        "acl-token" => from(&tokens().into_iter().filter(plain).collect::<Vec<_>>(), random),
        "acl-group" => from(&so_far.made_by(grammar, "new-group").collect::<Vec<_>>(), random),
        "acl-role" => {
            let roles = so_far.made_by(grammar, "new-role").chain([&b"PVEAdmin"[..]]);
            from(&roles.collect::<Vec<_>>(), random)
        }
        "vmid" => {
            let zeros = "0".repeat(random.below(3));
            Pick::Text(format!("{zeros}{}", 1 + so_far.made_by(grammar, "vmid").count()).into_bytes())
        }
        _ => Pick::Free,
    }
}

/// What PVE logs about a line that is a sentence: what a line can't tell by itself.
fn is_beyond_grammar(reason: &Reason<'_>) -> bool {
    let is_long = |fault: &UserFault| matches!(fault, UserFault::Long(_));
    match reason {
        Reason::TokenUser { .. }
        | Reason::MemberUnknown { .. }
        | Reason::AclRole { .. }
        | Reason::AclGroup { .. }
        | Reason::AclUser { .. }
        | Reason::AclToken { why: NoToken::Undefined(_) | NoToken::Wiped { .. }, .. }
        | Reason::PoolVmidTaken { .. }
        | Reason::Line(UnknownLine::Blank) => true,
        Reason::UserId { fault, .. }
        | Reason::MemberId { fault, .. }
        | Reason::AclToken { why: NoToken::Malformed(_, fault), .. } => is_long(fault),
        _ => false,
    }
}

fn check_sentence(grammar: &Grammar, sentence: &Sentence, release: Release, differences: &mut Differences) {
    let cfg = UserCfg::parse(&sentence.text, release);
    for dropped in &cfg.dropped {
        if !matches!(dropped.reason, Reason::Line(UnknownLine::Blank)) {
            differences.add("dropped from a sentence", release, dropped.line.bytes(&sentence.text), &dropped.reason);
        }
    }
    let made = |rule: &str| sentence.made_by(grammar, rule).collect::<BTreeSet<_>>();
    let mut users = made("new-user");
    users.insert(b"root@pam");
    assert_eq!(users, cfg.users.iter().map(|user| &**user.id.value).collect());
    assert_eq!(made("new-group"), cfg.groups.iter().map(|group| &**group.name.value).collect());
    let pools = cfg.pools.iter().filter(|pool| pool.line.is_some());
    assert_eq!(made("new-pool"), pools.map(|pool| &**pool.name.value).collect());
    let roles = cfg.roles.iter().filter(|role| role.line.is_some());
    assert_eq!(made("new-role"), roles.map(|role| &**role.name).collect());
    assert_eq!(sentence.made_by(grammar, "vmid").count(), cfg.vm_pools().count());
}

fn judge(recogniser: &Recogniser<'_>, text: &[u8], release: Release, differences: &mut Differences) -> [usize; 2] {
    let cfg = UserCfg::parse(text, release);
    let mut verdicts = [0; 2];
    for (start, line) in lines(text).filter(|(_, line)| line.len() <= LONGEST) {
        let here = |at: u32| (start..=start + line.len()).contains(&(at as usize));
        let reasons: Vec<_> = cfg.dropped.iter().filter(|d| here(d.line.start)).map(|d| &d.reason).collect();
        let accepted = recogniser.accepts("line", line);
        verdicts[usize::from(accepted)] += 1;
        if accepted && !reasons.iter().all(|reason| is_beyond_grammar(reason)) {
            differences.add("in the grammar, but dropped", release, line, &reasons);
        } else if !accepted && reasons.is_empty() {
            differences.add("not in the grammar, but not dropped", release, line, &"");
        }
    }
    verdicts
}

#[test]
fn user_cfg_is_read_as_the_grammar_says() {
    let mut differences = Differences::default();
    for release in Release::ALL {
        let grammar = Grammar::load("user.abnf", release);
        let recogniser = Recogniser::new(&grammar);
        let mut generator = Generator::new(&grammar, 1);
        let mut random = Random::new(2);
        let mut verdicts = [0; 2];
        for round in 0..600 {
            generator.most = 3 + round % 8;
            let sentence = generator.sentence(&|rule, so_far, random| pick(&grammar, rule, so_far, random));
            check_sentence(&grammar, &sentence, release, &mut differences);
            for _ in 0..8 {
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
        assert!(verdicts[0] > 200 && verdicts[1] > 200, "too few to judge: {verdicts:?}");
    }
    differences.assert_none();
}
