//! ACL lines in user.cfg: parts that PVE drops, keeps for nobody, overrides, or never looks at.

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashMap;

use crate::finding::Command;
use crate::model::tables::access::path_allowed;
use crate::model::user::{AclEntry, AclLine, QuirkKind, SubjectKind, UserCfg, acl_components, list_blanks, unlistable};
use crate::rules::words;
use crate::text::{Located, Span};

include!(concat!(env!("OUT_DIR"), "/rules/acl.rs"));

/// Users, groups and tokens that exist, for the options of `pveum acl`.
#[derive(Debug, Default)]
struct Who<'m> {
    users: Vec<&'m BStr>,
    groups: Vec<&'m BStr>,
    tokens: Vec<&'m BStr>,
}

impl<'m> Who<'m> {
    /// Those of `items`, as an ACL line writes them, that exist: the API refuses all others. Nor can its lists name an id with a
    /// comma, which a list split at NULs can hold.
    fn of(model: &UserCfg<'_>, items: impl IntoIterator<Item = &'m BStr>) -> Self {
        let mut who = Self::default();
        let blanks = list_blanks(model.release);
        for item in items.into_iter().filter(|item| unlistable(item, blanks).is_none()) {
            match item.strip_prefix(b"@") {
                Some(group) if model.group(group).is_some() => who.groups.push(group.into()),
                _ if model.user(item).is_some() => who.users.push(item),
                _ if model.token(item).is_some() => who.tokens.push(item),
                _ => {}
            }
        }
        for list in [&mut who.users, &mut who.groups, &mut who.tokens] {
            list.sort_unstable();
            list.dedup();
        }
        who
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.tokens.is_empty()
    }

    /// `--users ... --groups ... --tokens ...`
    fn options(&self, mut command: Command) -> Command {
        for (option, names) in [("--users", &self.users), ("--groups", &self.groups), ("--tokens", &self.tokens)] {
            if !names.is_empty() {
                command = command.words(option).arg(bstr::join(",", names));
            }
        }
        command
    }
}

/// `pveum acl modify PATH ... --roles ...`, if there is anybody and anything to name and the API takes the path.
fn modify<'n>(
    model: &UserCfg<'_>,
    path: &[u8],
    who: &Who<'_>,
    roles: impl IntoIterator<Item = &'n BStr>,
    propagate: Option<bool>,
) -> Option<Command> {
    let mut roles: Vec<_> = roles.into_iter().filter(|role| model.role(role).is_some()).collect();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() { None } else { give(model, path, who, &roles, propagate) }
}

/// [`modify`] for roles that need not exist yet.
fn give(model: &UserCfg<'_>, path: &[u8], who: &Who<'_>, roles: &[&BStr], propagate: Option<bool>) -> Option<Command> {
    let path = normal(path).filter(|path| path_allowed(path.as_bytes(), model.release))?;
    if who.is_empty() {
        return None;
    }
    let command = who.options(Command::new("pveum acl modify").arg(path)).words("--roles").arg(bstr::join(",", roles));
    Some(match propagate {
        None => command,
        Some(true) => command.words("--propagate 1"),
        Some(false) => command.words("--propagate 0"),
    })
}

/// What [`modify`] has to say of the flag of a line to repeat it: nothing when it is what the command assumes.
fn same_flag(line: &AclLine<'_>) -> Option<bool> {
    (line.flag.value.is_empty() || line.flag.value == "0").then_some(false)
}

/// A path as PVE keeps it; `None` when PVE refuses it.
fn normal(path: &[u8]) -> Option<String> {
    let mut normal = String::new();
    for part in acl_components(path).ok()? {
        normal.push('/');
        normal.push_str(&part.to_str_lossy());
    }
    if normal.is_empty() {
        normal.push('/');
    }
    Some(normal)
}

fn values<'s, 'm>(items: &'s [Located<&'m BStr>]) -> impl Iterator<Item = &'m BStr> + use<'s, 'm> {
    items.iter().map(|item| item.value)
}

/// The path of a line as PVE keeps it, for a message.
fn path(line: &AclLine<'_>) -> String {
    normal(line.path.value).unwrap_or_else(|| words::name(line.path.value))
}

/// The subjects of a line, for a message.
fn subjects(line: &AclLine<'_>) -> String {
    words::list(&line.subjects.iter().take(100).map(|subject| words::name(subject.value)).collect::<Vec<_>>(), 3)
}

/// The stable name of an ACL.
fn acl(path: &str, who: &str) -> String {
    format!("user.cfg: acl {path} {who}")
}

/// How an ACL line writes the subject of `entry`.
fn written(model: &UserCfg<'_>, entry: &AclEntry) -> String {
    match model.subject(entry.subject) {
        Some(subject) if subject.kind == SubjectKind::Group => format!("@{}", words::name(subject.id)),
        Some(subject) => words::name(subject.id),
        None => String::new(),
    }
}

/// Who `entry` is for, if it is somebody who exists and whom a command can name.
fn who<'m>(model: &UserCfg<'m>, entry: &AclEntry) -> Who<'m> {
    let mut who = Who::default();
    let nameable = |id| unlistable(id, list_blanks(model.release)).is_none();
    if let Some(subject) = model.subject(entry.subject).filter(|subject| subject.defined() && nameable(subject.id)) {
        match subject.kind {
            SubjectKind::User => who.users.push(subject.id),
            SubjectKind::Group => who.groups.push(subject.id),
            SubjectKind::Token => who.tokens.push(subject.id),
        }
    }
    who
}

/// What PVE has recorded from each of the lines about which something `wanted` is odd, and which no later line overrides.
fn entries_by_line<'m>(
    model: &'m UserCfg<'m>,
    wanted: impl Fn(&QuirkKind<'m>) -> bool,
) -> FxHashMap<Span, Vec<&'m AclEntry>> {
    let lines = model.quirks.iter().filter(|quirk| wanted(&quirk.what)).map(|quirk| (quirk.line, Vec::new()));
    let mut entries: FxHashMap<_, Vec<_>> = lines.collect();
    if !entries.is_empty() {
        for entry in &model.acl {
            if let Some(entries) = entries.get_mut(&entry.line) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Who exists among the subjects of `entries`, and their roles.
fn who_and_roles<'m>(model: &UserCfg<'m>, entries: &[&AclEntry]) -> (Who<'m>, Vec<&'m BStr>) {
    let mut all = Who::default();
    let mut roles = Vec::new();
    for entry in entries {
        let mut one = who(model, entry);
        all.users.append(&mut one.users);
        all.groups.append(&mut one.groups);
        all.tokens.append(&mut one.tokens);
        roles.push(model.role_name(entry.role));
    }
    for list in [&mut all.users, &mut all.groups, &mut all.tokens, &mut roles] {
        list.sort_unstable();
        list.dedup();
    }
    (all, roles)
}

/// `pveum acl delete PATH ... --roles ...` for `entries` on `path`, if their subjects exist.
fn delete(model: &UserCfg<'_>, path: &str, entries: &[&AclEntry]) -> Option<Command> {
    let (who, roles) = who_and_roles(model, entries);
    // The command takes every role from every subject: nothing but what the line gave may be named.
    let named = who.users.len() + who.groups.len() + who.tokens.len();
    if who.is_empty() || named * roles.len() != entries.len() {
        return None;
    }
    Some(who.options(Command::new("pveum acl delete").arg(path)).words("--roles").arg(bstr::join(",", &roles)))
}
mod change;
mod missing;
pub(in crate::rules) use role_no_effect::role_reach;
pub(in crate::rules) mod storage_gap;
