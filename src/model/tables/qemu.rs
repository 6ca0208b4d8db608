//! What PVE accepts in the configuration of virtual machines: `grammar/guests/qemu.toml` as static data (qemu-server,
//! `PVE/QemuServer.pm`), and the few functions that look things up in it.

use crate::model::schema::{Alias, Format, Property, Schema, format};
use crate::model::tables::guest::{Family, GuestOption, split_index};
use crate::model::tables::place::{List, Text};
use crate::model::vm::check;
use crate::release::{PerRelease, Release};

include!(concat!(env!("OUT_DIR"), "/qemu.rs"));

/// The option that `release` knows as `key`; `scsi31` and `scsi00` are unknown to every release.
#[must_use]
pub fn option(key: &[u8], release: Release) -> Option<&'static GuestOption> {
    if let Some(option) = known(SINGLE, key, release) {
        return Some(option);
    }
    let (name, number) = split_index(key);
    let option = known(INDEXED, name, release)?;
    let Family::Indexed(count) = option.family else { return None };
    let canonical = number == b"0" || number.first().is_some_and(|&first| first != b'0');
    let index: u16 = std::str::from_utf8(number).ok()?.parse().ok()?;
    (canonical && index < count).then_some(option)
}

fn known(list: &'static [(&str, &[GuestOption])], name: &[u8], release: Release) -> Option<&'static GuestOption> {
    let at = list.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
    list.get(at)?.1.iter().find(|option| option.property.known_to(release))
}

/// CPU models that `release` has by itself.
#[must_use]
pub fn cpu_models(release: Release) -> List<Text> {
    *CPU_MODELS.get(release)
}

/// CPU flags that a VM's own configuration may name.
#[must_use]
pub fn cpu_flags(release: Release) -> List<Text> {
    *CPU_FLAGS.get(release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_those_of_the_release() {
        let known = |key: &str, release| option(key.as_bytes(), release).is_some();
        for key in ["scsi0", "scsi30", "ide3", "sata5", "virtio15", "efidisk0", "numa", "numa7", "smbios1", "net31"] {
            assert!(known(key, Release::Pve7) && known(key, Release::Pve9), "{key}");
        }
        for key in ["scsi31", "scsi00", "ide4", "numa8", "efidisk1", "smbios0", "net", "scsi", "numa00"] {
            assert!(!known(key, Release::Pve9), "{key}");
        }
        assert!(!known("virtiofs0", Release::Pve7) && known("virtiofs0", Release::Pve8));
        assert!(!known("intel-tdx", Release::Pve8) && known("intel-tdx", Release::Pve9));
    }
}
