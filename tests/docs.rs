//! What the pages under `docs/` show is what pvelint prints: every `$ pvelint ...` of a `console` block is run, and its output
//! compared. `UPDATE_DOCS=1 cargo test docs` writes the outputs anew.

use super::access_cli::words;
use super::cli::{pvelint, stderr, stdout};

/// The page with the outputs as they are now, and how many commands it has.
fn renewed(page: &str) -> (String, usize) {
    let (mut out, mut commands, mut console) = (String::new(), 0, false);
    for line in page.lines() {
        if let Some(command) = line.strip_prefix("$ pvelint ").filter(|_| console) {
            if !out.ends_with("```console\n") {
                out.push('\n');
            }
            let args = words(command);
            let args: Vec<_> = args.iter().map(String::as_str).collect();
            let output = pvelint(&args);
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
