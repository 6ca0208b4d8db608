//! Small help with wording, so that all rules speak alike.

use bstr::ByteSlice;

/// A name from a file, for a message. Escaping is the report's work.
pub fn name(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().to_str_lossy().into_owned()
}

/// The same between backticks, as names from files stand in every message.
pub fn code(bytes: impl AsRef<[u8]>) -> String {
    format!("`{}`", bytes.as_ref().to_str_lossy())
}

/// `a`, `a and b`, `a, b and c`; with more than `most` items the rest is counted: `a, b and 14 more`.
pub fn list<T: AsRef<str>>(items: &[T], most: usize) -> String {
    let text = |item: &T| item.as_ref().to_owned();
    match items {
        [] => String::new(),
        [one] => text(one),
        _ if items.len() > most => {
            let shown: Vec<_> = items.iter().take(most).map(text).collect();
            format!("{} and {} more", shown.join(", "), items.len() - shown.len())
        }
        [rest @ .., last] => format!("{} and {}", rest.iter().map(text).collect::<Vec<_>>().join(", "), last.as_ref()),
    }
}

/// `1 guest`, `3 guests`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The known name closest to `name`: the same in another case, or at most two typing mistakes away (one in a short name).
pub fn did_you_mean<'a>(name: &[u8], known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer names are nobody's typing mistake, and comparing them takes its time.
    let name = name.to_str().ok().filter(|name| name.len() <= 100)?;
    let most = if name.chars().count() <= 4 { 1 } else { 2 };
    known
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= 4 * most)
        .filter_map(|candidate| {
            if candidate.eq_ignore_ascii_case(name) {
                return Some((0, candidate));
            }
            let distance = strsim::damerau_levenshtein(name, candidate);
            (distance <= most).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list(&["a"], 3), "a");
        assert_eq!(list(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b and 2 more");
        assert_eq!(count(1, "guest"), "1 guest");
    }

    #[test]
    fn only_near_names_are_proposed() {
        assert_eq!(did_you_mean(b"pvevmadmin", ["PVEVMAdmin", "PVEVMUser"]), Some("PVEVMAdmin"));
        assert_eq!(did_you_mean(b"VM.PowerMgnt", ["VM.PowerMgmt", "VM.Audit"]), Some("VM.PowerMgmt"));
        assert_eq!(did_you_mean(b"dir", ["dir", "zfs"]), None);
        assert_eq!(did_you_mean(b"\xff", ["a"]), None);
    }
}
