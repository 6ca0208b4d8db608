//! Secrets are overwritten right after reading: with `*`, each byte by one, so that places stay true and nothing can leak.
//!
//! What names a secret stays (users, tokens, keys of JSON, names of sections and properties), and so do blanks and the ends of lines,
//! because mistakes are made with them. What can't be told apart is a secret.

use super::files::Redact;

/// Overwrites what of `bytes` is secret.
pub(super) fn redact(how: Redact, bytes: &mut [u8]) {
    match how {
        Redact::Json if bytes.trim_ascii_start().starts_with(b"{") => json(bytes),
        _ => bytes.split_mut(|&byte| byte == b'\n').for_each(|line| {
            let public = match how {
                Redact::All => 0,
                Redact::Shadow => front(line, b":", |name| !name.contains(&b'$') && name.len() <= MAX_NAME),
                Redact::Token => front(line, b" \t:=\r", |name| name.contains(&b'!')),
                Redact::Values => of_property(line),
                // Before it was JSON: `user:type:data`.
                Redact::Json => second_colon(line),
            };
            let colons = matches!(how, Redact::Shadow | Redact::Token | Redact::Json);
            hide(line.get_mut(public..).unwrap_or_default(), colons);
        }),
    }
}

/// The longest name of a user (pve-access-control).
const MAX_NAME: usize = 64;

/// Blanks, tabs and carriage returns stay; colons, where they part fields.
fn hide(bytes: &mut [u8], colons: bool) {
    let is_secret = |byte: &u8| !(byte.is_ascii_whitespace() || colons && *byte == b':');
    bytes.iter_mut().filter(|byte| is_secret(byte)).for_each(|byte| *byte = b'*');
}

/// How long the name at the front of a line is: up to one of `ends`, and only where it looks like one.
fn front(line: &[u8], ends: &[u8], is_name: impl Fn(&[u8]) -> bool) -> usize {
    let start = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = start + line.iter().skip(start).take_while(|byte| !ends.contains(byte)).count();
    let name = line.get(start..end).unwrap_or_default();
    if end < line.len() && is_name(name) { end } else { 0 }
}

fn second_colon(line: &[u8]) -> usize {
    let mut colons = line.iter().enumerate().filter(|(_, byte)| **byte == b':');
    colons.nth(1).map_or(0, |(at, _)| at)
}

/// A header, a comment's mark or a property's name.
fn of_property(line: &[u8]) -> usize {
    let indent = line.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let word = line.iter().skip(indent).take_while(|byte| !byte.is_ascii_whitespace()).count();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
    let named = |word: &[u8]| !word.is_empty() && word.len() <= 32 && word.iter().all(is_name);
    let name = line.get(indent..indent + word).unwrap_or_default();
    match name.strip_suffix(b":") {
        // `type: id`, with nothing behind it.
        Some(kind) if indent == 0 && named(kind) => {
            let id = line.get(word..).unwrap_or_default().trim_ascii();
            if id.iter().any(u8::is_ascii_whitespace) { word } else { line.len() }
        }
        None if indent > 0 && named(name) && line.len() > indent + word => indent + word,
        _ => 0,
    }
}

/// All strings but those that a colon follows.
fn json(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(open) = find(bytes, at, |byte| byte == b'"') {
        let mut end = open + 1;
        while let Some(&byte) = bytes.get(end).filter(|byte| **byte != b'"') {
            end += if byte == b'\\' { 2 } else { 1 };
        }
        let next = find(bytes, end + 1, |byte| !byte.is_ascii_whitespace());
        let is_key = next.and_then(|next| bytes.get(next)) == Some(&b':');
        let end = end.min(bytes.len());
        if !is_key {
            let inside = bytes.get_mut(open + 1..end).unwrap_or_default();
            inside.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b'*');
        }
        at = end + 1;
    }
}

fn find(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    bytes.get(from..)?.iter().position(|&byte| wanted(byte)).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(how: Redact, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        redact(how, &mut bytes);
        assert_eq!(bytes.len(), text.len());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_stay_and_secrets_go() {
        let table = [
            (Redact::Shadow, "joe:$5$salt$hash:\nann:\r\n$5$alone\n", "joe:************:\nann:\r\n********\n"),
            (Redact::Shadow, "$5$salt$hash:x\n", "************:*\n"),
            (
                Redact::Token,
                "a@pve!t 1234-5\nb@pve!t\t12 34 \r\nabcd-ef\n",
                "a@pve!t ******\nb@pve!t\t** ** \r\n*******\n",
            ),
            (Redact::Token, "a@pve!t:12\na@pve!t=12\na@pve!t", "a@pve!t:**\na@pve!t***\n*******"),
            (Redact::All, "se cret\n\n", "** ****\n\n"),
            (Redact::Values, "smtp: x\n\tpassword p w\n  user\n", "smtp: x\n\tpassword * *\n  ****\n"),
            (Redact::Values, "smtp: x y\nsecret\n# note\n", "smtp: * *\n******\n* ****\n"),
            (Redact::Json, "{\"a@pve\": {\"id\" :\"x\\\"y\", \"n\": 1}}", "{\"a@pve\": {\"id\" :\"****\", \"n\": 1}}"),
            (Redact::Json, "{\"open", "{\"****"),
            (Redact::Json, "a@pve:oath:AAAA\nrest", "a@pve:oath:****\n****"),
        ];
        for (how, text, left) in table {
            assert_eq!(redacted(how, text), left, "{text}");
        }
    }

    #[test]
    fn any_bytes_are_taken() {
        for how in [Redact::All, Redact::Values, Redact::Json, Redact::Shadow, Redact::Token] {
            for text in ["", "\n", "{", "{\"", "{\"\\", "{\"a\\\"", ":", "::", "\t", "!", " !x", "\0\0"] {
                redacted(how, text);
            }
        }
    }
}
