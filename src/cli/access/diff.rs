//! `pvelint access diff`: what somebody may do in one configuration and not in the other, by what was changed.

use std::io::Write;
use std::path::PathBuf;

use bstr::ByteSlice;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::{Ask, Failure, Outcome};
use crate::access::diff::{Cause, Diff, Effect, Entry, Part, Remark, Side};
use crate::access::places::{of_cluster, of_file};
use crate::cluster::{Cluster, ReleaseFrom};
use crate::model::tables::access::Priv;
use crate::release::Release;
use crate::source::Sources;
use crate::text::printable_str;

mod words;

use words::Words;

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nobody gained anything, 1 somebody gained something, 2 usage, 3 nothing to read.\n\n\
    What an upgrade changes: pvelint access diff /etc/pve /etc/pve --pve-old 8 --pve 9"
)]
pub(super) struct DiffArgs {
    /// The configuration before: a copy of /etc/pve, a user.cfg, `-` for a user.cfg on standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,

    /// The configuration after, likewise
    #[arg(value_name = "NEW")]
    new: PathBuf,

    /// Release of Proxmox VE to judge both by: 7, 8 or 9 [default: for each the node's, else guessed from the tree, else the
    /// other's, else 9]
    #[arg(long, value_name = "RELEASE")]
    pve: Option<Release>,

    /// Release to judge OLD by, where it isn't that of NEW
    #[arg(long, value_name = "RELEASE")]
    pve_old: Option<Release>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// Markdown, for a comment on a pull request
    Md,
    /// One JSON object, with everything that the others shorten
    Json,
}

pub(super) fn run(args: &DiffArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    if [&args.old, &args.new].iter().all(|path| path.as_os_str() == "-") {
        return Err(Failure::Usage("only one of them can come on standard input".to_owned()));
    }
    let (before, after) = (super::load(Some(&args.old))?, super::load(Some(&args.new))?);
    let (old, new) = clusters(args, &before, &after)?;
    let (old, new) = (Ask::new(&old)?, Ask::new(&new)?);
    let paths = [&old, &new].into_iter().flat_map(|ask| of_file(ask.cfg).chain(of_cluster(ask.cluster)));
    let diff = Diff::new(&old.access, &new.access, paths);
    let report = Report { words: Words::new(&old, &new, &diff), old: &old, new: &new, diff: &diff };
    match args.format {
        Format::Text => report.text(out)?,
        Format::Md => report.markdown(out)?,
        Format::Json => super::print_json(out, "diff", report.json())?,
    }
    if diff.gives() {
        return Ok(Outcome::Findings);
    }
    out.flush()?;
    super::all_objects(&before)?;
    super::all_objects(&after)?;
    Ok(Outcome::Clean)
}

/// Links both trees. Where only one tells its release, the other is taken for the same.
fn clusters<'a>(args: &DiffArgs, old: &'a Sources, new: &'a Sources) -> Result<(Cluster<'a>, Cluster<'a>), Failure> {
    let mut before = super::cluster(old, args.pve_old.or(args.pve))?;
    let mut after = super::cluster(new, args.pve)?;
    let assumed = |cluster: &Cluster<'_>| cluster.release_from == ReleaseFrom::Default;
    if before.release != after.release && args.pve.is_none() && args.pve_old.is_none() {
        if assumed(&before) {
            before = super::cluster(old, Some(after.release))?;
        } else if assumed(&after) {
            after = super::cluster(new, Some(before.release))?;
        }
    }
    Ok((before, after))
}

/// Everything there is to print.
struct Report<'r, 'c, 'a> {
    words: Words<'r, 'c, 'a>,
    old: &'r Ask<'c, 'a>,
    new: &'r Ask<'c, 'a>,
    diff: &'r Diff,
}

impl Report<'_, '_, '_> {
    fn text(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for entry in &self.diff.entries {
            writeln!(out, "{}: {}", tag(entry), self.words.headline(entry))?;
            for (sign, line) in self.words.lines(entry) {
                writeln!(out, "  {sign} {line}")?;
            }
            for line in self.words.effects(entry) {
                writeln!(out, "  {line}")?;
            }
            writeln!(out)?;
        }
        for remark in self.words.remarks() {
            writeln!(out, "note: {remark}")?;
        }
        writeln!(out, "{}", self.words.summary())
    }

    /// What comes from the files stands in code blocks, where it can't be anything but text.
    fn markdown(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "**{}**", self.words.summary())?;
        for entry in &self.diff.entries {
            let mut lines = vec![format!("{}: {}", tag(entry), self.words.headline(entry))];
            lines.extend(self.words.lines(entry).into_iter().map(|(sign, line)| format!("{sign} {line}")));
            lines.extend(self.words.effects(entry).into_iter().map(|line| format!("  {line}")));
            fenced("diff", &lines, out)?;
        }
        let remarks: Vec<_> = self.words.remarks().into_iter().map(|remark| format!("note: {remark}")).collect();
        if !remarks.is_empty() {
            fenced("text", &remarks, out)?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let entries: Vec<Value> = self.diff.entries.iter().map(|entry| self.entry(entry)).collect();
        let remarks: Vec<Value> = self.diff.remarks.iter().map(|remark| self.remark(remark)).collect();
        let [old, new] = self.diff.releases;
        json!({
            "releases": { "old": old.major(), "new": new.major() },
            "compared": { "subjects": self.diff.subjects.len(), "paths": self.diff.paths.named() },
            "gained": self.diff.gives(),
            "lost": self.diff.entries.iter().any(Entry::takes),
            "changes": entries,
            "remarks": remarks,
        })
    }

    fn entry(&self, entry: &Entry) -> Value {
        let evidence = &entry.evidence;
        let mut value = json!({
            "text": self.words.headline(entry),
            "old_lines": self.line_numbers(Side::Old, entry),
            "new_lines": self.line_numbers(Side::New, entry),
            "everything": entry.mighty.iter().map(|who| self.subject(*who)).collect::<Vec<_>>(),
            "dangers": entry.dangers.iter().map(|danger| json!({
                "privilege": danger.privilege().map(Priv::name),
                "can": danger.can,
            })).collect::<Vec<_>>(),
            "through": evidence.through.iter().map(|through| json!({
                "role": through.role.to_str_lossy(),
                "path": through.path.to_str_lossy(),
                "who": through.who.to_str_lossy(),
                "propagate": through.propagate,
                "file": side(through.side),
                "line": self.ask(through.side).line(through.line),
            })).collect::<Vec<_>>(),
            "effects": entry.blocks.iter().map(|block| json!({
                "effect": effect(block.effect),
                "privileges": block.privs.iter().map(Priv::name).collect::<Vec<_>>(),
                "subjects": block.subjects.iter().map(|who| self.subject(*who)).collect::<Vec<_>>(),
                "paths": self.diff.paths.parts(&block.region).iter().map(|part| self.part(part)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        });
        if let Value::Object(fields) = &mut value {
            fields.extend(cause(entry));
        }
        value
    }

    /// A part of a region: `path`, or `path` with all `below` it `except` some, or all `below` it that has no name here.
    fn part(&self, part: &Part) -> Value {
        let path = |at: u32| self.diff.paths.get(at).to_str_lossy().into_owned();
        match part {
            Part::One(at) => json!({ "path": path(*at) }),
            Part::Tree(at, missing) => {
                let except: Vec<Value> = self.diff.paths.parts(missing).iter().map(|part| self.part(part)).collect();
                json!({ "path": path(*at), "below": "all", "except": except })
            }
            Part::Others(at) => json!({ "path": words::above(&path(*at)), "below": "unnamed" }),
        }
    }

    fn remark(&self, remark: &Remark) -> Value {
        let (file, line) = match remark {
            Remark::Enabled { line, .. } | Remark::Expires { line, .. } => (Side::New, *line),
            Remark::Account { side, line, .. } => (*side, *line),
            Remark::Ignored { side, line, .. } => (*side, Some(*line)),
        };
        let line = line.map(|line| self.ask(file).line(line));
        json!({ "text": self.words.remark(remark), "file": side(file), "line": line })
    }

    fn ask(&self, side: Side) -> &Ask<'_, '_> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    fn line_numbers(&self, side: Side, entry: &Entry) -> Vec<u32> {
        let mut lines: Vec<u32> = entry.evidence.on(side).iter().map(|span| self.ask(side).line(*span)).collect();
        lines.dedup();
        lines
    }

    fn subject(&self, who: u32) -> String {
        self.diff.subjects.get(who as usize).map(|id| id.to_str_lossy().into_owned()).unwrap_or_default()
    }
}

/// What a change does, in a word.
fn tag(entry: &Entry) -> &'static str {
    match (entry.gives(), entry.takes()) {
        (true, true) => "gained and lost",
        (true, false) => "gained",
        (false, true) => "lost",
        (false, false) => "propagation only",
    }
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Old => "old",
        Side::New => "new",
    }
}

const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Gained => "gained",
        Effect::Lost => "lost",
        Effect::Propagates => "propagates",
        Effect::PropagatesNoMore => "propagates-no-more",
    }
}

/// A cause in fields: its `change`, what it is about, and the file that `has` it.
fn cause(entry: &Entry) -> Map<String, Value> {
    let names: Vec<_> = entry.evidence.names.iter().map(|name| name.to_str_lossy()).collect();
    let (change, fields, has) = match &entry.cause {
        Cause::User { id, side } => ("user", json!({ "user": id.to_str_lossy() }), Some(side)),
        Cause::Token { id, side } => ("token", json!({ "token": id.to_str_lossy() }), Some(side)),
        Cause::Privsep { token, side } => ("privsep", json!({ "token": token.to_str_lossy() }), Some(side)),
        Cause::Group { name, side } => ("group", json!({ "group": name.to_str_lossy() }), Some(side)),
        Cause::Member { group, side } => {
            ("members", json!({ "group": group.to_str_lossy(), "members": names }), Some(side))
        }
        Cause::Role { name, side } => ("role", json!({ "role": name.to_str_lossy() }), Some(side)),
        Cause::RolePrivileges { name } => ("role-privileges", json!({ "role": name.to_str_lossy() }), None),
        Cause::Acl { path, role, side } => {
            let fields = json!({ "path": path.to_str_lossy(), "role": role.to_str_lossy(), "for": names });
            ("acl", fields, Some(side))
        }
        Cause::Propagate { path, role, side } => {
            let fields = json!({ "path": path.to_str_lossy(), "role": role.to_str_lossy(), "for": names });
            ("propagate", fields, Some(side))
        }
        Cause::Pool { pool, side } => ("pool", json!({ "pool": pool.to_str_lossy(), "members": names }), Some(side)),
        Cause::Release => ("release", json!({}), None),
        Cause::Several => ("several", json!({}), None),
    };
    let mut map = Map::new();
    map.insert("change".to_owned(), change.into());
    if let Some(has) = has {
        map.insert("has".to_owned(), side(*has).into());
    }
    if let Value::Object(fields) = fields {
        map.extend(fields);
    }
    map
}

/// A code block that no line can end.
fn fenced(language: &str, lines: &[String], out: &mut dyn Write) -> std::io::Result<()> {
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "\n{fence}{language}")?;
    for line in lines {
        writeln!(out, "{}", printable_str(line))?;
    }
    writeln!(out, "{fence}")
}
