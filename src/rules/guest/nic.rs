//! The network interfaces of guests, with what containers and VMs write differently.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::AnyGuest;
use crate::model::guest::Opt;
use crate::model::schema::{Prop, Props, format};

/// A `netN` that PVE can read, and the addresses that belong to it.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Nic<'s, 'a> {
    /// The option.
    pub(in crate::rules) option: &'s Opt<'a>,
    /// Its parts.
    pub(in crate::rules) props: &'s Props<'a>,
    /// The `ipconfigN` of a VM.
    config: Option<&'s Opt<'a>>,
    is_container: bool,
}

/// Every `netN` of what a guest runs with.
pub(in crate::rules) fn nics<'s, 'a>(guest: AnyGuest<'s, 'a>) -> impl Iterator<Item = Nic<'s, 'a>> {
    let main = guest.main();
    let is_container = matches!(guest, AnyGuest::Container(_));
    main.nets().map(move |net| {
        let number = net.option.number().unwrap_or_default();
        let config = if is_container { None } else { main.get(&format!("ipconfig{number}")) };
        Nic { option: net.option, props: net.props, config, is_container }
    })
}

impl<'s, 'a> Nic<'s, 'a> {
    /// The part that holds the MAC address.
    pub(in crate::rules) fn hwaddr(&self) -> Option<&'s Prop<'a>> {
        self.props.get(if self.is_container { "hwaddr" } else { "macaddr" })
    }

    /// The MAC address as six octets.
    pub(in crate::rules) fn mac(&self) -> Option<[u8; 6]> {
        let text = std::str::from_utf8(self.hwaddr()?.value).ok()?;
        let mut octets = text.split(':').map(|octet| u8::from_str_radix(octet, 16));
        let mut mac = [0; 6];
        for slot in &mut mac {
            *slot = octets.next()?.ok()?;
        }
        Some(mac)
    }

    /// The bridge and the VLAN: interfaces on the same one reach each other. `None` without a bridge.
    pub(in crate::rules) fn segment(&self) -> Option<(&'a [u8], i64)> {
        let tag = self.props.get("tag").and_then(Prop::integer).unwrap_or_default();
        Some((self.props.get("bridge")?.value, tag))
    }

    /// The value of the option without its MAC address, so that PVE makes up another.
    pub(in crate::rules) fn without_mac(&self, guest: AnyGuest<'_, '_>) -> Option<Vec<u8>> {
        if self.is_container {
            return Some(guest.without(self.option, &["hwaddr"]));
        }
        let model = self.props.value("model")?;
        let rest = guest.without(self.option, &["macaddr", "model"]);
        Some(if rest.is_empty() { model.to_vec() } else { [model, b",", &rest].concat() })
    }

    fn addresses(&self) -> Option<&'s Props<'a>> {
        if self.is_container { Some(self.props) } else { self.config?.props.as_ref() }
    }

    /// The option that holds its addresses.
    pub(in crate::rules) fn address_key(&self) -> &'a [u8] {
        self.config.unwrap_or(self.option).key
    }

    /// Its static IPv4 address, and where it stands.
    pub(in crate::rules) fn ipv4(&self) -> Option<(&'s Prop<'a>, Ipv4Addr)> {
        let prop = self.addresses()?.get("ip")?;
        Some((prop, format::cidrv4_parts(prop.value)?.0))
    }

    /// Its static IPv6 address, and where it stands.
    pub(in crate::rules) fn ipv6(&self) -> Option<(&'s Prop<'a>, Ipv6Addr)> {
        let prop = self.addresses()?.get("ip6")?;
        Some((prop, format::cidrv6_parts(prop.value)?.0))
    }
}
