//! `src/rules/**` -> the registry, the module lists and the rule book.
//!
//! A rule is two files, `src/rules/<subject>/<name>.rs` and `<name>.md`; its id is `<subject>-<name>`. A `.rs` without a `.md` is
//! shared by rules and declared by hand in the subject's `mod.rs`.

use std::{error::Error, fmt::Write as _, fs, path::Path, path::PathBuf};

struct Rule {
    subject: String,
    name: String,
    code: PathBuf,
    text: PathBuf,
}

impl Rule {
    fn id(&self) -> String {
        format!("{}-{}", self.subject, self.name).replace('_', "-")
    }
}

/// Writes `rules.rs` (subjects, ids, registry), `rules/<subject>.rs` (its modules) and `rules.md` (the book without its chapters).
pub(crate) fn generate(root: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(out.join("rules"))?;
    let (mut rules, mut subjects) = (Vec::new(), String::new());
    for folder in sorted(root)?.into_iter().filter(|path| path.is_dir()) {
        let subject = stem(&folder);
        for part in ["mod.rs", "mod.md"] {
            if !folder.join(part).is_file() {
                return Err(format!("{} lacks {part}", folder.display()).into());
            }
        }
        writeln!(subjects, "#[path = {:?}]\npub mod {subject};", folder.join("mod.rs"))?;
        let of_subject = rules_of(&folder, &subject)?;
        let mut modules = String::new();
        for rule in &of_subject {
            writeln!(modules, "#[path = {:?}]\npub mod {};", rule.code, rule.name)?;
        }
        fs::write(out.join("rules").join(format!("{subject}.rs")), modules)?;
        rules.extend(of_subject);
    }
    rules.sort_by_key(Rule::id);
    let (mut ids, mut registry, mut book) = (String::new(), String::new(), String::new());
    for rule in &rules {
        let (id, constant) = (rule.id(), rule.id().replace('-', "_").to_uppercase());
        writeln!(ids, "    /// `{id}`\n    pub const {constant}: &str = {id:?};")?;
        writeln!(registry, "    &{}::{}::RULE.called(ids::{constant}),", rule.subject, rule.name)?;
        writeln!(book, "\n## {id}\n\n{}", fs::read_to_string(&rule.text)?.trim())?;
    }
    let ids = format!("/// The id of every rule.\npub mod ids {{\n{ids}}}");
    let registry = format!("/// Every rule there is, sorted by id.\npub static RULES: &[&Rule] = &[\n{registry}];");
    fs::write(out.join("rules.rs"), format!("{subjects}\n{ids}\n\n{registry}\n"))?;
    fs::write(out.join("rules.md"), book)?;
    Ok(())
}

/// The rules of one subject. A text without code and code without a text are mistakes.
fn rules_of(folder: &Path, subject: &str) -> Result<Vec<Rule>, Box<dyn Error>> {
    let mut rules = Vec::new();
    for path in sorted(folder)?.into_iter().filter(|path| stem(path) != "mod") {
        let (code, text) = (path.with_extension("rs"), path.with_extension("md"));
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") if !code.is_file() => return Err(format!("{} has no rule beside it", text.display()).into()),
            Some("md") => rules.push(Rule { subject: subject.to_owned(), name: stem(&path), code, text }),
            Some("rs") if !text.is_file() && fs::read_to_string(&code)?.contains("const RULE: Rule") => {
                return Err(format!("{} is a rule and has no text: write {}", code.display(), text.display()).into());
            }
            _ => {}
        }
    }
    Ok(rules)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries: Result<Vec<_>, _> = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries?;
    entries.sort();
    Ok(entries)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
