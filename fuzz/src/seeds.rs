//! Where fuzzing starts from: the samples, the rule book's examples, and the inputs of the conformance vectors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::tree::MARK;

/// Larger inputs only make a fuzzer slow.
const MAX_SEED: usize = 6000;
/// Vectors taken of each kind; neighbours resemble each other, so they are taken from the whole file.
const MAX_VECTORS: usize = 400;

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Called once by each target: makes `corpus/<target>`, unpacks `seeds/<target>` and writes `seeds/<target>.dict`.
pub fn prepare(target: &str) {
    // What runs in other threads would blur the coverage of a run.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
    for dir in ["corpus", "artifacts"] {
        let _ = fs::create_dir_all(home().join(dir).join(target));
    }
    unpack(target);
}

/// Writes the seeds and the dictionary of a target.
pub fn unpack(target: &str) {
    let dir = home().join("seeds").join(target);
    let seeds = of(target);
    let _ = fs::create_dir_all(&dir);
    for (at, seed) in seeds.iter().enumerate() {
        let _ = fs::write(dir.join(format!("{at:04}")), seed);
    }
    let _ = fs::write(home().join("seeds").join(format!("{target}.dict")), dictionary(&seeds));
}

/// The seeds of a target, each once.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    let samples = samples();
    let named = |names: &'static [&'static str]| {
        samples
            .iter()
            .flatten()
            .filter(move |(path, _)| names.iter().any(|name| path.contains(name)))
            .map(|(_, text)| text.clone())
    };
    let mut seeds: BTreeSet<Vec<u8>> = match target {
        "user" => named(&["user.cfg"]).chain(vectors("user_cfg", "user_cfg")).collect(),
        "storage" => named(&["storage.cfg"]).chain(vectors("storage_cfg", "storage_cfg")).collect(),
        "guest" => named(&["lxc/", "qemu-server/"])
            .chain(vectors("lxc_conf", "conf"))
            .chain(vectors("qemu_conf", "conf"))
            .collect(),
        "property" => {
            named(&["lxc/", "qemu-server/"]).chain(vectors("lxc_conf", "conf")).flat_map(|text| values(&text)).collect()
        }
        "subid" => named(&["subuid", "subgid"]).chain(SUBIDS.iter().map(|text| text.to_vec())).collect(),
        "idmap" => idmaps(named(&["lxc/"]).chain(vectors("lxc_conf", "conf")).collect()),
        _ => samples.iter().map(archive).collect(),
    };
    if target != "tree" {
        seeds.retain(|seed| seed.len() <= MAX_SEED);
    }
    seeds.into_iter().collect()
}

const SUBIDS: &[&[u8]] = &[
    b"root:100000:65536\nroot:1000:1\n",
    b"root:0:0\n0:0x10:010\n",
    b"+::\n-root:1:1\n# root:1:1\nroot:1:1 # x\nroot:1:1\r\n",
    b"root:18446744073709551615:1\nroot:-1:2\nroot:4294967295:1\n",
    b"Root:1:1\n root:1:1\nroot :1:1\n\xef\xbb\xbfroot:5:5",
];

/// Files of one tree, by path below `/etc`.
type Tree = BTreeMap<String, Vec<u8>>;

/// The samples and the examples of the rule book.
fn samples() -> Vec<Tree> {
    let mut trees = Vec::new();
    let dirs = fs::read_dir(home().join("../samples")).into_iter().flatten().flatten();
    for dir in dirs.map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let mut tree = Tree::new();
        collect(&dir, &dir, &mut tree);
        trees.push(tree);
    }
    for example in pvelint::rules::book().flat_map(|doc| doc.examples()) {
        let path = |path: &str| path.strip_prefix("etc/").map_or_else(|| format!("pve/{path}"), str::to_owned);
        trees.push(example.files.iter().map(|(name, text)| (path(name), text.clone().into_bytes())).collect());
    }
    trees
}

fn collect(root: &Path, dir: &Path, tree: &mut Tree) {
    for path in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(root, &path, tree);
        } else if let (Ok(name), Ok(text)) = (path.strip_prefix(root), fs::read(&path)) {
            tree.insert(name.to_string_lossy().into_owned(), text);
        }
    }
}

fn archive(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    for (path, text) in tree {
        out.extend_from_slice(format!("{MARK}{path}\n").as_bytes());
        out.extend_from_slice(text);
        if text.last().is_some_and(|&last| last != b'\n') {
            out.push(b'\n');
        }
    }
    out
}

/// The inputs of the recorded vectors of one kind: the vendored ones, and those in `$PVELINT_CONFORMANCE`.
fn vectors(kind: &str, key: &str) -> Vec<Vec<u8>> {
    let more = std::env::var_os("PVELINT_CONFORMANCE").map(PathBuf::from);
    let mut inputs = BTreeSet::new();
    for folder in [Some(home().join("../tests/conformance")), more].into_iter().flatten() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with(&format!("{kind}.")) || !name.ends_with(".jsonl") {
                continue;
            }
            for line in fs::read_to_string(&path).unwrap_or_default().lines() {
                let Ok(case) = serde_json::from_str::<Value>(line) else { continue };
                if let Some(text) = case.pointer(&format!("/input/{key}_b64")).and_then(Value::as_str) {
                    inputs.insert(base64(text));
                } else if let Some(text) = case.pointer(&format!("/input/{key}")).and_then(Value::as_str) {
                    inputs.insert(text.as_bytes().to_vec());
                }
            }
        }
    }
    let step = inputs.len() / MAX_VECTORS + 1;
    inputs.into_iter().step_by(step).collect()
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut held) = (0_u32, 0);
    for digit in text.bytes().filter_map(|byte| alphabet.iter().position(|&known| known == byte)) {
        bits = (bits << 6 | digit as u32) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

/// What stands behind the keys of a guest config.
fn values(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = text.split(|&byte| byte == b'\n');
    let value = |line: &[u8]| line.windows(2).position(|two| two == b": ").map(|at| line[at + 2..].to_vec());
    lines.filter_map(value).filter(|value| value.contains(&b',') || value.contains(&b'=')).collect()
}

fn idmaps(configs: Vec<Vec<u8>>) -> BTreeSet<Vec<u8>> {
    let maps = |text: &Vec<u8>| -> Vec<u8> {
        let lines =
            pvelint::text::lines(text).filter(|line| line.starts_with(b"lxc.id") || line.starts_with(b"unpriv"));
        lines.flatten().copied().collect()
    };
    let grants = "---\nroot:100000:65536\nroot:1000:1\n---\nroot:100000:65536\n";
    configs.iter().map(maps).filter(|map| !map.is_empty()).map(|map| [&map, grants.as_bytes()].concat()).collect()
}

/// The words that several seeds share.
fn dictionary(seeds: &[Vec<u8>]) -> String {
    let mut count: BTreeMap<&[u8], usize> = BTreeMap::new();
    for seed in seeds {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-@!/[]".contains(byte);
        let words: BTreeSet<_> = seed.split(|byte| !word(byte)).filter(|word| (3..24).contains(&word.len())).collect();
        words.into_iter().for_each(|word| *count.entry(word).or_default() += 1);
    }
    let mut words: Vec<_> = count.into_iter().filter(|&(_, count)| count > 1).collect();
    words.sort_by_key(|&(word, count)| (std::cmp::Reverse(count), word));
    let mut out = String::from("\": \"\n\", \"\n\"\\xff\"\n\"\\xc2\\x85\"\n\"\\xc2\\xa0\"\n\"\\x0d\\x0a\"\n");
    for (word, _) in words.into_iter().take(400) {
        out.push_str(&format!("\"{}\"\n", String::from_utf8_lossy(word)));
    }
    out
}
