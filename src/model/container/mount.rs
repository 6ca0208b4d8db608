//! The mount points of a container: `rootfs` and `mpN`, in the order in which PVE mounts them.

use super::check;
use super::{Opt, Section};
use crate::model::schema::Props;

/// A mount point that PVE can read.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'s, 'a> {
    /// The option: `rootfs` or `mpN`.
    pub option: &'s Opt<'a>,
    /// Its parts.
    pub props: &'s Props<'a>,
}

impl<'a> Mount<'_, 'a> {
    /// What is mounted: a volume id, a device or a directory.
    #[must_use]
    pub fn volume(&self) -> &'a [u8] {
        self.props.value("volume").unwrap_or_default()
    }

    /// Which of these it is.
    #[must_use]
    pub fn kind(&self) -> check::VolumeKind {
        check::VolumeKind::of(self.volume())
    }

    /// Where it is mounted in the container; `/` for the root file system.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        if self.option.key == b"rootfs" { b"/" } else { self.props.value("mp").unwrap_or_default() }
    }
}

impl<'a> Section<'a> {
    /// `rootfs` and every `mpN` whose value PVE can read, in mount order, with what is mounted where.
    #[must_use]
    pub fn mounts(&self) -> Vec<Mount<'_, 'a>> {
        let mut mounts: Vec<_> = self
            .options
            .iter()
            .filter(|option| option.key == b"rootfs" || (option.family() == b"mp" && option.known.is_some()))
            .filter_map(|option| Some(Mount { option, props: option.props.as_ref()? }))
            .collect();
        mounts.sort_by_key(|mount| mount.option.number());
        mounts
    }
}

#[cfg(test)]
mod tests {
    use super::check::VolumeKind::{Bind, Volume};
    use crate::model::container::Container;
    use crate::release::Release;

    #[test]
    fn mounts_come_in_mount_order() {
        let text = b"mp10: /a,mp=/b\nmp2: st:v,mp=/c\nmp3: bad\nrootfs: st:r\nmp300: /x,mp=/y\n";
        let container = Container::parse(text, 100, Release::Pve9);
        let mounts: Vec<_> = container.main.mounts().iter().map(|mount| (mount.target(), mount.kind())).collect();
        assert_eq!(mounts, [(&b"/"[..], Volume), (b"/c", Volume), (b"/b", Bind)]);
    }
}
