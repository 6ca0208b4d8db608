//! What `ARCHITECTURE.md` says of modules as wholes, held against their text.

use std::path::{Path, PathBuf};

/// The way of the data: nothing imports what stands further right ...
const ORDER: [&str; 13] = [
    "source", "text", "syntax", "model", "cluster", "access", "rules", "finding", "settings", "suppress", "report",
    "check", "cli",
];

/// ... but the vocabulary of all.
const SHARED: [&str; 3] = ["text", "release", "finding"];

/// What is further left and to be kept out all the same.
const BARRED: [(&str, &[&str]); 4] = [
    ("rules", &["syntax"]),
    ("report", &["syntax", "model", "cluster", "access", "rules"]),
    ("suppress", &["rules"]),
    ("settings", &["rules"]),
];

/// The source files, with the module that each is in.
fn sources() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let entries = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path);
    files
        .map(|file| {
            let first = file.strip_prefix(&root).unwrap().iter().next().unwrap().to_str().unwrap();
            (first.trim_end_matches(".rs").to_owned(), file)
        })
        .collect()
}

/// The modules that the code of `file` names, but for its tests and comments.
fn imports(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    // `crate::text` as well as `crate::{text, rules::RULES}`.
    let named = lines.flat_map(|line| line.split("crate::").skip(1)).flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split(',').collect(),
        None => vec![rest],
    });
    let named =
        named.map(|name| name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>());
    named.filter(|name| ORDER.contains(&name.as_str())).collect()
}

#[test]
fn no_module_imports_one_further_right() {
    let at = |module: &str| ORDER.iter().position(|name| *name == module);
    let mut seen = 0;
    for (module, file) in sources() {
        let Some(own) = at(&module) else { continue };
        for import in imports(&file) {
            seen += 1;
            if SHARED.contains(&import.as_str()) {
                continue;
            }
            let barred = BARRED.iter().any(|(name, barred)| *name == module && barred.contains(&import.as_str()));
            assert!(at(&import) <= Some(own) && !barred, "{} imports {import}", file.display());
        }
    }
    assert!(seen > 500, "only {seen} imports were seen");
}

/// A rule that waits for its share of parallel work runs other rules meanwhile, and those may ask for what it is making: with
/// eight threads one run in forty hung.
#[test]
fn what_rules_share_is_made_in_one_thread() {
    let shared = sources().into_iter().filter(|(module, _)| ["rules", "access", "model"].contains(&module.as_str()));
    let parallel = shared.map(|(_, file)| file).filter(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        text.contains("use rayon") || text.contains("rayon::join")
    });
    let parallel: Vec<_> = parallel.collect();
    let [only] = parallel.as_slice() else { panic!("{parallel:?}") };
    assert!(only.ends_with("src/rules/mod.rs"), "{only:?}");
}
