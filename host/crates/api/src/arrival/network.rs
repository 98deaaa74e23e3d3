use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

/// An address, or all that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

/// A text is no [`Network`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNetwork {
    /// An address within a network, with the length of that network's prefix.
    #[error("'{0}' is no network: write {1}, or the address alone")]
    Within(String, IpNet),
    /// Something else.
    #[error("'{0}' is no address and no network: write 10.1.2.3, 10.0.0.0/8 or fd00::/8")]
    Other(String),
}

impl Network {
    /// Whether this address lies in it. One of version 4 that is written as one of version 6 is what it was at first.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        // A list may have a space behind each comma.
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(address.to_canonical().into()));
        }
        let network: IpNet = text
            .parse()
            .map_err(|_| NoNetwork::Other(text.to_owned()))?;
        if network != network.trunc() {
            return Err(NoNetwork::Within(text.to_owned(), network.trunc()));
        }
        Ok(Self(network))
    }
}

impl TryFrom<String> for Network {
    type Error = NoNetwork;

    fn try_from(text: String) -> Result<Self, NoNetwork> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_alike() {
        for (network, address, holds) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.1.2.3", "10.1.2.3", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("0.0.0.0/0", "::1", false),
            (" ::1", "::1", true),
        ] {
            let within: Network = network.parse().unwrap();
            let found = within.contains(address.parse().unwrap());
            assert_eq!(found, holds, "{address} in {network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_would_be_one() {
        for text in [
            "",
            "localhost",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.1:80",
            "[::1]",
            "::/129",
            "10.0.0.0/255.0.0.0",
        ] {
            let refused = text.parse::<Network>().unwrap_err();
            assert_eq!(refused, NoNetwork::Other(text.to_owned()));
        }
        let within = "10.1.2.3/8".parse::<Network>().unwrap_err().to_string();
        assert!(
            within.ends_with("write 10.0.0.0/8, or the address alone"),
            "{within}"
        );
    }
}
