use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an address reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Into the internet.
    Global,
    /// Into a private network (RFC 1918, RFC 4193), where operators keep services of their own.
    Private,
    /// Into this machine.
    Loopback,
    /// To what no name should lead to, such as the metadata service of a cloud.
    Special(&'static str),
}

impl Reach {
    /// With an article, for sentences.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Global => "a global address",
            Self::Private => "an address of a private network",
            Self::Loopback => "a loopback address",
            Self::Special(noun) => noun,
        }
    }

    pub(crate) fn of(address: IpAddr) -> Self {
        match canonical(address) {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }
}

/// The address that a connection to `address` ends at: an IPv4 address may be written as an IPv6 one.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

const LINK_LOCAL: Reach = Reach::Special("a link-local address");
const METADATA: Reach = Reach::Special("an address of a cloud's metadata service");
const MULTICAST: Reach = Reach::Special("a multicast address");
const RESERVED: Reach = Reach::Special("a reserved address");
const SHARED: Reach = Reach::Special("an address of a provider's shared network");
const UNSPECIFIED: Reach = Reach::Special("an unspecified address");

/// By the registry of special-purpose addresses (RFC 6890).
fn of_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Azure gives out credentials there.
        [168, 63, 129, 16] => METADATA,
        [0, ..] => UNSPECIFIED,
        [127, ..] => Reach::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reach::Private,
        [169, 254, ..] => LINK_LOCAL,
        [100, 64..=127, ..] => SHARED,
        [224..=239, ..] => MULTICAST,
        // Protocol assignments, documentation, relays of 6to4, benchmarks, and what was never given out.
        [192, 0, 0 | 2, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [240..=255, ..] => RESERVED,
        _ => Reach::Global,
    }
}

/// What is not known to be global is refused: only `2000::/3` is given out.
fn of_v6(address: Ipv6Addr) -> Reach {
    if address.is_loopback() {
        return Reach::Loopback;
    }
    if address.is_unspecified() {
        return UNSPECIFIED;
    }
    match address.segments() {
        // A translator (NAT64) connects to the IPv4 address inside.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            of_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Amazon's and Google's.
        [0xfd00, 0xec2, ..] | [0xfd20, 0xce, ..] => METADATA,
        [0xfc00..=0xfdff, ..] => Reach::Private,
        [0xfe80..=0xfebf, ..] => LINK_LOCAL,
        [0xff00..=0xffff, ..] => MULTICAST,
        // Protocol assignments with Teredo, documentation, and 6to4, which holds an IPv4 address.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => RESERVED,
        [0x2000..=0x3fff, ..] => Reach::Global,
        _ => RESERVED,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reach(text: &str) -> Reach {
        Reach::of(text.parse().expect("the test writes an address"))
    }

    #[test]
    fn what_leads_into_the_machine_or_the_cloud_around_it_is_special() {
        for (address, expected) in [
            ("127.0.0.1", Reach::Loopback),
            ("127.255.255.254", Reach::Loopback),
            ("::1", Reach::Loopback),
            ("0.0.0.0", UNSPECIFIED),
            ("0.1.2.3", UNSPECIFIED),
            ("::", UNSPECIFIED),
            ("169.254.169.254", LINK_LOCAL),
            ("fe80::1", LINK_LOCAL),
            ("febf::1", LINK_LOCAL),
            ("fd00:ec2::254", METADATA),
            ("fd20:ce::254", METADATA),
            ("168.63.129.16", METADATA),
            ("100.100.100.200", SHARED),
            ("192.0.0.192", RESERVED),
            ("198.18.0.1", RESERVED),
            ("255.255.255.255", RESERVED),
            ("224.0.0.251", MULTICAST),
            ("ff02::1", MULTICAST),
            ("fec0::1", RESERVED),
            ("2001:db8::1", RESERVED),
            ("2002:7f00:1::", RESERVED),
            ("2001::7f00:1", RESERVED),
            ("100::1", RESERVED),
            ("::7f00:1", RESERVED),
            ("64:ff9b:1::a00:1", RESERVED),
        ] {
            assert_eq!(reach(address), expected, "{address}");
        }
    }

    #[test]
    fn private_and_global_addresses_are_told_apart_at_their_borders() {
        for address in [
            "10.0.0.0",
            "10.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.1",
            "fc00::1",
            "fd12:3456::1",
        ] {
            assert_eq!(reach(address), Reach::Private, "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.255.255",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            assert_eq!(reach(address), Reach::Global, "{address}");
        }
    }

    proptest! {
        /// However an IPv4 address is written, it reaches as far as it does.
        #[test]
        fn an_ipv4_address_inside_an_ipv6_one_reaches_as_far(bits in any::<u32>()) {
            let address = Ipv4Addr::from_bits(bits);
            let mapped = address.to_ipv6_mapped();
            let translated = Ipv6Addr::from_bits(0x64_ff9b << 96 | u128::from(bits));
            prop_assert_eq!(Reach::of(mapped.into()), Reach::of(address.into()));
            prop_assert_eq!(Reach::of(translated.into()), Reach::of(address.into()));
        }
    }
}
