//! Formats and patterns of VM options (qemu-server, `PVE/QemuServer.pm` and `PVE/QemuServer/*.pm`), named by
//! `grammar/guests/qemu.toml`.

use bstr::{BString, ByteSlice};

use crate::model::schema::format::{self, Verdict, is_word};
use crate::model::schema::{self, Props};
use crate::model::tables::qemu as table;
use crate::release::Release;
use crate::syntax::property::is_space;

fn quoted(before: &str, text: &[u8], after: &str) -> BString {
    [before.as_bytes(), text, after.as_bytes()].concat().into()
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// `pve-cpuset`: numbers and ranges of CPUs, separated by commas.
pub fn cpuset(text: &[u8], _: Release) -> Verdict {
    let is_part = |part: &[u8]| {
        let part = part.trim_with(|c| u8::try_from(c).is_ok_and(is_space));
        match part.split_once_str(b"-") {
            Some((from, to)) => is_digits(from) && is_digits(to),
            None => is_digits(part),
        }
    };
    let whole = text.trim_end_with(|c| c == ',');
    let holds = whole.is_empty() || whole.split(|&b| b == b',').all(is_part);
    if holds { Ok(()) } else { Err("unable to parse cpuset option".into()) }
}

/// `pve-hotplug-features`: `0`, `1` or a list of what may be plugged in while the VM runs.
pub fn hotplug(text: &[u8], release: Release) -> Verdict {
    if matches!(text, b"0" | b"1") {
        return Ok(());
    }
    let known = |feature: &[u8]| matches!(feature, b"network" | b"disk" | b"cpu" | b"memory" | b"usb" | b"cloudinit");
    match format::list_in(text, release).find(|feature| !known(feature)) {
        Some(feature) => Err(quoted("invalid hotplug feature '", feature, "'")),
        None => Ok(()),
    }
}

/// `pve-phys-bits`: `host`, or 8 to 64.
pub fn phys_bits(text: &[u8], _: Release) -> Verdict {
    let number = std::str::from_utf8(text).ok().filter(|_| is_digits(text)).and_then(|text| text.parse::<u32>().ok());
    if text == b"host" || number.is_some_and(|bits| (8..=64).contains(&bits)) {
        return Ok(());
    }
    Err("value must be an integer between 8 and 64 or 'host'".into())
}

/// `pve-qm-bootdev`: a disk, NIC, USB or PCI device by its key.
pub fn boot_device(text: &[u8], release: Release) -> Verdict {
    let (name, _) = crate::model::tables::guest::split_index(text);
    let kinds: [&[u8]; 7] = [b"ide", b"sata", b"scsi", b"virtio", b"net", b"usb", b"hostpci"];
    if kinds.contains(&name) && table::option(text, release).is_some() {
        return Ok(());
    }
    Err(quoted("invalid boot device '", text, "'"))
}

/// `pve-qm-bootdisk`: any disk but an unused one.
pub fn boot_disk(text: &[u8], release: Release) -> Verdict {
    let (name, _) = crate::model::tables::guest::split_index(text);
    let kinds: [&[u8]; 6] = [b"ide", b"sata", b"scsi", b"virtio", b"efidisk", b"tpmstate"];
    if kinds.contains(&name) && table::option(text, release).is_some() {
        return Ok(());
    }
    Err(quoted("invalid boot disk '", text, "'"))
}

/// `pve-qm-usb-device`, of PVE 7: vendor and product, bus and port, or `spice`.
pub fn usb_device_7(text: &[u8], _: Release) -> Verdict {
    if is_usb_device(text) { Ok(()) } else { Err("unable to parse usb device".into()) }
}

/// `pve-volume-id-or-qm-path`: `none`, `cdrom`, an absolute path or a volume id.
pub fn volume_or_path(text: &[u8], release: Release) -> Verdict {
    if matches!(text, b"none" | b"cdrom") || text.starts_with(b"/") {
        return Ok(());
    }
    format::volume_id(text, release)
}

/// `urlencoded`.
pub fn urlencoded(text: &[u8], _: Release) -> Verdict {
    let holds = text.iter().all(|&b| is_word(b) || b"-%.!~*'()".contains(&b));
    if holds { Ok(()) } else { Err(quoted("invalid urlencoded string: ", text, "")) }
}

/// `pve-vm-cpu-conf` as a whole. Models of `virtual-guest/cpu-models.conf` are looked for there by whoever has it.
pub fn cpu(props: &Props<'_>, release: Release) -> Result<(), BString> {
    let Some(model) = props.value("cputype").filter(|model| schema::is_true(model)) else {
        return Err("CPU is missing cputype".into());
    };
    match model.strip_prefix(b"custom-") {
        Some(name) => return Err(quoted("Custom cputype '", name, "' not found")),
        None if !table::cpu_models(release).iter().any(|known| known.as_bytes() == model) => {
            return Err(quoted("Built-in cputype '", model, "' is not defined (missing 'custom-' prefix?)"));
        }
        None => {}
    }
    let flags = table::cpu_flags(release);
    let is_allowed = |flag: &[u8]| {
        matches!(flag.first(), Some(b'+' | b'-')) && flags.iter().any(|known| Some(known.as_bytes()) == flag.get(1..))
    };
    if let Some(text) = props.value("flags").filter(|text| schema::is_true(text))
        && !text.split(|&b| b == b';').all(is_allowed)
    {
        let all: Vec<_> = flags.iter().map(|flag| flag.to_string()).collect();
        return Err(format!("VM-specific CPU flags must be a subset of: {}", all.join(", ")).into());
    }
    if props.get("reported-model").is_some() {
        return Err("Property 'reported-model' not allowed in VM-specific CPU config.".into());
    }
    Ok(())
}

/// Base64 as SMBIOS texts are kept in: one character at least, two `=` at most.
#[must_use]
pub fn is_base64(text: &[u8]) -> bool {
    let end = text.iter().position(|&b| b == b'=').unwrap_or(text.len());
    let (body, padding) = text.split_at(end);
    !body.is_empty()
        && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && matches!(padding, b"" | b"=" | b"==")
}

/// A bus and a number: `scsi0`. Which numbers there are isn't asked.
#[must_use]
pub fn is_boot_disk(text: &[u8]) -> bool {
    let (name, number) = crate::model::tables::guest::split_index(text);
    matches!(name, b"ide" | b"sata" | b"scsi" | b"virtio") && !number.is_empty()
}

/// The letters of the old boot order.
#[must_use]
pub fn is_boot_letters(text: &[u8]) -> bool {
    (1..=4).contains(&text.len()) && text.iter().all(|b| b"acdn".contains(b))
}

/// `+flag` and `-flag`, separated by `;`.
#[must_use]
pub fn is_cpu_flags(text: &[u8]) -> bool {
    text.split(|&b| b == b';').all(|flag| match flag {
        [b'+' | b'-', name @ ..] => !name.is_empty() && name.iter().all(|&b| is_word(b) || matches!(b, b'-' | b'.')),
        _ => false,
    })
}

/// At least two numbers with dots between: `8.1`.
#[must_use]
pub fn is_dotted_number(text: &[u8]) -> bool {
    memchr::memchr(b'.', text).is_some() && text.split(|&b| b == b'.').all(is_digits)
}

/// `net0=1500,net1=9000`.
#[must_use]
pub fn is_host_mtu(text: &[u8]) -> bool {
    text.split(|&b| b == b',').all(|part| {
        part.strip_prefix(b"net")
            .and_then(|rest| rest.split_once_str(b"="))
            .is_some_and(|(n, mtu)| is_digits(n) && is_digits(mtu))
    })
}

/// Up to twelve letters and digits.
#[must_use]
pub fn is_hv_vendor(text: &[u8]) -> bool {
    (1..=12).contains(&text.len()) && text.iter().all(u8::is_ascii_alphanumeric)
}

/// Letters, digits and hyphens.
#[must_use]
pub fn is_letters_digits_hyphens(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-')
}

/// A machine type, with or without a version: `q35`, `pc-i440fx-9.2+pve1`.
#[must_use]
pub fn is_machine(text: &[u8]) -> bool {
    if matches!(text, b"pc" | b"q35" | b"virt") {
        return true;
    }
    let is_virt = text.starts_with(b"virt");
    let text = if is_virt { text } else { text.strip_suffix(b".pxe").unwrap_or(text) };
    let (front, pve) = match text.find(b"+pve") {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 4..)),
        None => (text, None),
    };
    if pve.is_some_and(|number| !is_digits(number)) {
        return false;
    }
    if is_virt && front == b"virt" {
        return true;
    }
    let kinds: [&[u8]; 4] = [b"pc-i440fx-", b"pc-q35-", b"virt-", b"pc-"];
    kinds.iter().find_map(|kind| front.strip_prefix(*kind)).is_some_and(is_dotted_number)
}

/// The type of a mediated device.
#[must_use]
pub fn is_mdev(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(|b| b"/.:".contains(b))
}

/// A parallel port of the host.
#[must_use]
pub fn is_parallel_port(text: &[u8]) -> bool {
    [&b"/dev/parport"[..], b"/dev/usb/lp"].iter().any(|port| text.strip_prefix(*port).is_some_and(is_digits))
}

/// PCI addresses, in small letters, separated by `;`: `0000:01:00.0`.
#[must_use]
pub fn is_pci_addresses(text: &[u8]) -> bool {
    let is_small = |text: &[u8]| text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.split(|&b| b == b';').all(|address| {
        let parts: Vec<&[u8]> = address.split(|&b| b == b':').collect();
        let (bus, device) = match &parts[..] {
            [domain, bus, device] if domain.len() >= 4 && is_small(domain) => (*bus, *device),
            [bus, device] => (*bus, *device),
            _ => return false,
        };
        let (slot, function) = match device.split_once_str(b".") {
            Some((slot, function)) => (slot, Some(function)),
            None => (device, None),
        };
        bus.len() == 2
            && is_small(bus)
            && slot.len() == 2
            && is_small(slot)
            && function.is_none_or(|function| function.len() == 1 && is_small(function))
    })
}

/// `0x` and four hexadecimal digits.
#[must_use]
pub fn is_pci_id(text: &[u8]) -> bool {
    text.strip_prefix(b"0x").is_some_and(|id| id.len() == 4 && is_hex(id))
}

/// What QEMU takes behind `-cpu`.
#[must_use]
pub fn is_qemu_cpu(text: &[u8]) -> bool {
    let whole = text.strip_suffix(b",").unwrap_or(text);
    whole.split(|&b| b == b',').all(|part| {
        let part = part.strip_prefix(b"+").unwrap_or(part);
        !part.is_empty() && part.iter().all(|&b| is_word(b) || b"-.=".contains(&b))
    })
}

/// Numbers and ranges, separated by `;`.
#[must_use]
pub fn is_ranges(text: &[u8]) -> bool {
    text.split(|&b| b == b';').all(|part| match part.split_once_str(b"-") {
        Some((from, to)) => is_digits(from) && is_digits(to),
        None => is_digits(part),
    })
}

/// The name of a ROM file.
#[must_use]
pub fn is_rom_file(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(|b| b",;".contains(b))
}

fn is_scsi_text(text: &[u8], max: usize) -> bool {
    text.len() <= max && text.iter().all(|&b| is_word(b) || b == b'-' || is_space(b))
}

/// Up to sixteen letters, digits, `-`, `_` and blanks.
#[must_use]
pub fn is_scsi_product(text: &[u8]) -> bool {
    is_scsi_text(text, 16)
}

/// Up to eight letters, digits, `-`, `_` and blanks.
#[must_use]
pub fn is_scsi_vendor(text: &[u8]) -> bool {
    is_scsi_text(text, 8)
}

/// A device of the host, or `socket`.
#[must_use]
pub fn is_serial_port(text: &[u8]) -> bool {
    text == b"socket" || text.strip_prefix(b"/dev/").is_some_and(|name| !name.is_empty())
}

/// The same, without a comma in it.
#[must_use]
pub fn is_serial_port_9(text: &[u8]) -> bool {
    is_serial_port(text) && !text.contains(&b',')
}

/// `now`, or a date with or without a time: `2006-06-17T16:01:21`.
#[must_use]
pub fn is_start_date(text: &[u8]) -> bool {
    let few = |part: &[u8]| (1..=2).contains(&part.len()) && is_digits(part);
    let (date, time) = match text.split_once_str(b"T") {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date: Vec<&[u8]> = date.split(|&b| b == b'-').collect();
    let is_date =
        matches!(&date[..], [year, month, day] if year.len() == 4 && is_digits(year) && few(month) && few(day));
    let is_time = |time: &[u8]| {
        time.split(|&b| b == b':').filter(|part| few(part)).count() == 3 && time.split(|&b| b == b':').count() == 3
    };
    text == b"now" || (is_date && time.is_none_or(is_time))
}

/// Vendor and product (`1234:abcd`), bus and port (`1-1.4`), or `spice`.
#[must_use]
pub fn is_usb_device(text: &[u8]) -> bool {
    if text.eq_ignore_ascii_case(b"spice") {
        return true;
    }
    if let Some((vendor, product)) = text.split_once_str(b":") {
        let is_id = |id: &[u8]| {
            let id = id.strip_prefix(b"0x").unwrap_or(id);
            id.len() == 4 && is_hex(id)
        };
        return is_id(vendor) && is_id(product);
    }
    text.split_once_str(b"-").is_some_and(|(bus, port)| is_digits(bus) && port.split(|&b| b == b'.').all(is_digits))
}

/// A UUID.
#[must_use]
pub fn is_uuid(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&b| b == b'-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| is_hex(part))
}

/// A UUID, `0` or `1`.
#[must_use]
pub fn is_uuid_or_bit(text: &[u8]) -> bool {
    matches!(text, b"0" | b"1") || is_uuid(text)
}

/// `0x` and sixteen hexadecimal digits.
#[must_use]
pub fn is_wwn(text: &[u8]) -> bool {
    text.strip_prefix(b"0x").is_some_and(|name| name.len() == 16 && is_hex(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_with_and_without_a_version() {
        for good in ["pc", "q35", "virt", "pc-i440fx-9.2+pve1", "pc-9.0", "pc-q35-8.1.pxe", "virt-8.2", "virt+pve1"] {
            assert!(is_machine(good.as_bytes()), "{good}");
        }
        for bad in ["", "pc-", "pc-9", "q35-9.0", "pc-i440fx-9.2+pve", "virt-8.2.pxe", "foo", "pc-q35-9.0+pvex"] {
            assert!(!is_machine(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn devices_of_the_host() {
        assert!(
            is_pci_addresses(b"0000:01:00.0;02:00") && !is_pci_addresses(b"01:00.0.0") && !is_pci_addresses(b"0A:00")
        );
        assert!(is_usb_device(b"0x1234:abCD") && is_usb_device(b"1-1.4") && is_usb_device(b"SPICE"));
        assert!(!is_usb_device(b"1-") && !is_usb_device(b"123:4567") && !is_usb_device(b""));
        assert!(is_wwn(b"0x500a0982991b8dc5") && !is_wwn(b"500a0982991b8dc5"));
    }

    #[test]
    fn cpu_sets_may_end_in_commas() {
        for (text, good) in
            [("0-3,5", true), ("0,", true), ("0,,1", false), ("0-", false), ("0-3-5", false), ("1.5", false)]
        {
            assert_eq!(cpuset(text.as_bytes(), Release::Pve9).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn dates_and_uuids() {
        assert!(is_start_date(b"2006-06-17T16:01:21") && is_start_date(b"2006-6-7") && !is_start_date(b"2006-06"));
        assert!(is_uuid_or_bit(b"1") && is_uuid(b"6f0c9a52-0d5e-4e1f-9a58-0b54d4dfe001") && !is_uuid(b"6f0c9a52-0d5e"));
    }
}
