//! The network that an address is of: whoever has one has all its addresses, and makes keys without end.

use std::net::{Ipv4Addr, Ipv6Addr};

/// 24 bits of an IPv4 address, 48 of an IPv6 one, as they are handed out; else the host as it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin(String);

impl Origin {
    /// That of a multiaddr.
    #[must_use]
    pub(crate) fn of(address: &str) -> Self {
        let mut parts = address.split('/').skip(1);
        let (protocol, host) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if let Ok(host) = host.parse::<Ipv4Addr>() {
            let [first, second, third, _] = host.octets();
            return Self(format!("{first}.{second}.{third}"));
        }
        if let Ok(host) = host.parse::<Ipv6Addr>() {
            let [first, second, third, ..] = host.segments();
            return Self(format!("{first:x}:{second:x}:{third:x}"));
        }
        Self(format!("{protocol}/{host}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_off_any_address() {
        for (one, other, is_same) in [
            ("/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.9/udp/7/quic-v1", true),
            ("/ip4/192.0.2.1/tcp/1", "/ip4/192.0.3.1/tcp/1", false),
            ("/ip6/2001:db8:1:2::1/tcp/1", "/ip6/2001:db8:1:9::1/tcp/1", true),
            ("/ip6/2001:db8:1::1/tcp/1", "/ip6/2001:db8:2::1/tcp/1", false),
            ("", "nothing", true),
            ("/memory/1", "/memory/2", false),
        ] {
            assert_eq!(Origin::of(one) == Origin::of(other), is_same, "{one} {other}");
        }
    }
}
