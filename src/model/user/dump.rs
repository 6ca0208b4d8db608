//! The model as JSON, in the form of the conformance vectors: what PVE's own structures look like when printed.

use super::{SubjectKind, Token, User, UserCfg};
use crate::model::tables::access::PrivSet;
use bstr::ByteSlice;
use serde_json::{Map, Value, json};

/// `{"config": …, "warnings": […]}`: everything PVE holds, and what it logged. Bytes that aren't UTF-8 are shown as U+FFFD.
/// Everything that is a set is sorted.
#[must_use]
pub fn dump(cfg: &UserCfg<'_>) -> Value {
    let mut config = Map::new();
    config.insert("users".into(), cfg.users.iter().map(|user| (lossy(user.id.value), dump_user(cfg, user))).collect());
    config.insert(
        "tokens".into(),
        cfg.tokens.iter().map(|token| (lossy(token.id.value), dump_token(cfg, token))).collect(),
    );
    config.insert("groups".into(), dump_groups(cfg));
    let custom = cfg.roles.iter().filter(|role| role.builtin.is_none());
    config.insert("roles".into(), custom.map(|role| (lossy(role.name), names(role.privileges))).collect());
    let modified: Map<_, _> = cfg
        .roles
        .iter()
        .filter(|role| !role.added().is_empty())
        .map(|role| (lossy(role.name), names(role.privileges)))
        .collect();
    if !modified.is_empty() {
        config.insert("builtin_roles_modified".into(), modified.into());
    }
    config.insert("pools".into(), dump_pools(cfg));
    config.insert(
        "vms".into(),
        cfg.vm_pools().map(|(vmid, pool)| (lossy(vmid), Value::from(lossy(pool.name.value)))).collect(),
    );
    config.insert("acl".into(), dump_acl(cfg));
    json!({ "config": config, "warnings": cfg.log().map(|line| lossy(&line)).collect::<Vec<_>>() })
}

fn lossy(bytes: &[u8]) -> String {
    bytes.to_str_lossy().into_owned()
}

fn sorted(names: impl Iterator<Item = String>) -> Value {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.into()
}

/// The names of a set's privileges, sorted.
pub(crate) fn names(privileges: PrivSet) -> Value {
    privileges.iter().map(|privilege| Value::from(privilege.name())).collect()
}

fn dump_user(cfg: &UserCfg<'_>, user: &User<'_>) -> Value {
    let mut map = Map::new();
    map.insert("enable".into(), u8::from(user.enable.value).into());
    if user.line.is_some() {
        map.insert("expire".into(), expire(user.expire.value, user.expire.span.bytes(cfg.text)));
    }
    let details = cfg.details(user);
    let texts = [("firstname", &details.firstname), ("lastname", &details.lastname), ("comment", &details.comment)];
    for (key, text) in texts {
        if let Some(text) = text {
            map.insert(key.into(), text.value.as_ref().into());
        }
    }
    for (key, bytes) in [("email", details.email), ("keys", details.keys)] {
        if let Some(bytes) = bytes {
            map.insert(key.into(), lossy(bytes.value).into());
        }
    }
    if !user.groups.is_empty() {
        let groups = user.groups.iter().filter_map(|group| cfg.groups.get(group.index()));
        map.insert("groups".into(), sorted(groups.map(|group| lossy(group.name.value))));
    }
    map.into()
}

fn dump_token(cfg: &UserCfg<'_>, token: &Token<'_>) -> Value {
    let mut map = Map::new();
    map.insert("privsep".into(), u8::from(token.privsep.value).into());
    map.insert("expire".into(), expire(token.expire.value, token.expire.span.bytes(cfg.text)));
    if let Some(comment) = &token.comment {
        map.insert("comment".into(), comment.value.as_ref().into());
    }
    map.into()
}

fn dump_groups(cfg: &UserCfg<'_>) -> Value {
    let groups = cfg.groups.iter().map(|group| {
        let mut map = Map::new();
        map.insert("users".into(), sorted(group.members.iter().map(|member| lossy(cfg.subject_id(member.value)))));
        if let Some(comment) = &group.comment {
            map.insert("comment".into(), comment.value.as_ref().into());
        }
        (lossy(group.name.value), Value::from(map))
    });
    groups.collect()
}

fn dump_pools(cfg: &UserCfg<'_>) -> Value {
    let pool_name =
        |ix: super::PoolIx| cfg.pools.get(ix.index()).map(|pool| lossy(pool.name.value)).unwrap_or_default();
    let pools = cfg.pools.iter().map(|pool| {
        let mut map = Map::new();
        map.insert("vms".into(), sorted(pool.vms.iter().map(|vm| lossy(&vm.name))));
        map.insert("storage".into(), sorted(pool.storage.iter().map(|storage| lossy(storage.value))));
        if cfg.release != crate::release::Release::Pve7 {
            map.insert("pools".into(), sorted(pool.children.iter().map(|child| pool_name(*child))));
        }
        if let Some(parent) = pool.parent {
            map.insert("parent".into(), pool_name(parent).into());
        }
        if let Some(comment) = &pool.comment {
            map.insert("comment".into(), comment.value.as_ref().into());
        }
        (lossy(pool.name.value), Value::from(map))
    });
    pools.collect()
}

fn dump_acl(cfg: &UserCfg<'_>) -> Value {
    let mut rows: Vec<(String, SubjectKind, String, String, u8)> = cfg
        .acl
        .iter()
        .filter_map(|entry| {
            let subject = cfg.subject(entry.subject)?;
            let (path, role) = (cfg.tree.path(entry.node), cfg.role_name(entry.role));
            Some((lossy(&path), subject.kind, lossy(subject.id), lossy(role), u8::from(entry.propagate)))
        })
        .collect();
    rows.sort_unstable();
    let rows = rows.into_iter().map(|(path, kind, id, role, propagate)| {
        json!({ "path": path, "kind": kind.name(), "id": id, "role": role, "propagate": propagate })
    });
    rows.collect()
}

/// An expiry as Perl's JSON prints it: an integer up to 64 bits, a float of 15 significant digits beyond.
/// From about 1.8e308 on it is infinite, for which there is no JSON (JSON::PP prints a bare `Inf`): then `u64::MAX`.
fn expire(value: u64, written: &[u8]) -> Value {
    let fits = || std::str::from_utf8(written).is_ok_and(|digits| digits.parse::<u64>().is_ok());
    if value < u64::MAX || fits() {
        return value.into();
    }
    let float = perl_float(written).parse().ok();
    float.and_then(serde_json::Number::from_f64).map_or_else(|| value.into(), Value::Number)
}

/// A number beyond 64 bits as Perl prints it: 15 significant digits, `1.84467440737096e+19`.
pub(super) fn perl_float(digits: &[u8]) -> String {
    let value = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<f64>().ok()).unwrap_or(f64::INFINITY);
    if value.is_infinite() {
        return "Inf".into();
    }
    let text = format!("{value:.14e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{mantissa}e+{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_numbers_are_printed_as_perl_does() {
        assert_eq!(perl_float(b"99999999999999999999999"), "1e+23");
        assert_eq!(perl_float(b"18446744073709551616"), "1.84467440737096e+19");
        assert_eq!(perl_float(b"123456789012345678901"), "1.23456789012346e+20");
        assert_eq!(perl_float("9".repeat(400).as_bytes()), "Inf");
    }

    #[test]
    fn an_expiry_is_an_integer_up_to_64_bits() {
        assert_eq!(expire(1_888_888_888, b"01888888888"), json!(1_888_888_888));
        assert_eq!(expire(u64::MAX, b"0018446744073709551615"), json!(u64::MAX));
        assert_eq!(expire(u64::MAX, b"18446744073709551616"), json!(1.844_674_407_370_96e19));
        assert_eq!(expire(u64::MAX, "9".repeat(400).as_bytes()), json!(u64::MAX));
    }
}
