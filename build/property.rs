//! Properties as the tables of guests write them, and the code they become.

use std::error::Error;
use std::fmt::Write as _;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Variants {
    One(Box<Property>),
    Many(Vec<Property>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Property {
    pub(crate) r#type: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) pattern: Option<String>,
    #[serde(default)]
    pub(crate) values: Vec<String>,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) max_length: Option<usize>,
    pub(crate) default: Option<String>,
    pub(crate) absent: Option<String>,
    #[serde(default)]
    pub(crate) start: bool,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) default_key: bool,
    pub(crate) alias: Option<String>,
    pub(crate) key_alias: Option<String>,
    pub(crate) requires: Option<String>,
    /// For options with a number behind the name: how many.
    pub(crate) count: Option<u16>,
    pub(crate) since: Option<u8>,
    pub(crate) until: Option<u8>,
    pub(crate) appeared: Option<String>,
}

impl Variants {
    /// One a release, or for all.
    pub(crate) fn all(&self) -> &[Property] {
        match self {
            Self::One(one) => std::slice::from_ref(&**one),
            Self::Many(many) => many,
        }
    }
}

/// The literal of a `Property`; the names of formats and patterns are those of the functions that check them.
pub(crate) fn property(name: &str, property: &Property) -> Result<String, Box<dyn Error>> {
    let base = match property.r#type.as_deref() {
        None | Some("string") => "STRING",
        Some("boolean") => "BOOLEAN",
        Some("integer") => "INTEGER",
        Some("number") => "NUMBER",
        Some(other) => return Err(format!("{name}: no type {other}").into()),
    };
    let mut code = format!("Property {{ name: {name:?}");
    if let Some(schema) = &property.schema {
        write!(code, ", format: Some(Format::Props(&{}))", upper(schema))?;
    }
    if let Some(format) = &property.format {
        let (kind, one) = match format.strip_suffix("-list") {
            Some(one) => ("List", one),
            None => ("One", format.as_str()),
        };
        let function = match one {
            "address" => "format::address",
            "disk-size" => "format::disk_size",
            "dns-name" => "format::dns_name",
            "ipv4" => "format::ipv4",
            "ipv6" => "format::ipv6",
            "mac-addr" => "format::mac_addr",
            "pve-configid" => "format::config_id",
            "pve-ipv4-config" => "format::ipv4_config",
            "pve-ipv6-config" => "format::ipv6_config",
            "pve-bridge-id" => "format::bridge_id",
            "pve-startup-order" => "format::startup",
            "pve-storage-id" => "format::storage_id",
            "pve-tag" => "format::tag",
            "pve-volume-id" => "format::volume_id",
            "lxc-ip-with-ll-iface" => "check::nameserver",
            "pve-ct-timezone" => "check::timezone",
            "pve-lxc-dev-string" => "check::device_path",
            "pve-lxc-mp-string" => "check::mount_path",
            "pve-cpuset" => "check::cpuset",
            "pve-hotplug-features" => "check::hotplug",
            "pve-phys-bits" => "check::phys_bits",
            "pve-qm-bootdev" => "check::boot_device",
            "pve-qm-bootdisk" => "check::boot_disk",
            "pve-qm-usb-device" => "check::usb_device_7",
            "pve-volume-id-or-qm-path" => "check::volume_or_path",
            "urlencoded" => "check::urlencoded",
            other => return Err(format!("{name}: no format {other}").into()),
        };
        write!(code, ", format: Some(Format::{kind}({function}))")?;
    }
    if let Some(pattern) = &property.pattern {
        let function = match pattern.as_str() {
            "environment" => "check::is_environment",
            "file-mode" => "check::is_file_mode",
            "file-systems" => "check::is_file_systems",
            "interface" => "format::is_bridge_name",
            "mount-idmap" => "check::is_mount_idmap",
            "mount-options" => "check::is_mount_options",
            "mount-options-7" => "check::is_mount_options_7",
            "printable" => "check::is_printable",
            "vlan-list" => "check::is_vlan_list",
            "base64" => "check::is_base64",
            "boot-disk" => "check::is_boot_disk",
            "boot-letters" => "check::is_boot_letters",
            "cpu-flags" => "check::is_cpu_flags",
            "dotted-number" => "check::is_dotted_number",
            "host-mtu" => "check::is_host_mtu",
            "hv-vendor" => "check::is_hv_vendor",
            "letters-digits-hyphens" => "check::is_letters_digits_hyphens",
            "machine" => "check::is_machine",
            "mdev" => "check::is_mdev",
            "parallel-port" => "check::is_parallel_port",
            "pci-addresses" => "check::is_pci_addresses",
            "pci-id" => "check::is_pci_id",
            "qemu-cpu" => "check::is_qemu_cpu",
            "ranges" => "check::is_ranges",
            "rom-file" => "check::is_rom_file",
            "scsi-product" => "check::is_scsi_product",
            "scsi-vendor" => "check::is_scsi_vendor",
            "serial-port" => "check::is_serial_port",
            "serial-port-9" => "check::is_serial_port_9",
            "start-date" => "check::is_start_date",
            "usb-device" => "check::is_usb_device",
            "uuid" => "check::is_uuid",
            "uuid-or-bit" => "check::is_uuid_or_bit",
            "wwn" => "check::is_wwn",
            other => return Err(format!("{name}: no pattern {other}").into()),
        };
        write!(code, ", pattern: Some({function})")?;
    }
    if !property.values.is_empty() {
        write!(code, ", values: &{:?}", property.values)?;
    }
    for (field, value) in [("min", property.min), ("max", property.max)] {
        if let Some(value) = value {
            write!(code, ", {field}: Some({value})")?;
        }
    }
    if let Some(length) = property.max_length {
        write!(code, ", max_length: Some({length})")?;
    }
    if let Some(default) = &property.default {
        write!(code, ", default: Some({default:?})")?;
    }
    if let Some(alias) = &property.alias {
        write!(code, ", alias: Some(Alias {{ target: {alias:?}, key: {:?} }})", property.key_alias)?;
    }
    if let Some(requires) = &property.requires {
        write!(code, ", requires: Some({requires:?})")?;
    }
    if property.required {
        write!(code, ", required: true")?;
    }
    if property.default_key {
        write!(code, ", default_key: true")?;
    }
    for (field, release) in [("since", property.since), ("until", property.until)] {
        if let Some(release) = release {
            write!(code, ", {field}: Release::Pve{release}")?;
        }
    }
    if let Some(appeared) = &property.appeared {
        write!(code, ", since_text: {appeared:?}")?;
    }
    write!(code, ", ..Property::{base} }}")?;
    Ok(code)
}

/// As a constant is called.
pub(crate) fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
