//! Who sends a request, as far as the relay wants to know.

use std::net::IpAddr;

/// Where and when a request came in.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// The network it came from; used for limits only and never stored.
    pub prefix: Prefix,
    /// The relay's clock, milliseconds since 1970.
    pub now_ms: u64,
}

/// A network that shares its limits: a /24 of IPv4 or a /56 of IPv6.
///
/// It lives in memory only. It prints no content, so that it cannot reach a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix([u8; 8]);

impl Prefix {
    /// For callers without a network address.
    pub const UNKNOWN: Prefix = Prefix([0; 8]);

    /// The prefix of an address. An IPv4 address mapped into IPv6 counts as IPv4.
    pub fn of(address: IpAddr) -> Self {
        let mut out = [0; 8];
        match address.to_canonical() {
            IpAddr::V4(address) => {
                out[0] = 4;
                out[1..4].copy_from_slice(&address.octets()[..3]);
            }
            IpAddr::V6(address) => {
                out[0] = 6;
                out[1..].copy_from_slice(&address.octets()[..7]);
            }
        }
        Self(out)
    }
}

impl std::fmt::Debug for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prefix(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::of(text.parse().expect("an address"))
    }

    #[test]
    fn neighbours_share_a_prefix() {
        let same = [
            ("192.0.2.1", "192.0.2.254"),
            ("::ffff:192.0.2.1", "192.0.2.9"),
            ("2001:db8:0:11::1", "2001:db8:0:12:ffff::9"),
        ];
        let different =
            [("192.0.2.1", "192.0.3.1"), ("2001:db8:0:100::1", "2001:db8:0:200::1"), ("6.1.1.1", "601::1")];
        assert!(same.iter().all(|(a, b)| prefix(a) == prefix(b)));
        assert!(different.iter().all(|(a, b)| prefix(a) != prefix(b)));
        assert_eq!(format!("{:?}", prefix("192.0.2.1")), "Prefix(…)");
    }
}
