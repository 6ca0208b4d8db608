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
    pub(crate) min_length: Option<usize>,
    /// Of section files: one line an element.
    #[serde(default)]
    pub(crate) array: bool,
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
    let mut code = format!("Property {{ name: {name:?}");
    if let Some(schema) = &property.schema {
        let schema = if schema == "prune-backups" { "storage_format::PRUNE_BACKUPS".to_owned() } else { upper(schema) };
        write!(code, ", format: Some(Format::Props(&{schema}))")?;
    }
    if let Some(format) = &property.format {
        // `string-alist` is a list of anything.
        if format == "string-alist" {
            return property_rest(code, name, property);
        }
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
            "email-or-username" => "check::email_or_username",
            "graphite-path" => "check::graphite_path",
            "ip" => "format::ip",
            "ldap-simple-attr" => "check::ldap_attr",
            "pve-calendar-event" => "check::calendar_event",
            "pve-ha-group-node" => "check::ha_group_node",
            "pve-ha-node" => "check::ha_node",
            "pve-ha-resource-id" => "check::ha_resource",
            "pve-iface" => "check::iface",
            "pve-node" => "format::node",
            "pve-realm" => "check::realm",
            "pve-sdn-bgp-rt" => "check::bgp_route_target",
            "pve-sdn-fabric-id" => "check::fabric_id",
            "pve-sdn-isis-net" => "check::isis_net",
            "pve-storage-path-in-property-string" => "check::storage_path",
            "pve-vmid" => "format::vmid",
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
    property_rest(code, name, property)
}

/// The constant that has the type of a property and nothing else.
fn base(name: &str, property: &Property) -> Result<&'static str, Box<dyn Error>> {
    Ok(match property.r#type.as_deref() {
        None | Some("string") => "STRING",
        Some("boolean") => "BOOLEAN",
        Some("integer") => "INTEGER",
        Some("number") => "NUMBER",
        Some(other) => return Err(format!("{name}: no type {other}").into()),
    })
}

/// What comes behind the format.
fn property_rest(mut code: String, name: &str, property: &Property) -> Result<String, Box<dyn Error>> {
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
            "claim" => "check::is_claim",
            "device-id" => "check::is_device_id",
            "isis-net" => "check::is_isis_net",
            "ldap-dn" => "check::is_ldap_dn",
            "no-blank" => "check::is_no_blank",
            "no-blank-2" => "check::is_no_blank_2",
            "pci-paths" => "check::is_pci_paths",
            "remove-vanished" => "check::is_remove_vanished",
            "sha256" => "check::is_sha256",
            "sync-attributes" => "check::is_sync_attributes",
            "uri-value" => "check::is_uri_value",
            "usb-path" => "check::is_usb_path",
            "vnet-alias" => "check::is_vnet_alias",
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
    for (field, length) in [("max_length", property.max_length), ("min_length", property.min_length)] {
        if let Some(length) = length {
            write!(code, ", {field}: Some({length})")?;
        }
    }
    if property.array {
        write!(code, ", array: true")?;
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
    write!(code, ", ..Property::{} }}", base(name, property)?)?;
    Ok(code)
}

/// As a constant is called.
pub(crate) fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
