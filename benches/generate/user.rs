//! `user.cfg`.

use std::fmt::Write as _;

use super::{Plan, StorageKind, storage_kind, storage_name};

const FIRST_NAMES: [&str; 16] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim", "leo", "mallory",
    "nina", "olaf", "peggy",
];
const LAST_NAMES: [&str; 12] =
    ["arden", "berg", "cole", "dorn", "evans", "fuchs", "gray", "holt", "ito", "jung", "kowalski", "lund"];

/// How many guests a pool is made for.
const POOL_SIZE: u32 = 60;

fn pools(plan: &Plan) -> u32 {
    (plan.guests / POOL_SIZE).clamp(4, 200)
}

fn groups(plan: &Plan) -> u32 {
    (plan.users / 16).clamp(2, 200)
}

/// The first users administer, the next only look; neither has ACLs of its own.
fn is_staff(index: u32) -> bool {
    index < 8
}

fn user_id(plan: &Plan, index: u32) -> String {
    let mut random = plan.random("user", index);
    let (first, last) = (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
    let realm = random.pick(&["pve", "pve", "pve", "corp", "pam"]);
    format!("{first}.{last}{index}@{realm}")
}

fn is_enabled(plan: &Plan, index: u32) -> bool {
    is_staff(index) || !plan.random("disabled", index).chance(3, 100)
}

/// The one token of a user, and whether it has rights of its own.
fn token(plan: &Plan, index: u32) -> Option<(&'static str, bool)> {
    let mut random = plan.random("token", index);
    let has = is_enabled(plan, index) && random.chance(1, 2);
    let name = random.pick(&["deploy", "backup", "monitoring", "terraform"]);
    (has && !is_staff(index)).then(|| (name, random.chance(4, 5)))
}

fn group_of(plan: &Plan, user: u32) -> u32 {
    plan.random("group-of", user).below(groups(plan))
}

fn pool_name(index: u32) -> String {
    // Every fifth is nested in its neighbour.
    if index % 5 == 4 { format!("team{:03}/lab", index - 1) } else { format!("team{index:03}") }
}

fn pool_of(plan: &Plan, vmid: u32) -> Option<u32> {
    let mut random = plan.random("pool-of", vmid);
    random.chance(7, 10).then(|| random.below(pools(plan)))
}

pub(super) fn user_cfg(plan: &Plan) -> String {
    let mut out = "user:root@pam:1:0:::admin@example.org:::\n".to_owned();
    for index in 0..plan.users {
        user(plan, index, &mut out);
    }
    out.push('\n');
    group_lines(plan, &mut out);
    out.push('\n');
    pool_lines(plan, &mut out);
    out.push('\n');
    role_lines(plan, &mut out);
    out.push('\n');
    acl_lines(plan, &mut out);
    out
}

fn user(plan: &Plan, index: u32, out: &mut String) {
    let mistake = plan.mistake("user", index, 7);
    let mut id = user_id(plan, index);
    let mut random = plan.random("user", index);
    let (first, last) = (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
    let mut enable = if is_enabled(plan, index) { "1" } else { "0" };
    let mut comment = random.pick(&["", "", "on call", "B%C3%BCro Wien", "external, until 2027"]).to_owned();
    match mistake {
        Some(0) => id = id.replace('@', "@@"),
        Some(1) => enable = "no",
        Some(2) => comment = "tickets: see wiki".to_owned(),
        Some(3) => _ = writeln!(out, "#user:{first}@pve:1:0::::::"),
        _ => {}
    }
    let _ = writeln!(out, "user:{id}:{enable}:0:{first}:{last}:{first}.{last}@example.org:{comment}::");
    if let Some((name, privsep)) = token(plan, index) {
        let owner = if mistake == Some(4) { id.replace('@', "x@") } else { id.clone() };
        let _ = writeln!(out, "token:{owner}!{name}:0:{}:{name} of {first}:", u8::from(privsep));
    }
    match mistake {
        Some(5) => _ = writeln!(out, "token:{id}!unused:0:1::"),
        Some(6) => _ = writeln!(out, "user:{id}:1:0:::::"),
        _ => {}
    }
}

fn group_lines(plan: &Plan, out: &mut String) {
    let ids =
        |users: &mut dyn Iterator<Item = u32>| users.map(|user| user_id(plan, user)).collect::<Vec<_>>().join(",");
    let _ = writeln!(out, "group:admins:{}:Administrators:", ids(&mut (0..4.min(plan.users))));
    let _ = writeln!(out, "group:auditors:{}:Auditors:", ids(&mut (4..8.min(plan.users))));
    let _ = writeln!(out, "group:everyone:{}:All who have guests:", ids(&mut (8..plan.users)));
    for group in 0..groups(plan) {
        let mut members = ids(&mut (8..plan.users).filter(|&user| group_of(plan, user) == group));
        match plan.mistake("group", group, 3) {
            Some(0) => members.push_str(",gone@pve"),
            Some(1) => members.push_str(",no-realm"),
            Some(2) => _ = writeln!(out, "groups:team{group:03}:{members}::"),
            _ => {}
        }
        let _ = writeln!(out, "group:team{group:03}:{members}:Team {group}:");
    }
}

fn pool_lines(plan: &Plan, out: &mut String) {
    let mut members: Vec<Vec<String>> = (0..pools(plan)).map(|_| Vec::new()).collect();
    for vmid in plan.vmids() {
        if let Some(pool) = pool_of(plan, vmid) {
            members[pool as usize].push(vmid.to_string());
        }
    }
    for (index, mut members) in (0..).zip(members) {
        match plan.mistake("pool", index, 3) {
            Some(0) => members.push((plan.vmids().end + index).to_string()),
            Some(1) => members.push("vm100".to_owned()),
            Some(2) => members.extend((0..3).map(|step| (super::FIRST_VMID + step).to_string())),
            _ => {}
        }
        let storage = storage_name(index % plan.storages.max(3));
        let _ = writeln!(out, "pool:{}:Pool {index}:{}:{storage}:", pool_name(index), members.join(","));
    }
}

fn role_lines(plan: &Plan, out: &mut String) {
    let roles = [
        ("Operator", "VM.Audit,VM.Backup,VM.Config.CDROM,VM.Console,VM.PowerMgmt,VM.Snapshot"),
        ("Restarter", "VM.Audit,VM.PowerMgmt"),
        ("Resizer", "VM.Audit,VM.Config.CPU,VM.Config.Disk,VM.Config.Memory,VM.PowerMgmt"),
        ("Watcher", "VM.Audit,VM.Console"),
    ];
    for (index, (name, privileges)) in (0..).zip(roles) {
        let extra = match plan.mistake("role", index, 2) {
            Some(0) => ",VM.Monitor",
            Some(1) => ",VM.Reboot",
            _ => "",
        };
        let _ = writeln!(out, "role:{name}:{privileges}{extra}:");
    }
}

fn acl_lines(plan: &Plan, out: &mut String) {
    let mut lines = vec![
        "acl:1:/:@admins:Administrator:".to_owned(),
        "acl:1:/:@auditors:PVEAuditor:".to_owned(),
        "acl:1:/storage:@everyone:PVEDatastoreUser:".to_owned(),
        "acl:1:/sdn/zones/localnetwork:@everyone:PVESDNUser:".to_owned(),
    ];
    let with_rights: Vec<(u32, &str)> = (0..plan.users)
        .filter_map(|user| token(plan, user).filter(|&(_, privsep)| privsep).map(|(name, _)| (user, name)))
        .collect();
    for some in with_rights.chunks(20) {
        let some: Vec<_> = some.iter().map(|(user, name)| format!("{}!{name}", user_id(plan, *user))).collect();
        lines.push(format!("acl:1:/storage:{}:PVEDatastoreUser:", some.join(",")));
        lines.push(format!("acl:1:/sdn/zones/localnetwork:{}:PVESDNUser:", some.join(",")));
    }
    for pool in 0..pools(plan) {
        let group = pool % groups(plan);
        lines.push(format!("acl:1:/pool/{}:@team{group:03}:PVEVMAdmin:", pool_name(pool)));
    }
    let disks: Vec<_> = (0..plan.storages.max(3))
        .filter(|&storage| matches!(storage_kind(storage), StorageKind::Nfs | StorageKind::Rbd))
        .collect();
    for (group, storage) in (0..groups(plan)).zip(disks.iter().cycle()) {
        lines.push(format!("acl:1:/storage/{}:@team{group:03}:PVEDatastoreAdmin:", storage_name(*storage)));
    }
    let users = plan.users.saturating_sub(8);
    // The rest gives single guests to single users, and to their tokens.
    for index in 0.. {
        if lines.len() >= plan.acl_lines as usize || users == 0 || plan.guests == 0 {
            break;
        }
        let mut random = plan.random("acl", index);
        // Each user in turn first, so that every token has an ACL of its own.
        let user = 8 + if index < users { index } else { random.below(users) };
        let vmid = super::FIRST_VMID + random.below(plan.guests);
        let mut path = format!("/vms/{vmid}");
        let mut subjects = user_id(plan, user);
        let mut role =
            random.pick(&["PVEVMUser", "PVEVMAdmin", "Operator", "Restarter", "Resizer", "Watcher"]).to_owned();
        if let Some((name, true)) = token(plan, user) {
            subjects = format!("{subjects},{subjects}!{name}");
        }
        match plan.mistake("acl", index, 9) {
            Some(0) => path = format!("/vm/{vmid}"),
            Some(1) => path = format!("/vms/{}", plan.vmids().end + vmid),
            Some(2) => path = format!("/pools/{}", pool_name(index % pools(plan))),
            Some(3) => role.push_str("Admins"),
            Some(4) => subjects.push_str(",nobody@pve"),
            Some(5) => subjects.push_str(",teams"),
            Some(6) => path = format!("/storage/nsf-{:02}", index % 30),
            Some(7) => role.clear(),
            Some(8) => path = format!("vms/{vmid}"),
            _ => {}
        }
        lines.push(format!("acl:1:{path}:{subjects}:{role}:"));
    }
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
}
