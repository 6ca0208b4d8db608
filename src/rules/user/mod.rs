//! user.cfg line by line: what PVE drops, reads differently from what is written, or overrides. Rules about tokens, groups,
//! roles, ACLs and pools are in the folders of these names and share what is here.

use std::cell::Cell;

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashSet;

use crate::cluster::File;
use crate::finding::Finding;
use crate::model::user::{Dropped, Quirk, UserCfg};
use crate::rules::{Context, Sink};
use crate::text::{Place, Span};

include!(concat!(env!("OUT_DIR"), "/rules/user.rs"));

mod lost;

pub(in crate::rules) use lost::Lost;

/// The second line of every finding about something that PVE dropped.
pub(in crate::rules) const GONE: &str = "PVE's next change of any user, token, group, pool, role or ACL deletes it.";

/// Comparisons of names that one rule may make for its "did you mean": enough for every real file, and an end for a file made
/// of misspelt names.
const GUESSES: usize = 500_000;

/// user.cfg, where there is one. Rules that need it are asked only then.
pub(in crate::rules) fn user_cfg<'a>(context: &Context<'a>) -> Option<&'a File<UserCfg<'a>>> {
    context.cluster.user.as_ref()
}

/// user.cfg as a rule looks at it.
#[derive(Debug)]
pub(in crate::rules) struct Look<'m> {
    file: &'m File<UserCfg<'m>>,
    /// What PVE holds after reading it.
    pub(in crate::rules) model: &'m UserCfg<'m>,
    /// What follows from what.
    pub(in crate::rules) lost: Lost<'m>,
    guesses: Cell<usize>,
}

impl<'m> Look<'m> {
    /// `None` without user.cfg.
    pub(in crate::rules) fn of(context: &Context<'m>) -> Option<Self> {
        let file = user_cfg(context)?;
        let model = &file.model;
        Some(Self { file, model, lost: Lost::of(model), guesses: Cell::new(GUESSES) })
    }

    /// A place in the file.
    pub(in crate::rules) fn at(&self, span: Span) -> Place {
        self.file.at(span)
    }

    /// What PVE logs as ignored, once each, without what follows from another mistake.
    pub(in crate::rules) fn dropped(&self) -> impl Iterator<Item = &'m Dropped<'m>> {
        let mut seen = FxHashSet::default();
        // PVE looks at a subject again for every role of its line.
        let mut first = move |key| seen.insert(key);
        self.model.dropped.iter().filter(move |dropped| {
            !self.lost.follows(dropped) && first((dropped.span, std::mem::discriminant(&dropped.reason)))
        })
    }

    /// The known name that `name` is probably meant to be. Stricter than [`crate::rules::words::did_you_mean`], because a command may give
    /// rights to it: the only one that near, and not just with another number.
    pub(in crate::rules) fn guess<'n>(
        &self,
        name: &[u8],
        known: impl IntoIterator<Item = &'n BStr>,
    ) -> Option<&'n str> {
        self.guess_part(name, known, |whole| Some(whole))
    }

    /// The user that is probably meant: the name misspelt, or right and in another realm.
    pub(in crate::rules) fn guess_user(&self, id: &[u8]) -> Option<&'m str> {
        let users = || self.model.users.iter().map(|user| user.id.value);
        let (name, realm) = split_last(id, b'@').unwrap_or((id, b""));
        let of =
            |id: &'m BStr, realm: &[u8]| split_last(id, b'@').filter(|split| split.1 == realm).map(|split| split.0);
        self.guess_part(name, users(), |id| of(id, realm)).or_else(|| {
            let named = |id: &&BStr| split_last(id, b'@').is_some_and(|split| split.0 == name);
            let mut same = users().take(self.guesses.get()).filter(named);
            self.guesses.set(self.guesses.get().saturating_sub(users().len()));
            same.next().filter(|_| same.next().is_none())?.to_str().ok()
        })
    }

    /// The user that is probably meant by what is no user id: a name without its realm, when only one realm has such a user.
    pub(in crate::rules) fn guess_member(&self, id: &[u8]) -> Option<&'m str> {
        if id.is_empty() || id.contains(&b'!') { None } else { self.guess_user(id) }
    }

    /// The token that is probably meant: the token's own name misspelt, or the user's.
    pub(in crate::rules) fn guess_token(&self, id: &[u8]) -> Option<&'m str> {
        let tokens = || self.model.tokens.iter().map(|token| token.id.value);
        let (user, name) = split_last(id, b'!')?;
        let of = |id: &'m BStr| split_last(id, b'!').filter(|split| split.0 == user).map(|split| split.1);
        self.guess_part(name, tokens(), of).or_else(|| {
            let user = self.guess_user(user)?;
            let meant = tokens().find(|id| split_last(id, b'!') == Some((user.as_bytes(), name)))?;
            meant.to_str().ok()
        })
    }

    /// The one of `known` whose part is nearest to `name`.
    fn guess_part<'n>(
        &self,
        name: &[u8],
        known: impl IntoIterator<Item = &'n BStr>,
        part: impl Fn(&'n BStr) -> Option<&'n [u8]>,
    ) -> Option<&'n str> {
        let name = name.to_str().ok().filter(|name| name.len() <= 100)?;
        let most = match name.len() {
            ..5 => 0,
            5..10 => 1,
            _ => 2,
        };
        let left = self.guesses.get();
        let mut tried = 0;
        let mut best: Option<(usize, &str)> = None;
        let mut alone = true;
        for whole in known.into_iter().take(left) {
            tried += 1;
            let Some(candidate) = part(whole).and_then(|part| part.to_str().ok()) else { continue };
            let Some(distance) = distance(name, candidate, most) else { continue };
            match best {
                Some((least, _)) if least < distance => {}
                Some((least, _)) if least == distance => alone = false,
                _ => {
                    alone = true;
                    best = whole.to_str().ok().map(|whole| (distance, whole));
                }
            }
        }
        self.guesses.set(left - tried);
        best.filter(|_| alone).map(|(_, whole)| whole)
    }

    /// The finding with the lines that suffer from `cause` as labels, the first few of them.
    pub(in crate::rules) fn with_followers(&self, mut finding: Finding, cause: &Dropped<'_>) -> Finding {
        const SHOWN: usize = 3;
        let followers = self.lost.followers(cause);
        for follower in followers.iter().take(SHOWN) {
            finding = finding.secondary(self.at(follower.span), lost::follower_label(follower));
        }
        match followers.len().saturating_sub(SHOWN) {
            0 => finding,
            more => finding.note(format!(
                "{} it too",
                if more == 1 { "1 more place names".to_owned() } else { format!("{more} more places name") }
            )),
        }
    }
}

/// What stands before and behind the last `byte`.
fn split_last(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.rfind_byte(byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// How many typing mistakes lie between two names; 0 when only the case differs. `None` beyond `most`, for the same name, and
/// for names that differ in their numbers alone: `web2` is no misspelt `web1`.
fn distance(name: &str, candidate: &str, most: usize) -> Option<usize> {
    if name == candidate {
        return None;
    }
    if name.eq_ignore_ascii_case(candidate) {
        return Some(0);
    }
    if most == 0 || are_far_apart(name, candidate, most) {
        return None;
    }
    let letters = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
    if letters(name) == letters(candidate) {
        return None;
    }
    Some(strsim::damerau_levenshtein(name, candidate)).filter(|distance| *distance <= most)
}

/// Whether it shows at once that more than `most` mistakes lie between two names: a mistake makes one letter more or less, or
/// takes one for another, so that at most two letters occur in but one of the names. Nearly all names of a large file are.
fn are_far_apart(name: &str, candidate: &str, most: usize) -> bool {
    let occurring = |text: &str| text.chars().fold(0_u64, |set, c| set | 1 << (u32::from(c) % 64));
    name.len().abs_diff(candidate.len()) > 4 * most
        || (occurring(name) ^ occurring(candidate)).count_ones() as usize > 2 * most
}

/// Asks `find` about everything that PVE logs as ignored, once each, and not about what follows from another mistake.
pub(in crate::rules) fn each_dropped<'m>(
    context: &Context<'m>,
    sink: &mut Sink,
    mut find: impl FnMut(&Look<'m>, &'m Dropped<'m>) -> Option<Finding>,
) {
    let Some(look) = Look::of(context) else { return };
    for dropped in look.dropped() {
        sink.extend(find(&look, dropped));
    }
}

/// Asks `find` about everything that PVE keeps or overrides in silence.
pub(in crate::rules) fn each_quirk<'m>(
    context: &Context<'m>,
    sink: &mut Sink,
    mut find: impl FnMut(&Look<'m>, &'m Quirk<'m>) -> Option<Finding>,
) {
    let Some(look) = Look::of(context) else { return };
    for quirk in &look.model.quirks {
        sink.extend(find(&look, quirk));
    }
}

/// What a flag that is neither `0` nor `1` was probably meant to say. PVE reads all of it as yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Meant {
    /// `yes`, `true`, `2`: what PVE makes of it.
    Yes,
    /// `no`, `false`, `00`: the opposite.
    No,
    /// Neither.
    Unclear,
}

/// What `written` was probably meant to say.
pub(in crate::rules) fn meant(written: &[u8]) -> Meant {
    let is = |words: &[&str]| words.iter().any(|word| written.eq_ignore_ascii_case(word.as_bytes()));
    let number = written.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if is(&["no", "n", "false", "f", "off", "disable", "disabled", "none", "never", "-"]) {
        Meant::No
    } else if is(&["yes", "y", "true", "t", "on", "enable", "enabled", "x"]) {
        Meant::Yes
    } else if number {
        if written.iter().any(|byte| matches!(byte, b'1'..=b'9')) { Meant::Yes } else { Meant::No }
    } else {
        Meant::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_guessed_only_when_little_else_is_possible() {
        assert_eq!(distance("allice", "alice", 1), Some(1));
        assert_eq!(distance("pvevmadmin", "PVEVMAdmin", 2), Some(0));
        assert_eq!(distance("backup2", "backup1", 1), None);
        for (name, candidate) in
            [("alice", "lalice"), ("xy.bob", "x.bob"), ("carol", "carlo"), ("m\u{fc}ller", "muller")]
        {
            assert_eq!(distance(name, candidate, 1), Some(1), "{name}");
        }
        let model = UserCfg::parse(
            b"user:alice@pve:1:\nuser:tim@pve:1:\nuser:server@pve:1:\nuser:servers@pve:1:\nuser:fred@ldap:1:\n\
              user:serve@pve:1:\ntoken:alice@pve!deploy:0:1:\n",
            crate::release::Release::Pve9,
        );
        let file = File { file: crate::text::FileId(0), model };
        let look = Look { file: &file, model: &file.model, lost: Lost::of(&file.model), guesses: Cell::new(GUESSES) };
        assert_eq!(look.guess_user(b"allice@pve"), Some("alice@pve"));
        assert_eq!(look.guess_user(b"fred@pve"), Some("fred@ldap"), "another realm");
        assert_eq!(look.guess_user(b"tom@pve"), None, "too short to be a misspelt tim");
        assert_eq!(look.guess_user(b"serverx@pve"), None, "two are that near");
        assert_eq!(look.guess_token(b"alice@pve!depoly"), Some("alice@pve!deploy"));
        assert_eq!(look.guess_token(b"allice@pve!deploy"), Some("alice@pve!deploy"));
        look.guesses.set(0);
        assert_eq!(look.guess_user(b"allice@pve"), None);
    }

    #[test]
    fn only_what_means_no_is_taken_for_no() {
        for no in ["no", "False", "00", "0.0", "off"] {
            assert_eq!(meant(no.as_bytes()), Meant::No, "{no}");
        }
        for yes in ["yes", "TRUE", "2", "01", "on"] {
            assert_eq!(meant(yes.as_bytes()), Meant::Yes, "{yes}");
        }
        assert_eq!(meant(b"Bob"), Meant::Unclear);
    }
}
