//! What the pages under `docs/` show is what pvelint prints: every `$ pvelint ...` of a `console` block is run, and its output
//! compared. An edit may come in by a pipe: `$ sed 's/this/that/' FILE | pvelint ...`, where `this` stands once and for itself.
//! `UPDATE_DOCS=1 cargo test docs` writes the outputs anew.

use super::access_cli::words;
use super::cli::{pvelint_with_stdin, stderr, stdout};

/// What a command reads from standard input, and its arguments.
fn input(command: &str) -> (Vec<u8>, Vec<String>) {
    let words = words(command);
    let Some(at) = words.iter().position(|word| word == "|") else { return (Vec::new(), words[1..].to_vec()) };
    let [sed, script, file] = &words[..at] else { panic!("{command}") };
    assert_eq!((sed.as_str(), words[at + 1].as_str()), ("sed", "pvelint"), "{command}");
    let fields: Vec<_> = script.split(script.chars().nth(1).unwrap()).collect();
    let ["s", this, that, ""] = fields.as_slice() else { panic!("{command}") };
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.matches(this).count(), 1, "{command}");
    (text.replace(this, that).into_bytes(), words[at + 2..].to_vec())
}

/// The page with the outputs as they are now, and how many commands it has.
fn renewed(page: &str) -> (String, usize) {
    let (mut out, mut commands, mut console) = (String::new(), 0, false);
    for line in page.lines() {
        if let Some(command) = line.strip_prefix("$ ").filter(|_| console) {
            if !out.ends_with("```console\n") {
                out.push('\n');
            }
            let (stdin, args) = input(command);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let output = pvelint_with_stdin(&args, &stdin);
            assert_eq!(stderr(&output), "", "{command}");
            out.push_str(line);
            out.push('\n');
            out.push_str(&stdout(&output));
            commands += 1;
        } else if line.starts_with("```") || !console {
            console = line == "```console";
            out.push_str(line);
            out.push('\n');
        }
    }
    (out, commands)
}

#[test]
fn the_pages_show_what_pvelint_prints() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let mut commands = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let page = std::fs::read_to_string(&path).unwrap();
        let (now, count) = renewed(&page);
        commands += count;
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &now).unwrap();
        } else {
            assert!(page == now, "{} is out of date; it should be\n{now}", path.display());
        }
    }
    assert!(commands > 5, "{commands} commands run");
}
