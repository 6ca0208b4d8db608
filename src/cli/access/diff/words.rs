//! Changes in words. Everything is shortened to what a person reads; JSON has it all.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use bstr::ByteSlice;

use super::super::Ask;
use super::{Cause, Diff, Effect, Entry, Part, Remark, Side};
use crate::access::diff::{Block, Region, Through};
use crate::access::{dangerous, looked_up};
use crate::model::tables::access::{Priv, PrivSet, builtin_roles};
use crate::release::Release;
use crate::text::{Span, printable};

/// Names that are listed before they are counted.
const MAX_NAMES: usize = 3;
/// Privileges that are listed before they are counted.
const MAX_PRIVILEGES: usize = 8;
/// Privileges that a role may have more than what is told by its name.
const MAX_MISSING: u32 = 4;
/// Places that are listed before they are counted.
const MAX_PARTS: usize = 6;
/// Lines of each file that are shown for one change.
const MAX_LINES: usize = 3;
/// Effects of one kind that are told for one change.
const MAX_BLOCKS: usize = 4;
/// Dangers that are told for one change.
const MAX_DANGERS: usize = 3;
/// Remarks that are told.
const MAX_REMARKS: usize = 20;
/// Characters of a line that are shown.
const MAX_LINE: usize = 96;

/// Speaks about one comparison.
pub(super) struct Words<'r, 'c, 'a> {
    old: &'r Ask<'c, 'a>,
    new: &'r Ask<'c, 'a>,
    diff: &'r Diff,
    /// For each path, what PVE looks up there in one of the releases.
    looked_up: OnceCell<Vec<PrivSet>>,
}

impl<'r, 'c, 'a> Words<'r, 'c, 'a> {
    pub(super) const fn new(old: &'r Ask<'c, 'a>, new: &'r Ask<'c, 'a>, diff: &'r Diff) -> Self {
        Self { old, new, diff, looked_up: OnceCell::new() }
    }

    const fn ask(&self, side: Side) -> &'r Ask<'c, 'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// What was changed.
    pub(super) fn headline(&self, entry: &Entry) -> String {
        let names = &entry.evidence.names;
        let named = || some(names.iter().map(|name| printable(name)).collect());
        let [before, now] = self.diff.releases;
        match &entry.cause {
            Cause::User { id, side } => format!("user {} is {}", printable(id), new_or_gone(*side)),
            Cause::Token { id, side } => format!("token {} is {}", printable(id), new_or_gone(*side)),
            Cause::Privsep { token, side: Side::New } => {
                format!("token {} has privilege separation now", printable(token))
            }
            Cause::Privsep { token, side: Side::Old } => {
                format!("token {} has no privilege separation any more: all rights of its owner", printable(token))
            }
            Cause::Group { name, side } => format!("group @{} is {}", printable(name), new_or_gone(*side)),
            Cause::Member { group, side } => {
                let group = printable(group);
                match (side, names.len()) {
                    (Side::New, 1) => format!("{} is a member of @{group} now", named()),
                    (Side::New, _) => format!("{} are members of @{group} now", named()),
                    (Side::Old, 1) => format!("{} is no member of @{group} any more", named()),
                    (Side::Old, _) => format!("{} are no members of @{group} any more", named()),
                }
            }
            Cause::Role { name, side } => format!("role {} is {}", printable(name), new_or_gone(*side)),
            Cause::RolePrivileges { name } => {
                let of = |ask: &Ask<'_, '_>| ask.cfg.role(name).map(|role| role.privileges).unwrap_or_default();
                let (was, is) = (of(self.old), of(self.new));
                let more = (is - was) & PrivSet::all(before);
                let less = (was - is) & PrivSet::all(now);
                let mut what = Vec::new();
                if !more.is_empty() {
                    what.push(format!("holds {} too", privileges(more, now)));
                }
                if !less.is_empty() {
                    what.push(format!("holds {} no more", privileges(less, before)));
                }
                format!("role {} {}", printable(name), what.join(" and "))
            }
            Cause::Acl { path, role, side } => {
                let given = format!("{} on {} for {}", printable(role), printable(path), named());
                if *side == Side::New { format!("new ACL, {given}") } else { format!("ACL is gone, {given}") }
            }
            Cause::Propagate { path, role, side } => {
                let how = if *side == Side::New { "propagates now" } else { "propagates no more" };
                format!("the ACL {} on {} for {} {how}", printable(role), printable(path), named())
            }
            Cause::Pool { pool, side } => {
                let members = some(names.iter().map(|path| thing(path)).collect());
                let are = if names.len() == 1 { "is" } else { "are" };
                let how = if *side == Side::New { "now" } else { "no more" };
                format!("{members} {are} in pool {} {how}", printable(pool))
            }
            Cause::Release => format!("{now} in place of {before}: other privileges and built-in roles"),
            Cause::Several => "several changes together".to_owned(),
        }
    }

    /// The lines behind a change, with `-` for those of the old file and `+` for those of the new one.
    pub(super) fn lines(&self, entry: &Entry) -> Vec<(char, String)> {
        let mut lines = Vec::new();
        for (sign, side) in [('-', Side::Old), ('+', Side::New)] {
            let ask = self.ask(side);
            let mut spans: Vec<Span> = entry.evidence.on(side).iter().copied().collect();
            spans.dedup_by_key(|span| ask.line(*span));
            for span in spans.iter().take(MAX_LINES) {
                lines.push((sign, format!("{}  {}", ask.at(*span), line(ask.cfg.text, *span))));
            }
            if spans.len() > MAX_LINES {
                lines.push((sign, format!("and {} more lines", spans.len() - MAX_LINES)));
            }
        }
        lines
    }

    /// What a change does, through what, and why that is dangerous.
    pub(super) fn effects(&self, entry: &Entry) -> Vec<String> {
        let mut told = Vec::new();
        for blocks in entry.blocks.chunk_by(|a, b| a.effect == b.effect) {
            let most = match blocks.first().map(|block| block.effect) {
                // Beside gains and losses the flags are of little interest.
                Some(Effect::Propagates | Effect::PropagatesNoMore) if entry.gives() || entry.takes() => 0,
                _ => MAX_BLOCKS,
            };
            let shown = if blocks.len() > most + 1 { most } else { blocks.len() };
            told.extend(blocks.iter().take(shown).map(|block| self.effect(block)));
            if let Some(rest) = blocks.get(shown..).filter(|rest| !rest.is_empty()) {
                told.push(self.rest(rest));
            }
        }
        if entry.cause == Cause::Release {
            told.extend(self.successors(entry));
        }
        told.extend(self.through(entry));
        if entry.mighty.is_empty() {
            for danger in entry.dangers.iter().take(MAX_DANGERS) {
                let privilege = danger.privilege().map(Priv::name).unwrap_or_default();
                told.push(format!("danger: who has {privilege} there can {}", danger.can));
            }
            if entry.dangers.len() > MAX_DANGERS {
                told.push(format!("and {} more dangers", entry.dangers.len() - MAX_DANGERS));
            }
        } else {
            let who = self.subjects(&entry.mighty);
            told.push(format!("danger: {who} can do everything now"));
        }
        told
    }

    fn effect(&self, block: &Block) -> String {
        let who = self.subjects(&block.subjects);
        let one = block.subjects.len() == 1;
        let [before, now] = self.diff.releases;
        let release = if block.effect == Effect::Lost { before } else { now };
        let (what, place) = (self.what(block.privs, &block.region, release), self.region(&block.region));
        match block.effect {
            Effect::Gained => format!("{who} {} {what} on {place}", if one { "gains" } else { "gain" }),
            Effect::Lost => format!("{who} {} {what} on {place}", if one { "loses" } else { "lose" }),
            Effect::Propagates => format!("{who} had {what} on {place}, and now with the propagate flag"),
            Effect::PropagatesNoMore => {
                format!(
                    "{who} {} {what} on {place}, but without the propagate flag",
                    if one { "keeps" } else { "keep" }
                )
            }
        }
    }

    /// Privileges on a region, those first that count there.
    fn what(&self, privs: PrivSet, region: &Region, release: Release) -> String {
        let looked_up = self.looked_up.get_or_init(|| {
            let paths = self.diff.paths.iter();
            let [before, now] = self.diff.releases;
            paths.map(|path| looked_up(path, before) | looked_up(path, now)).collect()
        });
        let ranges = region.iter().filter_map(|range| looked_up.get(range.start as usize..range.end as usize));
        let counts = privs & ranges.flatten().fold(PrivSet::EMPTY, |all, one| all | *one);
        let idle = (privs - counts).len();
        if idle == 0 || role(privs, release).is_some() {
            privileges(privs, release)
        } else if counts.is_empty() {
            format!("{} (which PVE never looks up there)", privileges(privs, release))
        } else {
            format!("{} (and {idle} that PVE never looks up there)", privileges(counts, release))
        }
    }

    /// The ACLs behind a change; one that is in both files is told once.
    fn through(&self, entry: &Entry) -> Vec<String> {
        let all: Vec<_> = entry.evidence.through.iter().collect();
        let same = |a: &&Through, b: &&Through| (&a.path, &a.role, &a.who) == (&b.path, &b.role, &b.who);
        let all: Vec<_> = all.chunk_by(same).filter_map(|same| same.last()).collect();
        let shown = if all.len() > MAX_LINES + 1 { MAX_LINES } else { all.len() };
        let tell = |one: &&&Through| {
            format!(
                "through {} on {} for {} ({} {}){}",
                printable(&one.role),
                printable(&one.path),
                printable(&one.who),
                super::side(one.side),
                self.ask(one.side).at(one.line),
                if one.propagate { "" } else { ", which doesn't propagate" }
            )
        };
        let mut told: Vec<String> = all.iter().take(shown).map(tell).collect();
        if all.len() > shown {
            told.push(format!("and through {} more ACLs", all.len() - shown));
        }
        told
    }

    /// What came in the place of privileges that the new release doesn't have.
    fn successors(&self, entry: &Entry) -> Vec<String> {
        let [before, now] = self.diff.releases;
        let lost = entry.blocks.iter().filter(|block| block.effect == Effect::Lost);
        let lost = lost.fold(PrivSet::EMPTY, |all, block| all | block.privs) - PrivSet::all(now);
        let tell = |one: Priv| format!("{now} has no {one}; what it was for needs one of {}", one.successors());
        lost.iter().filter(|one| before < now && !one.successors().is_empty()).map(tell).collect()
    }

    /// Many blocks of one effect in one sentence.
    fn rest(&self, blocks: &[Block]) -> String {
        let mut subjects: Vec<u32> = blocks.iter().flat_map(|block| block.subjects.iter().copied()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let privs = blocks.iter().fold(PrivSet::EMPTY, |all, block| all | block.privs);
        let region = union(blocks.iter().map(|block| &block.region));
        let effect = blocks.first().map_or(Effect::Gained, |block| block.effect);
        let [before, now] = self.diff.releases;
        let some = if blocks.iter().all(|block| block.privs == privs) { "" } else { "some of " };
        let what = self.what(privs, &region, if effect == Effect::Lost { before } else { now });
        let (verb, how) = match effect {
            Effect::Gained => ("gain", ""),
            Effect::Lost => ("lose", ""),
            Effect::Propagates => ("had", ", and now with the propagate flag"),
            Effect::PropagatesNoMore => ("keep", ", but without the propagate flag"),
        };
        format!(
            "{} {verb} {some}{what}, each on a part of {}{how}",
            some_of(subjects.len(), "subjects", subjects.iter().map(|who| self.subject(*who))),
            self.region(&region)
        )
    }

    fn subject(&self, who: u32) -> String {
        self.diff.subjects.get(who as usize).map(|id| printable(id)).unwrap_or_default()
    }

    fn subjects(&self, subjects: &[u32]) -> String {
        some_of(subjects.len(), "subjects", subjects.iter().map(|who| self.subject(*who)))
    }

    /// A set of paths: `/vms and all below (312 guests)`.
    fn region(&self, region: &Region) -> String {
        let parts = self.diff.paths.parts(region);
        // Guests and storages are told together when there are many.
        let mut said: Vec<String> = Vec::new();
        let mut families: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for part in &parts {
            match part {
                Part::One(at) => {
                    let path = printable(self.diff.paths.get(*at));
                    match family(&path) {
                        Some(family) => families.entry(family).or_default().push(path),
                        None => said.push(path),
                    }
                }
                Part::Tree(at, missing) => said.push(self.tree(*at, missing)),
                Part::Others(at) => {
                    let path = printable(self.diff.paths.get(*at));
                    said.push(format!("anything else below {}", above(&path)));
                }
            }
        }
        for (family, paths) in families {
            if paths.len() > MAX_NAMES + 1 {
                said.push(some_of(paths.len(), family, paths.into_iter()));
            } else {
                said.extend(paths);
            }
        }
        some_parts(said)
    }

    fn tree(&self, at: u32, missing: &Region) -> String {
        let path = printable(self.diff.paths.get(at));
        let below = self.diff.paths.below(at);
        let absent: u32 = missing.iter().map(|range| range.end - range.start).sum();
        let known = below.filter(|at| !self.diff.paths.is_others(*at)).count().saturating_sub(absent as usize + 1);
        let kind = match &*path {
            "/vms" => Some("guest"),
            "/storage" => Some("storage"),
            "/nodes" => Some("node"),
            _ => None,
        };
        let count = match kind {
            Some(kind) if known == 1 => format!(" (1 {kind})"),
            Some(kind) if known > 1 => format!(" ({known} {kind}s)"),
            _ => String::new(),
        };
        if missing.is_empty() {
            return format!("{path} and all below{count}");
        }
        let except = self.region(missing);
        let except = if except.contains(", ") { format!("({except})") } else { except };
        format!("{path} and all below{count} except {except}")
    }

    /// What changed and is no right.
    pub(super) fn remarks(&self) -> Vec<String> {
        let remarks = &self.diff.remarks;
        let mut told: Vec<_> = remarks.iter().take(MAX_REMARKS).map(|remark| self.remark(remark)).collect();
        if remarks.len() > MAX_REMARKS {
            told.push(format!("and {} more (all of it: --format json)", remarks.len() - MAX_REMARKS));
        }
        told
    }

    pub(super) fn remark(&self, remark: &Remark) -> String {
        let at = |side: Side, line: &Option<Span>| {
            line.map(|line| format!(" ({} {})", super::side(side), self.ask(side).at(line))).unwrap_or_default()
        };
        match remark {
            Remark::Enabled { user, now: true, line } => {
                format!("{} was disabled and can log in now{}", printable(user), at(Side::New, line))
            }
            Remark::Enabled { user, now: false, line } => {
                format!("{} is disabled now{}: no login, whatever the rights", printable(user), at(Side::New, line))
            }
            Remark::Expires { subject, before, now, line } => {
                let (before, now) = (day(*before), day(*now));
                format!("{} expires: {now} now, {before} before{}", printable(subject), at(Side::New, line))
            }
            Remark::Account { user, side: Side::New, line } => format!(
                "{} is a user now{}: ACLs or groups named it before, so it can use these rights now",
                printable(user),
                at(Side::New, line)
            ),
            Remark::Account { user, side: Side::Old, line } => format!(
                "{} is no user any more{}: ACLs or groups still name it, and whoever gets that name has these rights",
                printable(user),
                at(Side::Old, line)
            ),
            Remark::Ignored { path, role, who, side, line } => format!(
                "{} ACL, {} on {} for {}{}: PVE never looks at that path, so it changes nothing",
                if *side == Side::New { "new" } else { "gone" },
                printable(role),
                printable(path),
                printable(who),
                at(*side, &Some(*line))
            ),
        }
    }

    /// The whole in one line.
    pub(super) fn summary(&self) -> String {
        let [before, now] = self.diff.releases;
        let release = if before == now { now.to_string() } else { format!("{before} before, {now} now") };
        let (subjects, paths) = (self.diff.subjects.len(), self.diff.paths.named());
        let users = if subjects == 1 { "subject" } else { "subjects" };
        let of = format!("{subjects} {users} on {paths} paths; {release}");
        let entries = &self.diff.entries;
        if entries.is_empty() {
            return format!("no difference in rights ({of})");
        }
        let gives = entries.iter().filter(|entry| entry.gives()).count();
        let takes = entries.iter().filter(|entry| !entry.gives() && entry.takes()).count();
        let rest = entries.len() - gives - takes;
        let all = [
            (gives, ["gives rights", "give rights"]),
            (takes, ["only takes rights away", "only take rights away"]),
            (rest, ["changes only propagate flags", "change only propagate flags"]),
        ];
        let counts = all.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> =
            counts.map(|(count, [one, many])| (*count, if *count == 1 { one } else { many })).collect();
        let changes = if entries.len() == 1 { "change" } else { "changes" };
        match counts.as_slice() {
            [(count, does)] => format!("{count} {changes} {does} ({of})"),
            several => {
                let several: Vec<_> = several.iter().map(|(count, does)| format!("{count} {does}")).collect();
                format!("{} {changes}: {} ({of})", entries.len(), several.join(", "))
            }
        }
    }
}

const fn new_or_gone(side: Side) -> &'static str {
    match side {
        Side::Old => "gone",
        Side::New => "new",
    }
}

/// All paths of several regions.
fn union<'d>(regions: impl Iterator<Item = &'d Region>) -> Region {
    let mut ranges: Vec<_> = regions.flatten().cloned().collect();
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut all = Region::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

/// The path that `X/*` is below.
pub(super) fn above(path: &str) -> &str {
    match path.strip_suffix("/*") {
        Some("") => "/",
        Some(above) => above,
        None => path,
    }
}

/// `guest 100`, `storage local`.
fn thing(path: &[u8]) -> String {
    match (path.strip_prefix(b"/vms/"), path.strip_prefix(b"/storage/")) {
        (Some(vmid), _) => format!("guest {}", printable(vmid)),
        (_, Some(storage)) => format!("storage {}", printable(storage)),
        _ => printable(path),
    }
}

/// What a path is one of, where there can be many.
fn family(path: &str) -> Option<&'static str> {
    let families = [
        ("/vms/", "guests"),
        ("/storage/", "storages"),
        ("/nodes/", "nodes"),
        ("/pool/", "pools"),
        ("/access/groups/", "groups"),
    ];
    families.into_iter().find(|(prefix, _)| path.starts_with(prefix)).map(|(_, family)| family)
}

/// A list, the end of it counted.
fn some(all: Vec<String>) -> String {
    let count = all.len();
    if count <= MAX_NAMES + 1 {
        return all.join(", ");
    }
    format!("{} and {} more", all.into_iter().take(MAX_NAMES).collect::<Vec<_>>().join(", "), count - MAX_NAMES)
}

/// `412 guests (/vms/100, /vms/101, /vms/102, ...)`, or the names when they are few.
fn some_of(count: usize, what: &str, names: impl Iterator<Item = String>) -> String {
    if count <= MAX_NAMES {
        return names.collect::<Vec<_>>().join(", ");
    }
    format!("{count} {what} ({}, ...)", names.take(MAX_NAMES).collect::<Vec<_>>().join(", "))
}

/// Places, many of them counted.
fn some_parts(parts: Vec<String>) -> String {
    let count = parts.len();
    if count <= MAX_PARTS {
        return parts.join(", ");
    }
    let shown = MAX_PARTS - 1;
    format!("{} and {} more places", parts.into_iter().take(shown).collect::<Vec<_>>().join(", "), count - shown)
}

/// The built-in role that holds just these privileges, when they aren't few.
fn role(privs: PrivSet, release: Release) -> Option<&'static str> {
    builtin_roles(release).find(|(_, role)| *role == privs && role.len() > 3).map(|(name, _)| name)
}

/// A set of privileges: by the name of a built-in role that holds just these, or a few more, or else one by one, those that
/// are dangerous first.
fn privileges(privs: PrivSet, release: Release) -> String {
    let count = privs.len();
    if let Some(name) = role(privs, release) {
        return format!("{name} ({count} privileges)");
    }
    let roles = builtin_roles(release).filter(|(_, role)| role.contains_all(privs));
    if let Some((name, role)) = roles.min_by_key(|(_, role)| role.len())
        && (1..=MAX_MISSING.min(count / 3)).contains(&(role - privs).len())
    {
        return format!("{name} but {}", role - privs);
    }
    let (worst, rest) = (privs & dangerous(), privs - dangerous());
    let names: Vec<_> = worst.iter().chain(rest.iter()).map(Priv::name).collect();
    match names.get(..MAX_PRIVILEGES) {
        Some(first) if names.len() > MAX_PRIVILEGES + 1 => {
            format!("{} and {} more", first.join(", "), names.len() - MAX_PRIVILEGES)
        }
        _ => names.join(", "),
    }
}

/// The line that holds `span`, or what is around it when it is long.
fn line(text: &[u8], span: Span) -> String {
    let start = text.get(..span.start as usize).and_then(|head| head.rfind_byte(b'\n')).map_or(0, |at| at + 1);
    let rest = text.get(start..).unwrap_or_default();
    let line = printable(rest.get(..rest.find_byte(b'\n').unwrap_or(rest.len())).unwrap_or_default());
    let line = line.trim();
    let count = line.chars().count();
    if count <= MAX_LINE {
        return line.to_owned();
    }
    let at = printable(text.get(start..span.start as usize).unwrap_or_default()).chars().count();
    let skip = at.saturating_sub(MAX_LINE / 4).min(count - MAX_LINE);
    let cut: String = line.chars().skip(skip).take(MAX_LINE).collect();
    let (head, tail) = (if skip > 0 { "..." } else { "" }, if skip + MAX_LINE < count { "..." } else { "" });
    format!("{head}{cut}{tail}")
}

/// A day, or never.
fn day(seconds: u64) -> String {
    if seconds == 0 {
        return "never".to_owned();
    }
    let time = i64::try_from(seconds).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| format!("at second {seconds}"), |time| time.strftime("%Y-%m-%d").to_string())
}
