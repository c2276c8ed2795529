//! Addresses, CIDR blocks and paths.

use std::net::IpAddr;

use super::Reason;

/// An IPv4 or IPv6 address.
pub fn ip(text: &str) -> Result<(), Reason> {
    match address(text) {
        Some(_) => Ok(()),
        None => Err("it is not an IPv4 or IPv6 address".to_owned()),
    }
}

/// Kubernetes still takes numbers with leading zeros (`ParseIPSloppy`), and reads them as decimal.
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

/// A block of addresses: `10.0.0.0/8`, `fd00::/8`.
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
        assert!(ip("10.0.0.1").is_ok() && ip("::1").is_ok() && ip("010.0.0.1").is_ok() && ip("localhost").is_err());
        assert!(relative_path("a/b").is_ok() && relative_path("/a").is_err() && relative_path("a/../b").is_err());
    }
}
