//! Addresses, CIDR blocks and paths.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Reason;

/// An IPv4 or IPv6 address.
pub fn ip(text: &str) -> Result<(), Reason> {
    text.parse::<IpAddr>()
        .map(drop)
        .map_err(|_| "it is not an IPv4 or IPv6 address".to_owned())
}

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`.
pub fn cidr(text: &str) -> Result<(), Reason> {
    let Some((address, bits)) = text.split_once('/') else {
        return Err("a `/` and the number of bits are missing".to_owned());
    };
    let most = if address.parse::<Ipv4Addr>().is_ok() {
        32
    } else if address.parse::<Ipv6Addr>().is_ok() {
        128
    } else {
        return Err("its address cannot be read".to_owned());
    };
    match bits.parse::<u8>() {
        Ok(number) if number <= most && (bits == "0" || !bits.starts_with(['0', '+'])) => Ok(()),
        _ => Err(format!(
            "`{}` is not a number of bits from 0 to {most}",
            super::shown(bits)
        )),
    }
}

/// A path that does not go up: no `..` between its slashes.
pub fn path_without_backsteps(text: &str) -> Result<(), Reason> {
    if text.split('/').any(|part| part == "..") {
        return Err("it has `..`".to_owned());
    }
    Ok(())
}

/// A path below a volume: relative, and not going up.
pub fn relative_path(text: &str) -> Result<(), Reason> {
    if text.starts_with('/') {
        return Err("it must be relative".to_owned());
    }
    path_without_backsteps(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "fd00::/8", "::/0", "10.1.2.3/32"] {
            assert_eq!(cidr(good), Ok(()), "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/08", "10.0.0.0/"] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
        assert!(ip("10.0.0.1").is_ok() && ip("::1").is_ok() && ip("010.0.0.1").is_err() && ip("localhost").is_err());
        assert!(relative_path("a/b").is_ok() && relative_path("/a").is_err() && relative_path("a/../b").is_err());
    }
}
