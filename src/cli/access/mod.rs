//! `pvelint access`: questions about rights, one file per question. What they share is here: which file is asked, how names
//! are looked up, how lines of it are shown, how JSON begins.
//!
//! The words about chains are [`crate::access::Explainer`]'s, because rules and policies tell the same stories.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, Lazy, Outcome};
use crate::access::names::hint;
use crate::cluster::Cluster;
use crate::model::user::{MAX_ACL_ENTRIES, QuirkKind, UserCfg};
use crate::release::Release;
use crate::source::{FileKind, LoadOptions, Presence, Sources, TreeId};

mod answer;
mod ask;
mod assert;
mod can;
mod diff;
mod escalate;
mod fits;
mod graph;
mod matrix;
mod needs;
mod operations;
mod profiles;
mod show;
mod who;
mod why;
mod why_403;

use ask::Ask;

#[derive(Debug, Args)]
pub(super) struct AccessArgs {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Print the rights of a user or token, as `pveum user permissions` does
    Show(Lazy<show::ShowArgs>),
    /// Answer yes or no: may somebody do it, and through what
    Can(Lazy<can::CanArgs>),
    /// Explain why somebody has a privilege
    Why(Lazy<why::WhyArgs>),
    /// Explain why somebody lacks a privilege, and what would give it
    WhyNot(Lazy<why::WhyArgs>),
    /// Explain the text of a 403
    #[command(name = "why-403")]
    Why403(Lazy<why_403::Why403Args>),
    /// List everybody who has a privilege on a path, and through what
    Who(Lazy<who::WhoArgs>),
    /// Say what an operation needs
    Needs(Lazy<needs::NeedsArgs>),
    /// List the operations that `can` and `needs` know
    Operations(Lazy<operations::OperationsArgs>),
    /// Say who gained or lost which rights between two configurations, and by which change
    Diff(Lazy<diff::DiffArgs>),
    /// Say whether somebody has what an integration needs, and what is missing or too much
    Fits(Lazy<fits::FitsArgs>),
    /// List the integrations that `fits` knows, or show what one needs
    Profiles(Lazy<profiles::ProfilesArgs>),
    /// Say who can reach more than they have, and by which shortest chain
    Escalate(Lazy<escalate::EscalateArgs>),
    /// Print who may do what on which path, all at once
    Matrix(Lazy<matrix::MatrixArgs>),
    /// Check statements about rights: policy as code
    Assert(Lazy<assert::AssertArgs>),
    /// Draw who reaches what: Graphviz, Mermaid, or a page for a browser
    Graph(Lazy<graph::GraphArgs>),
}

pub(super) fn run(args: &AccessArgs, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    match &args.question {
        Question::Show(Lazy(args)) => show::run(args, out),
        Question::Can(Lazy(args)) => can::run(args, out),
        Question::Why(Lazy(args)) => why::run(args, true, colour, out),
        Question::WhyNot(Lazy(args)) => why::run(args, false, colour, out),
        Question::Why403(Lazy(args)) => why_403::run(args, colour, out),
        Question::Who(Lazy(args)) => who::run(args, out),
        Question::Needs(Lazy(args)) => needs::run(args, out),
        Question::Operations(Lazy(args)) => operations::run(args, out),
        Question::Diff(Lazy(args)) => diff::run(args, out),
        Question::Fits(Lazy(args)) => fits::run(args, out),
        Question::Profiles(Lazy(args)) => profiles::run(args, out),
        Question::Escalate(Lazy(args)) => escalate::run(args, colour, out),
        Question::Matrix(Lazy(args)) => matrix::run(args, out),
        Question::Assert(Lazy(args)) => assert::run(args, colour, out),
        Question::Graph(Lazy(args)) => graph::run(args, out),
    }
}

/// Text for people, or one JSON object for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object
    Json,
}

/// The configuration that is asked, for questions whose positional arguments are no paths.
#[derive(Debug, Args)]
struct ReadArgs {
    /// The configuration: /etc/pve, a copy of it, a user.cfg, `-` for a user.cfg on standard input [default: /etc/pve, when
    /// this is a node]
    #[arg(long, short, value_name = "PATH")]
    config: Option<PathBuf>,

    #[command(flatten)]
    release: ReleaseArg,
}

/// The release to judge by.
#[derive(Debug, Args)]
struct ReleaseArg {
    /// Release of Proxmox VE to judge by: 7, 8 or 9 [default: the node's, else guessed from the tree, else 9]
    #[arg(long, value_name = "RELEASE")]
    pve: Option<Release>,
}

impl ReadArgs {
    /// Reads the files.
    fn load(&self) -> Result<Sources, Failure> {
        load(self.config.as_deref())
    }

    /// Links the tree that has a user.cfg.
    fn cluster<'a>(&self, sources: &'a Sources) -> Result<Cluster<'a>, Failure> {
        cluster(sources, self.release.pve)
    }
}

/// Reads a tree, or a file, which is then taken for a user.cfg whatever its name; without a path this node's own.
fn load(path: Option<&Path>) -> Result<Sources, Failure> {
    let user_cfg = LoadOptions { kind: Some(FileKind::UserCfg), ..LoadOptions::default() };
    let path = match path {
        Some(path) if path.as_os_str() == "-" => {
            let loaded = Sources::from_bytes("user.cfg", super::read_stdin()?, &user_cfg);
            return loaded.map_err(|error| Failure::Unreadable(error.to_string()));
        }
        Some(path) => path,
        None => {
            let live = Path::new("/etc/pve");
            if !live.is_dir() {
                let hint = "this isn't a Proxmox VE node (no /etc/pve); name a copy: --config backup/etc/pve";
                return Err(Failure::Usage(hint.to_owned()));
            }
            live
        }
    };
    let options = if path.is_dir() { LoadOptions::default() } else { user_cfg };
    Sources::load(&[path.to_owned()], &options).map_err(|error| Failure::Unreadable(error.to_string()))
}

/// Links the one tree of `sources` that has a user.cfg.
fn cluster(sources: &Sources, release: Option<Release>) -> Result<Cluster<'_>, Failure> {
    let with_users: Vec<_> = (0..)
        .zip(&sources.trees)
        .filter(|(_, tree)| matches!(tree.input(FileKind::UserCfg), Presence::Present(_)))
        .collect();
    match with_users.as_slice() {
        [(id, tree)] => Ok(Cluster::load(sources, tree, TreeId(*id), release)),
        [] => {
            let problem = sources.problems.first().and_then(|problem| {
                sources.file(problem.file).map(|file| format!("; {} {}", file.shown, problem.kind))
            });
            Err(Failure::Unreadable(format!("no user.cfg to ask in there{}", problem.unwrap_or_default())))
        }
        several => {
            let names: Vec<_> = several.iter().map(|(_, tree)| tree.shown.as_str()).collect();
            Err(Failure::Usage(format!("there are several clusters in there, name one: {}", names.join(", "))))
        }
    }
}

/// Refuses a user.cfg that wasn't read to its end: what is missing could give or take anything.
fn whole(cluster: &Cluster<'_>) -> Result<(), Failure> {
    let cut = |user: &UserCfg<'_>| user.quirks.iter().any(|quirk| quirk.what == QuirkKind::TooMany);
    match &cluster.user {
        Some(user) if cut(&user.model) => {
            let name = cluster.sources.file(user.file).map_or("user.cfg", |file| &file.shown);
            Err(Failure::Unreadable(format!(
                "not evaluated: {name} names more than {MAX_ACL_ENTRIES} ACL entries, and pvelint reads no more than that"
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses to say that nothing was found where guests or storages weren't read: a question about all of them needs the whole list.
fn all_objects(sources: &Sources) -> Result<(), Failure> {
    let is_object = |kind: FileKind| {
        matches!(
            kind,
            FileKind::Container | FileKind::Vm | FileKind::OpenVz | FileKind::StorageCfg | FileKind::Directory
        )
    };
    let missed = sources.problems.iter().find_map(|problem| {
        let file = sources.file(problem.file)?;
        let is_secret = file.rel() == "priv" || file.rel().starts_with("priv/");
        (is_object(file.kind) && !is_secret).then(|| format!("{} {}", file.shown, problem.kind))
    });
    match missed {
        Some(why) => Err(Failure::Unreadable(format!("not evaluated for all guests and storages: {why}"))),
        None => Ok(()),
    }
}

/// Prints `value`, an object, as one JSON object that begins with `schema_version` and the name of the question.
fn print_json(out: &mut dyn Write, question: &str, value: serde_json::Value) -> Result<(), Failure> {
    let mut object = serde_json::Map::new();
    object.insert("schema_version".to_owned(), 1.into());
    object.insert("question".to_owned(), question.into());
    if let serde_json::Value::Object(fields) = value {
        object.extend(fields);
    }
    serde_json::to_writer_pretty(crate::report::json::Escaped(&mut *out), &object).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// What is needed in each release; those that need the same are told together.
fn write_by_release(
    releases: &[Release],
    needs: impl Fn(Release) -> String,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let mut groups: Vec<(Vec<String>, String)> = Vec::new();
    for release in releases {
        let (major, needs) = (release.major().to_string(), needs(*release));
        match groups.iter_mut().find(|(_, known)| *known == needs) {
            Some((same, _)) => same.push(major),
            None => groups.push((vec![major], needs)),
        }
    }
    for (majors, needs) in groups {
        write!(out, "PVE {}:\n{needs}", majors.join(", "))?;
    }
    Ok(())
}

/// `NAME=VALUE`, with a value that can be part of a path; `about` says what the name stands for.
fn name_value<'t>(
    argument: &'t str,
    example: &dyn Fn() -> String,
    about: &dyn Fn(&str) -> Result<&'static str, Failure>,
) -> Result<(&'t str, &'t str), Failure> {
    let Some((name, value)) = argument.split_once('=').filter(|(_, value)| !value.is_empty()) else {
        let example = example();
        return Err(Failure::Usage(format!("parameters are given as NAME=VALUE, not {argument}: {example}")));
    };
    let about = about(name)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte) || (byte == b'/' && name != "vmid");
    if !value.bytes().all(plain) {
        return Err(Failure::Usage(format!("{value} can't be the {name} ({about})")));
    }
    Ok((name, value))
}
