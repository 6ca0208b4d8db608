//! `pvelint access graph`: who reaches what, to be drawn by Graphviz or Mermaid, as JSON, or as a page to look around in.
//!
//! The structure is [`crate::access::graph`]'s. Here each form has its file: [`dot`], [`mermaid`], [`json`], [`html`] with the data
//! that the page embeds ([`page`]); what dot and Mermaid both draw is [`drawing`].

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use bstr::ByteSlice;
use clap::{Args, ValueEnum};

use super::{Ask, Failure, Outcome, ReleaseArg, hint};
use crate::access::graph::{Graph, Idle, Node, NodeKind, select};
use crate::access::places;
use crate::model::user::AclTree;
use crate::text::matches;
use crate::text::printable_str;
use drawing::Drawing;

mod dot;
mod drawing;
mod html;
mod json;
mod mermaid;
mod page;

#[derive(Debug, Args)]
#[command(
    after_help = "Dashed: an ACL that has no effect, with the reason. Dotted: the way down to paths with ACLs of their own.\n\n\
    pvelint access graph | dot -Tsvg > rights.svg\n\
    pvelint access graph backup/etc/pve --subject 'ci@pve*' --format mermaid\n\
    pvelint access graph --html rights.html"
)]
pub(super) struct GraphArgs {
    /// The configuration: /etc/pve, a copy of it, a user.cfg, `-` for a user.cfg on standard input [default: /etc/pve, when
    /// this is a node]
    #[arg(value_name = "CONFIG")]
    config: Option<PathBuf>,

    #[command(flatten)]
    release: ReleaseArg,

    /// Only what these users, tokens and @groups reach; `*` stands for any text
    #[arg(long = "subject", value_name = "GLOB")]
    subjects: Vec<String>,

    /// Only who reaches these paths; `*` stands for any text
    #[arg(long = "path", value_name = "GLOB")]
    paths: Vec<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Dot, conflicts_with = "html")]
    format: Format,

    /// Write a page with everybody's rights on every path, to be opened in a browser; `-` is standard output
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// In dot and mermaid, nodes of a kind that have just the same edges become one when there are more than this many
    #[arg(long, value_name = "COUNT", default_value_t = 5, conflicts_with = "html")]
    merge: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Graphviz
    Dot,
    /// Mermaid, which many wikis and forges draw
    Mermaid,
    /// One JSON object: nodes and edges
    Json,
}

pub(super) fn run(args: &GraphArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = super::load(args.config.as_deref())?;
    let cluster = super::cluster(&sources, args.release.pve)?;
    let ask = Ask::new(&cluster)?;
    if let Some(path) = args.paths.iter().find(|path| !path.starts_with(['/', '*'])) {
        return Err(Failure::Usage(format!("a path begins with /: did you mean /{path}?")));
    }
    if let Some(file) = &args.html {
        html::write(&ask, args, file, out)?;
        return Ok(Outcome::Clean);
    }
    let graph = chosen(&ask, args)?;
    match args.format {
        Format::Json => super::print_json(out, "graph", json::value(&ask, &graph)?)?,
        Format::Dot => dot::write(&Drawing::new(&ask, &graph, args.merge), out)?,
        Format::Mermaid => mermaid::write(&Drawing::new(&ask, &graph, args.merge), out)?,
    }
    Ok(Outcome::Clean)
}

/// The graph, or the part of it that is asked for.
fn chosen(ask: &Ask<'_, '_>, args: &GraphArgs) -> Result<Graph, Failure> {
    let mut extra = args.named_paths(ask)?;
    if !args.paths.is_empty() {
        extra.extend(places::existing(ask.cluster, ask.cfg).filter(|path| args.wants_path(&path.to_str_lossy())));
    }
    let graph = Graph::new(&ask.access, extra.iter().map(Vec::as_slice));
    args.check(
        ask,
        graph.nodes.iter().filter(|node| node.kind == NodeKind::Path).map(|node| node.name.to_str_lossy()),
    )?;
    let subject = |node: &Node| args.wants_subject(&id(node));
    let path = |node: &Node| args.wants_path(&node.name.to_str_lossy());
    Ok(select(
        &graph,
        (!args.subjects.is_empty()).then_some(&subject as &dyn Fn(&Node) -> bool),
        (!args.paths.is_empty()).then_some(&path as &dyn Fn(&Node) -> bool),
    ))
}

impl GraphArgs {
    /// The paths that are asked for by name: those without any ACL are worth asking about too.
    fn named_paths(&self, ask: &Ask<'_, '_>) -> Result<BTreeSet<Vec<u8>>, Failure> {
        let mut named = BTreeSet::new();
        for path in self.paths.iter().filter(|path| !path.contains('*')) {
            let trimmed = path.trim_end_matches('/');
            let mut parts = trimmed.split('/').skip(1);
            let node = parts.try_fold(AclTree::ROOT, |node, name| ask.cfg.tree.child(node, name.as_bytes()));
            named.insert(if node.is_some() { trimmed.to_owned() } else { ask.path(path)? }.into_bytes());
        }
        named.remove(&b""[..]);
        Ok(named)
    }

    fn wants_subject(&self, id: &str) -> bool {
        self.subjects.iter().any(|glob| matches(glob, id))
    }

    fn wants_path(&self, path: &str) -> bool {
        self.paths.iter().any(|glob| matches(glob.trim_end_matches('/'), path) || glob == path)
    }

    /// Each of the globs has to match something.
    fn check<P: AsRef<str>>(&self, ask: &Ask<'_, '_>, paths: impl Iterator<Item = P>) -> Result<(), Failure> {
        let known: Vec<String> = ask.cfg.subjects.iter().map(subject_id).collect();
        for glob in &self.subjects {
            if !known.iter().any(|id| matches(glob, id)) {
                let hint = hint(glob, known.iter().map(String::as_str), "`pvelint access matrix` shows who is known");
                return Err(Failure::Usage(format!("no user, token or @group is called {glob}; {hint}")));
            }
        }
        let mut open: Vec<&String> = self.paths.iter().filter(|glob| glob.contains('*')).collect();
        for path in paths {
            open.retain(|glob| !matches(glob, path.as_ref()));
        }
        match open.first() {
            Some(glob) => {
                Err(Failure::Usage(format!("no path with an ACL and no guest, storage or node is like {glob}")))
            }
            None => Ok(()),
        }
    }
}

/// As it is written in an ACL: a group with `@`.
fn subject_id(subject: &crate::model::user::Subject<'_>) -> String {
    let group = subject.kind == crate::model::user::SubjectKind::Group;
    format!("{}{}", if group { "@" } else { "" }, subject.id.to_str_lossy())
}

fn id(node: &Node) -> String {
    format!("{}{}", if node.kind == NodeKind::Group { "@" } else { "" }, node.name.to_str_lossy())
}

/// Why an ACL has no effect, in a few words.
const fn why(idle: Idle) -> &'static str {
    match idle {
        Idle::Root => "root@pam may do everything anyway",
        Idle::FullToken => "the token has no privilege separation",
        Idle::NoToken => "there is no such token",
        Idle::NoMembers => "the group has no members",
        Idle::Unchecked => "PVE never looks at this path",
        Idle::Hidden => "hidden by the members' own ACLs here",
        Idle::NoAccess => "NoAccess leaves nothing beside it",
        Idle::Owner => "the token's owner has none of it",
    }
}

/// A name as it is shown.
fn shown(name: &[u8]) -> String {
    printable_str(&name.to_str_lossy()).into_owned()
}
