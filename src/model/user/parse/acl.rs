//! ACL lines: the subjects and roles of each, multiplied, on a path that is made when the first entry needs it.

use super::Reader;
use super::fields::Fields;
use crate::model::user::acl::{AclEntry, AclLine, AclTree, SubjectKind};
use crate::model::user::events::{EntryType, Flag, NoToken, Odd, Oddity, Reason};
use crate::model::user::ids::{acl_components, check_user, is_group_or_role, split_token};
use crate::model::user::{MAX_ACL_ENTRIES, NodeIx, SubjectIx};
use crate::syntax::colon;
use crate::text::Located;
use bstr::{BStr, ByteSlice};

impl<'a> Reader<'a> {
    pub(super) fn acl(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let events = (self.cfg.dropped.len(), self.cfg.odd.len());
        let path = self.acl_parts(fields);
        if events != (self.cfg.dropped.len(), self.cfg.odd.len()) {
            let items = |field| colon::list(field, self.blanks).map(|item| item.map(BStr::new)).collect();
            self.cfg.acl_lines.push(AclLine {
                line: self.at,
                flag: fields.located(1),
                path: fields.located(2),
                paths: items(fields.get(2)),
                subjects: items(fields.get(3)),
                roles: items(fields.get(4)),
            });
        }
        path
    }

    fn acl_parts(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let path = fields.located(2);
        let node = match acl_components(path.value) {
            Ok(components) => components,
            Err(fault) => {
                self.drop(path.span, Reason::AclPath { path: path.value, fault });
                return None;
            }
        };
        let propagate = self.flag(fields.get(1), Flag::Propagate, path.value);
        self.path_form(path);
        let mut node = NodePath::Components(node);
        let [mut roles, mut subjects] = std::mem::take(&mut self.items);
        roles.clear();
        roles.extend(self.list(fields.get(4), EntryType::Acl, path.value));
        subjects.clear();
        subjects.extend(self.list(fields.get(3), EntryType::Acl, path.value));
        if roles.is_empty() {
            self.odd(self.at, Oddity::AclNoRole);
        }
        if subjects.is_empty() {
            self.odd(self.at, Oddity::AclNoSubject);
        }
        for role in &roles {
            let name = role.value.as_bstr();
            if !is_group_or_role(name) {
                self.drop(role.span, Reason::AclRoleName { role: name });
                continue;
            }
            let Some(role_ix) = self.cfg.role_ix(name) else {
                self.drop(role.span, Reason::AclRole { role: name, later: None });
                continue;
            };
            for subject in &subjects {
                if self.pairs >= MAX_ACL_ENTRIES {
                    if !matches!(self.cfg.odd.last(), Some(Odd { what: Oddity::TooMany, .. })) {
                        self.odd(self.at, Oddity::TooMany);
                    }
                    return Some(path.value);
                }
                self.pairs += 1;
                let Some(subject_ix) = self.acl_subject(*subject) else { continue };
                let entry = AclEntry {
                    node: node.get(&mut self.cfg.tree),
                    subject: subject_ix,
                    role: role_ix,
                    propagate: propagate.value,
                    line: self.at,
                    flag_span: propagate.span,
                    path_span: path.span,
                    subject_span: subject.span,
                    role_span: role.span,
                };
                self.acl_entry(entry);
            }
        }
        self.items = [roles, subjects];
        Some(path.value)
    }

    fn path_form(&mut self, path: Located<&'a BStr>) {
        let written = path.value;
        let canonical = written.first() == Some(&b'/')
            && !written.windows(2).any(|pair| pair == b"//")
            && (written.len() == 1 || written.last() != Some(&b'/'));
        let zero = written.split(|&byte| byte == b'/').any(|part| part == b"0");
        if canonical && !zero {
            return;
        }
        let Ok(components) = acl_components(written) else { return };
        let mut read = String::new();
        for part in components {
            read.push('/');
            read.push_str(&part.to_str_lossy());
        }
        if read.is_empty() {
            read.push('/');
        }
        if zero {
            self.odd(path.span, Oddity::PathZero { written, read });
        } else {
            self.odd(path.span, Oddity::PathForm { written, read });
        }
    }

    /// Who `item` is, in PVE's order: group, user, token. `None` when it is dropped.
    fn acl_subject(&mut self, item: Located<&'a [u8]>) -> Option<SubjectIx> {
        let id = item.value;
        if let Some(group) = id.strip_prefix(b"@").filter(|group| is_group_or_role(group)) {
            let ix = self.subject(SubjectKind::Group, group);
            if self.record(ix).is_none() {
                self.drop(item.span, Reason::AclGroup { group: group.as_bstr(), later: None });
            }
            return Some(ix);
        }
        let user_fault = match check_user(id) {
            Ok(()) => {
                let ix = self.subject(SubjectKind::User, id);
                if self.record(ix).is_none() {
                    self.drop(item.span, Reason::AclUser { user: id.as_bstr(), later: None });
                }
                return Some(ix);
            }
            Err(fault) => fault,
        };
        let why = match split_token(id) {
            Err(fault) => NoToken::Malformed(fault, user_fault),
            Ok(_) => match self.cfg.subject_ix(SubjectKind::Token, id) {
                Some(ix) if self.record(ix).is_some() => return Some(ix),
                Some(ix) => self.wiped.get(&ix).copied().unwrap_or(NoToken::Undefined(None)),
                None => NoToken::Undefined(None),
            },
        };
        self.drop(item.span, Reason::AclToken { token: id.as_bstr(), why });
        None
    }

    fn acl_entry(&mut self, entry: AclEntry) {
        let next = u32::try_from(self.cfg.acl.len()).unwrap_or(u32::MAX);
        let at = *self.entries.entry((entry.node, entry.subject, entry.role)).or_insert(next);
        match self.cfg.acl.get_mut(at as usize) {
            None => self.cfg.acl.push(entry),
            Some(known) => {
                let before = std::mem::replace(known, entry);
                // The same item twice in one list is as good as once.
                if before.line != entry.line {
                    let what = Oddity::AclAgain {
                        subject: self.cfg.subject_id(entry.subject),
                        role: self.cfg.role_name(entry.role),
                        first: before.line,
                        before: before.propagate,
                        now: entry.propagate,
                    };
                    self.odd(entry.subject_span, what);
                }
            }
        }
    }
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
