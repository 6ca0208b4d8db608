//! Rules about user.cfg: each thing that PVE drops or misreads has its rule, and one mistake gives one finding.

use std::collections::BTreeSet;

use pvelint::finding::{Finding, Fix, Level};
use pvelint::model::user::{Flag, NoToken, QuirkKind, Reason, UnknownLine, UserCfg, UserFault};
use pvelint::release::Release;
use pvelint::rules::{RULES, Rule};
use pvelint::source::{LoadOptions, Sources};

/// The rules that speak of what PVE logs as ignored. A new variant has to be decided here.
fn rules_of_reason(reason: &Reason<'_>) -> &'static [&'static str] {
    match reason {
        // A file of white space is an empty file, whatever PVE logs.
        Reason::Line(UnknownLine::Blank) => &[],
        Reason::Line(
            UnknownLine::Comment | UnknownLine::ByteOrderMark(_) | UnknownLine::Case(_) | UnknownLine::Other,
        ) => &["user-line-unknown"],
        Reason::UserId { fault: UserFault::Long(_), .. } => &["user-id-too-long"],
        Reason::UserId {
            fault: UserFault::Short | UserFault::NoRealm | UserFault::Realm | UserFault::Name, ..
        } => &["user-id-invalid"],
        Reason::UserExpire { .. } => &["user-expire-invalid"],
        Reason::TokenId { .. } => &["token-id-invalid"],
        Reason::TokenExpire { .. } => &["token-expire-invalid"],
        Reason::TokenUser { .. } => &["token-owner-unknown"],
        Reason::GroupName { .. } => &["group-name-invalid"],
        Reason::MemberId { .. } => &["group-member-invalid"],
        // Kept, and effective.
        Reason::MemberUnknown { later: Some(_), .. }
        | Reason::AclUser { later: Some(_), .. }
        | Reason::AclGroup { later: Some(_), .. } => &[],
        Reason::MemberUnknown { later: None, .. } => &["group-member-unknown"],
        Reason::RoleName { .. } => &["role-name-invalid"],
        Reason::Privilege { .. } => {
            &["role-privilege-unknown", "role-privilege-removed", "role-privilege-later", "role-left-empty"]
        }
        Reason::AclPath { .. } => &["acl-path-invalid"],
        Reason::AclRoleName { .. } | Reason::AclRole { later: None, .. } => &["acl-role-unknown"],
        Reason::AclRole { later: Some(_), .. } => &["acl-role-below"],
        Reason::AclGroup { later: None, .. } => &["acl-group-unknown"],
        Reason::AclUser { later: None, .. } => &["acl-user-unknown"],
        Reason::AclToken { why: NoToken::Malformed(..), .. } => &["acl-subject-invalid"],
        Reason::AclToken { why: NoToken::Undefined(_), .. } => &["acl-token-unknown"],
        Reason::AclToken { why: NoToken::Wiped { .. }, .. } => &["user-duplicate"],
        Reason::PoolName { valid_later: false, .. } => &["pool-name-invalid"],
        Reason::PoolName { valid_later: true, .. } => &["pool-nested-unsupported"],
        Reason::PoolVmid { .. } => &["pool-guest-invalid", "user-text-colon"],
        Reason::PoolVmidTaken { .. } => &["pool-guest-duplicate"],
        Reason::PoolStorage { .. } => &["pool-storage-invalid", "pool-guest-invalid", "user-text-colon"],
    }
}

/// The rules that speak of what PVE keeps or overrides in silence. A new variant has to be decided here.
fn rules_of_oddity(what: &QuirkKind<'_>) -> &'static [&'static str] {
    match what {
        QuirkKind::FlagTrue { flag: Flag::Enable, .. } => &["user-enable-misread"],
        QuirkKind::FlagTrue { flag: Flag::Privsep, .. } => &["token-privsep-misread"],
        QuirkKind::FlagTrue { flag: Flag::Propagate, .. } => &["acl-propagate-misread"],
        QuirkKind::FlagMissing { flag: Flag::Enable, .. } => &["user-enable-missing"],
        QuirkKind::FlagMissing { flag: Flag::Privsep, .. } => &["token-privsep-missing"],
        QuirkKind::FlagMissing { flag: Flag::Propagate, .. } => &["acl-propagate-missing"],
        QuirkKind::Surplus { .. } => &["user-fields-surplus", "user-text-colon"],
        QuirkKind::Keys { .. } => &["user-text-colon"],
        QuirkKind::UserAgain { .. } | QuirkKind::AclWipedToken { .. } => &["user-duplicate"],
        QuirkKind::TokenAgain { .. } => &["token-duplicate"],
        QuirkKind::Again { .. } => &["user-entry-duplicate"],
        QuirkKind::BuiltinRole { .. } => &["role-builtin-extended"],
        QuirkKind::PathZero { .. } => &["acl-path-zero"],
        QuirkKind::AclNoRole => &["acl-without-role", "acl-without-subject"],
        QuirkKind::AclNoSubject => &["acl-without-subject"],
        QuirkKind::AclRoot { .. } => &["acl-root"],
        QuirkKind::AclFullToken { .. } => &["acl-token-full"],
        // With the same flag twice, nothing is overridden.
        QuirkKind::AclAgain { before, now, .. } => {
            if before == now {
                &[]
            } else {
                &["acl-duplicate"]
            }
        }
        QuirkKind::Unlistable { .. } => &["user-unlistable"],
        QuirkKind::Torn { .. } => &["user-list-split", "user-unlistable"],
        QuirkKind::Nul { .. } => &["user-list-split"],
        QuirkKind::TextZero { .. } | QuirkKind::TextBytes { .. } => &["user-text-altered"],
        QuirkKind::ExpireHuge { .. } => &["user-expire-huge"],
        QuirkKind::TooMany => &["tree-acl-limit"],
        // PVE means the same thing by it, and writes it back in its own form.
        QuirkKind::PathForm { .. } | QuirkKind::VmidForm { .. } | QuirkKind::TextPercent { .. } => &[],
    }
}

/// Rules that look at the model itself.
const OF_THE_MODEL: &[&str] = &["role-name-reserved"];

fn check(text: &[u8], release: Release) -> Vec<Finding> {
    let sources = Sources::from_bytes("user.cfg", text.to_vec(), &LoadOptions::default()).unwrap();
    // The cases are too small to use what they define; that is no second mistake.
    let clutter = ["role-unused", "group-unused", "group-empty", "acl-redundant", "token-full-permissions-root"];
    let rules: Vec<_> = RULES.iter().copied().filter(|rule| !clutter.contains(&rule.id)).collect();
    pvelint::check(&sources, &rules, Some(release)).findings
}

fn brief(finding: &Finding) -> String {
    format!("{} {} | {}", finding.level, finding.rule, finding.subject)
}

/// Files, the release that reads them, and the findings: no more, no less.
const CASES: &[(&str, u8, &[&str])] = &[
    ("", 9, &[]),
    (" \n\t\n", 9, &[]),
    // What a dropped line would have defined is missing elsewhere: still one mistake.
    (
        "user:bob:1:0::::::\ntoken:bob!ci:0:1::\ngroup:dev:bob::\nacl:1:/:bob,bob!ci:PVEAuditor,PVEVMUser:\n",
        9,
        &["error user-id-invalid | user.cfg: user bob"],
    ),
    (
        "user:bob@pve:1:soon:::::\ntoken:bob@pve!ci:0:1::\ngroup:dev:bob@pve::\nacl:1:/:bob@pve,bob@pve!ci:PVEAuditor:\n",
        9,
        &["error user-expire-invalid | user.cfg: user bob@pve"],
    ),
    // The first, valid line of a user survives a bad second one.
    (
        "user:bob@pve:1:0::::::\nuser:bob@pve:1:x::::::\ntoken:bob@pve!ci:0:0::\n",
        9,
        &["error user-expire-invalid | user.cfg: user bob@pve"],
    ),
    (
        "user:ci@pve:1:0::::::\ntoken:ci@pve!x:0:1::\nacl:1:/:ci@pve!x:PVEAuditor:\n",
        9,
        &["error token-id-invalid | user.cfg: token ci@pve!x"],
    ),
    (
        "user:ci@pve:1:0::::::\ntoken:ci@pve!xy:never:1::\nacl:1:/:ci@pve!xy:PVEAuditor,PVEVMUser:\n",
        9,
        &["error token-expire-invalid | user.cfg: token ci@pve!xy"],
    ),
    (
        "token:ci@pve!xy:0:1::\nuser:ci@pve:1:0::::::\nacl:1:/:ci@pve!xy:PVEAuditor:\n",
        9,
        &["error token-owner-unknown | user.cfg: token ci@pve!xy"],
    ),
    ("token:root@pam!xy:0:0::\n", 9, &[]),
    (
        "group:gr\u{fc}n:root@pam::\nacl:1:/:@gr\u{fc}n:PVEAuditor:\n",
        9,
        &["error group-name-invalid | user.cfg: group gr\u{fc}n"],
    ),
    (
        "user:a@pve:1:0::::::\nrole:a+b:VM.Audit:\nacl:1:/:a@pve:a+b:\n",
        9,
        &["error role-name-invalid | user.cfg: role a+b"],
    ),
    // Known, but only further down: effective for users and groups, not for roles and tokens.
    ("group:dev:bob@pve::\nacl:1:/:bob@pve,@ops:PVEAuditor:\nuser:bob@pve:1:0::::::\ngroup:ops:bob@pve::\n", 9, &[]),
    (
        "user:bob@pve:1:0::::::\nacl:1:/:bob@pve:Mine:\nrole:Mine:VM.Audit:\n",
        9,
        &["error acl-role-below | user.cfg: acl / bob@pve"],
    ),
    (
        "user:bob@pve:1:0::::::\nacl:1:/:bob@pve!xy:PVEAuditor:\ntoken:bob@pve!xy:0:1::\n",
        9,
        &["error acl-token-unknown | user.cfg: acl / bob@pve!xy"],
    ),
    // Logged once for every role: said once.
    (
        "acl:1:/:@none,no@pve:PVEAuditor,PVEVMUser,PVEPoolUser:\n",
        9,
        &["warning acl-group-unknown | user.cfg: acl / @none", "warning acl-user-unknown | user.cfg: acl / no@pve"],
    ),
    (
        "user:ci@pve:1:0::::::\ntoken:ci@pve!xy:0:0::\nacl:1:/:root@pam,ci@pve!xy:PVEAuditor,PVEVMUser:\n",
        9,
        &["warning acl-root | user.cfg: acl / root@pam", "warning acl-token-full | user.cfg: acl / ci@pve!xy"],
    ),
    // Flags: only what means the opposite of what PVE makes of it.
    ("user:a@pve:yes:0::::::\nuser:b@pve:2:0::::::\nuser:c@pve:01:0::::::\n", 9, &[]),
    ("user:a@pve:00:0::::::\n", 9, &["error user-enable-misread | user.cfg: user a@pve"]),
    ("user:a@pve:Ann:0::::::\n", 9, &["warning user-enable-misread | user.cfg: user a@pve"]),
    // A flag in a line that another one replaces is nobody's business.
    ("user:a@pve:no:0::::::\nuser:a@pve:1:0::::::\n", 9, &["warning user-duplicate | user.cfg: user a@pve"]),
    (
        "user:a@pve:1:0::::::\nacl:false:/:a@pve:PVEAuditor:\n",
        9,
        &["error acl-propagate-misread | user.cfg: acl / a@pve"],
    ),
    ("user:a@pve:1:0::::::\nacl::/:a@pve:Nope:\n", 9, &["error acl-role-unknown | user.cfg: acl / a@pve"]),
    (
        "user:a@pve:1:0::::::\ntoken:a@pve!xy:0:0::\nuser:a@pve:1:0::::::\nacl:1:/:a@pve!xy:PVEAuditor,PVEVMUser:\n",
        9,
        &["error user-duplicate | user.cfg: user a@pve"],
    ),
    (
        "user:a@pve:1:0::::::\ntoken:a@pve!xy:0:1::\nacl:1:/:a@pve!xy:PVEAuditor:\nuser:a@pve:1:0::::::\n",
        9,
        &["error user-duplicate | user.cfg: user a@pve"],
    ),
    // The second line's tokens come after it and exist.
    (
        "user:a@pve:1:0::::::\ntoken:a@pve!xy:0:0::\nuser:a@pve:1:0::::::\ntoken:a@pve!xy:0:0::\n",
        9,
        &["warning user-duplicate | user.cfg: user a@pve"],
    ),
    ("token:root@pam!xy:0:0::\nuser:root@pam:1:0::::::\n", 9, &["error user-duplicate | user.cfg: user root@pam"]),
    // Colons.
    ("user:a@pve:1:0::::a: b::\n", 9, &["error user-text-colon | user.cfg: user a@pve"]),
    ("user:a@pve:1:0::::a:b:x:\n", 9, &["error user-text-colon | user.cfg: user a@pve"]),
    ("user:a@pve:1:0:::::x:y:\n", 9, &["warning user-fields-surplus | user.cfg: user a@pve"]),
    ("user:a@pve:1:0:::::cccccccccccb cccccccccccd:\n", 9, &[]),
    ("pool:p:team: web:100:local:\n", 9, &["error user-text-colon | user.cfg: pool p"]),
    ("pool:p::local-lvm:100,101:\n", 9, &["error pool-guest-invalid | user.cfg: pool p"]),
    ("role:R:VM.Audit:VM.Console:\n", 9, &["error user-fields-surplus | user.cfg: role R"]),
    // Privileges.
    ("role:R:VM.Audit,VM.Monitor:\n", 8, &[]),
    ("role:R:VM.Audit,VM.Monitor:\n", 9, &["error role-privilege-removed | user.cfg: role R"]),
    ("role:R:VM.GuestAgent.Audit,VM.Monitor:\n", 9, &["note role-privilege-removed | user.cfg: role R"]),
    ("role:R:VM.Audit,VM.Replicate:\n", 8, &["error role-privilege-later | user.cfg: role R"]),
    ("role:R:VM.Audit,Mapping.Use:\n", 7, &["error role-privilege-later | user.cfg: role R"]),
    ("role:R:VM.Monitor:\n", 9, &["error role-left-empty | user.cfg: role R"]),
    ("role:R::\n", 9, &[]),
    (
        "role:R:Foo:\nrole:R:VM.Audit:\n",
        9,
        &["error role-privilege-unknown | user.cfg: role R", "note user-entry-duplicate | user.cfg: role R"],
    ),
    ("role:PVEAuditor:VM.PowerMgmt,Foo:\n", 9, &["error role-builtin-extended | user.cfg: role PVEAuditor"]),
    ("role:PVEMappingUser:VM.Audit:\n", 7, &[]),
    ("role:pveX:VM.Audit:\n", 7, &[]),
    ("role:pveX:VM.Audit:\n", 8, &["note role-name-reserved | user.cfg: role pveX"]),
    // ACL lines.
    ("user:a@pve:1:0::::::\nacl:1:vms//100/:a@pve:PVEAuditor:\n", 9, &[]),
    (
        "user:a@pve:1:0::::::\nacl:1:/vms/0:a@pve:PVEAuditor:\n",
        9,
        &["error acl-path-zero | user.cfg: acl /vms/0 a@pve"],
    ),
    (
        "user:a@pve:1:0::::::\nacl:/vms:a@pve:PVEAuditor:\n",
        9,
        &["error acl-path-invalid | user.cfg: acl a@pve PVEAuditor"],
    ),
    (
        "user:a@pve:1:0::::::\nacl:1:/vms:PVEAuditor:a@pve:\n",
        9,
        &["error acl-role-unknown | user.cfg: acl /vms PVEAuditor"],
    ),
    ("acl:1:/vms:\n", 9, &["error acl-without-subject | user.cfg: acl /vms "]),
    ("user:a@pve:1:0::::::\nacl:1:/:a@pve:PVEAuditor:\nacl:1:/:a@pve:PVEAuditor:\n", 9, &[]),
    (
        "user:a@pve:1:0::::::\nacl:1:/:a@pve:PVEAuditor:\nacl:0:/:a@pve:PVEAuditor:\nacl:1:/:a@pve:PVEAuditor:\n",
        9,
        &["warning acl-duplicate | user.cfg: acl / a@pve"],
    ),
    // Pools.
    ("pool:a/b::100:local:\n", 9, &[]),
    ("pool:a/b::100:local:\n", 7, &["error pool-nested-unsupported | user.cfg: pool a/b"]),
    ("pool:a/b/c/d::100:local:\n", 7, &["error pool-name-invalid | user.cfg: pool a/b/c/d"]),
    ("pool:a::0100:local:\n", 9, &[]),
    ("pool:a::100,100:local:\n", 9, &["note pool-guest-duplicate | user.cfg: pool a"]),
    ("pool:a::100:local:\npool:b::100,100:local:\n", 9, &["warning pool-guest-duplicate | user.cfg: pool b"]),
    // Bytes that split lists since pve-common 9.1.17.
    ("user:\u{e0}@pve:1:0::::::\ngroup:g:\u{e0}@pve::\nacl:1:/:\u{e0}@pve:PVEAuditor:\n", 8, &[]),
    (
        "user:\u{e0}@pve:1:0::::::\ngroup:g:\u{e0}@pve::\nacl:1:/:\u{e0}@pve:PVEAuditor:\n",
        9,
        &["error user-unlistable | user.cfg: user \u{e0}@pve"],
    ),
    ("role:R:VM.Audit\u{a0}VM.Console:\n", 9, &["error user-list-split | user.cfg: role R"]),
    ("role:R:VM.Audit\u{a0}VM.Console:\n", 8, &["error role-left-empty | user.cfg: role R"]),
    (
        "user:a@pve:1:0::::::\nuser:b@pve:1:0::::::\ngroup:g:a@pve,b@pve\0::\n",
        9,
        &["error user-list-split | user.cfg: group g"],
    ),
    // Texts.
    ("group:g::0:\n", 9, &["note user-text-altered | user.cfg: group g"]),
    ("group:g::100%:\n", 9, &[]),
    ("user:a@pve:1:99999999999999999999::::::\n", 9, &["error user-expire-huge | user.cfg: user a@pve"]),
];

#[test]
fn one_mistake_gives_one_finding() {
    for (text, release, expected) in CASES {
        let findings = check(text.as_bytes(), Release::from_major(*release).unwrap());
        let found: Vec<_> = findings.iter().map(brief).collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn every_reason_and_oddity_has_its_rule() {
    let mut named: BTreeSet<&str> = OF_THE_MODEL.iter().copied().collect();
    let mut reasons = BTreeSet::new();
    let mut oddities = BTreeSet::new();
    for (text, release, _) in CASES.iter().chain(FURTHER) {
        let release = Release::from_major(*release).unwrap();
        let model = UserCfg::parse(text.as_bytes(), release);
        let found: Vec<_> = check(text.as_bytes(), release).iter().map(|finding| finding.rule).collect();
        for dropped in &model.dropped {
            let rules = rules_of_reason(&dropped.reason);
            named.extend(rules);
            reasons.insert(variant(&dropped.reason));
            assert!(rules.iter().all(|rule| Rule::named(rule).is_some()), "{rules:?}");
            // Whether by its own rule or as a consequence of something else, nothing that isn't kept goes unmentioned.
            assert!(rules.is_empty() || !found.is_empty(), "{:?} in {text:?}", dropped.reason);
        }
        for quirk in &model.quirks {
            named.extend(rules_of_oddity(&quirk.what));
            oddities.insert(variant(&quirk.what));
        }
    }
    assert_eq!(reasons.len(), 21, "a case for every reason: {reasons:?}");
    // Too many ACL entries have a test of their own.
    assert_eq!(oddities.len(), 24, "a case for every oddity: {oddities:?}");
    named.insert("tree-acl-limit");
    for id in OURS {
        assert!(named.contains(id) && Rule::named(id).is_some(), "no reason or oddity leads to {id}");
    }
}

/// The rules that are made from what PVE drops and misreads.
const OURS: &[&str] = &[
    "acl-group-unknown",
    "acl-path-invalid",
    "acl-path-zero",
    "acl-propagate-misread",
    "acl-propagate-missing",
    "acl-duplicate",
    "acl-role-below",
    "acl-role-unknown",
    "acl-root",
    "acl-subject-invalid",
    "acl-token-full",
    "acl-token-unknown",
    "acl-user-unknown",
    "acl-without-role",
    "acl-without-subject",
    "group-member-invalid",
    "group-member-unknown",
    "group-name-invalid",
    "pool-guest-invalid",
    "pool-guest-duplicate",
    "pool-name-invalid",
    "pool-nested-unsupported",
    "pool-storage-invalid",
    "role-builtin-extended",
    "role-left-empty",
    "role-name-invalid",
    "role-name-reserved",
    "role-privilege-later",
    "role-privilege-removed",
    "role-privilege-unknown",
    "token-expire-invalid",
    "token-id-invalid",
    "token-owner-unknown",
    "token-privsep-misread",
    "token-privsep-missing",
    "token-duplicate",
    "user-enable-misread",
    "user-enable-missing",
    "user-entry-duplicate",
    "user-expire-huge",
    "user-expire-invalid",
    "user-fields-surplus",
    "user-id-invalid",
    "user-id-too-long",
    "user-line-unknown",
    "user-list-split",
    "user-duplicate",
    "user-text-altered",
    "user-text-colon",
    "user-unlistable",
];

/// Texts for the variants that no case above has.
const FURTHER: &[(&str, u8, &[&str])] = &[
    ("#x\nUser:a\nfoo\n\u{feff}user:a@pve:1:\n", 9, &[]),
    (
        "user:b\u{e4}r/x@pve:1:0::::::\nuser:sixty-four-bytes-are-the-most-that-a-user-may-have-in-its-id-and@pve:1:\n",
        9,
        &[],
    ),
    ("group:g:bob,no@pve::\ngroup:g:::\n", 9, &[]),
    (
        "user:a@pve::0:\ntoken:a@pve!xy:0:::\ntoken:a@pve!xy:0:no:\nacl::/:a@pve:PVEAuditor:\nacl:1:/:ab:PVEAuditor:\n",
        9,
        &[],
    ),
    ("user:a,b@pve:1:0::::::\nacl:1:/:a@pve:\npool:p::x:/y:\nacl:1:/x y:a@pve:NoAccess:\n", 9, &[]),
    ("user:a@pve:1:0::::a: b::\nuser:a@pve:1:0::::%C4::\n", 9, &[]),
];

/// A variant's name.
fn variant(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned()
}

#[test]
fn commands_name_only_what_exists() {
    let text = b"user:alice@pve:1:0::::::\nuser:bob@pve:1:0::::::\ngroup:dev:alice@pve::\ntoken:bob@pve!deploy:0:1::\n\
        acl:0:/vms/100:alice@pve,@dev,bob@pve!deploy,gone@pve,@gone,x:PVEVmUser,PVEAuditor:\n\
        acl:1:/nowhere:alice@pve:PVEVmUser:\n";
    let findings = check(text, Release::Pve9);
    let commands = |path: &str| -> Vec<_> {
        let of = findings.iter().filter(|f| f.rule == "acl-role-unknown" && f.subject.contains(path));
        of.flat_map(|f| &f.fixes).cloned().collect()
    };
    assert_eq!(
        commands("/vms/100"),
        [Fix::Run {
            commands: vec![
                "pveum acl modify /vms/100 --users alice@pve --groups dev --tokens 'bob@pve!deploy' --roles PVEVMUser --propagate 0"
                    .to_owned()
            ],
            remark: String::new(),
        }]
    );
    // The API refuses ACLs on paths that PVE doesn't know, so no command can do it.
    assert_eq!(commands("/nowhere"), [Fix::Edit("write PVEVMUser".to_owned())]);
}

/// Every command of the findings of `rule`, and every edit.
fn fixes(findings: &[Finding], rule: &str) -> Vec<String> {
    let of = findings.iter().filter(|finding| finding.rule == rule);
    of.flat_map(|finding| &finding.fixes)
        .flat_map(|fix| match fix {
            Fix::Run { commands, .. } => commands.clone(),
            Fix::Edit(text) => vec![text.clone()],
        })
        .collect()
}

#[test]
fn no_list_of_a_command_names_others_in_place_of_an_id_with_a_comma() {
    // A list split at NULs can name `x@pve,bob@pve`, which `--users` would take for x@pve and bob@pve.
    let text = b"user:bob@pve:1:0::::::\nuser:x@pve,bob@pve:1:0::::::\n\
        acl:1:/vms/100:x@pve,bob@pve\0x@pve,bob@pve:PVEVmUser:\n\
        acl:1:/pools/a:x@pve,bob@pve\0x@pve,bob@pve:PVEVMUser:\n\
        acl::/vms/101:x@pve,bob@pve\0x@pve,bob@pve:PVEVMUser:\n";
    let findings = check(text, Release::Pve9);
    for rule in ["acl-role-unknown", "acl-path-unknown", "acl-propagate-missing", "acl-disk-without-storage"] {
        let fixes = fixes(&findings, rule);
        assert!(fixes.iter().all(|text| !text.contains("--users")), "{rule}: {fixes:?}");
    }
    assert_eq!(fixes(&findings, "acl-role-unknown"), ["write PVEVMUser"]);
}

#[test]
fn a_line_with_a_bad_expiry_takes_nothing_from_a_valid_one() {
    let said = |text: &[u8], rule: &str| -> Vec<String> {
        let findings = check(text, Release::Pve9);
        let of = findings.into_iter().find(|finding| finding.rule == rule).unwrap();
        of.consequence.into_iter().chain([of.message]).collect()
    };
    let gone = "Nobody can log in";
    let alone = said(b"user:a@pve:1:x::::::\n", "user-expire-invalid");
    assert!(alone.iter().any(|text| text.starts_with(gone)), "{alone:?}");
    let second = said(b"user:a@pve:1:0::::::\nuser:a@pve:1:x::::::\n", "user-expire-invalid");
    assert!(second.iter().all(|text| !text.starts_with(gone)), "{second:?}");
    // root@pam needs no line.
    let root = said(b"user:root@pam:0:x::::::\n", "user-expire-invalid");
    assert!(root.iter().any(|text| text.starts_with("`root@pam` is still enabled")), "{root:?}");
    let token = said(b"user:a@pve:1:0::::::\ntoken:a@pve!xy:0:0::\ntoken:a@pve!xy:x:1::\n", "token-expire-invalid");
    assert!(token.iter().all(|text| !text.contains("can't authenticate")), "{token:?}");
}

#[test]
fn commands_name_no_guest_and_no_path_that_the_api_refuses() {
    let twice = |vmid| {
        let text = format!("pool:a::{vmid}::\npool:b::{vmid}::\n");
        fixes(&check(text.as_bytes(), Release::Pve9), "pool-guest-duplicate")
    };
    assert!(twice("100").contains(&"pveum pool modify b --vms 100".to_owned()));
    for vmid in ["5", "1000000000", "99999999999999999999"] {
        assert_eq!(twice(vmid), ["nothing, if it belongs into a"]);
    }
    // The owner's right on /vmz can't be given to the token by a command.
    let text = b"user:a@pve:1:0::::::\ntoken:a@pve!xy:0:1::\nacl:1:/vmz:a@pve:PVEVMUser:\n";
    let fixes = fixes(&check(text, Release::Pve9), "token-without-acl");
    assert!(!fixes.is_empty() && fixes.iter().all(|text| !text.contains("/vmz")), "{fixes:?}");
}

#[test]
fn a_group_role_that_does_not_propagate_is_not_given_with_propagation() {
    let text = |flag| {
        format!(
            "user:a@pve:1:0::::::\ngroup:g:a@pve::\nacl:{flag}:/vms/100:@g:PVEVMAdmin:\n\
             acl:1:/vms/100:a@pve:PVEDatastoreUser,PVEAuditor:\n"
        )
    };
    let commands = |flag| fixes(&check(text(flag).as_bytes(), Release::Pve9), "acl-user-overrides-group");
    let modifies = |texts: Vec<String>| texts.iter().any(|text| text.contains("pveum acl modify"));
    assert!(modifies(commands(1)) && !modifies(commands(0)), "{:?} {:?}", commands(1), commands(0));
}

#[test]
fn a_delete_takes_away_nothing_that_another_line_gives() {
    let once = check(b"user:a@pve:1:0::::::\nacl:1:/vms/0:a@pve:PVEVMUser:\n", Release::Pve9);
    let delete = "pveum acl delete /vms --users a@pve --roles PVEVMUser";
    let runs = |findings: &[Finding]| {
        findings.iter().flat_map(|f| &f.fixes).any(|fix| match fix {
            Fix::Run { commands, .. } => commands.iter().any(|command| command == delete),
            Fix::Edit(_) => false,
        })
    };
    assert!(runs(&once));
    for text in [
        &b"user:a@pve:1:0::::::\nacl:1:/vms:a@pve:PVEVMUser:\nacl:1:/vms/0:a@pve:PVEVMUser:\n"[..],
        b"user:a@pve:1:0::::::\nacl:1:/vms/0:a@pve:PVEVMUser:\nacl:1:/vms:a@pve:PVEVMUser:\n",
    ] {
        let findings = check(text, Release::Pve9);
        assert!(findings.iter().any(|f| f.rule == "acl-path-zero") && !runs(&findings));
    }
}

#[test]
fn acls_that_were_not_read_are_said_so() {
    let subjects = "root@pam,".repeat(60_000);
    let roles = "NoAccess,PVEAuditor,PVEAdmin,PVEVMUser,PVEVMAdmin,PVEPoolUser,PVEPoolAdmin,PVEUserAdmin,PVESysAdmin,";
    let text = format!("acl:1:/:{subjects}:{}:\n", roles.repeat(2));
    let findings = check(text.as_bytes(), Release::Pve9);
    assert!(findings.iter().any(|f| f.rule == "tree-acl-limit" && f.level == Level::Error));
}

#[test]
fn nothing_that_pve_drops_goes_unmentioned() {
    for case in crate::conformance_user::cases() {
        let model = UserCfg::parse(&case.text, case.release);
        let findings = check(&case.text, case.release);
        // A cause with many consequences shows the first and counts the others.
        let counts = |text: &str| text.ends_with(" it too") || text.ends_with(" such a token");
        let counted = findings.iter().flat_map(|finding| &finding.related).any(|related| counts(&related.text));
        let places: Vec<_> = findings
            .iter()
            .flat_map(|finding| finding.labels.iter().chain([&finding.primary]))
            .map(|label| label.place.span)
            .collect();
        for dropped in model.dropped.iter().filter(|dropped| !rules_of_reason(&dropped.reason).is_empty()) {
            let said = places.iter().any(|place| dropped.line.start <= place.start && place.end <= dropped.line.end);
            assert!(said || counted, "{}: {}", case.id, dropped.log(&case.text));
        }
    }
}
