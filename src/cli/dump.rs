//! `pvelint dump`: what PVE would hold after reading the files, one JSON object a line.

use std::io::Write;

use clap::Args;

use super::{Failure, InputArgs, Outcome};
use crate::source::{FILES, ReadState};

#[derive(Debug, Args)]
pub(super) struct DumpArgs {
    #[command(flatten)]
    input: InputArgs,
}

pub(super) fn run(args: &DumpArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = args.input.load()?;
    let single = sources.files.iter().filter(|file| file.state == ReadState::Read).count() == 1;
    let mut dumped = 0;
    for (file, value) in crate::dump(&sources, args.input.pve) {
        let value = if single { value } else { named(&file.shown, value) };
        serde_json::to_writer(crate::report::json::Escaped(&mut *out), &value).map_err(std::io::Error::from)?;
        writeln!(out)?;
        dumped += 1;
    }
    if dumped == 0 {
        let shown: Vec<_> = FILES.iter().filter(|spec| spec.dump).map(|spec| spec.name).collect();
        return Err(Failure::Unreadable(format!("no file in there that dump can show: {}", shown.join(", "))));
    }
    let missed = |problem: &&crate::source::Problem| {
        let file = sources.file(problem.file);
        file.is_some_and(|file| file.kind.spec().is_some_and(|spec| spec.dump))
    };
    if let Some(problem) = sources.problems.iter().find(missed) {
        out.flush()?;
        let name = sources.file(problem.file).map_or("", |file| &file.shown);
        return Err(Failure::Unreadable(format!("not all is shown: {name} {}", problem.kind)));
    }
    Ok(Outcome::Clean)
}

/// With several files each object says which one it is.
fn named(file: &str, value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(mut map) => {
            map.insert("file".to_owned(), file.into());
            serde_json::Value::Object(map)
        }
        other => other,
    }
}
