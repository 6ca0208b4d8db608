//! What PVE logs about a container's configuration.

use bstr::BString;

use super::{Container, DropReason, Dropped, Quirk, QuirkKind};

impl<'a> Container<'a> {
    /// What PVE logs, in its order, each without the final line feed.
    #[must_use]
    pub fn warnings(&self) -> Vec<BString> {
        let dropped = self.dropped.iter().filter_map(|dropped| Some((dropped.span.start, self.log_dropped(dropped)?)));
        let quirk = self.quirks.iter().filter_map(|quirk| Some((quirk.span.start, self.log_odd(quirk)?)));
        let mut all: Vec<_> = dropped.chain(quirk).collect();
        all.sort_by_key(|&(at, _)| at);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// What PVE logs about something dropped; `None` when it says nothing.
    #[must_use]
    pub fn log_dropped(&self, dropped: &Dropped<'a>) -> Option<BString> {
        let line = dropped.span.bytes(self.text);
        let parts: [&[u8]; 3] = match dropped.why {
            DropReason::Unparsable(_) | DropReason::BadHeader { .. } | DropReason::RawUnknown(_) => {
                [b"unable to parse config: ", line, b""]
            }
            DropReason::RawRejected(key, why) => [key, b": ", why.as_bytes()],
            DropReason::Delete => [b"property 'delete' is only allowed in [pve:pending]", b"", b""],
            DropReason::Snapstate | DropReason::FalseDescription | DropReason::SkippedSection { .. } => return None,
        };
        Some(self.log(&parts))
    }

    /// What PVE logs about something odd; `None` when it says nothing.
    #[must_use]
    pub fn log_odd(&self, quirk: &Quirk<'a>) -> Option<BString> {
        let key = quirk.key;
        Some(match &quirk.why {
            QuirkKind::Invalid(problem) => self.log(&[b"unable to parse value of '", key, b"' - ", &problem.text]),
            QuirkKind::UnknownOption { .. } | QuirkKind::Reserved => {
                self.log(&[b"unable to parse value of '", key, b"' - unknown setting '", key, b"'"])
            }
            QuirkKind::RawRenamed(new) => self.log(&[key, b" is deprecated and was renamed to ", new.as_bytes()]),
            QuirkKind::RawLimit => self.log(&[key, b": lxc.limit.* was renamed to lxc.prlimit.*"]),
            QuirkKind::RawLegacyCgroup { warned: true } => {
                self.log(&[key, b" is deprecated, this will be a hard error in the future!"])
            }
            _ => return None,
        })
    }

    fn log(&self, parts: &[&[u8]]) -> BString {
        let mut text = BString::from(format!("vm {} - ", self.vmid));
        for part in parts {
            text.extend_from_slice(part);
        }
        text
    }

    /// Whether PVE's strict reading, used for the target of a remote migration, accepts the file.
    #[must_use]
    pub fn is_strictly_valid(&self) -> bool {
        let refuses = |quirk: &Quirk<'_>| {
            matches!(quirk.why, QuirkKind::Invalid(_) | QuirkKind::UnknownOption { .. } | QuirkKind::Reserved)
        };
        !self.dropped.iter().any(|dropped| self.log_dropped(dropped).is_some()) && !self.quirks.iter().any(refuses)
    }
}
