//! Addresses, CIDR blocks and paths.

use std::net::IpAddr;

use super::Reason;

/// Checks an IPv4 or IPv6 address.
pub fn ip(text: &str) -> Result<(), Reason> {
    match address(text) {
        Some(_) => Ok(()),
        None => Err("it is not an IPv4 or IPv6 address".to_owned()),
    }
}

/// Parses an address. Kubernetes still accepts leading zeros (`ParseIPSloppy`) and reads such numbers as decimal.
fn address(text: &str) -> Option<IpAddr> {
    let trimmed = |part: &str| match part.trim_start_matches('0') {
        "" if !part.is_empty() => "0".to_owned(),
        digits => digits.to_owned(),
    };
    if text.contains(':') {
        return text.parse().ok();
    }
    let parts: Vec<String> = text.split('.').map(trimmed).collect();
    parts.join(".").parse().ok()
}

/// Checks a CIDR block: `10.0.0.0/8`, `fd00::/8`.
pub fn cidr(text: &str) -> Result<(), Reason> {
    let Some((address, bits)) = text.split_once('/') else {
        return Err("a `/` and the number of bits are missing".to_owned());
    };
    let most = match self::address(address) {
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
        None => return Err("its address cannot be read".to_owned()),
    };
    match bits.parse::<u8>() {
        Ok(number) if number <= most && !bits.starts_with('+') => Ok(()),
        _ => Err(format!(
            "`{}` is not a number of bits from 0 to {most}",
            super::shown(bits)
        )),
    }
}

/// Checks an address as [`ip`] does, with the additional rules of `StrictIPCIDRValidation` since 1.36.
pub fn strict_ip(text: &str) -> Result<(), Reason> {
    ip(text)?;
    match text.parse() {
        Err(_) => Err("it has zeros before a number".to_owned()),
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            Err("it is an IPv4 address in IPv6".to_owned())
        }
        Ok(_) => Ok(()),
    }
}

/// Checks a CIDR block as [`cidr`] does, with the additional rules of `StrictIPCIDRValidation` since 1.36.
pub fn strict_cidr(text: &str) -> Result<(), Reason> {
    cidr(text)?;
    let (address, bits) = text.split_once('/').unwrap_or_default();
    strict_ip(address)?;
    if bits.len() > 1 && bits.starts_with('0') {
        return Err("it has zeros before a number".to_owned());
    }
    match block(text) {
        Some((address, bits)) if address != masked(address, bits) => Err(format!(
            "it has bits behind the first {bits}; its block is `{}/{bits}`",
            masked(address, bits)
        )),
        _ => Ok(()),
    }
}

/// Checks a CIDR block as [`strict_cidr`] does; an IPv6 address must be in its shortest form: `IsValidCIDR`.
pub fn canonical_cidr(text: &str) -> Result<(), Reason> {
    strict_cidr(text)?;
    if text.split_once('/').is_some_and(|(address, _)| is_canonical(address)) {
        Ok(())
    } else {
        Err("it is not in its shortest form".to_owned())
    }
}

/// The address and prefix length of a CIDR block.
fn block(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    Some((self::address(address)?, bits.parse().ok()?))
}

fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

/// Whether one CIDR block is a proper part of another; `None` if one of them is invalid.
pub fn is_part_of(one: &str, other: &str) -> Option<bool> {
    let ((one, bits), (other, others)) = (block(one)?, block(other)?);
    Some(one.is_ipv4() == other.is_ipv4() && others < bits && masked(one, others) == masked(other, others))
}

/// Whether an address is IPv6; `None` if it is invalid.
pub fn is_ipv6(text: &str) -> Option<bool> {
    address(text).map(|address| address.is_ipv6())
}

/// Whether an IPv6 address is in canonical form: `IsValidIP`.
pub fn is_canonical(text: &str) -> bool {
    address(text).is_none_or(|address| address.to_string() == text)
}

/// Checks that an address can be an endpoint: `ValidateEndpointIP`. An invalid address passes.
pub fn endpoint(text: &str) -> Result<(), Reason> {
    let range = match address(text).map(|address| address.to_canonical()) {
        Some(address) if address.is_unspecified() => "it is unspecified",
        Some(address) if address.is_loopback() => "it is a loopback address",
        Some(IpAddr::V4(address)) if address.is_link_local() => "it is a link-local address",
        Some(IpAddr::V4(address)) if address.octets()[..3] == [224, 0, 0] => "it is a link-local multicast address",
        Some(IpAddr::V6(address)) if address.segments()[0] & 0xffc0 == 0xfe80 => "it is a link-local address",
        Some(IpAddr::V6(address)) if address.segments()[0] & 0xff0f == 0xff02 => "it is a link-local multicast address",
        _ => return Ok(()),
    };
    Err(format!("{range}, which nothing outside can reach"))
}

/// Checks that a path has no `..` component.
pub fn path_without_backsteps(text: &str) -> Result<(), Reason> {
    if text.split('/').any(|part| part == "..") {
        return Err("it has `..`".to_owned());
    }
    Ok(())
}

/// Checks a path below a volume: relative, and without `..`.
pub fn relative_path(text: &str) -> Result<(), Reason> {
    if text.starts_with('/') {
        return Err("it must be relative".to_owned());
    }
    path_without_backsteps(text)
}

/// Checks a relative path that does not start with `..` either: `ValidateLocalNonReservedPath`.
pub fn unreserved_path(text: &str) -> Result<(), Reason> {
    relative_path(text)?;
    if text.starts_with("..") {
        return Err("it starts with `..`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        for good in [
            "10.0.0.0/8",
            "0.0.0.0/0",
            "fd00::/8",
            "::/0",
            "10.1.2.3/32",
            "010.0.0.0/08",
        ] {
            assert_eq!(cidr(good), Ok(()), "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "10.0.0.0/"] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
        for bad in [
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.1/8",
            "::ffff:10.0.0.0/104",
            "fd00::1/8",
        ] {
            assert!(cidr(bad).is_ok() && strict_cidr(bad).is_err(), "{bad}");
        }
        assert!(strict_cidr("10.0.0.0/8").is_ok() && strict_cidr("0.0.0.0/0").is_ok() && strict_cidr("::/0").is_ok());
        assert!(
            strict_ip("10.0.0.1").is_ok() && strict_ip("010.0.0.1").is_err() && strict_ip("::ffff:1.2.3.4").is_err()
        );
        assert_eq!(is_part_of("10.1.0.0/16", "10.0.0.0/8"), Some(true));
        assert_eq!(is_part_of("10.0.0.0/8", "10.0.0.0/8"), Some(false));
        assert_eq!(is_part_of("11.0.0.0/16", "10.0.0.0/8"), Some(false));
        assert_eq!(is_part_of("fd00::/16", "10.0.0.0/8"), Some(false));
        for bad in [
            "127.0.0.1",
            "0.0.0.0",
            "169.254.1.1",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
        assert!(endpoint("10.0.0.1").is_ok() && endpoint("fd00::1").is_ok() && endpoint("x").is_ok());
        assert!(ip("10.0.0.1").is_ok() && ip("::1").is_ok() && ip("010.0.0.1").is_ok() && ip("localhost").is_err());
        assert!(
            unreserved_path("a/..b").is_ok() && unreserved_path("..b").is_err() && unreserved_path("../b").is_err()
        );
        assert!(relative_path("a/b").is_ok() && relative_path("/a").is_err() && relative_path("a/../b").is_err());
    }
}
