//! Help and usage errors of every subcommand, as they are printed: clap is told of most arguments late, and nobody may notice.

use crate::cli::{pvelint, stderr, stdout};

/// `$ pvelint ARGS`, what it prints and its exit code.
fn told(args: &str) -> String {
    let output = pvelint(&args.split_whitespace().collect::<Vec<_>>());
    let code = output.status.code().map_or_else(|| "none".to_owned(), |code| code.to_string());
    format!("$ pvelint {args}\n{}{}[exit {code}]\n", stdout(&output), stderr(&output))
}

/// The subcommands that a help page lists, with what it says of them.
fn listed(page: &str) -> Vec<(String, String)> {
    let lines = page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let all = lines.map(|line| line.trim().split_once("  ").unwrap());
    let all = all.map(|(name, about)| (name.to_owned(), about.trim().to_owned()));
    all.filter(|(name, _)| name != "help").collect()
}

/// Holds the help of `command`, and of all below it, against the line that lists it; says how many pages there are.
fn check_pages(command: &str, about: &str) -> usize {
    let text = |args: &str| told(args).split_once('\n').unwrap().1.to_owned();
    let page = text(&format!("{command} --help"));
    let (first, rest) = page.split_once("\n\n").unwrap();
    assert_eq!(first, about, "`{command} --help` opens with what the list says");
    assert!(rest.starts_with(&format!("Usage: pvelint {command} ")), "{rest}");
    assert!(rest.contains("\nOptions:\n") && rest.contains(" --color <WHEN>"), "{rest}");
    assert_eq!(text(&format!("help {command}")), page, "both ways lead to the same page");
    let below = listed(&page);
    1 + below.iter().map(|(name, about)| check_pages(&format!("{command} {name}"), about)).sum::<usize>()
}

#[test]
fn every_help_page_opens_with_its_line_in_the_list() {
    let top = listed(&told("--help"));
    let pages: usize = top.iter().map(|(name, about)| check_pages(name, about)).sum();
    assert!(pages >= 20, "the subcommands weren't found: {top:?}");
}

#[test]
fn usage_errors_at_every_level() {
    let errors = [
        "chek",
        "check --notez",
        "check --format yaml",
        "dump --kind lxd -",
        "explain",
        "rules --colour never",
        // An option of a subcommand that stands before it.
        "--notes check",
        "access",
        "access shw",
        "access --config x show",
        "access show",
        "access show --confg x alice@pve",
        "access can alice@pve --format yaml",
        "access why-403 text",
        "access fits --all-features --feature x alice@pve terraform-bpg",
        "help access shw",
    ];
    insta::assert_snapshot!(errors.map(told).join("\n"));
}
