//! The permission engine against what PVE 7, 8 and 9 answered: the whole matrix of thousands of files, and the worked
//! examples of the reference where they are at hand.

use super::support::{collapse, reference};
use crate::conformance_user::{Case, cases, normal};
use pvelint::access::{Access, matrix};
use pvelint::model::tables::access::{Priv, PrivSet};
use pvelint::model::user::{SubjectKind, UserCfg};
use pvelint::release::Release;
use serde_json::Value;
use std::collections::BTreeMap;

/// Subject and path to privileges with their flags.
type Answers = BTreeMap<(String, String, String), BTreeMap<String, u8>>;

fn answers(matrix: &Value) -> Answers {
    let mut answers = Answers::new();
    for table in ["permissions", "ghost_permissions"] {
        let Some(subjects) = matrix[table].as_object() else { continue };
        for (subject, row) in subjects {
            let row = row.as_array().unwrap();
            assert_eq!(row.len(), matrix["paths"].as_array().unwrap().len());
            for (path, set) in matrix["paths"].as_array().unwrap().iter().zip(row) {
                let set = &matrix["privsets"][usize::try_from(set.as_u64().unwrap()).unwrap()];
                let flags = set.as_object().unwrap().iter().flat_map(|(flag, privileges)| {
                    let privileges = privileges.as_array().unwrap().iter();
                    privileges.map(|privilege| (privilege.as_str().unwrap().to_owned(), flag.parse().unwrap()))
                });
                let key = (table.to_owned(), collapse(subject), collapse(path.as_str().unwrap()));
                answers.insert(key, flags.collect());
            }
        }
    }
    answers
}

/// Flag 2 means that PVE's own answer varies: 0 and 1 are both right.
fn agree(got: &BTreeMap<String, u8>, want: &BTreeMap<String, u8>) -> bool {
    got.len() == want.len()
        && want.iter().all(|(name, want)| got.get(name).is_some_and(|got| got == want || *want == 2))
}

fn differences(case: &Case) -> Vec<String> {
    let cfg = UserCfg::parse(&case.text, case.release);
    let access = Access::new(&cfg);
    let extra: Vec<&str> =
        case.input["extra_paths"].as_array().into_iter().flatten().map(|path| path.as_str().unwrap()).collect();
    let got = matrix(&access, extra.iter().map(|path| path.as_bytes()));
    let mut wrong = Vec::new();
    if normal(&got["paths"]) != normal(&case.expect["paths"]) {
        wrong.push(format!("{} paths\n  got  {}\n  want {}", case.id, got["paths"], case.expect["paths"]));
    }
    let (got, want) = (answers(&got), answers(&case.expect));
    if !got.keys().eq(want.keys()) {
        wrong.push(format!("{} asks about other subjects or paths", case.id));
    }
    for (key, want) in &want {
        let got = got.get(key).cloned().unwrap_or_default();
        if !agree(&got, want) {
            wrong.push(format!("{} {key:?}\n  got  {got:?}\n  want {want:?}", case.id));
        }
    }
    // One question at a time must give what the table gives.
    for subject in cfg.subjects.iter().filter(|subject| subject.kind != SubjectKind::Group) {
        for (table, id, path) in
            got.keys().filter(|(_, id, path)| *id == *subject.id.to_string() && !path.contains('\u{fffd}'))
        {
            let one = access.effective(subject.id, path.as_bytes());
            let flags = one
                .privs
                .iter()
                .map(|privilege| (privilege.name().to_owned(), u8::from(one.propagate.contains(privilege))));
            let all = &got[&(table.clone(), id.clone(), path.clone())];
            if flags.collect::<BTreeMap<_, _>>() != *all {
                wrong.push(format!("{} effective({id}, {path}) isn't the matrix's", case.id));
            }
        }
    }
    wrong
}

#[test]
fn permissions_equal_those_of_pve() {
    let cases = cases();
    let wrong: Vec<String> = cases.iter().flat_map(differences).collect();
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

/// The part of `{"7,8": …, "9": …}` for one release.
fn for_release(expect: &Value, release: Release) -> Option<&Value> {
    let major = release.major().to_string();
    expect
        .as_object()
        .unwrap()
        .iter()
        .find(|(releases, _)| releases.split(',').any(|one| one == major))
        .map(|(_, value)| value)
}

fn flag(value: bool) -> u8 {
    u8::from(value)
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn worked_examples_come_out_as_in_pve() {
    let reference = reference("access_vectors.json");
    let mut checks = 0;
    for example in reference["evaluation"].as_array().unwrap() {
        let id = example["id"].as_str().unwrap();
        for release in Release::ALL {
            let text = example["user_cfg"].as_str().unwrap().as_bytes();
            let cfg = UserCfg::parse(text, release);
            let access = Access::new(&cfg);
            for check in example["checks"].as_array().unwrap() {
                let Some(want) = for_release(&check["expect"], release) else { continue };
                if *want == "unsupported" {
                    continue;
                }
                let got = answer(&access, check);
                assert_eq!(got, *want, "{id} {release} {check}");
                checks += 1;
            }
        }
    }
    assert!(checks > 300, "only {checks} checks ran");
}

fn answer(access: &Access<'_, '_>, check: &Value) -> Value {
    let cfg = access.cfg();
    let text = |key: &str| check[key].as_str().unwrap_or_default();
    let (subject, path) = (text("subject").as_bytes(), text("path").as_bytes());
    let privileges = || -> PrivSet {
        let names = check["privs"].as_array().unwrap().iter();
        names.filter_map(|name| Priv::from_name(name.as_str().unwrap().as_bytes())).collect()
    };
    let argument = |at: usize| check["args"][at].as_str().unwrap_or_default();
    match text("query") {
        "check" => {
            let has = access.effective(subject, path).privs;
            (if text("mode") == "any" { has.intersects(privileges()) } else { has.contains_all(privileges()) }).into()
        }
        "privs" => access.effective(subject, path).privs.iter().map(Priv::name).collect::<Vec<_>>().join(" ").into(),
        "perm" => {
            let rights = access.effective(subject, path);
            rights
                .privs
                .iter()
                .map(|one| (one.name().to_owned(), Value::from(flag(rights.propagate.contains(one)))))
                .collect()
        }
        "roles" if subject == b"root@pam" => {
            let roles = access.roles(subject, path);
            roles.iter().map(|(role, _)| cfg.role_name(*role).to_string()).collect::<Vec<_>>().join(" ").into()
        }
        "roles" => {
            let roles = access.roles(subject, path);
            roles
                .iter()
                .map(|(role, on)| format!("{}={}", cfg.role_name(*role), flag(*on)))
                .collect::<Vec<_>>()
                .join(" ")
                .into()
        }
        "permmodify" => access.may_modify_acl(subject, path).into(),
        "sdn" => access.sees_bridge(subject, text("zone").as_bytes(), text("bridge").as_bytes(), privileges()).into(),
        "enabled" => {
            let user = cfg.user(argument(0).as_bytes());
            user.is_some_and(|user| user.enable.value && matches!(user.expire.value, 0 | 1_000_000_000..)).into()
        }
        "verify_token_nosecret" => {
            let token = cfg.token(argument(0).split('=').next().unwrap().as_bytes()).unwrap();
            let user = &cfg.users[token.user.index()];
            if !user.enable.value {
                return format!("DIE: user '{}' is disabled", user.id.value).into();
            }
            assert!(token.expire.value > 0);
            format!("DIE: token '{}' access expired", token.name).into()
        }
        "api" if argument(0) == "root@pam" => "allowed".into(),
        "api" => "DIE: PERM/403: Permission check failed (user != root@pam)".into(),
        "keys" => {
            let node = cfg.tree.child(pvelint::model::user::AclTree::ROOT, argument(2).as_bytes());
            let kind = if argument(3) == "groups" { SubjectKind::Group } else { SubjectKind::Token };
            let entries = cfg.acl.iter().filter(|entry| Some(entry.node) == node);
            let subjects =
                entries.filter_map(|entry| cfg.subject(entry.subject)).filter(|subject| subject.kind == kind);
            subjects.map(|subject| subject.id.to_string()).collect()
        }
        "cfg" => {
            cfg.vm_pools().map(|(vmid, pool)| (vmid.to_string(), Value::from(pool.name.value.to_string()))).collect()
        }
        other => panic!("no such query: {other}"),
    }
}

/// The reference's own names for warnings.
fn code(log: &str) -> &'static str {
    let has = |part: &str| log.contains(part);
    match log.strip_prefix("user config - ignore ").unwrap() {
        text if text.starts_with("config line") => "LINE_UNKNOWN",
        _ if has("invalid user name") => "USER_BAD_NAME",
        text if text.starts_with("user ") => "USER_BAD_EXPIRE",
        _ if has("invalid tokenid") => "TOKEN_BAD_ID",
        _ if has("user does not exist") => "TOKEN_USER_UNKNOWN",
        text if text.starts_with("token ") => "TOKEN_BAD_EXPIRE",
        _ if has("characters in group name") => "GROUP_BAD_NAME",
        _ if has("invalid group member") => "GROUP_MEMBER_BAD_OR_UNKNOWN",
        _ if has("characters in role name") => "ROLE_BAD_NAME",
        _ if has("invalid privilege") => "PRIV_UNKNOWN",
        _ if has("invalid path") => "ACL_BAD_PATH",
        _ if has("invalid role name") => "ACL_ROLE_BAD_NAME",
        _ if has("invalid acl role") => "ACL_ROLE_UNKNOWN",
        _ if has("invalid acl group") => "ACL_GROUP_UNKNOWN_KEPT",
        _ if has("invalid acl member") => "ACL_USER_UNKNOWN_KEPT",
        _ if has("invalid acl token") => "ACL_SUBJECT_DROPPED",
        _ if has("characters in pool name") => "POOL_BAD_NAME",
        _ if has("invalid vmid") => "POOL_BAD_VMID",
        _ if has("duplicate vmid") => "POOL_DUP_VMID",
        _ if has("invalid storage") => "POOL_BAD_STORAGE",
        other => panic!("no code for {other}"),
    }
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn parser_examples_come_out_as_in_pve() {
    let reference = reference("access_vectors.json");
    let mut checks = 0;
    for example in reference["parser"].as_array().unwrap() {
        for release in Release::ALL {
            let Some(want) = for_release(&example["expect"], release) else { continue };
            let text = example["user_cfg"].as_str().unwrap().as_bytes();
            let cfg = UserCfg::parse(text, release);
            let id = format!("{} {release}", example["id"].as_str().unwrap());
            let codes: Vec<_> = cfg.log().map(|log| code(&log.to_string())).collect();
            assert_eq!(serde_json::json!(codes), want["warnings"], "{id}");
            assert_eq!(result(&cfg), want["result"], "{id}");
            checks += 1;
        }
    }
    assert!(checks >= 3 * 44, "only {checks} checks ran");
}

/// The model in the form of the reference's parser examples.
fn result(cfg: &UserCfg<'_>) -> Value {
    use serde_json::{Map, json};
    let mut users = Map::new();
    for user in &cfg.users {
        let mut map = Map::new();
        map.insert("enable".into(), user.enable.value.into());
        map.insert("expire".into(), user.expire.value.to_string().into());
        let details = cfg.details(user);
        let texts = [("firstname", &details.firstname), ("lastname", &details.lastname), ("comment", &details.comment)];
        for (key, text) in texts {
            text.iter().for_each(|text| drop(map.insert(key.into(), text.value.as_ref().into())));
        }
        for (key, text) in [("email", details.email), ("keys", details.keys)] {
            let text = text.filter(|text| !text.value.is_empty());
            text.iter().for_each(|text| drop(map.insert(key.into(), text.value.to_string().into())));
        }
        let mut tokens = Map::new();
        for token in user.tokens.iter().map(|token| &cfg.tokens[token.index()]) {
            let mut map = json!({ "expire": token.expire.value.to_string(), "privsep": token.privsep.value });
            if let Some(comment) = &token.comment {
                map["comment"] = comment.value.as_ref().into();
            }
            tokens.insert(token.name.to_string(), map);
        }
        map.insert("tokens".into(), tokens.into());
        users.insert(user.id.value.to_string(), map.into());
    }
    let mut acl: Vec<String> = cfg
        .acl
        .iter()
        .map(|entry| {
            let subject = cfg.subject(entry.subject).unwrap();
            let (path, role) = (cfg.tree.path(entry.node), cfg.role_name(entry.role));
            format!("{path} {} {} {role} {}", subject.kind.name(), subject.id, flag(entry.propagate))
        })
        .collect();
    acl.sort();
    let mut out = json!({ "acl": acl, "users": users });
    let custom: Map<_, _> = cfg
        .roles
        .iter()
        .filter(|role| role.builtin.is_none())
        .map(|role| (role.name.to_string(), role.privileges.iter().map(Priv::name).collect()))
        .collect();
    if !custom.is_empty() {
        out["custom_roles"] = custom.into();
    }
    let groups: Map<_, _> = cfg
        .groups
        .iter()
        .map(|group| {
            let mut members: Vec<_> =
                group.members.iter().map(|member| cfg.subject_id(member.value).to_string()).collect();
            members.sort();
            (group.name.value.to_string(), Value::from(members))
        })
        .collect();
    if !groups.is_empty() {
        out["groups"] = groups.into();
    }
    let mut pools = Map::new();
    for pool in &cfg.pools {
        let mut vms: Vec<_> = pool.vms.iter().map(|vm| vm.name.to_string()).collect();
        vms.sort();
        let mut storage: Vec<_> = pool.storage.iter().map(|storage| storage.value.to_string()).collect();
        storage.sort();
        let mut map = json!({ "vms": vms, "storage": storage });
        if let Some(parent) = pool.parent {
            map["parent"] = cfg.pools[parent.index()].name.value.to_string().into();
        }
        pools.insert(pool.name.value.to_string(), map);
    }
    if !pools.is_empty() {
        out["pools"] = pools.into();
    }
    out
}
