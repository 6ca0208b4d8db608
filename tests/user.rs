//! `user.cfg` as a model: nothing is lost or out of place whatever the bytes are, and every way in which PVE reads a file
//! differently from what is written shows.

use proptest::prelude::*;
use pvelint::model::user::{
    AclEntry, Dropped, MAX_ACL_ENTRIES, NoToken, QuirkKind, Reason, UnknownLine, UserCfg, dump,
};
use pvelint::release::Release;
use pvelint::syntax::colon;
use pvelint::text::Span;

/// Pieces that make files which get far into the parser.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words: &[&[u8]] = &[
        b"user:",
        b"token:",
        b"group:",
        b"role:",
        b"acl:",
        b"pool:",
        b":",
        b":",
        b":",
        b"\n",
        b"\n",
        b"\r\n",
        b" ",
        b"\t",
        b",",
        b";",
        b"0",
        b"1",
        b"a@pve",
        b"a@pve!tok",
        b"root@pam",
        b"b@pve",
        b"@g",
        b"g",
        b"PVEAdmin",
        b"NoAccess",
        b"r",
        b"VM.Audit",
        b"/",
        b"/vms/100",
        b"/pool/p",
        b"p",
        b"p/q",
        b"100",
        b"0100",
        b"local",
        b"%41",
        b"%",
        b"\0",
        b"\xe0",
        b"\xc3\xa0",
        b"\xef\xbb\xbf",
        b"#",
        b"99999999999999999999",
    ];
    proptest::collection::vec(proptest::sample::select(words), 0..120).prop_map(|words| words.concat())
}

fn inside(span: Span, text: &[u8]) {
    assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?} in {} bytes", text.len());
}

fn sound(text: &[u8]) {
    let mut end = 0;
    for line in colon::lines(text) {
        assert_eq!(line.span.start, end);
        end = line.span.end;
        assert_eq!(line.content.span.bytes(text), line.content.value);
        for field in line.fields() {
            inside(field.whole, text);
            assert_eq!(field.span.bytes(text), field.text);
        }
    }
    assert_eq!(end as usize, text.len());
    for release in Release::ALL {
        let cfg = UserCfg::parse(text, release);
        for Dropped { span, line, .. } in &cfg.dropped {
            inside(*span, text);
            inside(*line, text);
            assert!(line.start <= span.start && span.end <= line.end);
        }
        for quirk in &cfg.quirks {
            inside(quirk.span, text);
            inside(quirk.line, text);
        }
        assert!(cfg.quirks.is_sorted_by_key(|quirk| quirk.span.start));
        for user in cfg.users.iter().filter(|user| user.line.is_some()) {
            assert_eq!(user.id.span.bytes(text), user.id.value);
            inside(user.enable.span, text);
            inside(user.expire.span, text);
        }
        for token in &cfg.tokens {
            assert_eq!(token.id.span.bytes(text), token.id.value);
            assert!(cfg.users[token.user.index()].tokens.iter().any(|own| cfg.tokens[own.index()].id == token.id));
            assert_eq!(cfg.token(token.id.value).map(|token| token.line), Some(token.line));
        }
        for member in cfg.groups.iter().flat_map(|group| &group.members) {
            assert_eq!(member.span.bytes(text), cfg.subject_id(member.value));
        }
        for pool in &cfg.pools {
            assert_eq!(pool.name.span.bytes(text), pool.name.value);
            assert_eq!(pool.parent.is_some(), pool.name.value.contains(&b'/'));
        }
        for entry in &cfg.acl {
            assert_eq!(entry.role_span.bytes(text), cfg.role_name(entry.role));
            assert!(entry.subject_span.bytes(text).ends_with(cfg.subject_id(entry.subject)));
            inside(entry.flag_span, text);
            assert!(entry.line.start <= entry.path_span.start && entry.role_span.end <= entry.line.end);
        }
        assert!(dump(&cfg)["config"].is_object());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_loss(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        sound(&text);
    }

    #[test]
    fn any_mixture_of_fields_is_read_without_loss(text in pieces()) {
        sound(&text);
    }
}

/// The names of what is dropped and odd, in order.
fn findings(text: &str) -> Vec<String> {
    findings_in(text, Release::Pve9)
}

fn findings_in(text: &str, release: Release) -> Vec<String> {
    let cfg = UserCfg::parse(text.as_bytes(), release);
    let name = |debug: String| debug.split(['(', ' ', '{']).next().unwrap().to_owned();
    let dropped = cfg.dropped.iter().map(|dropped| name(format!("{:?}", dropped.reason)));
    dropped.chain(cfg.quirks.iter().map(|quirk| name(format!("{:?}", quirk.what)))).collect()
}

#[test]
fn a_clean_file_has_no_findings() {
    let text = "user:root@pam:1:0:::a@example.com:::\nuser:bob@pve:1:0:Bob:B%C3%B6b::my%3A comment:x:\n\
        token:bob@pve!ci:1700000000:1:for ci:\n\ngroup:ops:bob@pve:operators:\n\npool:prod:all:100,101:local:\n\
        pool:prod/web::102::\n\nrole:Power:VM.Audit,VM.PowerMgmt:\n\nacl:1:/:@ops:PVEAuditor:\nacl:0:/vms/100:bob@pve:Power:\n\
        acl:1:/pool/prod:bob@pve!ci:Power:\n";
    assert_eq!(findings(text), [""; 0]);
}

#[test]
fn every_way_to_be_misread_shows() {
    let user = "user:a@pve:1:0:\n";
    for (lines, found) in [
        ("# comment", "Line"),
        ("User:a@pve:1", "Line"),
        ("user:x@p:1:0:", "UserId"),
        ("user:b@pve:1:-1:", "UserExpire"),
        ("user:b@pve", "FlagMissing"),
        ("user:b@pve:no:0:", "FlagTrue"),
        ("user:b@pve:1:0:F:L:e:my: comment:x:", "Keys Surplus"),
        ("user:b@pve:1:0:F:L:e:my: comment:", "Keys"),
        ("user:b@pve:1:0:0:", "TextZero"),
        ("user:b@pve:1:0:100% sure:", "TextPercent"),
        ("user:b@pve:1:0:%ff:", "TextBytes"),
        ("user:b@pve:1:99999999999999999999:", "ExpireHuge"),
        ("user:b,c@pve:1:0:", "Unlistable"),
        ("user:\u{e0}@pve:1:0:", "Unlistable"),
        ("user:a@pve:1:0:", "UserAgain"),
        ("token:a@pve!x:0:1::", "TokenId"),
        ("token:b@pve!tok:0:1::", "TokenUser"),
        ("token:a@pve!tok:x:1::", "TokenExpire"),
        ("token:a@pve!tok:0:", "FlagMissing"),
        ("token:a@pve!tok:0:1::\ntoken:a@pve!tok:0:1::", "TokenAgain"),
        ("token:root@pam!tok:0:1::\nuser:root@pam:1:0:", "UserAgain"),
        ("group:g 1:a@pve::", "GroupName"),
        ("group:g:b@pve::", "MemberUnknown"),
        ("group:g:bob::", "MemberId"),
        ("group:g:a@pve::\ngroup:g:::", "Again"),
        ("group:g:a@pve:my: comment:", "Surplus"),
        ("role:r/1:VM.Audit:", "RoleName"),
        ("role:r:VM.Monitor:", "Privilege"),
        ("role:PVEVMUser:VM.Allocate:", "BuiltinRole"),
        ("role:r:VM.Audit:\nrole:r::", "Again"),
        ("acl:1:/vms:a@pve:nope:", "AclRole"),
        ("acl:1:/vms:a@pve:no!:", "AclRoleName"),
        ("acl:1:/vms:b@pve:PVEAdmin:", "AclUser"),
        ("acl:1:/vms:@g:PVEAdmin:", "AclGroup"),
        ("acl:1:/vms:a@pve!tok:PVEAdmin:", "AclToken"),
        ("acl:1:/vms:bob:PVEAdmin:", "AclToken"),
        ("acl:1:/storage/a b:a@pve:PVEAdmin:", "AclPath"),
        ("acl:1::a@pve:PVEAdmin:", "AclPath"),
        ("acl:1:/vms/0:a@pve:PVEAdmin:", "PathZero"),
        ("acl:1:vms/100:a@pve:PVEAdmin:", "PathForm"),
        ("acl:1:/vms:a@pve::", "AclNoRole"),
        ("acl:1:/vms::PVEAdmin:", "AclNoSubject"),
        ("acl:1:/vms:root@pam:PVEAdmin:", "AclRoot"),
        ("acl:yes:/vms:a@pve:PVEAdmin:", "FlagTrue"),
        ("acl::/vms:a@pve:PVEAdmin:", "FlagMissing"),
        ("acl:1:/vms:a@pve:PVEAdmin:\nacl:0:/vms:a@pve:PVEAdmin:", "AclAgain"),
        ("token:a@pve!tok:0:0::\nacl:1:/vms:a@pve!tok:PVEAdmin:", "AclFullToken"),
        ("token:a@pve!tok:0:1::\nacl:1:/vms:a@pve!tok:PVEAdmin:\nuser:a@pve:1:0:", "AclWipedToken UserAgain"),
        ("acl:1:/vms:a@pve\0a@pve:PVEAdmin:", "Nul"),
        ("group:g:\u{e0}@pve::", "MemberId MemberId Torn"),
        ("pool:a b::100::", "PoolName"),
        ("pool:p::abc::", "PoolVmid"),
        ("pool:p::0102::", "VmidForm"),
        ("pool:p::100,100::", "PoolVmidTaken"),
        ("pool:p::100::\npool:q::100::", "PoolVmidTaken"),
        ("pool:p:::s:", "PoolStorage"),
        ("pool:p::::\npool:p::::", "Again"),
    ] {
        assert_eq!(findings(&format!("{user}{lines}\n")).join(" "), found, "{lines}");
    }
    assert_eq!(findings_in("pool:a/b::100::", Release::Pve7), ["PoolName"]);
    assert_eq!(findings(" \n"), ["Line"]);
}

#[test]
fn what_is_missing_here_is_found_further_down() {
    let text = "token:a@pve!tok:0:1::\nacl:1:/:@g,a@pve,a@pve!tok:r,PVEAdmin:\nuser:a@pve:1:0:\nuser:a@pve:1:0:\ngroup:g:::\nrole:r::\n\
        token:a@pve!tok:0:1::\n";
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let later: Vec<&str> = cfg
        .dropped
        .iter()
        .map(|dropped| match &dropped.reason {
            Reason::TokenUser { later, .. }
            | Reason::AclRole { later, .. }
            | Reason::AclGroup { later, .. }
            | Reason::AclUser { later, .. }
            | Reason::AclToken { why: NoToken::Undefined(later), .. } => &text[later.unwrap().range()],
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(later, ["user:a@pve:1:0:", "role:r::", "group:g:::", "user:a@pve:1:0:", "token:a@pve!tok:0:1::"]);
}

#[test]
fn a_wiped_token_tells_who_wiped_it() {
    let text = "user:a@pve:1:0:\ntoken:a@pve!tok:0:1::\nuser:a@pve:0:0:\nacl:1:/:a@pve!tok:PVEAdmin:\n";
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let [Dropped { reason: Reason::AclToken { why: NoToken::Wiped { defined, by }, .. }, .. }] = cfg.dropped.as_slice()
    else {
        panic!("{:?}", cfg.dropped)
    };
    assert_eq!((defined.bytes(cfg.text), by.bytes(cfg.text)), (&b"token:a@pve!tok:0:1::"[..], &b"user:a@pve:0:0:"[..]));
    let QuirkKind::UserAgain { wiped, first: Some(_), .. } = &cfg.quirks[0].what else { panic!("{:?}", cfg.quirks) };
    assert_eq!(wiped[0].value, "a@pve!tok");
    assert!(cfg.tokens.is_empty() && cfg.user(b"a@pve").unwrap().tokens.is_empty());
}

/// The last line counts, in the place of the first, and each repetition tells of the one in front of it.
#[test]
fn of_repeated_acls_one_entry_is_left() {
    let lines = [
        "user:a@pve:1:0:",
        "acl:1:/vms:a@pve:PVEAuditor,PVEVMUser,PVEAuditor:",
        "acl:1:/pool:a@pve:PVEAuditor:",
        "acl:0:vms/:a@pve:PVEVMUser:",
        "acl:1:/vms:a@pve,a@pve:PVEVMUser:",
    ];
    let text = lines.join("\n");
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let entry = |entry: &AclEntry| {
        let line = lines.iter().position(|line| line.as_bytes() == entry.line.bytes(cfg.text));
        (cfg.tree.path(entry.node).to_string(), cfg.role_name(entry.role).to_string(), line.unwrap())
    };
    let want = [("/vms", "PVEAuditor", 1), ("/vms", "PVEVMUser", 4), ("/pool", "PVEAuditor", 2)];
    let want = want.map(|(path, role, line)| (path.to_owned(), role.to_owned(), line));
    assert_eq!(cfg.acl.iter().map(entry).collect::<Vec<_>>(), want);
    let again = cfg.quirks.iter().filter_map(|quirk| match quirk.what {
        QuirkKind::AclAgain { first, before, now, .. } => Some((quirk.line, first, before, now)),
        _ => None,
    });
    let at = |nth: usize| {
        let start = text.find(lines[nth]).unwrap();
        Span::new(start, start + lines[nth].len())
    };
    assert_eq!(again.collect::<Vec<_>>(), [(at(3), at(1), true, false), (at(4), at(3), false, true)]);
    let written: Vec<_> = cfg.acl_lines.iter().map(|acl| acl.line).collect();
    assert_eq!(written, [at(3), at(4)]);
}

#[test]
fn unknown_lines_say_what_they_look_like() {
    let kinds = |text: &str| match &UserCfg::parse(text.as_bytes(), Release::Pve9).dropped[0].reason {
        Reason::Line(kind) => *kind,
        other => panic!("{other:?}"),
    };
    use pvelint::model::user::EntryType::{Acl, User};
    assert_eq!(kinds("#user:a@pve:1"), UnknownLine::Comment);
    assert_eq!(kinds("\u{feff}user:a@pve:1"), UnknownLine::ByteOrderMark(Some(User)));
    assert_eq!(kinds("ACL:1:/"), UnknownLine::Case(Acl));
    assert_eq!(kinds("users:a@pve"), UnknownLine::Other);
    assert_eq!(kinds("\r\n\n"), UnknownLine::Blank);
}

#[test]
fn subjects_times_roles_are_bounded() {
    let subjects: String = (0..3000).map(|n| format!("@g{n},")).collect();
    let roles: String = (0..500).map(|n| format!("r{n},")).collect();
    let mut text: String = (0..500).map(|n| format!("role:r{n}::\n")).collect();
    text += &format!("acl:1:/:{subjects}:{roles}:\n");
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    assert_eq!(cfg.acl.len(), MAX_ACL_ENTRIES);
    assert_eq!(cfg.quirks.iter().filter(|quirk| quirk.what == QuirkKind::TooMany).count(), 1);
}
