//! Writes a generated cluster to a directory, as a copy of `/etc`:
//!
//! ```sh
//! cargo run --release --example generate -- DIR [--guests 1000] [--mistakes 30] [--seed 1] [--full]
//! ```

#[path = "../benches/generate/mod.rs"]
#[allow(dead_code, missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, unreachable_pub)]
mod generate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use generate::{Cluster, Plan};

/// Writes a generated cluster to a directory, as a copy of /etc
#[derive(Parser)]
struct Args {
    /// Where to; made when it isn't there
    dir: PathBuf,
    /// How many guests
    #[arg(long, default_value_t = 1000)]
    guests: u32,
    /// How many of a thousand objects have a mistake in them
    #[arg(long, default_value_t = 30)]
    mistakes: u32,
    /// Another seed gives another cluster
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A pmxcfs as full as it gets, 128 MiB; overrides --guests
    #[arg(long)]
    full: bool,
}

#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() -> ExitCode {
    let args = Args::parse();
    let plan = if args.full { Plan::full() } else { Plan::of_guests(args.guests) };
    let cluster = Cluster::new(&Plan { mistakes: args.mistakes, seed: args.seed, ..plan });
    if let Err(error) = cluster.write(&args.dir) {
        eprintln!("{}: {error}", args.dir.display());
        return ExitCode::FAILURE;
    }
    println!("{} files, {} bytes in {}", cluster.files.len(), cluster.bytes(), args.dir.display());
    ExitCode::SUCCESS
}
