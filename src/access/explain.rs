//! Chains in words: what [`Access::derive`] and [`Access::why_not`] found, as sentences an administrator can follow in the
//! file, each with the bytes it speaks of.
//!
//! Nothing is printed here, and line numbers come from whoever asks.

use super::{Access, Applied, Derivation, Refusal, Step, token_user};
use crate::model::tables::access::{Priv, PrivSet, path_allowed};
use crate::model::user::{AclEntry, Dropped, EntryType, NoToken, Reason, SubjectKind, UnknownLine};
use crate::text::{Span, printable};
use bstr::{BStr, ByteSlice};
use std::fmt::Write;

/// One sentence, without a full stop, and the places it speaks of with a few words for each. What comes from the file is
/// made safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence; it names lines itself.
    pub text: String,
    /// Places in user.cfg and what to write under them.
    pub marks: Vec<(Span, String)>,
}

impl Sentence {
    /// A sentence that speaks of no place.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), marks: Vec::new() }
    }

    /// Adds a place.
    #[must_use]
    pub fn mark(mut self, span: Span, words: impl Into<String>) -> Self {
        self.marks.push((span, words.into()));
        self
    }
}

/// Tells stories about one file.
pub struct Explainer<'t, 'c, 'a> {
    access: &'t Access<'c, 'a>,
    at: &'t dyn Fn(Span) -> String,
}

impl std::fmt::Debug for Explainer<'_, '_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Explainer")
    }
}

impl<'t, 'c, 'a> Explainer<'t, 'c, 'a> {
    /// Tells what `access` knows; `at` names a place: `user.cfg:14`.
    #[must_use]
    pub fn new(access: &'t Access<'c, 'a>, at: &'t dyn Fn(Span) -> String) -> Self {
        Self { access, at }
    }

    /// How `subject` comes by a privilege, from the subject on.
    #[must_use]
    pub fn derivation(
        &self,
        subject: &[u8],
        privilege: Priv,
        path: &[u8],
        chain: &Derivation<'_, '_>,
    ) -> Vec<Sentence> {
        let mut told = Vec::new();
        let mut who = printable(subject);
        for step in &chain.steps {
            match step {
                Step::Owner { user, token } => {
                    let owner = printable(user);
                    told.push(
                        Sentence::new(format!(
                            "token {who} has no privilege separation ({}): all rights of {owner}",
                            (self.at)(*token)
                        ))
                        .mark(*token, "no privilege separation"),
                    );
                    who = owner;
                }
                Step::Root => told.push(Sentence::new("root@pam has every privilege on every path")),
                Step::Member { group, span } => {
                    let group = printable(group);
                    told.push(
                        Sentence::new(format!("{who} is a member of @{group} ({})", (self.at)(*span)))
                            .mark(*span, format!("a member of @{group}")),
                    );
                    who = format!("@{group}");
                }
                Step::Acl { entry, path: on, inherited } => {
                    let role = printable(self.access.cfg.role_name(entry.role));
                    let down = if *inherited { ", and it propagates" } else { "" };
                    told.push(
                        Sentence::new(format!(
                            "{who} has {role} on {} ({}){down}",
                            printable(on),
                            (self.at)(entry.line)
                        ))
                        .mark(entry.role_span, format!("for {who} on {}", printable(on))),
                    );
                }
                Step::Role { role, listed } => {
                    let role = printable(role);
                    told.push(match listed {
                        Some(span) => Sentence::new(format!("{role} holds {privilege} ({})", (self.at)(*span)))
                            .mark(*span, format!("so {role} holds it")),
                        None => Sentence::new(format!("{role} holds {privilege} (built in)")),
                    });
                }
                Step::Pool { pool, member } => {
                    let pool = printable(pool);
                    let thing = thing(path);
                    told.push(
                        Sentence::new(format!(
                            "{thing} is in pool {pool} ({}): permissions on the pool apply to its members",
                            (self.at)(*member)
                        ))
                        .mark(*member, format!("{thing} is in pool {pool}")),
                    );
                }
            }
        }
        if let Some(owner) = &chain.owner {
            let user = self.access.cfg.token(subject).map(token_user).unwrap_or_default();
            told.push(Sentence::new(format!(
                "the token has privilege separation, so {} needs {privilege} there as well:",
                printable(user)
            )));
            told.extend(self.derivation(user, privilege, path, owner));
        }
        told
    }

    /// Why `subject` lacks a privilege.
    #[must_use]
    pub fn refusal(&self, subject: &[u8], privilege: Priv, path: &[u8], refusal: &Refusal<'_, '_>) -> Vec<Sentence> {
        let Refusal::Token { own, owner } = refusal else {
            // A token without privilege separation is refused as its owner.
            let Some(token) = self.access.cfg.token(subject) else {
                return self.refused(subject, privilege, path, refusal);
            };
            let owner = printable(token_user(token));
            let at = (self.at)(token.line);
            let name = printable(subject);
            let mut told = vec![Sentence::new(format!(
                "token {name} has no privilege separation ({at}): it may what {owner} may, and nothing else"
            ))];
            told.extend(self.refused(token_user(token), privilege, path, refusal));
            return told;
        };
        let user = self.access.cfg.token(subject).map(token_user).unwrap_or_default();
        let mut rows = Vec::new();
        if user != crate::model::user::ROOT {
            let owner = owner.as_ref().map(|(_, refusal)| &**refusal);
            rows.push((format!("owner {}", printable(user)), self.side(user, privilege, path, owner)));
        }
        rows.push(("token".to_owned(), self.side(subject, privilege, path, own.as_deref())));
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let mut told = Vec::new();
        for (name, (has, lines)) in rows {
            let mut front = format!("{name:width$}   {}", if has { "yes" } else { "no " });
            for line in lines {
                told.push(Sentence { text: format!("{front}   {}", line.text), marks: line.marks });
                front = " ".repeat(width + 6);
            }
        }
        let mut rule = Sentence::new(match own {
            Some(_) if user == crate::model::user::ROOT => {
                "a token with privilege separation has only what ACLs give to the token itself".to_owned()
            }
            _ => "a token with privilege separation needs both".to_owned(),
        });
        if let Some(token) = self.access.cfg.token(subject) {
            rule = rule.mark(token.privsep.span, "privilege separation is on");
        }
        told.push(rule);
        told
    }

    /// What has to be known about `subject` apart from its rights: dropped by PVE, unknown, disabled, expired at `now` (seconds
    /// since the epoch).
    #[must_use]
    pub fn remarks(&self, subject: &[u8], now: Option<u64>) -> Vec<Sentence> {
        let cfg = self.access.cfg;
        let name = printable(subject);
        let mut told = Vec::new();
        let user = if let Some(token) = cfg.token(subject) {
            if token.expire.value > 0 && now.is_some_and(|now| token.expire.value < now) {
                let at = (self.at)(token.line);
                told.push(
                    Sentence::new(format!("token {name} has expired ({at}): PVE refuses it, whatever its rights"))
                        .mark(token.expire.span, "in the past"),
                );
            }
            token_user(token)
        } else {
            subject
        };
        let owner = printable(user);
        if let Some(user) = cfg.user(user) {
            if !user.enable.value
                && let Some(line) = user.line
            {
                let at = (self.at)(line);
                told.push(
                    Sentence::new(format!("{owner} is disabled ({at}): PVE refuses the login, whatever the rights"))
                        .mark(user.enable.span, "disabled"),
                );
            }
            if user.expire.value > 0 && now.is_some_and(|now| user.expire.value < now) {
                let at = (self.at)(user.expire.span);
                told.push(
                    Sentence::new(format!("{owner} has expired ({at}): PVE refuses the login, whatever the rights"))
                        .mark(user.expire.span, "in the past"),
                );
            }
        }
        if cfg.user(subject).is_none() && cfg.token(subject).is_none() {
            let dropped = self.dropped(subject);
            if dropped.is_empty() && cfg.subject_ix(SubjectKind::User, subject).is_some() {
                told.push(Sentence::new(format!(
                    "no user line defines {name}: nobody can log in under that name, but ACLs and groups name it, and whoever is \
                     given the name has the rights"
                )));
            }
            told.extend(dropped);
        }
        told
    }

    /// The lines that define `subject`, or speak of it, and that PVE dropped while reading.
    #[must_use]
    pub fn dropped(&self, subject: &[u8]) -> Vec<Sentence> {
        let cfg = self.access.cfg;
        let fields = |span: Span| span.bytes(cfg.text).split(|&byte| byte == b':').map(<[u8]>::trim_ascii);
        let mut told: Vec<Sentence> = Vec::new();
        for dropped in &cfg.dropped {
            let why = match &dropped.reason {
                Reason::UserId { id, .. } if *id == subject => "the id is malformed",
                Reason::UserExpire { id, .. } if *id == subject => "the expiry is no number",
                Reason::TokenId { id, .. } if *id == subject => "the id is malformed",
                Reason::TokenExpire { id, .. } if *id == subject => "the expiry is no number",
                Reason::TokenUser { id, .. } if *id == subject => "its user isn't defined above it",
                Reason::AclToken { token, why } if *token == subject => match why {
                    NoToken::Malformed(..) => "that is no user, no group and no token",
                    NoToken::Undefined(_) => "no line above defines that token",
                    NoToken::Wiped { .. } => "a second line of its user wiped that token",
                },
                Reason::Line(line) if fields(dropped.span).any(|field| field == subject) => match line {
                    UnknownLine::Comment => "there are no comments in this file",
                    _ => "the line's type is unknown",
                },
                _ => continue,
            };
            let text =
                format!("PVE ignores {} at {} while reading: {why}", printable(subject), (self.at)(dropped.span));
            if told.iter().all(|told| told.text != text) {
                told.push(Sentence::new(text).mark(dropped.span, why));
            }
        }
        told
    }

    /// One side of a token's rights, in short.
    fn side(
        &self,
        id: &[u8],
        privilege: Priv,
        path: &[u8],
        refusal: Option<&Refusal<'_, '_>>,
    ) -> (bool, Vec<Sentence>) {
        match refusal {
            Some(refusal) => (false, self.refused(id, privilege, path, refusal)),
            None => match self.own_chain(id, privilege, path) {
                Some(told) => (true, vec![told]),
                None => (true, vec![Sentence::new("has it")]),
            },
        }
    }

    /// A chain in one sentence: who has which role where.
    fn own_chain(&self, id: &[u8], privilege: Priv, path: &[u8]) -> Option<Sentence> {
        let subject = [SubjectKind::Token, SubjectKind::User]
            .into_iter()
            .find_map(|kind| self.access.cfg.subject_ix(kind, id))?;
        let mut steps = Vec::new();
        self.access.steps(subject, privilege, path, &mut steps)?;
        let mut told = Sentence::new("");
        let mut who = printable(id);
        for step in &steps {
            match step {
                Step::Member { group, span } => {
                    who = format!("@{} ({})", printable(group), (self.at)(*span));
                    told = told.mark(*span, format!("{} is a member", printable(id)));
                }
                Step::Acl { entry, path: on, .. } => {
                    let role = printable(self.access.cfg.role_name(entry.role));
                    let line = (self.at)(entry.line);
                    let _ = write!(told.text, "{who} has {role} on {} ({line})", printable(on));
                    told = told.mark(entry.role_span, "holds it");
                }
                Step::Pool { pool, member } => {
                    let _ = write!(told.text, ", and {} is in pool {}", thing(path), printable(pool));
                    told = told.mark(*member, format!("in pool {}", printable(pool)));
                }
                Step::Owner { .. } | Step::Root | Step::Role { .. } => {}
            }
        }
        Some(told)
    }

    fn refused(&self, subject: &[u8], privilege: Priv, path: &[u8], refusal: &Refusal<'_, '_>) -> Vec<Sentence> {
        let path_shown = printable(path);
        let name = printable(subject);
        match refusal {
            Refusal::Unknown => {
                let dropped = self.dropped(subject);
                if dropped.is_empty() {
                    vec![Sentence::new(format!("{name} is no user id, and no token of that name exists"))]
                } else {
                    dropped
                }
            }
            Refusal::NoAccess { by, pool } => {
                let mut text = self.entry(by);
                let _ = match pool {
                    Some(pool) => write!(text, ", {} is in pool {}, and NoAccess there", thing(path), printable(pool)),
                    None => write!(text, ", and NoAccess"),
                };
                text.push_str(" takes every privilege away");
                vec![Sentence { text, marks: self.entry_marks(by, "takes everything away") }]
            }
            Refusal::Replaced { had, by } => {
                let mut told = vec![Sentence {
                    text: format!("{}, which would give it", self.entry(had)),
                    marks: self.entry_marks(had, "would give it ..."),
                }];
                for by in by {
                    told.push(Sentence {
                        text: format!(
                            "{}: a deeper ACL replaces what comes from above, it doesn't add to it",
                            self.entry(by)
                        ),
                        marks: self.entry_marks(by, "... and is replaced by this"),
                    });
                    told.extend(self.lost_in_role(by.entry, privilege));
                }
                told
            }
            Refusal::Hidden { had, by } => {
                let mut told = vec![Sentence {
                    text: format!("{}, which would give it", self.entry(had)),
                    marks: self.entry_marks(had, "would give it ..."),
                }];
                for by in by {
                    told.push(Sentence {
                        text: format!("{}: on one path, an ACL of its own hides those of its groups", self.entry(by)),
                        marks: self.entry_marks(by, "... and is hidden by this"),
                    });
                    told.extend(self.lost_in_role(by.entry, privilege));
                }
                told
            }
            Refusal::NotPropagated { had } => {
                let on = printable(&self.access.cfg.tree.path(had.entry.node));
                let mut marks = self.entry_marks(had, "would give it");
                marks.push((had.entry.flag_span, format!("0: on {on} alone")));
                let text = format!(
                    "{}, which doesn't propagate: it counts on {on} alone, not on {path_shown}",
                    self.entry(had)
                );
                let mut told = vec![Sentence { text, marks }];
                told.extend(self.elsewhere(subject, privilege, path));
                told
            }
            Refusal::Lacking { applied } => self.lacking(subject, privilege, path, applied),
            Refusal::NoEntry => {
                let mut told = self.elsewhere(subject, privilege, path);
                if told.is_empty() {
                    told = self.dropped(subject);
                }
                if told.is_empty() {
                    let groups = if self.access.cfg.token(subject).is_some() { "" } else { " or for a group of it" };
                    told.push(Sentence::new(format!("no ACL anywhere is for {name}{groups}")));
                }
                told
            }
            Refusal::Token { .. } => self.refusal(subject, privilege, path, refusal),
        }
    }

    /// Entries apply, and none of them holds the privilege: each with what its role lost, or what it is for.
    fn lacking(&self, subject: &[u8], privilege: Priv, path: &[u8], applied: &[Applied<'_>]) -> Vec<Sentence> {
        if applied.is_empty() {
            return vec![Sentence::new(format!("{} has no {privilege}", self.access.cfg.release))];
        }
        let mut told = Vec::new();
        for one in applied {
            told.push(Sentence {
                text: format!("{}, and that role holds no {privilege}", self.entry(one)),
                marks: self.entry_marks(one, &format!("holds no {privilege}")),
            });
            told.extend(self.lost_in_role(one.entry, privilege));
        }
        told.extend(self.elsewhere(subject, privilege, path).into_iter().skip_while(|told| told.marks.is_empty()));
        told
    }

    /// The names in the entry's role that PVE ignored and that stand for `privilege`: misspelt, or of another release.
    fn lost_in_role(&self, entry: &AclEntry, privilege: Priv) -> Vec<Sentence> {
        let cfg = self.access.cfg;
        let role = cfg.role_name(entry.role);
        let lost = cfg.dropped.iter().filter_map(|dropped| match &dropped.reason {
            Reason::Privilege { role: of, privilege: written } if *of == role => {
                Some((dropped, lost_name(written, privilege, &printable(role), cfg.release)?))
            }
            _ => None,
        });
        lost.map(|(dropped, (text, mark)): (&Dropped<'_>, _)| {
            Sentence::new(format!("{text} ({})", (self.at)(dropped.span))).mark(dropped.span, mark)
        })
        .collect()
    }

    /// Entries for `subject` that hold the privilege on other paths, and what keeps them from reaching `path`.
    fn elsewhere(&self, subject: &[u8], privilege: Priv, path: &[u8]) -> Vec<Sentence> {
        let cfg = self.access.cfg;
        let kinds = [SubjectKind::Token, SubjectKind::User];
        let Some(ix) = kinds.into_iter().find_map(|kind| cfg.subject_ix(kind, subject)) else { return Vec::new() };
        let way: Vec<_> = self.access.trace(ix, path).iter().map(|stop| stop.node).collect();
        let mine = |entry: &&AclEntry| entry.subject == ix || self.access.groups(ix).contains(&entry.subject);
        let mut entries: Vec<&AclEntry> = cfg.acl.iter().filter(mine).filter(|e| !way.contains(&e.node)).collect();
        let pools: Vec<Vec<u8>> = self.access.pools_of(path).map(super::pool_path).collect();
        entries.retain(|entry| !pools.iter().any(|pool| *cfg.tree.path(entry.node) == *pool));
        let holds = |entry: &AclEntry| cfg.role_at(entry.role).is_some_and(|role| role.privileges.contains(privilege));
        // Those that hold it say most.
        entries.sort_by_key(|entry| !holds(entry));
        let count = entries.len();
        let mut told = Vec::new();
        for (nth, entry) in entries.iter().take(3).enumerate() {
            let on = cfg.tree.path(entry.node);
            let applied = Applied { entry, member: self.access.membership(entry.subject, ix) };
            let mut text = match nth {
                0 if count == 1 => "its only ACL: ".to_owned(),
                0 => format!("none of its {count} ACLs is on the way to {}: ", printable(path)),
                _ => String::new(),
            };
            text.push_str(&self.entry(&applied));
            let mut mark = String::new();
            if !path_allowed(&on, cfg.release) {
                let meant = std::str::from_utf8(&on).ok().and_then(near_path);
                let meant = meant.filter(|path| path_allowed(path.as_bytes(), cfg.release));
                let meant = meant.map(|path| format!(" (did you mean {path}?)")).unwrap_or_default();
                let _ = write!(text, "; PVE never looks at {}{meant}", printable(&on));
                mark = format!("PVE never looks at this path{meant}");
            } else if let Some(pool) = on.strip_prefix(b"/pool/")
                && (path.starts_with(b"/vms/") || path.starts_with(b"/storage/"))
            {
                let _ = write!(text, "; {} is not a member of pool {}", thing(path), printable(pool));
                mark = format!("{} is not in this pool", thing(path));
            }
            if !holds(entry) {
                let _ = write!(text, "; that role holds no {privilege}");
            }
            let marks = match mark.is_empty() {
                false => vec![(entry.path_span, mark)],
                true if nth == 0 && !holds(entry) => vec![(entry.role_span, format!("holds no {privilege}"))],
                true => Vec::new(),
            };
            told.push(Sentence { text, marks });
            if !holds(entry) {
                told.extend(self.lost_in_role(entry, privilege));
            }
        }
        if count > 3 {
            told.push(Sentence::new(format!("and {} more", count - 3)));
        }
        told.extend(self.ignored_acls(subject));
        told
    }

    /// ACL lines that name `subject` and that PVE ignored, in whole or for one role.
    fn ignored_acls(&self, subject: &[u8]) -> Vec<Sentence> {
        let cfg = self.access.cfg;
        let names = |line: Span| {
            let bytes = line.bytes(cfg.text);
            let mut fields = bytes.split(|&byte| byte == b':');
            let is_acl = fields.next().is_some_and(|word| word.trim_ascii() == EntryType::Acl.name().as_bytes());
            let subjects = fields.nth(2).unwrap_or_default();
            is_acl && subjects.split(|byte| b",; \t".contains(byte)).any(|one| one == subject)
        };
        let mut told = Vec::new();
        for dropped in cfg.dropped.iter().filter(|dropped| names(dropped.line)) {
            let text = match &dropped.reason {
                Reason::AclPath { path, .. } => format!("the path {} is malformed", printable(path)),
                Reason::AclRole { role, .. } => format!("no line above defines role {}", printable(role)),
                Reason::AclRoleName { role } => format!("{} is no role's name", printable(role)),
                _ => continue,
            };
            told.push(
                Sentence::new(format!(
                    "PVE ignores an ACL for {} ({}): {text}",
                    printable(subject),
                    (self.at)(dropped.span)
                ))
                .mark(dropped.span, text),
            );
        }
        told
    }

    /// `@dev (user.cfg:11) has PVEVMAdmin on /pool/dev (user.cfg:18)`.
    fn entry(&self, applied: &Applied<'_>) -> String {
        let cfg = self.access.cfg;
        let entry = applied.entry;
        let id = printable(cfg.subject_id(entry.subject));
        let who = match applied.member {
            Some(member) => format!("@{id} ({})", (self.at)(member)),
            None => id,
        };
        let role = printable(cfg.role_name(entry.role));
        format!("{who} has {role} on {} ({})", printable(&cfg.tree.path(entry.node)), (self.at)(entry.line))
    }

    fn entry_marks(&self, applied: &Applied<'_>, words: &str) -> Vec<(Span, String)> {
        let mut marks = vec![(applied.entry.role_span, words.to_owned())];
        if let Some(member) = applied.member {
            marks.push((member, "a member".to_owned()));
        }
        marks
    }
}

/// Whether `written`, a name in a role that PVE ignored, is meant for `privilege`.
pub(super) fn stands_for(written: &BStr, privilege: Priv, release: crate::release::Release) -> bool {
    lost_name(written, privilege, "", release).is_some()
}

/// The path that was meant by one that PVE doesn't know: first words right, numbers without zeros in front. May be as unknown.
#[must_use]
pub fn near_path(path: &str) -> Option<String> {
    let mut parts = path.trim_start_matches('/').split('/');
    let first = parts.next()?.to_lowercase();
    let rest: Vec<&str> = parts.collect();
    if !first.is_empty() && rest.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("/vms/{first}"));
    }
    let tops = ["access", "mapping", "nodes", "pool", "sdn", "storage", "vms"];
    let alias = match first.as_str() {
        "vm" | "qemu" | "lxc" | "ct" => Some("vms"),
        _ => tops.into_iter().find(|top| *top == first),
    };
    let score = |top: &&str| strsim::jaro_winkler(&first, top);
    let near = || tops.into_iter().max_by(|a, b| score(a).total_cmp(&score(b))).filter(|top| score(top) > 0.8);
    let top = alias.or_else(near)?;
    let rest = rest.iter().map(|part| match (top, *part) {
        ("vms", number) => number.trim_start_matches('0'),
        ("access", "realms") => "realm",
        ("access", "group") => "groups",
        (_, part) => part,
    });
    Some(std::iter::once(top).chain(rest).fold(String::new(), |path, part| path + "/" + part))
}

/// What `written`, which PVE ignored, has to do with `privilege`, if anything: a sentence, and a few words.
fn lost_name(
    written: &BStr,
    privilege: Priv,
    role: &str,
    release: crate::release::Release,
) -> Option<(String, String)> {
    let shown = printable(written);
    if let Some(gone) = Priv::from_name(written) {
        if gone == privilege || gone.successors().contains(privilege) {
            let text = format!("{role} lists {gone}, which {release} doesn't have and ignores");
            let text = if gone == privilege { text } else { format!("{text}; {privilege} took its place") };
            return Some((text, format!("not a privilege of {release}")));
        }
        return None;
    }
    let likely = PrivSet::all(release).iter().max_by(|a, b| {
        let score = |one: &Priv| strsim::jaro_winkler(&one.name().to_lowercase(), &shown.to_lowercase());
        score(a).total_cmp(&score(b))
    })?;
    let near = strsim::jaro_winkler(&likely.name().to_lowercase(), &shown.to_lowercase()) > 0.85;
    (near && likely == privilege).then(|| {
        (
            format!("{role} lists {shown}, which is no privilege and ignored; {privilege} is meant?"),
            format!("did you mean {privilege}?"),
        )
    })
}

/// What a path is of: `guest 100`, `storage local`, or the path.
fn thing(path: &[u8]) -> String {
    match (path.strip_prefix(b"/vms/"), path.strip_prefix(b"/storage/")) {
        (Some(vmid), _) => format!("guest {}", printable(vmid)),
        (_, Some(storage)) => format!("storage {}", printable(storage)),
        _ => printable(path.as_bytes()),
    }
}
