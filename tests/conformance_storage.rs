//! `storage.cfg` against recorded results of the real PVE code, and properties that hold for every input.
//!
//! `PVELINT_CONFORMANCE` names a folder with more recordings; a folder `reference` beside it may hold further ones.

use super::support::{collapse, input_bytes, recordings, reference};
use proptest::prelude::*;
use pvelint::model::schema::format::list_in;
use pvelint::model::storage::{Absent, By, Outcome, Owner, QuirkKind, Reason, Separator, Status, StorageCfg};
use pvelint::model::tables::storage::{ContentKind, storage_type, types};
use pvelint::model::volume::{VolumeId, VolumeName};
use pvelint::release::Release;
use pvelint::syntax::section::{Document, Role, typed_header};
use pvelint::text::Span;
use serde_json::Value;

fn release(text: &str) -> Release {
    text.parse().unwrap()
}

/// A copy in which everything that recorder and recorded count differently is equal.
fn collapsed(value: &Value) -> Value {
    match value {
        Value::String(string) => Value::String(collapse(string)),
        Value::Array(items) => items.iter().map(collapsed).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (collapse(key), collapsed(value))).collect(),
        other => other.clone(),
    }
}

fn input_of(case: &Value) -> Vec<u8> {
    input_bytes(&case["input"], "storage_cfg")
}

/// Every recorded file, with the release it was recorded for.
pub(crate) fn recorded() -> Vec<(Vec<u8>, Release)> {
    recordings("storage_cfg.")
        .into_iter()
        .map(|case| (input_of(&case), release(case["version"].as_str().unwrap())))
        .collect()
}

#[test]
fn recorded_configs_are_read_as_pve_reads_them() {
    let mut cases = 0;
    let mut failures = Vec::new();
    for case in recordings("storage_cfg.") {
        let input = input_of(&case);
        let cfg = StorageCfg::parse(&input, release(case["version"].as_str().unwrap()));
        let got = collapsed(&cfg.dump());
        let expect = collapsed(&case["expect"]);
        let warnings = collapsed(&case["unstable"]["warnings"]);
        cases += 1;
        for key in ["ids", "order", "errors", "warnings"] {
            let variant = warnings.as_array().is_some_and(|variants| variants.contains(&got["warnings"]));
            if got[key] != expect[key] && !(key == "warnings" && variant) {
                failures.push(format!("{}: {key}\n  got    {}\n  expect {}", case["id"], got[key], expect[key]));
            }
        }
    }
    let shown: Vec<&String> = failures.iter().take(10).collect();
    assert!(failures.is_empty(), "{} of {cases} cases differ: {shown:#?}", failures.len());
}

/// Bytes that were recorded as Latin-1.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn reference_snippets_give_the_same_storages_and_events() {
    let reference = reference("storage_vectors.json");
    let snippets = reference["storage_cfg"].as_array().unwrap();
    assert!(!snippets.is_empty());
    let mut failures = Vec::new();
    for snippet in snippets {
        let input = latin1(snippet["input"].as_str().unwrap());
        for (releases, expected) in snippet["expected"].as_object().unwrap() {
            for number in releases.split(',') {
                let cfg = StorageCfg::parse(&input, release(number));
                let storages: serde_json::Map<String, Value> = cfg
                    .table()
                    .map(|section| (section.id.value.to_string(), dump_like_reference(&cfg, section.id.value)))
                    .collect();
                let events: Vec<Value> = cfg.dropped.iter().map(event).collect();
                if Value::Object(storages.clone()) != stringified(&expected["storages"])
                    || Value::from(events.clone()) != expected["events"]
                {
                    failures.push(format!(
                        "{} on {number}:\n  got    {} {}\n  expect {} {}",
                        snippet["name"],
                        Value::Object(storages),
                        Value::from(events),
                        stringified(&expected["storages"]),
                        expected["events"]
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}: {failures:#?}", failures.len());
}

fn dump_like_reference(cfg: &StorageCfg<'_>, id: &[u8]) -> Value {
    match cfg.dump()["ids"][String::from_utf8_lossy(id).as_ref()].clone() {
        Value::Null => "ghost".into(),
        Value::Object(mut map) => {
            map.remove("priority");
            Value::Object(map)
        }
        other => other,
    }
}

/// The reference has numbers where the recordings have strings.
fn stringified(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => String::from_utf8_lossy(&latin1(text)).into(),
        Value::Array(items) => items.iter().map(stringified).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), stringified(value))).collect(),
        other => other.clone(),
    }
}

fn event(dropped: &pvelint::model::storage::Dropped<'_>) -> Value {
    let (event, line) = match &dropped.reason {
        Reason::Line(_) => ("ignored-line".into(), true),
        Reason::Section(_) | Reason::Ghost(_) => ("skip-section".into(), true),
        Reason::Property { key, .. } => (format!("dropped-property:{}", key.value), true),
        Reason::Content(kind) | Reason::ContentDir(kind) => (format!("unsupported-content:{kind}"), false),
        Reason::Format(format) => (format!("unsupported-format:{format}"), false),
    };
    if line { serde_json::json!({"event": event, "line": dropped.line}) } else { serde_json::json!({"event": event}) }
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn reference_volume_names_are_parsed_alike() {
    let reference = reference("storage_vectors.json");
    let mut failures = Vec::new();
    for case in reference["volnames"].as_array().unwrap() {
        let release = release(&case["version"].to_string());
        let kind = storage_type(case["type"].as_str().unwrap().as_bytes(), release).unwrap();
        let name = case["volname"].as_str().unwrap();
        let got = VolumeName::parse(name.as_bytes(), kind, release).map(|volume| {
            serde_json::json!({
                "base": volume.base.map(|base| base.name.to_string()),
                "base_owner": volume.base.map(|base| base.owner),
                "format": volume.format.text(),
                "is_base": volume.is_base,
                "owner": volume.owner,
                "vtype": volume.vtype.name(),
            })
        });
        let mut expect = case.as_object().unwrap().clone();
        for key in ["type", "version", "volname"] {
            expect.remove(key);
        }
        let expect = (!expect.contains_key("parse")).then_some(Value::Object(expect));
        if got != expect {
            failures.push(format!("{case}: {got:?}"));
        }
    }
    assert!(failures.is_empty(), "{}: {failures:#?}", failures.len());
}

fn parse(text: &str, release: Release) -> StorageCfg<'_> {
    StorageCfg::parse(text.as_bytes(), release)
}

/// The oddities of a text on PVE 9, as names with the text they point at.
fn oddities(text: &str) -> Vec<(String, &str)> {
    let cfg = parse(text, Release::Pve9);
    let name = |kind: &QuirkKind<'_>| {
        let debug = format!("{kind:?}");
        debug.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
    };
    cfg.quirks.iter().map(|quirk| (name(&quirk.kind), &text[quirk.span.range()])).collect()
}

fn named<'a>(pairs: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    pairs.iter().map(|&(name, text)| (name.to_owned(), text)).collect()
}

#[test]
fn a_forgotten_empty_line_merges_two_sections() {
    let text = "dir: aa\n\tpath /x\ndir: bb\n\tpath /y\n\tcontent iso\n\tbogus\n";
    assert_eq!(oddities(text), named(&[("SwallowedHeader", "dir: bb"), ("Adopted", "\tcontent iso")]));
    let cfg = parse(text, Release::Pve9);
    let QuirkKind::SwallowedHeader { header, line, separator } = cfg.quirks[0].kind else { panic!() };
    assert_eq!((header.id, line, separator), (&b"bb"[..], 2, Separator::Nothing));
    assert_eq!(cfg.sections[0].property("content").unwrap().adopted_from, Some(2));
    let owners: Vec<Owner> = cfg.dropped.iter().map(|dropped| dropped.owner).collect();
    assert_eq!(owners, [Owner::Section(0), Owner::Line(2), Owner::Line(2)]);
    assert!(cfg.get(b"bb").is_none());
}

#[test]
fn what_stands_in_place_of_the_empty_line_is_told() {
    for (between, separator) in [
        ("", Separator::Nothing),
        (" \t\n", Separator::Blanks),
        ("\r\n", Separator::CarriageReturn),
        ("# x\n", Separator::Comment),
        ("# x\n \n", Separator::Blanks),
        ("\r\n# x\n", Separator::CarriageReturn),
    ] {
        // In a section that PVE skips as a whole, too.
        for kind in ["dir", "foo"] {
            let text = format!("{kind}: aa\n\tpath /x\n{between}dir: bb\n");
            let cfg = parse(&text, Release::Pve9);
            let found = cfg.quirks.iter().find_map(|quirk| match quirk.kind {
                QuirkKind::SwallowedHeader { separator, .. } => Some(separator),
                _ => None,
            });
            assert_eq!(found, Some(separator), "{text:?}");
        }
    }
}

#[test]
fn lines_after_an_early_end_belong_to_the_section_above() {
    let text = "dir: aa\n\n\tpath /x\n\tcontent iso\n\nnfs : bb\n\tserver x\n\n";
    let cfg = parse(text, Release::Pve9);
    let lost: Vec<(u32, Owner)> = cfg
        .dropped
        .iter()
        .filter(|dropped| matches!(dropped.reason, Reason::Line(_)))
        .map(|dropped| (dropped.line, dropped.owner))
        .collect();
    assert_eq!(lost, [(3, Owner::Section(0)), (4, Owner::Section(0)), (6, Owner::None), (7, Owner::Line(5))]);
    assert!(matches!(cfg.sections[0].status(), Status::Ghost(_)));
    assert!(matches!(cfg.get(b"aa").unwrap().outcome, Outcome::Ghost(_)) && cfg.storage(b"aa").is_none());
}

#[test]
fn the_last_definition_wins_even_as_a_ghost() {
    let text = "dir: aa\n\tpath /x\n\nnfs: aa\n\tserver x\n\nfoo: aa\n\nDIR: AA\n\tpath /y\n";
    let cfg = parse(text, Release::Pve9);
    let statuses: Vec<Status<'_>> = cfg.sections.iter().map(|section| section.status()).collect();
    assert_eq!(statuses[0], Status::Overridden(By::Section(1)));
    assert!(matches!(statuses[1], Status::Ghost(_)));
    assert_eq!(statuses[2], Status::Absent(Absent::UnknownType));
    assert_eq!(statuses[3], Status::Ok);
    assert_eq!(oddities(text), named(&[("Overridden", "dir: aa"), ("CaseTwin", "AA")]));
    assert_eq!(cfg.unknown_types().count(), 1);
    let table: Vec<String> = cfg.table().map(|section| section.id.value.to_string()).collect();
    assert_eq!(table, ["aa", "AA", "local"]);
}

#[test]
fn local_is_put_right() {
    let own = parse("dir: local\n\tpath /var/lib/vz/\n\tcontent iso\n\tnodes x\n", Release::Pve9);
    assert!(own.implicit_local.is_none());
    let local = own.get(b"local").unwrap();
    assert!(local.is_on_node(b"other") && local.is_effective());
    assert_eq!(local.content.kinds.iter().collect::<Vec<_>>(), [ContentKind::Iso]);
    assert_eq!(own.quirks[0].kind, QuirkKind::LocalNodes);
    // PVE 7 compares literally.
    let seven = parse("dir: local\n\tpath /var/lib/vz/\n", Release::Pve7);
    assert_eq!(seven.sections[0].status(), Status::Overridden(By::ImplicitLocal));
    for text in ["", "zfspool: local\n\tpool x\n", "dir: local\n"] {
        let cfg = parse(text, Release::Pve9);
        let local = cfg.get(b"local").unwrap();
        assert_eq!((local.path().unwrap().to_string(), local.content.kinds.len()), ("/var/lib/vz".into(), 6));
        assert!(!local.content.kinds.has(ContentKind::Import) && !local.is_shared());
        assert!(cfg.storage(b"local").is_some());
    }
}

#[test]
fn oddities_point_at_what_is_odd() {
    let text = "dir: aa\n\tpath /x\n\tnodes ,\n\tcontent iso,vztmpl,none2\n";
    assert_eq!(oddities(text), named(&[("NoNodes", ",")]));
    assert!(!parse(text, Release::Pve9).get(b"aa").unwrap().is_on_node(b"n1"));

    let dirs =
        "dir: aa\n\tpath /x\n\tcontent iso,vztmpl,backup\n\tcontent-dirs iso=a,iso=/d,vztmpl=./d/,backup=e,images=d\n";
    assert_eq!(
        oddities(dirs),
        named(&[("ContentDirRepeated", "iso=a"), ("ContentDirAbsolute", "iso=/d"), ("ContentDirClash", "vztmpl=./d/")])
    );
    let dirs = "dir: aa\n\tpath /x\n\tcontent iso,vztmpl\n\tcontent-dirs iso=template/cache\n";
    assert_eq!(oddities(dirs), named(&[("ContentDirClash", "iso=template/cache")]));

    let secrets = "pbs: aa\n\tserver x\n\tdatastore d\n\tpassword p\n\tencryption-key 1\n\tmaster-pubkey k\n\n\
                   cifs: bb\n\tserver x\n\tshare s\n\toptions seal,password=x,vers=3\n";
    assert_eq!(
        oddities(secrets),
        named(&[("Secret", "\tpassword p"), ("Secret", "\tmaster-pubkey k"), ("Secret", "password=x")])
    );

    assert_eq!(oddities("\u{feff}dir: aa\n"), named(&[("ByteOrderMark", "\u{feff}")]));
    assert_eq!(oddities("dir: aa\r\n\tpath /x\r\n"), named(&[("DosLineEnds", "\r\n")]));
    assert_eq!(oddities("pbs: aa\n\tserver x\n\tdatastore d\n\tcontent ,\n"), named(&[("NoContent", ",")]));

    let text = "dir: aa\n\tpath /x\n\tmaxfiles 3\n\tprune-backups keep-last=3\n";
    assert_eq!(parse(text, Release::Pve8).quirks[0].kind, QuirkKind::MaxfilesIgnored);
    assert!(oddities(text).is_empty());
}

#[test]
fn values_are_at_hand_for_rules() {
    let text = "nfs: nas\n\tserver 10.0.0.1\n\texport /e\n\tdisable\n\toptions vers=4.2,soft\n\tprune-backups keep-last=3\n\n\
                rbd: ceph\n\tmonhost a;b,c\n\n";
    let cfg = parse(text, Release::Pve9);
    let nas = cfg.storage(b"nas").unwrap();
    assert!(nas.is_disabled() && nas.is_shared() && !nas.content.explicit);
    assert_eq!(nas.path().unwrap().to_string(), "/mnt/pve/nas");
    assert_eq!(nas.content_dir(ContentKind::Iso), (bstr::BStr::new("template/iso"), None));
    assert_eq!(nas.props("prune-backups", cfg.release).unwrap().value("keep-last"), Some(&b"3"[..]));
    let options: Vec<(String, &str)> =
        nas.mount_options().map(|option| (option.key.to_string(), &text[option.span.range()])).collect();
    assert_eq!(options, [("vers".into(), "vers=4.2"), ("soft".into(), "soft")]);
    let ceph = cfg.storage(b"ceph").unwrap();
    let mons: Vec<&str> = ceph.list("monhost", cfg.release).map(|mon| &text[mon.span.range()]).collect();
    assert_eq!(mons, ["a", "b", "c"]);
}

#[test]
fn releases_word_their_refusals_differently() {
    let text = "rbd: a\n\nrbd: aa\n\tauthsupported x\n\tbogus x\n\tpool a\n\tpool b\n\tpath /x\n\ttype rbd\n\ttype dir\n\tpool\n\tpo\rol 1\n\tusername a\rb\n";
    let logs = |release| -> Vec<String> {
        let cfg = parse(text, release);
        cfg.dropped.iter().map(|dropped| dropped.log(&cfg).to_string()).collect()
    };
    let line = |line: u32, text: &str| {
        format!("file /etc/pve/storage.cfg line {line} (section 'aa') - unable to parse value of {text}")
    };
    let nine = [
        "file /etc/pve/storage.cfg line 1 (skip section 'a'): storage ID 'a' cannot be shorter than 2 characters"
            .into(),
        line(4, "'authsupported': unexpected property 'authsupported'"),
        line(5, "'bogus': unknown property type"),
        line(7, "'pool': duplicate attribute"),
        line(8, "'path': unexpected property 'path'"),
        line(10, "'type': duplicate attribute"),
        line(11, "'pool': duplicate attribute"),
        line(12, "'po': unknown property type"),
        line(13, "'username': property contains a line feed"),
    ];
    assert_eq!(logs(Release::Pve9), nine);
    let mut seven = nine;
    seven[0] = "file /etc/pve/storage.cfg line 1 (skip section 'a'): storage ID 'a' contains illegal characters".into();
    seven[2] = line(5, "'bogus': unexpected property 'bogus'");
    seven[7] = line(12, "'po': unexpected property 'po'");
    assert_eq!(logs(Release::Pve7), seven);
}

/// Lines that come close to those PVE knows.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&str> = types().iter().map(|storage_type| storage_type.name).collect();
    let keys: Vec<&str> = types()
        .iter()
        .flat_map(|storage_type| storage_type.options.iter().map(|option| option.name.as_str()))
        .collect();
    let value = prop_oneof![
        Just("1".to_owned()),
        Just("/x".to_owned()),
        Just("images,iso".to_owned()),
        Just("none".to_owned()),
        Just("keep-last=3, a".to_owned()),
        Just("iso=/a;iso=../b".to_owned()),
        "[a-z0-9./:,;=\\x00\u{85}\u{a0} -]{0,12}",
    ];
    prop_oneof![
        (proptest::sample::select(words), "(local|[a-zA-Z]{1,3})", "[ \\t#\\r]?")
            .prop_map(|(kind, id, tail)| format!("{kind}: {id}{tail}").into_bytes()),
        (proptest::sample::select(keys), "[\\t ]?", value)
            .prop_map(|(key, indent, value)| format!("{indent}{key} {value}").into_bytes()),
        Just(Vec::new()),
        Just(b"0".to_vec()),
        Just(b"# x".to_vec()),
        "[ \\t\\r]{1,2}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(line(), 0..24).prop_map(|lines| lines.join(&b'\n'))
}

fn inside(span: Span, text: &[u8]) -> bool {
    span.start <= span.end && span.end as usize <= text.len()
}

proptest! {
    #[test]
    fn lines_concatenate_to_the_file(text in prop_oneof![file(), proptest::collection::vec(any::<u8>(), 0..200)]) {
        let document = Document::parse(&text, typed_header);
        let joined: Vec<u8> = document.lines.iter().flat_map(|line| line.span.bytes(&text).to_vec()).collect();
        prop_assert_eq!(&joined, &text);
        let mut next = 0;
        for line in &document.lines {
            prop_assert_eq!(line.span.start, next);
            next = line.span.end;
            prop_assert_eq!(line.text_span().bytes(&text), line.text);
        }
        // Sections hold their properties, and nothing outside does.
        for (at, line) in document.lines.iter().enumerate() {
            let section = document.sections.iter().find(|section| section.first <= at && at < section.end);
            match line.role {
                Role::Header(_) => prop_assert_eq!(section.map(|section| section.first), Some(at)),
                Role::Property(_) => prop_assert!(section.is_some()),
                Role::Empty => prop_assert!(section.is_none()),
                Role::Comment | Role::Ignored(_) => {}
            }
        }
    }

    #[test]
    fn every_place_lies_in_the_file(text in file()) {
        for release in Release::ALL {
            let cfg = StorageCfg::parse(&text, release);
            prop_assert_eq!(cfg.sections.len(), cfg.document.sections.len());
            prop_assert!(cfg.storage(b"local").is_some());
            for section in &cfg.sections {
                prop_assert!(inside(section.span, &text) && inside(section.header, &text));
                prop_assert_eq!(section.id.span.bytes(&text), section.id.value);
                for property in &section.properties {
                    prop_assert_eq!(property.key.span.bytes(&text), property.key.value);
                    prop_assert_eq!(property.value.span.bytes(&text), property.raw.map_or(&b""[..], |raw| raw));
                }
                for item in &section.content.items {
                    prop_assert_eq!(item.span.bytes(&text), item.value.name().as_bytes());
                }
                for node in section.nodes.iter().flatten() {
                    prop_assert_eq!(node.span.bytes(&text), node.value);
                }
            }
            for dropped in &cfg.dropped {
                prop_assert!(inside(dropped.span, &text) && !dropped.log(&cfg).is_empty());
                prop_assert!(dropped.line as usize <= cfg.document.lines.len());
            }
            prop_assert!(cfg.quirks.iter().all(|quirk| inside(quirk.span, &text)));
            // What is in effect is in the table exactly once.
            let ids: Vec<&[u8]> = cfg.table().map(|section| &**section.id.value).collect();
            for id in &ids {
                prop_assert_eq!(ids.iter().filter(|other| other == &id).count(), 1);
                prop_assert_eq!(cfg.get(id).unwrap().id.value, *id);
            }
        }
    }

    #[test]
    fn lists_hold_all_bytes_but_separators(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        for release in Release::ALL {
            for item in list_in(&text, release) {
                prop_assert!(!item.contains(&0));
                if !text.contains(&0) {
                    prop_assert!(!item.is_empty() && !item.iter().any(|b| b",; \t\n".contains(b)));
                }
            }
        }
    }

    #[test]
    fn volume_names_keep_to_the_name(name in "([0-9a-z.-]{0,9}/){0,4}(base|vm|subvol|lun|iso|backup|import)?-?[0-9a-z./:-]{0,12}(\\.(raw|qcow2|iso|ova|tgz))?") {
        for storage_type in types() {
            for release in Release::ALL {
                if let Some(volume) = VolumeName::parse(name.as_bytes(), storage_type, release) {
                    prop_assert!(Span::of(name.as_bytes(), volume.name).end as usize <= name.len() && !volume.name.is_empty());
                    prop_assert!(volume.base.is_none_or(|base| name.contains(&base.name.to_string())));
                }
            }
        }
        let id = format!("nas:{name}");
        prop_assert_eq!(VolumeId::parse(id.as_bytes()).is_some(), !name.is_empty());
    }
}
