//! Address ranges such as `10.96.0.0/12`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address range: its network address and prefix length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    network: IpAddr,
    bits: u8,
}

impl Range {
    /// Parses a range. Host bits are cleared, as in Go.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u8 = bits.parse().ok().filter(|_| is_number)?;
        let network = match address.parse().ok()? {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits.into())?).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128_u32.checked_sub(bits.into())?).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        };
        Some(Self { network, bits })
    }

    /// The first usable address, which belongs to the service `kubernetes`.
    pub(super) fn first(self) -> IpAddr {
        match self.network {
            IpAddr::V4(address) => Ipv4Addr::from_bits(address.to_bits() | 1).into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() | 1).into(),
        }
    }

    /// The number of host bits.
    pub(super) fn free_bits(self) -> u8 {
        self.all_bits() - self.bits
    }

    /// The number of bits of an address.
    pub(super) fn all_bits(self) -> u8 {
        if self.network.is_ipv4() { 32 } else { 128 }
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        let text = format!("{address}/{}", self.bits);
        address.is_ipv4() == self.network.is_ipv4()
            && Self::parse(&text).is_some_and(|range| range.network == self.network)
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn first_addresses() {
        let first = |text| Range::parse(text).map(|range| range.first().to_string());
        assert_eq!(first("10.96.0.0/12").as_deref(), Some("10.96.0.1"));
        assert_eq!(first("10.97.3.7/12").as_deref(), Some("10.96.0.1"));
        assert_eq!(first("fd00:10:96::/112").as_deref(), Some("fd00:10:96::1"));
        assert_eq!(first("0.0.0.0/0").as_deref(), Some("0.0.0.1"));
        for bad in [
            "10.96.0.0",
            "10.96.0.0/33",
            "10.96.0/12",
            "10.96.0.0/",
            "::/129",
            "::/+8",
            "a/8",
        ] {
            assert_eq!(first(bad), None, "{bad}");
        }
    }

    #[test]
    fn ranges_contain_their_addresses() {
        let range = Range::parse("10.96.0.0/12").unwrap();
        assert!(range.contains("10.111.255.255".parse().unwrap()));
        assert!(!range.contains("10.112.0.0".parse().unwrap()));
        assert!(!range.contains("::1".parse().unwrap()));
        assert_eq!(range.free_bits(), 20);
    }
}
