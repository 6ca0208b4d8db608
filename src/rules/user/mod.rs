//! user.cfg line by line: what PVE drops, reads differently from what is written, or overrides. Rules about tokens, groups,
//! roles, ACLs and pools are in the folders of these names and share what is here.

use std::cell::Cell;

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashSet;

use crate::cluster::File;
use crate::finding::Finding;
use crate::model::user::{Dropped, Odd, UserCfg};
use crate::rules::{Context, Sink, words};
use crate::text::{Place, Span};

mod lost;

pub mod enable_misread;
pub mod enable_missing;
pub mod entry_repeated;
pub mod expire_huge;
pub mod expire_malformed;
pub mod fields_surplus;
pub mod id_malformed;
pub mod id_too_long;
pub mod line_unknown;
pub mod list_torn;
pub mod repeated;
pub mod text_altered;
pub mod text_colon;
pub mod unlistable;

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

    /// The known name that `name` is probably meant to be.
    pub(in crate::rules) fn guess<'n>(
        &self,
        name: &[u8],
        known: impl IntoIterator<Item = &'n BStr>,
    ) -> Option<&'n str> {
        let left = self.guesses.get();
        let mut tried = 0;
        let candidates = known.into_iter().take(left).inspect(|_| tried += 1).filter_map(|name| name.to_str().ok());
        let guess = words::did_you_mean(name, candidates);
        self.guesses.set(left - tried);
        guess
    }

    /// The finding with the lines that suffer from `cause` as labels, the first few of them.
    pub(in crate::rules) fn with_followers(&self, mut finding: Finding, cause: &Dropped<'_>) -> Finding {
        const SHOWN: usize = 3;
        let followers = self.lost.followers(cause);
        for follower in followers.iter().take(SHOWN) {
            finding = finding.also(self.at(follower.span), lost::follower_label(follower));
        }
        match followers.len().saturating_sub(SHOWN) {
            0 => finding,
            more => finding.fact(format!(
                "{} it too",
                if more == 1 { "1 more place names".to_owned() } else { format!("{more} more places name") }
            )),
        }
    }
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
pub(in crate::rules) fn each_odd<'m>(
    context: &Context<'m>,
    sink: &mut Sink,
    mut find: impl FnMut(&Look<'m>, &'m Odd<'m>) -> Option<Finding>,
) {
    let Some(look) = Look::of(context) else { return };
    for odd in &look.model.odd {
        sink.extend(find(&look, odd));
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
