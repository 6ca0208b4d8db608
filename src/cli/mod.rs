//! The command line: one file per subcommand. Only here does anything get printed.
//!
//! Exit codes: 0 nothing found at or above `--fail-on`, 1 findings, 2 usage, 3 nothing readable to check. A broken pipe ends
//! the run quietly.

use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::release::Release;
use crate::settings::Settings;
use crate::source::{FileKind, FileSpec, LoadOptions, Sources};

mod access;
mod check;
mod dump;
mod explain;
mod lazy_args;
mod rules;

use lazy_args::Lazy;

/// Reads the configuration of Proxmox VE the way Proxmox VE reads it, and says what is wrong with it.
#[derive(Debug, Parser)]
#[command(name = "pvelint", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 nothing found, 1 findings, 2 usage, 3 not evaluated: nothing readable to check.\n\
    On a node, `pvelint check` reads /etc/pve. Elsewhere name a copy of it: `pvelint check backup/etc`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer questions about rights: who may do what, why, why not
    Access(Lazy<access::AccessArgs>),
    /// Say what is wrong with a configuration
    Check(Lazy<check::CheckArgs>),
    /// Print what PVE would hold after reading the files, as JSON, one object a line
    Dump(Lazy<dump::DumpArgs>),
    /// Explain a rule: what it finds, why it matters, how to fix it
    Explain(Lazy<explain::ExplainArgs>),
    /// List all rules
    Rules(Lazy<rules::RulesArgs>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether to colour what goes to standard output. `NO_COLOR` and `TERM=dumb` count only for `auto`.
    fn wanted(self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                !set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
                    && io::stdout().is_terminal()
            }
        }
    }
}

/// What to read, shared by the subcommands.
#[derive(Debug, Args)]
struct InputArgs {
    /// Directories or files: /etc/pve, a copy of it, a copy of /etc, a parent of several, single files; `-` is standard
    /// input. Without any: /etc/pve, when this is a node
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Release of Proxmox VE to judge by: 7, 8 or 9 [default: the node's, else guessed from the tree, else 9]
    #[arg(long, value_name = "RELEASE")]
    pve: Option<Release>,

    /// The root that holds etc/subuid, etc/subgid, etc/passwd [default: `/` for /etc/pve itself]
    #[arg(long, value_name = "DIR")]
    host_root: Option<PathBuf>,

    /// Name of what comes on standard input, e.g. nodes/pve1/lxc/100.conf
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,

    /// Kind of the single file or of standard input, when its name doesn't tell
    #[arg(long, value_parser = kinds(), value_name = "KIND")]
    kind: Option<FileKind>,

    /// vmid of the single guest, when its name doesn't tell
    #[arg(long, value_name = "VMID")]
    vmid: Option<u32>,
}

/// The kinds that `--kind` takes: those that are read.
fn kinds() -> impl TypedValueParser<Value = FileKind> {
    let value = |spec: &'static FileSpec| {
        let known = PossibleValue::new(spec.name).help(spec.about);
        if spec.short.is_empty() { known } else { known.alias(spec.short) }
    };
    let values: Vec<_> = FileKind::all_read().map(value).collect();
    PossibleValuesParser::new(values).try_map(|name| FileKind::from_name(&name).ok_or("no such kind"))
}

/// Why a command ended without doing its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Unreadable(String),
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

/// Exit status of a command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Clean,
    Findings,
}

/// Standard output whose reader may go away: what is written then is lost, and the exit code still says what was found.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no failure. A closed pipe is none either.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let mut out = io::BufWriter::with_capacity(1 << 16, Patient(io::stdout().lock()));
    let result = run(&cli, &mut out).and_then(|outcome| {
        out.flush()?;
        Ok(outcome)
    });
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let mut err = io::stderr().lock();
            for (n, line) in failure.to_string().lines().enumerate() {
                let head = if n == 0 { "pvelint: " } else { "" };
                let _ = writeln!(err, "{head}{}", crate::text::printable_str(line));
            }
            ExitCode::from(if matches!(failure, Failure::Unreadable(_)) { 3 } else { 2 })
        }
    }
}

fn run(cli: &Cli, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let colour = cli.color.wanted();
    match &cli.command {
        Command::Access(Lazy(args)) => access::run(args, colour, out),
        Command::Check(Lazy(args)) => check::run(args, colour, out),
        Command::Dump(Lazy(args)) => dump::run(args, out),
        Command::Explain(Lazy(args)) => explain::run(args, out),
        Command::Rules(Lazy(args)) => rules::run(args, out),
    }
}

impl InputArgs {
    /// Reads what the arguments name.
    fn load(&self) -> Result<Sources, Failure> {
        let stdin = |path: &Path| path.as_os_str() == "-";
        if self.paths.iter().any(|path| stdin(path)) || (self.paths.is_empty() && self.stdin_filename.is_some()) {
            if self.paths.len() > 1 {
                return Err(Failure::Usage("`-` can't be combined with other paths".to_owned()));
            }
            let bytes = read_stdin()?;
            let name = self.stdin_filename.as_deref();
            if name.is_none() && self.kind.is_none() {
                let hint = "what is on standard input? say --stdin-filename storage.cfg, or --kind storage";
                return Err(Failure::Usage(hint.to_owned()));
            }
            let loaded = Sources::from_bytes(name.unwrap_or("<stdin>"), bytes, &self.options());
            return loaded.map_err(|error| Failure::Unreadable(error.to_string()));
        }
        let default = [PathBuf::from("/etc/pve")];
        let paths = if self.paths.is_empty() { &default[..] } else { &self.paths[..] };
        if self.paths.is_empty() && !default.iter().all(|path| path.is_dir()) {
            let hint = "this isn't a Proxmox VE node (no /etc/pve); name a copy: pvelint check backup/etc";
            return Err(Failure::Usage(hint.to_owned()));
        }
        // A single file is done before another thread has started.
        if paths.iter().any(|path| path.is_dir()) {
            share_work();
        }
        Sources::load(paths, &self.options()).map_err(|error| Failure::Unreadable(error.to_string()))
    }

    fn options(&self) -> LoadOptions {
        LoadOptions { host_root: self.host_root.clone(), kind: self.kind, vmid: self.vmid, ..LoadOptions::default() }
    }
}

/// The text of a settings file and what it says: a regular file, or a link to one beside it, of 1 MiB at most. Somebody else's
/// checkout may hold anything under that name, so an error never quotes a file that isn't one of settings.
fn settings_file(path: &Path) -> Result<(String, String, Settings), Failure> {
    let shown = path.display().to_string();
    let text = crate::source::read_beside(path).map_err(|problem| Failure::Usage(format!("{shown} {problem}")))?;
    let text =
        String::from_utf8(text).map_err(|_| Failure::Usage(format!("{shown} is no settings file: not UTF-8")))?;
    let settings = Settings::parse(&text).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    Ok((shown, text, settings))
}

/// What is wrong with the id or pattern of a rule that no rule has.
fn no_such_rule(id: &str) -> Failure {
    let hint = crate::rules::Rule::suggestion(id)
        .map_or_else(|| "`pvelint rules` lists them".to_owned(), |id| format!("did you mean {id}?"));
    Failure::Usage(format!("no rule is called {id}; {hint}"))
}

/// Enough threads for the 128 MiB that a pmxcfs can hold: each costs time to start, and memory.
const THREADS: usize = 8;

/// Starts the threads that large trees are read and checked in. This one is the first of them: handing everything over to
/// others and sleeping meanwhile would be slower.
fn share_work() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let told =
        std::env::var("RAYON_NUM_THREADS").ok().and_then(|told| told.parse().ok()).filter(|&told: &usize| told > 0);
    // More threads than cores help nobody, and thousands of them never start.
    let threads = told.unwrap_or(THREADS).min(cores.max(THREADS));
    // Without them, all is done in one thread, or in rayon's own ones.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread().build_global();
}

/// Standard input, up to one byte more than a file may have.
fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = crate::text::MAX_FILE_SIZE as u64 + 1;
    let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|e| Failure::Unreadable(format!("standard input: {e}")))?;
    Ok(bytes)
}
