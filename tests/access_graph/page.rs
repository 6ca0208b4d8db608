//! The page of `pvelint access graph --html`: its data against the engine, and, where there is a browser (`PVELINT_BROWSER`,
//! or chromium or Chrome on PATH), what it shows.

use std::path::{Path, PathBuf};
use std::process::Command;

use pvelint::access::{Access, matrix};
use pvelint::model::user::UserCfg;
use pvelint::release::Release;
use serde_json::Value;

use super::{HOSTILE, privileges, rows};
use crate::cli::{pvelint, pvelint_with_stdin, stderr, stdout};

/// The JSON in the page.
fn embedded(page: &str) -> Value {
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    serde_json::from_str(data).unwrap()
}

#[test]
fn the_page_is_the_matrix_of_the_engine() {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    for sample in ["clean", "homelab", "vm-monitor-on-pve-9", "guest-missing-from-pool"] {
        let text = std::fs::read(format!("samples/{sample}/pve/user.cfg")).unwrap();
        let output = pvelint(&["access", "graph", &format!("samples/{sample}"), "--pve", "9", "--html", "-"]);
        let data = embedded(&stdout(&output));
        let cfg = UserCfg::parse(&text, Release::Pve9);
        let paths: Vec<String> = list(&data["paths"]).iter().map(|path| path.as_str().unwrap().to_owned()).collect();
        let engine = matrix(&Access::new(&cfg), paths.iter().map(|path| path.as_bytes()));
        assert_eq!(list(&data["subjects"]).len(), rows(&engine).count(), "{sample}");
        for subject in list(&data["subjects"]) {
            let id = subject["id"].as_str().unwrap();
            let mut row = Vec::new();
            for run in list(&data["rows"][number(&subject["row"])]).chunks(2) {
                row.extend(std::iter::repeat_n(number(&run[0]), number(&run[1])));
            }
            assert_eq!(row.len(), number(&data["class_count"]));
            for (path, class) in paths.iter().zip(list(&data["classes"])) {
                let cell = &data["cells"][row[number(&class)]];
                let set = &data["sets"][number(&cell[0])];
                let here = list(&set["here"]);
                let mut held: Vec<String> = list(&set["privs"])
                    .iter()
                    .map(|privilege| {
                        let name = data["privileges"][number(privilege)].as_str().unwrap();
                        format!("{name} {}", u8::from(!here.contains(privilege)))
                    })
                    .collect();
                held.sort();
                assert_eq!(held, privileges(&engine, id, path), "{sample}: {id} on {path}");
                // Rights come from entries that hold them.
                let why = &data["whys"][number(&cell[1])];
                let pools = list(&why[1]);
                let entries = list(&why[0]).into_iter().chain(pools.iter().flat_map(|pool| list(&pool[1])));
                let held_by: Vec<Value> = entries
                    .flat_map(|entry| list(&data["roles"][number(&data["entries"][number(&entry)][2])][1]))
                    .collect();
                let root = subject["root"] == true;
                assert!(
                    root || list(&set["privs"]).iter().all(|one| held_by.contains(one)),
                    "{sample}: {id} on {path}"
                );
            }
        }
    }
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = stdout(&pvelint_with_stdin(&["access", "graph", "-", "--pve", "9", "--html", "-"], HOSTILE.as_bytes()));
    for word in
        ["http:", "https:", "//cdn", "@import", "url(", "src=", "innerHTML", "outerHTML", "document.write", "eval("]
    {
        let count = page.matches(word).count();
        // One of the names has a src= in it.
        assert_eq!(count, usize::from(word == "src="), "{word}");
    }
    assert_eq!(
        (page.matches("<script").count(), page.matches("</script>").count()),
        (2, 2),
        "no name opens or ends a script"
    );
    assert!(!page.contains("<!--") && !page.contains('\u{2028}'));
    for (open, close, policy) in [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")] {
        let part = page.split_once(open).unwrap().1.split_once(close).unwrap().0;
        let hash = format!("{policy} 'sha256-{}'", base64(&sha256(part.as_bytes())));
        assert!(page.contains(&hash), "the policy in page.html has to say: {hash}");
    }
}

/// A file within pmxcfs's limit that names one long path ten thousand times.
#[test]
fn a_hostile_file_makes_no_huge_page() {
    let users: Vec<String> = (0..10_000).map(|at| format!("u{at}@pve")).collect();
    let path = "/b".repeat(40_000);
    let file = format!("acl:1:{path}:{}:PVEAuditor,PVEVMUser,PVEVMAdmin:\n", users.join(","));
    for args in [&["--html", "-"][..], &["--format", "json"], &["--format", "dot"], &["--format", "mermaid"]] {
        let args = [&["access", "graph", "-", "--pve", "9"], args].concat();
        let output = pvelint_with_stdin(&args, file.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        assert!(output.stdout.len() < 20 << 20, "{args:?}: {} bytes", output.stdout.len());
    }
}

/// FIPS 180-4, for the few kilobytes of a page's parts.
fn sha256(bytes: &[u8]) -> Vec<u8> {
    // The fractional parts of the roots of the first primes, 32 bits of them.
    let primes: Vec<u32> = (2u32..312).filter(|n| (2..*n).all(|divisor| n % divisor != 0)).collect();
    let root = |prime: u32, power: u32| -> u32 {
        // The largest r with r^power <= prime * 2^(32 * power).
        let target = u128::from(prime) << (32 * power);
        let mut r: u128 = 0;
        for bit in (0..36).rev() {
            let next = r | 1 << bit;
            if next.pow(power) <= target {
                r = next;
            }
        }
        (r & 0xffff_ffff) as u32
    };
    let mut state: Vec<u32> = primes.iter().take(8).map(|prime| root(*prime, 2)).collect();
    let constants: Vec<u32> = primes.iter().take(64).map(|prime| root(*prime, 3)).collect();
    let mut message = bytes.to_vec();
    message.push(0x80);
    let filled = (message.len() + 8).next_multiple_of(64);
    message.resize(filled, 0);
    let end = message.len();
    message[end - 8..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    for block in message.chunks(64) {
        let mut words: Vec<u32> = block.chunks(4).map(|four| u32::from_be_bytes(four.try_into().unwrap())).collect();
        for at in 16..64 {
            let (a, b) = (words[at - 15], words[at - 2]);
            let (a, b) = (
                a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3),
                b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10),
            );
            words.push(words[at - 16].wrapping_add(a).wrapping_add(words[at - 7]).wrapping_add(b));
        }
        let mut v: [u32; 8] = state.clone().try_into().unwrap();
        for (word, constant) in words.iter().zip(&constants) {
            let [a, b, c, d, e, f, g, h] = v;
            let one = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let one = h.wrapping_add(one).wrapping_add((e & f) ^ (!e & g)).wrapping_add(*constant).wrapping_add(*word);
            let two = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let two = two.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            v = [one.wrapping_add(two), a, b, c, d.wrapping_add(one), e, f, g];
        }
        state.iter_mut().zip(v).for_each(|(sum, one)| *sum = sum.wrapping_add(one));
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[test]
fn the_hash_of_abc_is_known() {
    assert_eq!(base64(&sha256(b"abc")), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |part: &[u8]| {
        let bits = part.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        let letter = |at: usize| char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]);
        (0..4).map(|at| if at <= part.len() { letter(at) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn a_page_is_written_to_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rights.html");
    let args = [
        "access",
        "graph",
        "samples/clean",
        "--html",
        file.to_str().unwrap(),
        "--subject",
        "ci@pve!*",
        "--path",
        "/vms*",
    ];
    let output = pvelint(&args);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(stdout(&output).contains("rights.html: 2 subjects, 6 paths, "), "{}", stdout(&output));
    let data = embedded(&std::fs::read_to_string(&file).unwrap());
    let ids: Vec<_> =
        data["subjects"].as_array().unwrap().iter().map(|subject| subject["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ci@pve", "ci@pve!deploy"], "a token comes with its owner");
    let nowhere = dir.path().join("no/such/dir/x.html");
    let output = pvelint(&["access", "graph", "samples/clean", "--html", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

/// A browser, if there is one. One that is asked for has to be there.
fn browser() -> Option<PathBuf> {
    if let Some(told) = std::env::var_os("PVELINT_BROWSER").filter(|told| !told.is_empty()) {
        let found = on_path(Path::new(&told));
        assert!(found.is_some(), "PVELINT_BROWSER is {}, and there is no such program", told.display());
        return found;
    }
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        .iter()
        .find_map(|name| on_path(Path::new(name)))
}

fn on_path(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// The page as the browser has it after its script ran.
fn dom(browser: &Path, page: &Path, hash: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let root = dom.find("<html").map(|at| &dom[at..]).and_then(|rest| rest.split_once('>')).map_or("", |(tag, _)| tag);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(root.contains("data-state=\"ready\"") && !root.contains("data-error"), "{hash}: {root}\n{said}");
    dom
}

/// The ids of the rows of the table.
fn rows_shown(dom: &str) -> Vec<String> {
    let body = dom.split_once("<tbody id=\"body\">").unwrap().1.split_once("</tbody>").unwrap().0;
    let row = |part: &str| part.split_once("data-id=\"").map(|(_, id)| id.split_once('"').unwrap().0.to_owned());
    body.split("<tr").skip(1).filter_map(row).collect()
}

fn columns_shown(dom: &str) -> Vec<String> {
    let head = dom.split_once("<thead id=\"head\">").unwrap().1.split_once("</thead>").unwrap().0;
    let column = |part: &str| part.split(['<', '>']).next().unwrap().to_owned();
    head.split("<span>").skip(1).map(column).collect()
}

/// The text of the details, its elements taken out.
fn detail(dom: &str) -> String {
    let (tag, rest) = dom.split_once("<section id=\"detail\"").unwrap().1.split_once('>').unwrap();
    assert!(!tag.contains("hidden"), "the details are closed");
    let rest = rest.split_once("</section>").unwrap().0;
    let text = |part: &str| part.split_once('>').map_or(part, |(_, text)| text).to_owned();
    rest.split('<').map(text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_browser_shows_what_the_address_says() {
    let Some(browser) = browser() else {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "no browser on PATH: the page of `access graph` wasn't looked at");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let page = |name: &str, args: &[&str], stdin: &str| {
        let file = dir.path().join(name);
        let args = [&["access", "graph", "--pve", "9", "--html", file.to_str().unwrap()], args].concat();
        let output = pvelint_with_stdin(&args, stdin.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        file
    };

    let clean = page("clean.html", &["samples/clean"], "");
    let all = dom(&browser, &clean, "");
    assert_eq!(
        rows_shown(&all),
        ["alice@pve", "bob@pve", "ci@pve", "ci@pve!deploy", "monitor@pve", "monitor@pve!prometheus", "root@pam"]
    );
    let filtered = dom(&browser, &clean, "#q=bob&priv=VM.Allocate");
    assert_eq!(rows_shown(&filtered), ["bob@pve"]);
    assert_eq!(columns_shown(&filtered), ["/pool/dev", "/storage/shared-nfs", "/vms/110"]);
    assert_eq!(rows_shown(&dom(&browser, &clean, "#q=bob&priv=Sys.Audit")), [""; 0]);
    assert_eq!(rows_shown(&dom(&browser, &clean, "#q=@dev&kind=user")), ["bob@pve", "ci@pve"]);
    assert_eq!(rows_shown(&dom(&browser, &clean, "#kind=token&some=1")), ["ci@pve!deploy", "monitor@pve!prometheus"]);
    assert_eq!(columns_shown(&dom(&browser, &clean, "#path=vms%2F1")), ["/vms/100", "/vms/110"]);

    let cell = detail(&dom(&browser, &clean, "#priv=VM.Allocate&cell=bob%40pve,%2Fvms%2F110"));
    assert!(cell.contains("bob@pve on /vms/110"), "{cell}");
    assert!(
        cell.contains("in @dev, PVEVMAdmin on /pool/dev (user.cfg:18), through pool dev: holds VM.Allocate"),
        "{cell}"
    );
    assert!(cell.contains("pvelint access why bob@pve VM.Allocate /vms/110"), "{cell}");
    let token = detail(&dom(&browser, &clean, "#cell=ci%40pve!deploy,%2Fvms%2F111"));
    assert!(token.contains("Limited by its owner ci@pve") && token.contains("PVEVMAdmin on /pool/dev"), "{token}");

    let hostile = page("hostile.html", &["-"], HOSTILE);
    let shown = dom(&browser, &hostile, "#cell=end%5C%40pve,%2Fvms");
    for name in [
        "&lt;script&gt;window.broken=1&lt;@pve",
        "&lt;img\\u{2028}src=x&gt;@pve",
        "a\"];x--b@pve",
        "&amp;lt;`md`@pve",
        "&lt;!--&lt;script&gt;@pve",
        "\\u{202e}evil@pve",
        "#quot;|click@pve",
    ] {
        assert!(shown.contains(&format!("\">{name}</th>")), "{name} as text:\n{shown}");
    }
    assert!(detail(&shown).contains("end\\@pve on /vms"));
}
