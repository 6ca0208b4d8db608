//! The network interfaces of a container, with the parts of `netN` that are compared with one another.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Opt, Section};
use crate::model::schema::format;
use crate::model::schema::{Prop, Props};

/// A `netN` that PVE can read.
#[derive(Clone, Copy, Debug)]
pub struct Net<'s, 'a> {
    /// The option.
    pub option: &'s Opt<'a>,
    /// Its parts.
    pub props: &'s Props<'a>,
}

impl<'a> Section<'a> {
    /// Every `netN` that PVE can read, in file order; also those with a number that it doesn't know, since it uses them.
    pub fn nets(&self) -> impl Iterator<Item = Net<'_, 'a>> {
        let family = |option: &&Opt<'a>| option.key.starts_with(b"net") && option.family() == b"net";
        self.options.iter().filter(family).filter_map(|option| Some(Net { option, props: option.props.as_ref()? }))
    }
}

impl<'s, 'a> Net<'s, 'a> {
    /// The part `name`, when it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'s Prop<'a>> {
        self.props.get(name)
    }

    /// The bridge and the VLAN: interfaces on the same one reach each other. `None` without a bridge.
    #[must_use]
    pub fn segment(&self) -> Option<(&'a [u8], i64)> {
        let tag = self.get("tag").and_then(Prop::integer).unwrap_or_default();
        Some((self.get("bridge")?.value, tag))
    }

    /// The MAC address as six octets.
    #[must_use]
    pub fn mac(&self) -> Option<[u8; 6]> {
        let text = std::str::from_utf8(self.get("hwaddr")?.value).ok()?;
        let mut octets = text.split(':').map(|octet| u8::from_str_radix(octet, 16));
        let mut mac = [0; 6];
        for slot in &mut mac {
            *slot = octets.next()?.ok()?;
        }
        Some(mac)
    }

    /// The static IPv4 address with its prefix length.
    #[must_use]
    pub fn ipv4(&self) -> Option<(Ipv4Addr, u32)> {
        format::cidrv4_parts(self.get("ip")?.value)
    }

    /// The static IPv6 address with its prefix length.
    #[must_use]
    pub fn ipv6(&self) -> Option<(Ipv6Addr, u32)> {
        format::cidrv6_parts(self.get("ip6")?.value)
    }

    /// The IPv4 gateway.
    #[must_use]
    pub fn gateway4(&self) -> Option<Ipv4Addr> {
        format::ipv4_addr(self.get("gw")?.value)
    }

    /// The IPv6 gateway.
    #[must_use]
    pub fn gateway6(&self) -> Option<Ipv6Addr> {
        format::ipv6_addr(self.get("gw6")?.value)
    }
}

/// First and last address of the network of `address`.
#[must_use]
pub fn range4((address, prefix): (Ipv4Addr, u32)) -> (Ipv4Addr, Ipv4Addr) {
    let host = u32::MAX.checked_shr(prefix).unwrap_or_default();
    let first = address.to_bits() & !host;
    (Ipv4Addr::from_bits(first), Ipv4Addr::from_bits(first | host))
}

/// First and last address of the network of `address`.
#[must_use]
pub fn range6((address, prefix): (Ipv6Addr, u32)) -> (Ipv6Addr, Ipv6Addr) {
    let host = u128::MAX.checked_shr(prefix).unwrap_or_default();
    let first = address.to_bits() & !host;
    (Ipv6Addr::from_bits(first), Ipv6Addr::from_bits(first | host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::Container;
    use crate::release::Release;

    #[test]
    fn parts_of_interfaces_are_typed() {
        let text = b"net0: name=eth0,bridge=vmbr0,tag=5,hwaddr=bc:24:11:00:00:0A,ip=192.0.2.9/29,gw=192.0.2.14\n\
                     net1: name=eth1,ip=dhcp,ip6=2001:db8::1/64\nnet2: broken\nnet40: name=eth2\nnets: 1\n";
        let container = Container::parse(text, 100, Release::Pve9);
        let nets: Vec<_> = container.main.nets().collect();
        let keys: Vec<_> = nets.iter().map(|net| net.option.key).collect();
        assert_eq!(keys, [&b"net0"[..], b"net1", b"net40"]);
        assert_eq!(nets[0].segment(), Some((&b"vmbr0"[..], 5)));
        assert_eq!(nets[0].mac(), Some([0xbc, 0x24, 0x11, 0, 0, 10]));
        let address = nets[0].ipv4().unwrap();
        assert_eq!(range4(address), (Ipv4Addr::new(192, 0, 2, 8), Ipv4Addr::new(192, 0, 2, 15)));
        assert_eq!(nets[0].gateway4(), Some(Ipv4Addr::new(192, 0, 2, 14)));
        assert_eq!((nets[1].ipv4(), nets[1].segment(), nets[1].mac()), (None, None, None));
        let range = range6(nets[1].ipv6().unwrap());
        assert_eq!(range.0.to_string(), "2001:db8::");
        assert_eq!(range4((Ipv4Addr::new(10, 0, 0, 1), 32)).0, Ipv4Addr::new(10, 0, 0, 1));
    }
}
