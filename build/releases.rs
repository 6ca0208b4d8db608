//! Which releases of PVE an entry of the tables is about.

use std::error::Error;

/// The releases that are known, oldest first.
pub(crate) const KNOWN: [u8; 3] = [7, 8, 9];

/// Reads `8..`, `..8`, `7..8`, `8`; all releases where `text` is `all`.
pub(crate) fn range(text: &str) -> Result<[u8; 2], Box<dyn Error>> {
    let [oldest, .., newest] = KNOWN;
    let number = |text: &str, open: u8| if text.is_empty() { Ok(open) } else { text.parse::<u8>() };
    let [since, until] = match text.split_once("..") {
        _ if text == "all" => [oldest, newest],
        Some((since, until)) => [number(since, oldest)?, number(until, newest)?],
        None => [text.parse()?; 2],
    };
    if since > until || !KNOWN.contains(&since) || !KNOWN.contains(&until) {
        return Err(format!("{text} is no range of releases").into());
    }
    Ok([since, until])
}
