//! What must hold for any bytes. One function for each target; each panics when it doesn't.
//!
//! * **Lossless**: the lines of a syntax module, concatenated, are the input, and what it says of a line doesn't depend on
//!   other lines where the format has it so.
//! * **Located**: every span lies inside the file, and where the file is UTF-8 it neither begins nor ends inside a character.
//! * **Total**: nothing panics, overflows or hangs; every model can be written as JSON.
//! * **Settled**: reading twice gives the same; what PVE would write back reads as itself.

mod seeds;
mod text;
mod tree;

use bstr::{BStr, BString};
use pvelint::access::{self, Access};
use pvelint::model::container::{self, Container, write::rewrite};
use pvelint::model::idmap::{self, IdKind, IdMap};
use pvelint::model::schema::Problem;
use pvelint::model::storage::StorageCfg;
use pvelint::model::subid::SubIds;
use pvelint::model::tables::storage::types;
use pvelint::model::user::{self, UserCfg};
use pvelint::model::vm::Vm;
use pvelint::model::volume::{VolumeId, VolumeName};
use pvelint::release::Release;
use pvelint::syntax::{colon, guest as guest_syntax, property as property_syntax, section, subid as subid_syntax};

pub use seeds::{prepare, unpack};
use text::Text;
pub use tree::tree;

/// The targets, by name.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("guest", guest),
    ("idmap", idmap),
    ("property", property),
    ("storage", storage),
    ("subid", subid),
    ("tree", tree),
    ("user", user),
];

/// `user.cfg`, and the rights that follow from it.
pub fn user(data: &[u8]) {
    let mut joined = Vec::with_capacity(data.len());
    for line in colon::lines(data) {
        let text = Text::strict(data);
        joined.extend_from_slice(text.bytes(line.span));
        assert_eq!(text.bytes(line.content.span), line.content.value);
        let fields: Vec<_> = line.fields().collect();
        for field in &fields {
            assert_eq!(text.bytes(field.span), field.text);
            text.inside(field.whole, field.span);
            for blanks in [colon::Blanks::Ascii, colon::Blanks::Latin1] {
                for item in colon::list(*field, blanks) {
                    assert_eq!(item.span.bytes(data), item.value);
                }
            }
        }
        let alone: Vec<_> = colon::lines(line.span.bytes(data)).flat_map(|line| line.fields()).collect();
        assert!(alone.iter().map(|field| field.text).eq(fields.iter().map(|field| field.text)));
    }
    assert_eq!(joined, data);

    for release in Release::ALL {
        let cfg = UserCfg::parse(data, release);
        let text = Text::of_release(data, release);
        for dropped in &cfg.dropped {
            text.inside(dropped.line, dropped.span);
        }
        for quirk in &cfg.quirks {
            text.check(quirk.span);
            text.check(quirk.line);
        }
        for user in &cfg.users {
            text.check(user.id.span);
            user.line.iter().for_each(|line| text.check(*line));
            let details = cfg.details(user);
            for part in [&details.firstname, &details.lastname, &details.comment].into_iter().flatten() {
                text.check(part.span);
            }
            [details.email, details.keys].iter().flatten().for_each(|part| text.check(part.span));
            assert!(cfg.user(user.id.value).is_some_and(|found| found.subject == user.subject));
        }
        for token in &cfg.tokens {
            text.inside(token.line, token.id.span);
            text.inside(token.line, token.privsep.span);
            assert!(cfg.users.get(token.user.index()).is_some());
            assert!(cfg.token(token.id.value).is_some());
        }
        for group in &cfg.groups {
            text.check(group.name.span);
            group.members.iter().for_each(|member| text.check(member.span));
        }
        for pool in &cfg.pools {
            text.check(pool.name.span);
            pool.vms.iter().for_each(|vm| text.check(vm.span));
            pool.storage.iter().for_each(|storage| text.check(storage.span));
            assert!(pool.parent.is_none_or(|parent| cfg.pools.get(parent.index()).is_some()));
        }
        for entry in &cfg.acl {
            for span in [entry.flag_span, entry.path_span, entry.subject_span, entry.role_span] {
                text.inside(entry.line, span);
            }
        }
        let dumped = user::dump(&cfg);
        assert!(serde_json::to_string(&dumped).is_ok());
        assert_eq!(dumped, user::dump(&UserCfg::parse(data, release)));
        if data.len() < 2048 && cfg.acl.len() < 200 {
            let access = Access::new(&cfg);
            let matrix = access::matrix(&access, [&b"/vms/100"[..], b"/storage/local", b"//", b"/pool/a/b"]);
            assert!(serde_json::to_string(&matrix).is_ok());
        }
    }
}

/// `storage.cfg`.
pub fn storage(data: &[u8]) {
    for header in [section::typed_header, section::typed_header_opt_id, section::word_header] {
        let document = section::Document::parse(data, header);
        let text = Text::strict(data);
        let joined: Vec<u8> = document.lines.iter().flat_map(|line| line.span.bytes(data)).copied().collect();
        assert_eq!(joined, data);
        let mut last = 0;
        for section in &document.sections {
            assert!(last <= section.first && section.first < section.end && section.end <= document.lines.len());
            last = section.end;
            text.check(document.lines[section.first].place(section.header.id));
            for line in document.body(section) {
                text.inside(line.span, line.text_span());
            }
        }
    }
    for release in Release::ALL {
        let cfg = StorageCfg::parse(data, release);
        let text = Text::of_release(data, release);
        assert_eq!(cfg.sections.len(), cfg.document.sections.len());
        for dropped in &cfg.dropped {
            text.check(dropped.span);
            assert!(!dropped.log(&cfg).is_empty());
        }
        for quirk in &cfg.quirks {
            text.check(quirk.span);
        }
        for section in cfg.sections.iter().chain(&cfg.implicit_local) {
            for span in [section.kind.span, section.id.span, section.header, section.span] {
                text.check(span);
            }
            for property in &section.properties {
                text.inside(property.line, property.key.span);
                text.inside(property.line, property.value.span);
                let key = property.key.value.to_string();
                let _ = section.props(&key, release);
                section.list(&key, release).for_each(|item| text.check(item.span));
            }
            section.mount_options().for_each(|option| text.check(option.span));
            section.content.items.iter().for_each(|item| text.check(item.span));
            section.nodes.iter().flatten().for_each(|node| text.check(node.span));
            section.content_dirs.iter().for_each(|dir| text.check(dir.path.span));
            let _ = (section.path(), section.is_shared(), section.status(), section.is_on_node(b"pve"));
        }
        for section in cfg.storages() {
            assert!(cfg.storage(section.id.value).is_some());
        }
        let dumped = cfg.dump();
        assert!(serde_json::to_string(&dumped).is_ok());
        assert_eq!(dumped, StorageCfg::parse(data, release).dump());
    }
}

fn problem(text: &Text<'_>, problem: &Problem) {
    text.check(problem.span);
    for part in &problem.parts {
        text.check(part.span);
    }
    assert!(!problem.text.is_empty());
}

fn container<'a>(data: &'a [u8], release: Release) -> Container<'a> {
    let ct = Container::parse(data, 100, release);
    let text = Text::of_release(data, release);
    for dropped in &ct.dropped {
        text.check(dropped.span);
        let _ = ct.log_dropped(dropped);
    }
    for quirk in &ct.quirks {
        use container::QuirkKind;
        text.check(quirk.span);
        match &quirk.why {
            QuirkKind::Invalid(why) | QuirkKind::OutOfBounds(why) => problem(&text, why),
            QuirkKind::UnknownOption { problem: Some(why), .. } => problem(&text, why),
            QuirkKind::Overridden(span) | QuirkKind::SectionReplaced(span) => text.check(*span),
            _ => {}
        }
    }
    for section in ct.sections() {
        text.check(section.header);
        for option in &section.options {
            text.check(option.key_span);
            text.check(option.span);
            // `env` is made of `lxc.environment.runtime` lines, and whatever ends in `snapstate: ...` counts as that.
            let key = option.key_span.bytes(data);
            assert!(key == option.key || matches!(option.key, b"env" | b"snapstate"), "{}", BStr::new(option.key));
            for prop in option.props.iter().flat_map(|props| &props.entries) {
                text.inside(option.span, prop.span);
                text.inside(option.span, prop.key_span);
            }
        }
        for raw in section.raw.iter().chain(&section.environment) {
            text.check(raw.key_span);
            assert_eq!(raw.span.bytes(data), raw.value);
        }
        section.notes.iter().for_each(|note| assert_eq!(note.span.bytes(data), note.text));
        let _ = section.description();
        for mount in section.mounts() {
            let _ = (mount.kind(), mount.target(), mount.volume());
        }
    }
    ct
}

/// Container and VM configs.
pub fn guest(data: &[u8]) {
    let dialects = [
        guest_syntax::Dialect::Container,
        guest_syntax::Dialect::Vm { hyphens: true },
        guest_syntax::Dialect::Vm { hyphens: false },
    ];
    for dialect in dialects {
        let lines: Vec<_> = guest_syntax::parse(data, dialect).collect();
        assert_eq!(lines.iter().flat_map(|line| line.raw).copied().collect::<Vec<_>>(), data);
        for line in lines {
            let alone: Vec<_> = guest_syntax::parse(line.raw, dialect).collect();
            assert_eq!(alone, [line]);
        }
    }
    for release in Release::ALL {
        let ct = container(data, release);
        let dumped = container::dump::dump(&ct);
        assert!(serde_json::to_string(&dumped).is_ok());
        assert_eq!(dumped, container::dump::dump(&Container::parse(data, 100, release)));
        // Version 7 doesn't encode `%`, so each of its rewrites decodes the notes once more.
        if let Some(mut written) = rewrite(&ct).filter(|_| release != Release::Pve7) {
            // An `env` of blanks comes back empty when what PVE writes is read, and is settled only then.
            if ct.sections().any(|section| section.get("env").is_some()) {
                written = rewrite(&container(&written, release)).expect("no reserved key appears");
            }
            let again = rewrite(&container(&written, release));
            assert_eq!(
                again.map(BString::from),
                Some(BString::from(written)),
                "a rewritten file is rewritten as it is"
            );
        }
        let machine = Vm::parse(data, 100, release);
        let text = Text::strict(data);
        for drive in &machine.drives {
            assert_eq!(drive.span.bytes(data), drive.value);
            text.inside(drive.span, drive.file.span);
            text.check(drive.key_span);
            let _ = (drive.volume(), drive.family());
        }
        machine.snapshots.iter().for_each(|snapshot| text.check(snapshot.header));
    }
    let _ = pvelint::source::guess_guest(data);
}

/// Property strings, volume ids and volume names.
pub fn property(data: &[u8]) {
    let parts: Vec<_> = property_syntax::parts(data).collect();
    assert_eq!(parts.iter().map(|part| part.raw).collect::<Vec<_>>().join(&b','), data);
    for part in &parts {
        assert_eq!(property_syntax::parts(part.raw).collect::<Vec<_>>(), [*part]);
        if let property_syntax::Form::Pair { key, value } = part.form {
            assert_eq!([key, value].join(&b'='), part.raw);
        }
    }
    if let Some(volume) = VolumeId::parse(data) {
        assert_eq!(bstr::join(":", [volume.storage, volume.name]), data);
        let _ = volume.new_disk_size();
    }
    for (release, storage_type) in Release::ALL.into_iter().flat_map(|r| types().iter().map(move |t| (r, t))) {
        if let Some(name) = VolumeName::parse(data, storage_type, release) {
            let _ = (name.purpose(), name.format.text());
        }
    }
    if data.contains(&b'\n') {
        return;
    }
    // As the value of every kind of property string that a container and a storage have.
    let mut conf = Vec::new();
    for key in
        ["rootfs", "mp0", "unused0", "net0", "dev0", "features", "startup", "tags", "memory", "hookscript", "env"]
    {
        conf.extend_from_slice(key.as_bytes());
        conf.extend_from_slice(b": ");
        conf.extend_from_slice(data);
        conf.push(b'\n');
    }
    let mut storages = b"dir: local\n\tpath /var/lib/vz\n".to_vec();
    for key in ["prune-backups", "bwlimit", "content", "content-dirs", "nodes", "options", "monhost", "preallocation"] {
        storages.extend([b"\t", key.as_bytes(), b" ", data, b"\n"].concat());
    }
    for release in Release::ALL {
        container(&conf, release);
    }
    storage(&storages);
}

/// `subuid` and `subgid`.
pub fn subid(data: &[u8]) {
    let lines: Vec<_> = subid_syntax::parse(data).collect();
    assert_eq!(lines.iter().flat_map(|line| line.raw).copied().collect::<Vec<_>>(), data);
    for line in &lines {
        assert_eq!(subid_syntax::parse(line.raw).collect::<Vec<_>>(), [*line]);
    }
    let text = Text::strict(data);
    let ids = SubIds::parse(data);
    assert_eq!(ids.entries.len() + ids.dropped.len(), lines.len());
    ids.entries.iter().for_each(|entry| text.check(entry.span));
    ids.dropped.iter().for_each(|dropped| text.check(dropped.span));
    ids.quirks.iter().for_each(|quirk| text.check(quirk.span));
    let grants = ids.grants(&[b"toor"]);
    assert!(grants.ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "disjoint, in order: {grants:?}");
    // A range up to the last 64-bit number has no end that could be written; no id map reaches that far.
    for &(first, end) in grants.ranges.iter().filter(|range| range.1 != u64::MAX) {
        assert!(first < end && grants.have(first, 1) && grants.have(first, end - first));
        assert!(grants.everything || first == 0 || !grants.have(first - 1, 1));
    }
    assert!(!grants.have(0, 0));
}

/// Three files, separated by lines of `---`: a container, subuid and subgid.
pub fn idmap(data: &[u8]) {
    let mut parts = split(data, b"---\n").into_iter();
    let mut next = || parts.next().unwrap_or_default();
    let (conf, subuid, subgid) = (next(), next(), next());
    let grants = [SubIds::parse(subuid).grants(&[]), SubIds::parse(subgid).grants(&[])];
    for release in Release::ALL {
        let ct = Container::parse(conf, 100, release);
        let text = Text::strict(conf);
        let map = IdMap::of(&ct);
        let _ = (map.error(), map.root_ids(), map.overlap_message(), container::dump::idmap(&ct));
        for problem in map.check(Some(&grants[0]), Some(&grants[1])) {
            text.check(problem.span);
        }
        for problem in map.check(None, None) {
            text.check(problem.span);
        }
        for (kind, grants) in IdKind::BOTH.into_iter().zip(&grants) {
            let _ = map.tool_message(kind, grants);
            let gaps = map.gaps(kind, 65536);
            assert!(gaps.windows(2).all(|pair| pair[0].1 < pair[1].0), "{gaps:?}");
            for &(first, end) in &gaps {
                assert!(first < end && end <= 65536);
                assert!(map.origin == idmap::Origin::Privileged || map.host_id(kind, first).is_none());
            }
            let mut holes = Vec::new();
            for entry in map.kind(kind) {
                text.check(entry.span);
                let _ = idmap::not_allowed(kind, entry);
                if let Some(host) = map.host_id(kind, entry.container) {
                    assert!(map.kind(kind).any(|entry| entry.holds_host(host)) || entry.count == 0);
                    let _ = map.container_id(kind, host);
                }
                holes.push((entry.container, entry.host.min(idmap::MAX_ID)));
            }
            let ranges = idmap::block(100_000, 65_536, &holes);
            assert_eq!(ranges.iter().map(|range| range.count).sum::<u64>(), 65_536);
            assert!(ranges.windows(2).all(|pair| pair[0].container + pair[0].count == pair[1].container));
            let _ = (idmap::block_lines(kind, &ranges), idmap::needed_grants(&ranges));
        }
    }
}

/// The pieces of `data` between lines that are exactly `mark`.
fn split<'a>(data: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in pvelint::text::lines(data) {
        if line == mark {
            pieces.push(&data[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    pieces.push(&data[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_passes() {
        let mut failed = 0;
        for &(name, target) in TARGETS {
            let seeds = seeds::of(name);
            assert!(!seeds.is_empty(), "{name}");
            for seed in seeds {
                if std::panic::catch_unwind(|| target(&seed)).is_err() {
                    println!("{name}: {:?}", BString::from(seed));
                    failed += 1;
                }
            }
        }
        assert_eq!(failed, 0, "seeds above");
    }

    #[test]
    fn marks_split_at_whole_lines_only() {
        assert_eq!(split(b"a\n---\nb---\n---\n", b"---\n"), [&b"a\n"[..], b"b---\n", b""]);
    }
}
