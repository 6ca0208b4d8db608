//! How findings are drawn: what an admin sees must be safe to print, short, and point at the right bytes.

use pvelint::finding::{Command, Finding, Level};
use pvelint::report::{self, Files, Run};
use pvelint::source::{LoadOptions, Sources};
use pvelint::text::{FileId, Place, Span};

fn sources(name: &str, text: &[u8]) -> Sources {
    Sources::from_bytes(name, text.to_vec(), &LoadOptions::default()).unwrap()
}

fn at(text: &[u8], needle: &str) -> Place {
    let start = text.windows(needle.len()).position(|w| w == needle.as_bytes()).unwrap();
    Place { file: FileId(0), span: Span::new(start, start + needle.len()) }
}

fn run<'a>(sources: &'a Sources, findings: &'a [Finding]) -> Run<'a> {
    Run::new(sources, findings)
}

const USER_CFG: &[u8] = b"user:root@pam:1:0::::::\nuser:ci@pve:1:0::::::\ntoken:ci@pve!deploy:0:1:pipeline:\n\nacl:1:/pool/dev:ci@pve:PVEVMAdmin:\n";

fn token_finding() -> Finding {
    Finding::new("user.cfg: token ci@pve!deploy", at(USER_CFG, "ci@pve!deploy"), "token ci@pve!deploy can do nothing")
        .label("no ACL names this token")
        .secondary(at(USER_CFG, "1:pipeline"), "privilege separation is on")
        .related(at(USER_CFG, "/pool/dev"), "ci@pve itself has PVEVMAdmin on /pool/dev")
        .consequence("Every call with this token is refused: 403 Permission check failed.")
        .fix_command(
            Command::new("pveum acl modify")
                .arg("/pool/dev")
                .words("--tokens")
                .arg("ci@pve!deploy")
                .words("--roles PVEVMAdmin"),
        )
        .fix_command_when(
            Command::new("pveum user token modify").arg("ci@pve").arg("deploy").words("--privsep 0"),
            "the token then has all rights of ci@pve",
        )
        .edit("or think again")
}

#[test]
fn full_shows_lines_consequence_and_commands() {
    let sources = sources("user.cfg", USER_CFG);
    let shown = report::full::render(&Files::new(&sources), &token_finding(), false);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_file_cannot_drive_the_terminal() {
    let text = b"user:\x1b[31mred\x07@pve:1\xff\n\tx\r\n";
    let sources = sources("user.cfg", text);
    let finding =
        Finding::new("s", at(text, "red"), "message with \x1b[2J").label("label \x1b]0;x\x07").consequence("\u{202e}x");
    for colour in [false, true] {
        let mut out = report::full::render(&Files::new(&sources), &finding, colour);
        if colour {
            out = out.replace("\u{1b}[", "");
        }
        assert!(!out.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{out:?}");
    }
    let mut out = Vec::new();
    report::concise::write(&run(&sources, std::slice::from_ref(&finding)), &mut out).unwrap();
    report::json::write(&run(&sources, &[finding]), &mut out).unwrap();
    assert!(!out.contains(&0x1b) && !out.contains(&7));
}

#[test]
fn a_line_of_a_megabyte_is_cut_around_the_label() {
    let mut text = vec![b'a'; 500_000];
    text.extend(b"NEEDLE");
    text.extend("\u{e4}".repeat(200_000).bytes());
    let sources = sources("user.cfg", &text);
    let finding = Finding::new("s", at(&text, "NEEDLE"), "found").label("here");
    let shown = report::full::render(&Files::new(&sources), &finding, false);
    assert!(shown.len() < 3000, "{}", shown.len());
    assert!(shown.contains("aaaNEEDLE\u{e4}"), "{shown}");
    assert!(shown.contains("user.cfg:1:500001"), "{shown}");
}

#[test]
fn labels_at_the_edges_of_a_file_are_drawn() {
    for (text, span) in [
        (&b""[..], Span::new(0, 0)),
        (b"a", Span::new(1, 1)),
        (b"a\n", Span::new(2, 2)),
        (b"a\nb", Span::new(0, 3)),
        (b"\n\n\n", Span::new(1, 2)),
        (b"a", Span::new(7, 9)),
    ] {
        let sources = sources("user.cfg", text);
        let finding = Finding::new("s", Place { file: FileId(0), span }, "message").label("here");
        let shown = report::full::render(&Files::new(&sources), &finding, false);
        assert!(shown.contains("message"), "{text:?} {span:?}: {shown}");
    }
}

#[test]
fn concise_is_one_line_a_finding() {
    let sources = sources("user.cfg", USER_CFG);
    let mut out = Vec::new();
    report::concise::write(&run(&sources, &[token_finding().at_level(Level::Note)]), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "user.cfg:3:7: error : token ci@pve!deploy can do nothing\n");
}
