//! What the integration tests share: recorded results of PVE's own code, trees on disk, and the binary itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

use serde_json::Value;
use tempfile::TempDir;

/// Why a test is ignored unless it is asked for: `cargo test -- --include-ignored` with `PVELINT_CONFORMANCE` set runs it.
///
/// The folder of the whole collection of recordings. Panics where none is named: a test that needs it must not pass without it.
pub(crate) fn collection() -> PathBuf {
    let folder = env::var_os("PVELINT_CONFORMANCE");
    PathBuf::from(folder.expect("set PVELINT_CONFORMANCE to the folder of the recordings"))
}

/// A file of facts that lies beside the collection.
pub(crate) fn reference(name: &str) -> Value {
    let path = collection().join("../reference").join(name);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// The recordings whose file names begin with `prefix`, one JSON object each: the vendored ones, which are always there, and
/// those of the whole collection where one is named.
pub(crate) fn recordings(prefix: &str) -> Vec<Value> {
    let vendored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let folders = env::var_os("PVELINT_CONFORMANCE").map(PathBuf::from).into_iter().chain([vendored]);
    let entries = folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    let mut files: Vec<_> = entries.filter(wanted).collect();
    files.sort();
    let texts = files.iter().map(|path| fs::read_to_string(path).unwrap());
    let cases: Vec<Value> = texts
        .flat_map(|text| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>())
        .collect();
    assert!(!cases.is_empty(), "no recordings of {prefix}");
    cases
}

/// Decodes standard base64.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    let value = |b: u8| match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("not base64: {text}"),
    };
    let bits: Vec<u8> = text.bytes().filter(|b| *b != b'=').map(value).collect();
    let bytes = bits.chunks(4).flat_map(|chunk| {
        let number = chunk.iter().fold(0u32, |sum, &six| sum << 6 | u32::from(six)) << (6 * (4 - chunk.len()));
        number.to_be_bytes()[1..chunk.len()].to_vec()
    });
    bytes.collect()
}

/// The bytes of `input[key]`, given as text or, where they aren't UTF-8, as `<key>_b64`.
pub(crate) fn input_bytes(input: &Value, key: &str) -> Vec<u8> {
    match input[format!("{key}_b64")].as_str() {
        Some(text) => base64(text),
        None => input[key].as_str().unwrap().as_bytes().to_vec(),
    }
}

/// Runs of U+FFFD count as one: how many a broken character gives depends on who decodes it.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\u{fffd}' || !out.ends_with('\u{fffd}') {
            out.push(c);
        }
    }
    out
}

/// Writes `text` to `path` below `root`, directories included; a path that ends in `/` is a directory.
pub(crate) fn write(root: &Path, path: &str, text: impl AsRef<[u8]>) {
    let to = root.join(path);
    if path.ends_with('/') {
        fs::create_dir_all(to).unwrap();
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, text).unwrap();
    }
}

/// A new directory with these files in it.
pub(crate) fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(dir.path(), path, text);
    }
    dir
}

/// Runs pvelint in the crate's folder with a scrubbed environment.
pub(crate) fn pvelint(args: &[&str]) -> Output {
    pvelint_with_stdin(args, b"")
}

/// The same, with `stdin` to read.
pub(crate) fn pvelint_with_stdin(args: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pvelint"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A child that doesn't read its input closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

/// What it printed.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said beside.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
