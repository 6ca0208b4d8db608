//! `pvelint check`: read, parse, link, ask every rule, print.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::{Failure, InputArgs, Outcome};
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::report::{self, Files, NotEvaluated, Run};
use crate::rules::{RULES, Rule, ids};
use crate::settings::{self, Settings};
use crate::source::{FileKind, Layout, Presence, Sources, Tree};
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

    /// Run only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,

    /// Leave these rules out
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Settings: ignores with their reasons, statements about rights [default: pvelint.toml in the current directory, when it
    /// exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print no summary
    #[arg(long, short)]
    quiet: bool,
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
    let mut sources = args.input.load()?;
    let settings_file = settings.as_ref().map(|file| sources.attach(&file.shown, file.text.clone().into_bytes()));
    if run_files(&sources) == 0 && sources.problems.is_empty() {
        return Err(Failure::Unreadable("no configuration file that pvelint knows is in there".to_owned()));
    }
    let explicit = settings.as_ref().and_then(|file| file.settings.pve);
    let policy = settings.as_ref().zip(settings_file).and_then(|(file, id)| file.settings.policy(&file.text, id));
    let one_tree = sources.trees.len() == 1;
    let done = |models| {
        // The process ends soon, and then all memory is free at once.
        if one_tree {
            std::mem::forget(models);
        }
    };
    let terms = CheckOptions { release: args.input.pve.or(explicit), target: args.target, policy: policy.as_ref() };
    let checked = crate::check::evaluate(&sources, &rules, terms, done);
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
    if let (Some(file), Some(id)) = (&settings, settings_file) {
        let unused = suppress::apply(&file.settings.ignore, &mut findings);
        findings.extend(said_of_unused(&unused, id, &sources, &rules, &not_evaluated));
    }
    let notes = args.notes || args.fail_on == FailOn::Note;
    findings.retain(|finding: &Finding| notes || finding.level > Level::Note);
    let failed = findings.iter().any(|finding| args.fail_on.reached_by(finding.level));
    let run =
        Run { files: Files::new(&sources), findings: &findings, trees, not_evaluated, elapsed: Some(start.elapsed()) };
    match args.format {
        Format::Full => report::full::write(&run, colour, out)?,
        Format::Concise => report::concise::write(&run, out)?,
        Format::Json => report::json::write(&run, out)?,
    }
    if args.format != Format::Json && !args.quiet {
        if args.format == Format::Concise {
            out.flush()?;
            run.write_summary(&mut std::io::stderr().lock())?;
        } else {
            run.write_summary(out)?;
        }
    }
    if run_files(&sources) == 0 {
        out.flush()?;
        return Err(Failure::Unreadable("nothing readable to check".to_owned()));
    }
    std::mem::forget((sources, findings));
    Ok(if failed { Outcome::Findings } else { Outcome::Clean })
}

/// What is to be said of ignores that hit nothing. Rules that weren't asked and files that weren't looked at might have given them
/// something to hit.
fn said_of_unused(
    ignores: &[&settings::Ignore],
    file: FileId,
    sources: &Sources,
    rules: &[&'static Rule],
    not_evaluated: &[NotEvaluated],
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
        let mut finding = suppress::unused(ignore, file, known);
        finding.found_by(rule.id, rule.level);
        Some(finding)
    });
    said.collect()
}

/// The rules that `--select` and `--ignore` leave.
fn chosen(args: &CheckArgs) -> Result<Vec<&'static Rule>, Failure> {
    for id in args.select.iter().chain(&args.ignore) {
        if Rule::named(id).is_none() {
            let hint = super::nearest(id, RULES.iter().map(|rule| rule.id))
                .map_or_else(|| "`pvelint rules` lists them".to_owned(), |id| format!("did you mean {id}?"));
            return Err(Failure::Usage(format!("no rule is called {id}; {hint}")));
        }
    }
    let wanted = |id: &str| args.select.is_empty() || args.select.iter().any(|one| one == id);
    let skipped = |id: &str| args.ignore.iter().any(|one| one == id);
    Ok(RULES.iter().copied().filter(|rule| wanted(rule.id) && !skipped(rule.id)).collect())
}

/// Number of files that were read.
fn run_files(sources: &Sources) -> usize {
    sources.files.iter().filter(|file| file.state == crate::source::ReadState::Read).count()
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
    let shown = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if told.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::Usage(format!("{shown}: {error}"))),
    };
    let settings = Settings::parse(&text).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    Ok(Some(SettingsFile { shown, text, settings }))
}
