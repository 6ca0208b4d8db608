//! What follows from what: a user line that PVE drops takes its tokens, ACLs and memberships with it, a list torn apart leaves
//! fragments, a colon in a comment shifts every field behind it. One mistake is one finding, so rules ask here first.

use bstr::BStr;
use rustc_hash::FxHashMap;

use crate::model::user::{Dropped, EntryType, NoToken, QuirkKind, Reason, TokenFault, UserCfg, token_parts};
use crate::text::Span;

/// A line in which a colon inside a text has made PVE read text as something else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shift<'m> {
    /// Type of the line.
    pub(super) entry: EntryType,
    /// The user or pool.
    pub(super) name: &'m BStr,
    /// What is read as something else.
    pub(super) fields: Span,
}

/// The causes and their consequences.
#[derive(Debug)]
pub(in crate::rules) struct Lost<'m> {
    /// What a dropped line would have defined.
    names: FxHashMap<(EntryType, &'m BStr), &'m Dropped<'m>>,
    /// The consequences of a dropped line, by where what it names stands.
    followers: FxHashMap<Span, Vec<&'m Dropped<'m>>>,
    /// Lists and items split where nobody expects it, in the order of the file.
    torn: Vec<Span>,
    /// Lines whose text fields hold a colon.
    shifted: FxHashMap<Span, Shift<'m>>,
}

impl<'m> Lost<'m> {
    pub(super) fn of(model: &'m UserCfg<'m>) -> Self {
        let mut lost = Self {
            names: FxHashMap::default(),
            followers: FxHashMap::default(),
            torn: Vec::new(),
            shifted: shifted(model),
        };
        let torn = |what: &QuirkKind<'_>| matches!(what, QuirkKind::Torn { .. } | QuirkKind::Nul { .. });
        lost.torn.extend(model.quirks.iter().filter(|quirk| torn(&quirk.what)).map(|quirk| quirk.span));
        for dropped in &model.dropped {
            if let Some(name) = defines(&dropped.reason) {
                lost.names.entry(name).or_insert(dropped);
            }
        }
        for dropped in &model.dropped {
            if let Some(cause) = lost.root(dropped) {
                let followers = lost.followers.entry(cause.span).or_default();
                // Logged once for every role of an ACL line: the same one again is close behind.
                if !followers.iter().rev().take(64).any(|known| known.span == dropped.span) {
                    followers.push(dropped);
                }
            }
        }
        lost
    }

    /// Whether `dropped` is the consequence of another mistake.
    pub(super) fn follows(&self, dropped: &Dropped<'_>) -> bool {
        self.torn(dropped.span)
            || self.cause(&dropped.reason).is_some()
            || matches!(dropped.reason, Reason::AclToken { why: NoToken::Wiped { .. }, .. })
            || (matches!(dropped.reason, Reason::PoolVmid { .. } | Reason::PoolStorage { .. })
                && self.shifted.contains_key(&dropped.line))
    }

    /// The lines that suffer from `cause`.
    pub(super) fn followers(&self, cause: &Dropped<'_>) -> &[&'m Dropped<'m>] {
        self.followers.get(&cause.span).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a colon in a text has shifted the fields of the line at `line`.
    pub(super) fn is_shifted(&self, line: Span) -> bool {
        self.shifted.contains_key(&line)
    }

    /// All lines whose fields a colon in a text has shifted, in no particular order.
    pub(super) fn shifted(&self) -> impl Iterator<Item = &Shift<'m>> {
        self.shifted.values()
    }

    /// Whether `span` lies in a list that was split where nobody expects it.
    fn torn(&self, span: Span) -> bool {
        let behind = self.torn.partition_point(|torn| torn.start <= span.start);
        behind.checked_sub(1).and_then(|at| self.torn.get(at)).is_some_and(|torn| span.end <= torn.end)
    }

    /// The dropped line that would have defined what `reason` misses.
    fn cause(&self, reason: &Reason<'m>) -> Option<&'m Dropped<'m>> {
        let lost = |entry, name| self.names.get(&(entry, name)).copied();
        match reason {
            Reason::TokenId { id, fault: TokenFault::User(_) | TokenFault::NoToken } => {
                token_parts(id).and_then(|(user, _)| lost(EntryType::User, user))
            }
            Reason::TokenUser { user, later: None, .. }
            | Reason::MemberId { member: user, .. }
            | Reason::MemberUnknown { member: user, later: None, .. }
            | Reason::AclUser { user, later: None } => lost(EntryType::User, user),
            Reason::AclToken { token, why: NoToken::Malformed(..) | NoToken::Undefined(None) } => {
                let group = || token.strip_prefix(b"@").and_then(|group| lost(EntryType::Group, group.into()));
                lost(EntryType::Token, token).or_else(|| lost(EntryType::User, token)).or_else(group)
            }
            Reason::AclRoleName { role } => lost(EntryType::Role, role),
            _ => None,
        }
    }

    /// The cause of its cause, and so on: an ACL's token is missing because its user's line was dropped.
    fn root(&self, dropped: &Dropped<'m>) -> Option<&'m Dropped<'m>> {
        let cause = self.cause(&dropped.reason)?;
        Some(self.cause(&cause.reason).unwrap_or(cause))
    }
}

/// What a dropped line would have defined.
fn defines<'m>(reason: &Reason<'m>) -> Option<(EntryType, &'m BStr)> {
    match *reason {
        Reason::UserId { id, .. } | Reason::UserExpire { id, .. } => Some((EntryType::User, id)),
        Reason::TokenId { id, .. } | Reason::TokenExpire { id, .. } | Reason::TokenUser { id, .. } => {
            Some((EntryType::Token, id))
        }
        Reason::GroupName { name } => Some((EntryType::Group, name)),
        Reason::RoleName { name } => Some((EntryType::Role, name)),
        _ => None,
    }
}

/// What to say of a line that suffers from another one's mistake.
pub(super) fn follower_label(dropped: &Dropped<'_>) -> &'static str {
    match dropped.reason {
        Reason::TokenId { .. } | Reason::TokenUser { .. } => "PVE drops this token, too",
        Reason::MemberId { .. } => "PVE drops this membership, too",
        Reason::MemberUnknown { .. } => "this membership applies to the next user of that name",
        Reason::AclUser { .. } => "these permissions apply to the next user of that name",
        _ => "PVE drops this part of the ACL, too",
    }
}

/// The lines in which a colon inside a text has made PVE read text as something else.
fn shifted<'m>(model: &'m UserCfg<'m>) -> FxHashMap<Span, Shift<'m>> {
    let mut shifted: FxHashMap<Span, Shift<'m>> = FxHashMap::default();
    let mut add = |line: Span, entry, name, fields: Span| {
        let add_to = |known: &mut Shift<'m>| known.fields = known.fields.join(fields);
        shifted.entry(line).and_modify(add_to).or_insert(Shift { entry, name, fields });
    };
    let mut pools = FxHashMap::default();
    for quirk in &model.quirks {
        match quirk.what {
            QuirkKind::Keys { user, .. } => add(quirk.line, EntryType::User, user, quirk.span),
            QuirkKind::Surplus { entry: EntryType::User, name, .. } => {
                let user = model.user(name).filter(|user| user.line == Some(quirk.line));
                // Real keys are `x`, `x!...`, or a dozen characters and more.
                let text = |keys: &BStr| !keys.starts_with(b"x!") && keys != "x" && keys.len() < 12;
                if let Some(keys) = user.and_then(|user| model.details(user).keys).filter(|keys| text(keys.value)) {
                    add(quirk.line, EntryType::User, name, keys.span.join(quirk.span));
                }
            }
            QuirkKind::Surplus { entry: EntryType::Pool, name, .. } => {
                pools.insert(quirk.line, (name, quirk.span));
            }
            _ => {}
        }
    }
    for dropped in &model.dropped {
        if matches!(dropped.reason, Reason::PoolVmid { .. })
            && let Some((name, surplus)) = pools.get(&dropped.line)
        {
            add(dropped.line, EntryType::Pool, name, dropped.span.join(*surplus));
        }
    }
    shifted
}
