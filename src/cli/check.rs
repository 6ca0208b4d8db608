//! `pvelint check`: read, parse, link, ask every rule, print.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::{Failure, InputArgs, Outcome};
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::report::{self, NotEvaluated, Run};
use crate::rules::{RULES, Rule, ids};
use crate::settings::{self, Settings};
use crate::source::{FileKind, Layout, Presence, ProblemKind, ReadState, Sources, Tree, TreeId, Unrecognised};
use crate::text::FileId;
use crate::{CheckOptions, Checked, suppress};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    input: InputArgs,

    /// Say as well what is to be fixed for an upgrade to this release
    #[arg(long, value_name = "RELEASE")]
    target: Option<Release>,

    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Full, value_name = "FORMAT")]
    format: Format,

    /// Exit with 1 when something of this level or worse is found
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "LEVEL")]
    fail_on: FailOn,

    /// Show notes too: advice, no mistakes
    #[arg(long)]
    notes: bool,

    /// Run only these rules; `*` stands for any text, as in 'idmap-*'
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,

    /// Leave these rules out; `*` stands for any text
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Exit with 3 unless these were read in every tree: user.cfg, storage.cfg, domains.cfg, lxc, qemu-server, subuid, subgid ...
    #[arg(long, value_name = "INPUT", value_delimiter = ',')]
    require: Vec<String>,

    /// Settings: ignores with their reasons, statements about rights [default: pvelint.toml in the current directory, when it
    /// exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print no summary
    #[arg(long, short)]
    quiet: bool,

    /// List every file that looks like configuration and was not read, and why
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each finding with its lines, what PVE does and the commands that fix it
    Full,
    /// file:line:col: level rule: message
    Concise,
    /// One JSON object
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl FailOn {
    fn reached_by(self, level: Level) -> bool {
        match self {
            Self::Error => level >= Level::Error,
            Self::Warning => level >= Level::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

pub(super) fn run(args: &CheckArgs, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let rules = chosen(args)?;
    let settings = read_settings(args.config.as_deref())?;
    let required = required(&args.require)?;
    let mut sources = args.input.load()?;
    let settings_file = settings.as_ref().map(|file| sources.attach(&file.shown, file.text.clone().into_bytes()));
    let explicit = settings.as_ref().and_then(|file| file.settings.pve);
    let policy = settings.as_ref().zip(settings_file).and_then(|(file, id)| file.settings.policy(&file.text, id));
    let one_tree = sources.trees.len() == 1;
    let done = |models| {
        // The process ends soon, and then all memory is free at once.
        if one_tree {
            std::mem::forget(models);
        }
    };
    let options = CheckOptions { release: args.input.pve.or(explicit), target: args.target, policy: policy.as_ref() };
    let checked = crate::check::evaluate(&sources, &rules, options, done);
    let Checked { mut findings, trees, not_evaluated } = checked;
    if let Some(target) = args.target
        && !trees.is_empty()
        && trees.iter().all(|tree| tree.release >= target)
    {
        let hint = "--target is for an upgrade: say with --pve which older release this is, if it was guessed wrong";
        return Err(Failure::Usage(format!(
            "this is {} already; {hint}",
            trees.first().map_or(target, |tree| tree.release)
        )));
    }
    let mut ignored = 0;
    if let (Some(file), Some(id)) = (&settings, settings_file) {
        let before = findings.len();
        let subjects: Vec<(&'static str, String)> =
            findings.iter().map(|finding| (finding.rule, finding.subject.clone())).collect();
        let unused = suppress::apply(&file.settings.ignore, &mut findings);
        ignored = before - findings.len();
        findings.extend(said_of_unused(&unused, id, &sources, &rules, &not_evaluated, &subjects));
    }
    let nothing = nothing_read(&sources);
    if nothing.is_some() {
        // Said at the end, with what is known of the reason.
        findings.retain(|finding| finding.rule != ids::TREE_EMPTY);
    }
    let notes = args.notes || args.fail_on == FailOn::Note;
    findings.retain(|finding: &Finding| notes || finding.level > Level::Note);
    let failed = findings.iter().any(|finding| args.fail_on.reached_by(finding.level));
    let run = Run {
        trees,
        not_evaluated,
        unread: sources.unread().collect(),
        ignored,
        target: args.target,
        verbose: args.verbose,
        elapsed: Some(start.elapsed()),
        ..Run::new(&sources, &findings)
    };
    match args.format {
        Format::Full => report::full::write(&run, colour, out)?,
        Format::Concise => report::concise::write(&run, out)?,
        Format::Json => report::json::write(&run, out)?,
    }
    if args.format != Format::Json && !args.quiet {
        if args.format == Format::Concise {
            out.flush()?;
            let mut err = std::io::stderr().lock();
            summary(&run, &mut err)?;
        } else {
            summary(&run, out)?;
        }
    }
    let asked = not_asked(args, &run, &sources);
    let missing = nothing.or(asked).or_else(|| not_read(&required, &sources));
    if let Some(missing) = missing {
        out.flush()?;
        return Err(Failure::Unreadable(missing));
    }
    std::mem::forget((sources, findings));
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

fn summary(run: &Run<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    run.write_summary(out)?;
    if run.verbose { run.write_coverage(out) } else { Ok(()) }
}

/// Why a run says nothing about a cluster: no file of it was read. Files that were given one by one are all that was asked for.
fn nothing_read(sources: &Sources) -> Option<String> {
    let was_read = |file: &crate::source::SourceFile| file.state == ReadState::Read;
    let given = sources.trees.iter().any(|tree| tree.layout == Layout::Files) && sources.files.iter().any(was_read);
    if sources.has_core() || given {
        return None;
    }
    let database = sources.files.iter().find(|file| file.kind == FileKind::Unrecognised(Unrecognised::Database));
    let empty = |kind: &ProblemKind| matches!(kind, ProblemKind::NothingFound | ProblemKind::EmptyPve);
    let of_inputs = sources.problems.iter().filter(|problem| empty(&problem.kind));
    let inputs: Vec<_> = of_inputs.filter_map(|problem| sources.file(problem.file)).map(|file| &*file.shown).collect();
    let place = if inputs.is_empty() { String::new() } else { format!(" in {}", inputs.join(", ")) };
    let mut said = format!("no configuration of Proxmox VE was read{place}: no user.cfg, no storage.cfg, no guest");
    if let Some(database) = database {
        said.push_str(&format!("\n{} holds it, which pvelint doesn't read: copy /etc/pve itself", database.shown));
    } else if sources.problems.iter().any(|problem| !empty(&problem.kind)) {
        said.push_str("\nwhat is there can't be read, see above");
    } else {
        said.push_str(
            "\n/etc/pve is a FUSE mount that backups of the root file system leave out: copy it by itself, as\n\
             `tar -C / -czf pve.tar.gz etc/pve` does on a node",
        );
    }
    Some(said)
}

/// What was asked for by name and couldn't be evaluated: rules of `--select`, statements of the settings.
fn not_asked(args: &CheckArgs, run: &Run<'_>, sources: &Sources) -> Option<String> {
    let is_unreadable = |missing: &str| {
        let state = |tree: &Tree| FileKind::from_name(missing).map(|kind| tree.input(kind));
        sources.trees.iter().any(|tree| matches!(state(tree), Some(Presence::Unreadable(_))))
    };
    let was_asked =
        |group: &&NotEvaluated| group.statements > 0 || (!args.select.is_empty() && is_unreadable(&group.missing));
    let group = run.not_evaluated.iter().find(was_asked)?;
    let what = match group.statements {
        0 => group.rules.join(", "),
        _ => "the statements of the policy".to_owned(),
    };
    Some(format!("not evaluated: {what} (no {})", group.missing))
}

/// The inputs that `--require` names.
fn required(names: &[String]) -> Result<Vec<(&str, FileKind)>, Failure> {
    let known = |name: &str| {
        let base = name.trim_start_matches("/etc/").trim_start_matches("etc/");
        FileKind::from_name(base).or(match base {
            "container" | "containers" | "ct" => Some(FileKind::Container),
            "vm" | "vms" => Some(FileKind::Vm),
            _ => None,
        })
    };
    let one = |name: &'_ String| match known(name) {
        Some(kind) => Ok(kind),
        None => {
            let all: Vec<_> = FileKind::all_read().map(|spec| spec.name).collect();
            Err(Failure::Usage(format!("--require knows no input {name}; there are: {}", all.join(", "))))
        }
    };
    names.iter().map(|name| one(name).map(|kind| (name.as_str(), kind))).collect()
}

/// Which required input of which tree wasn't evaluated.
fn not_read(required: &[(&str, FileKind)], sources: &Sources) -> Option<String> {
    let mut missing = Vec::new();
    for (tree, id) in sources.trees.iter().zip(0..) {
        for (name, kind) in required {
            let was_read = if kind.is_single() {
                matches!(tree.input(*kind), Presence::Present(file) if sources.file(file).is_some_and(|file| file.state == ReadState::Read))
            } else {
                let mut guests = sources.files_of(TreeId(id)).filter(|file| file.kind == *kind);
                let mut states = guests.by_ref().map(|file| file.state).peekable();
                states.peek().is_some() && states.all(|state| state == ReadState::Read)
            };
            if !was_read {
                missing.push(format!("required, but not evaluated: {name} of {}", tree.shown));
            }
        }
    }
    if sources.trees.is_empty() {
        missing.extend(required.iter().map(|(name, _)| format!("required, but not evaluated: {name}")));
    }
    (!missing.is_empty()).then(|| missing.join("\n"))
}

/// What is to be said of ignores that hit nothing. Rules that weren't asked and files that weren't looked at might have given them
/// something to hit. `found` are rule and subject of all findings.
fn said_of_unused(
    ignores: &[&settings::Ignore],
    file: FileId,
    sources: &Sources,
    rules: &[&'static Rule],
    not_evaluated: &[NotEvaluated],
    found: &[(&'static str, String)],
) -> Vec<Finding> {
    let was_asked = |rule: &Rule| {
        let missing = || not_evaluated.iter().any(|group| group.rules.contains(&rule.id));
        rules.iter().any(|asked| asked.id == rule.id) && !missing()
    };
    let Some(rule) = Rule::named(ids::IGNORE_UNUSED).filter(|rule| was_asked(rule)) else { return Vec::new() };
    // Single files, or a directory inside a tree.
    let is_part = |tree: &Tree| tree.layout == Layout::Files || tree.input(FileKind::UserCfg) == Presence::NotLooked;
    let all_looked_at = !sources.trees.is_empty() && !sources.trees.iter().any(is_part);
    let said = ignores.iter().filter_map(|ignore| {
        let named = || RULES.iter().filter(|rule| crate::text::matches(ignore.rule.get_ref(), rule.id));
        let known = named().next().is_some();
        if known && !(all_looked_at && named().all(|rule| was_asked(rule))) {
            return None;
        }
        let near = if known {
            suppress::nearest_subject(ignore, found).map(|subject| format!("subject = \"{subject}\""))
        } else {
            Rule::suggestion(ignore.rule.get_ref()).map(|rule| format!("rule = \"{rule}\""))
        };
        let mut finding = suppress::unused(ignore, file, known, near.as_deref());
        finding.found_by(rule.id, rule.level);
        Some(finding)
    });
    said.collect()
}

/// The rules that `--select` and `--ignore` leave.
fn chosen(args: &CheckArgs) -> Result<Vec<&'static Rule>, Failure> {
    use crate::text::matches;
    for pattern in args.select.iter().chain(&args.ignore) {
        if !RULES.iter().any(|rule| matches(pattern, rule.id)) {
            return Err(super::no_such_rule(pattern));
        }
    }
    let wanted = |id: &str| args.select.is_empty() || args.select.iter().any(|one| matches(one, id));
    let skipped = |id: &str| args.ignore.iter().any(|one| matches(one, id));
    Ok(RULES.iter().copied().filter(|rule| wanted(rule.id) && !skipped(rule.id)).collect())
}

/// A settings file.
struct SettingsFile {
    shown: String,
    text: String,
    settings: Settings,
}

/// The settings that `--config` names, else those of the current directory, where there are any.
fn read_settings(told: Option<&Path>) -> Result<Option<SettingsFile>, Failure> {
    let path = told.unwrap_or_else(|| Path::new(settings::FILE_NAME));
    if told.is_none() && path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let (shown, text, settings) = super::settings_file(path)?;
    Ok(Some(SettingsFile { shown, text, settings }))
}
