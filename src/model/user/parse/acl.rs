//! ACL lines: the subjects and roles of each, multiplied, on a path that is made when the first entry needs it.

use super::Reader;
use super::fields::Fields;
use crate::model::user::acl::{AclEntry, AclLine, AclTree, SubjectKind};
use crate::model::user::events::{EntryType, Flag, NoToken, Quirk, QuirkKind, Reason};
use crate::model::user::ids::{acl_components, check_user, is_group_or_role, split_token};
use crate::model::user::{Grouped, MAX_ACL_ENTRIES, NodeIx, SubjectIx};
use crate::text::{Located, Span};
use bstr::{BStr, ByteSlice};

impl<'a> Reader<'a> {
    pub(super) fn acl(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let events = (self.cfg.dropped.len(), self.cfg.quirks.len());
        let path = self.acl_parts(fields);
        if events != (self.cfg.dropped.len(), self.cfg.quirks.len()) {
            self.cfg.acl_lines.push(self.acl_line(self.at, fields));
        }
        path
    }

    fn acl_line(&self, line: Span, fields: &Fields<'a>) -> AclLine<'a> {
        let items = |field| self.lists.items(field).map(|item| item.map(BStr::new)).collect();
        AclLine {
            line,
            flag: fields.located(1),
            path: fields.located(2),
            paths: items(fields.get(2)),
            subjects: items(fields.get(3)),
            roles: items(fields.get(4)),
        }
    }

    fn acl_parts(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let path = fields.located(2);
        let known = self.nodes.get(path.value.as_bytes()).copied();
        let mut node = match known {
            Some(known) => NodePath::Node(known),
            None => match acl_components(path.value) {
                Ok(components) => NodePath::Components(components),
                Err(fault) => {
                    self.drop(path.span, Reason::AclPath { path: path.value, fault });
                    return None;
                }
            },
        };
        let propagate = self.flag(fields.get(1), Flag::Propagate, path.value);
        // The form of a known path has been looked at.
        let keep = known.is_none() && self.path_form(path);
        let [mut roles, mut subjects] = std::mem::take(&mut self.items);
        roles.clear();
        roles.extend(self.list(fields.get(4), EntryType::Acl, path.value));
        subjects.clear();
        subjects.extend(self.list(fields.get(3), EntryType::Acl, path.value));
        if roles.is_empty() {
            self.quirk(self.at, QuirkKind::AclNoRole);
        }
        if subjects.is_empty() {
            self.quirk(self.at, QuirkKind::AclNoSubject);
        }
        for role in &roles {
            let name = role.value.as_bstr();
            let Some(role_ix) = self.cfg.role_ix(name) else {
                let reason = if is_group_or_role(name) {
                    Reason::AclRole { role: name, later: None }
                } else {
                    Reason::AclRoleName { role: name }
                };
                self.drop(role.span, reason);
                continue;
            };
            for subject in &subjects {
                if self.pairs >= MAX_ACL_ENTRIES {
                    if !matches!(self.cfg.quirks.last(), Some(Quirk { what: QuirkKind::TooMany, .. })) {
                        self.quirk(self.at, QuirkKind::TooMany);
                    }
                    return Some(path.value);
                }
                self.pairs += 1;
                let Some(subject_ix) = self.acl_subject(*subject) else { continue };
                self.cfg.acl.push(AclEntry {
                    node: node.get(&mut self.cfg.tree),
                    subject: subject_ix,
                    role: role_ix,
                    propagate: propagate.value,
                    line: self.at,
                    flag_span: propagate.span,
                    path_span: path.span,
                    subject_span: subject.span,
                    role_span: role.span,
                });
            }
        }
        self.items = [roles, subjects];
        if let NodePath::Node(node) = node
            && keep
        {
            self.nodes.insert(path.value, node);
        }
        Some(path.value)
    }

    /// Whether PVE would write the path just so; notes what it makes of it if not.
    fn path_form(&mut self, path: Located<&'a BStr>) -> bool {
        let written = path.value;
        let mut parts = written.split(|&byte| byte == b'/');
        let rooted = parts.next().is_some_and(<[u8]>::is_empty);
        if rooted && (written.len() == 1 || parts.clone().all(|part| !matches!(part, b"" | b"0"))) {
            return true;
        }
        let zero = written.split(|&byte| byte == b'/').any(|part| part == b"0");
        let Ok(components) = acl_components(written) else { return false };
        let mut read = String::new();
        for part in components {
            read.push('/');
            read.push_str(&part.to_str_lossy());
        }
        if read.is_empty() {
            read.push('/');
        }
        if zero {
            self.quirk(path.span, QuirkKind::PathZero { written, read });
        } else {
            self.quirk(path.span, QuirkKind::PathForm { written, read });
        }
        false
    }

    /// Who `item` is. `None` when it is dropped.
    fn acl_subject(&mut self, item: Located<&'a [u8]>) -> Option<SubjectIx> {
        let id = item.value;
        // Who is known already isn't malformed.
        let key = id.strip_prefix(b"@").map_or((false, id), |group| (true, group));
        let ix = match self.cfg.subject_of.get(&key) {
            Some(known) => *known,
            None => self.new_acl_subject(item)?,
        };
        let subject = self.cfg.subject(ix)?;
        if subject.defined() {
            return Some(ix);
        }
        let reason = match subject.kind {
            SubjectKind::Group => Reason::AclGroup { group: subject.id, later: None },
            SubjectKind::User => Reason::AclUser { user: subject.id, later: None },
            SubjectKind::Token => {
                let why = self.wiped.get(&ix).copied().unwrap_or(NoToken::Undefined(None));
                self.drop(item.span, Reason::AclToken { token: id.as_bstr(), why });
                return None;
            }
        };
        self.drop(item.span, reason);
        Some(ix)
    }

    /// Who `item` is, in PVE's order: group, user, token. Nobody can be given rights as a token before it is defined.
    fn new_acl_subject(&mut self, item: Located<&'a [u8]>) -> Option<SubjectIx> {
        let id = item.value;
        if let Some(group) = id.strip_prefix(b"@").filter(|group| is_group_or_role(group)) {
            return Some(self.subject(SubjectKind::Group, group));
        }
        let Err(user_fault) = check_user(id) else { return Some(self.subject(SubjectKind::User, id)) };
        let why = match split_token(id) {
            Err(fault) => NoToken::Malformed(fault, user_fault),
            Ok(_) => NoToken::Undefined(None),
        };
        self.drop(item.span, Reason::AclToken { token: id.as_bstr(), why });
        None
    }

    /// Makes one entry, in the place of the first, of those with the same path, subject and role. The last of them counts.
    pub(super) fn unite_repeated(&mut self) {
        let acl_of = self.acl_of();
        let again = self.repeated(acl_of.positions());
        if again.is_empty() {
            self.cfg.acl_of = acl_of;
            return;
        }
        let mut gone = vec![false; self.cfg.acl.len()];
        let mut lines = Vec::new();
        for Again { first, before, at } in again {
            let (Some(&was), Some(&now)) = (self.entry(before), self.entry(at)) else { continue };
            // The same item twice in one list is as good as once.
            if was.line != now.line {
                let what = QuirkKind::AclAgain {
                    subject: self.cfg.subject_id(now.subject),
                    role: self.cfg.role_name(now.role),
                    first: was.line,
                    before: was.propagate,
                    now: now.propagate,
                };
                self.at = now.line;
                self.quirk(now.subject_span, what);
                lines.push(now.line);
            }
            if let Some(entry) = self.cfg.acl.get_mut(first as usize) {
                *entry = now;
            }
            if let Some(gone) = gone.get_mut(at as usize) {
                *gone = true;
            }
        }
        let mut gone = gone.into_iter();
        self.cfg.acl.retain(|_| !gone.next().unwrap_or_default());
        self.cfg.acl_of = self.acl_of();
        lines.dedup();
        let new = lines.into_iter().filter(|line| self.cfg.acl_line(*line).is_none());
        let new: Vec<_> = new.map(|line| self.acl_line(line, &Fields::at(line, self.cfg.text))).collect();
        self.cfg.acl_lines.extend(new);
        self.cfg.acl_lines.sort_unstable_by_key(|acl| acl.line.start);
    }

    fn acl_of(&self) -> Grouped {
        let subjects = self.cfg.acl.iter().map(|entry| entry.subject.index());
        let mut grouped = Grouped::new(self.cfg.subjects.len(), subjects);
        grouped.sort_by_key(|at| self.entry(at).map(|entry| entry.node));
        grouped
    }

    /// The entries that repeat another, in the order of the file. `grouped` has those of one subject and path together.
    fn repeated(&self, grouped: &[u32]) -> Vec<Again> {
        let place = |at: &u32| self.entry(*at).map(|entry| (entry.subject, entry.node));
        let mut again = Vec::new();
        for together in grouped.chunk_by(|a, b| place(a) == place(b)).filter(|together| together.len() > 1) {
            let role = |at: &u32| Some((self.entry(*at)?.role, *at));
            let mut roles: Vec<_> = together.iter().filter_map(role).collect();
            roles.sort_unstable();
            for same in roles.chunk_by(|a, b| a.0 == b.0) {
                let Some(&(_, first)) = same.first() else { continue };
                let pairs = same.iter().zip(same.iter().skip(1));
                again.extend(pairs.map(|(&(_, before), &(_, at))| Again { first, before, at }));
            }
        }
        again.sort_unstable_by_key(|again| again.at);
        again
    }

    fn entry(&self, at: u32) -> Option<&AclEntry> {
        self.cfg.acl.get(at as usize)
    }
}

/// Positions of entries with the same path, subject and role: the first of all, and two in a row.
struct Again {
    first: u32,
    before: u32,
    at: u32,
}

/// The node of an ACL line: PVE makes it only when the first entry is recorded.
enum NodePath<I> {
    Components(I),
    Node(NodeIx),
}

impl<I> NodePath<I> {
    fn get<'a>(&mut self, tree: &mut AclTree<'a>) -> NodeIx
    where
        I: Iterator<Item = &'a [u8]>,
    {
        match self {
            Self::Node(node) => *node,
            Self::Components(components) => {
                let node = tree.grow(components);
                *self = Self::Node(node);
                node
            }
        }
    }
}
