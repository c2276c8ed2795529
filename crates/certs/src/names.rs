//! The names in a certificate: DNS names and IP addresses.

use std::fmt;
use std::net::IpAddr;

use x509_cert::der::asn1::Ia5String;
use x509_cert::ext::pkix::name::GeneralName;

/// A subject alternative name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum San {
    /// A DNS name in lower case; its first label may be `*`.
    Dns(String),
    /// An IP address.
    Address(IpAddr),
}

impl San {
    /// Parses an IP address or a host name, as users write them.
    ///
    /// # Errors
    /// The reason why it is neither.
    ///
    /// ```
    /// use certs::San;
    ///
    /// assert_eq!(San::parse("*.Example.org").unwrap().to_string(), "*.example.org");
    /// assert_eq!(San::parse("fd00::0:1").unwrap().to_string(), "fd00::1");
    /// assert_eq!(
    ///     San::parse("https://prom").unwrap_err(),
    ///     "`https://prom` is no host name: a label has letters, digits and `-` only; give the name without scheme, port and path"
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let unbracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = unbracketed.unwrap_or(text).parse::<IpAddr>() {
            return Ok(Self::Address(address.to_canonical()));
        }
        let wrong = |why: &str| Err(format!("`{text}` is no host name: {why}"));
        if text.is_empty() {
            return Err("the name is empty".to_owned());
        }
        if !text.is_ascii() {
            return wrong("give names with other than ASCII letters in their `xn--` form");
        }
        if text.len() > 253 {
            return wrong("it has more than 253 characters");
        }
        if let Some((address, prefix)) = text.split_once('/')
            && address.parse::<IpAddr>().is_ok()
            && prefix.parse::<u8>().is_ok()
        {
            return wrong("a certificate holds single addresses, no ranges");
        }
        for (at, label) in text.split('.').enumerate() {
            if label == "*" && at == 0 && text.len() > 2 {
                continue;
            }
            if label.contains('*') {
                return wrong("`*` stands for the whole first label only");
            }
            if label.is_empty() {
                return wrong("it has an empty label");
            }
            if label.len() > 63 {
                return wrong("a label has 63 characters at most");
            }
            if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                return wrong("a label has letters, digits and `-` only; give the name without scheme, port and path");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return wrong("a label neither begins nor ends with `-`");
            }
        }
        // `10.0.0` and `10.0.0.300` are syntactically valid labels, but cannot be host names.
        let last = text.rsplit('.').next().unwrap_or(text);
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return wrong("it looks like an address and is none");
        }
        Ok(Self::Dns(text.to_ascii_lowercase()))
    }

    pub(super) fn general_name(&self) -> Result<GeneralName, String> {
        Ok(match self {
            Self::Dns(name) => {
                GeneralName::DnsName(Ia5String::new(name).map_err(|error| format!("`{name}`: {error}"))?)
            }
            Self::Address(address) => GeneralName::from(*address),
        })
    }

    /// Converts a general name. The error is the text of a name of another kind.
    pub(super) fn of(name: &GeneralName) -> Result<Self, String> {
        match name {
            GeneralName::DnsName(name) => Ok(Self::Dns(name.to_string().to_ascii_lowercase())),
            GeneralName::IpAddress(bytes) => {
                let bytes = bytes.as_bytes();
                if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
                    Ok(Self::Address(bytes.into()))
                } else if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
                    Ok(Self::Address(IpAddr::from(bytes).to_canonical()))
                } else {
                    Err(format!("an address of {} bytes", bytes.len()))
                }
            }
            GeneralName::UniformResourceIdentifier(uri) => Err(format!("URI {uri}")),
            GeneralName::Rfc822Name(mail) => Err(format!("mail {mail}")),
            _ => Err("a name of another kind".to_owned()),
        }
    }
}

impl fmt::Display for San {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "*",
            "*.",
            "a.*.b",
            "a*.b",
            "prom:9090",
            "10.0.0",
            "10.0.0.300",
            "10.0.0.0/8",
            "münchen.de",
            "a b",
        ] {
            assert!(San::parse(text).is_err(), "{text}");
        }
        assert!(San::parse(&format!("{}.b", "a".repeat(64))).is_err());
        assert!(San::parse(&"a.".repeat(130)).is_err());
    }

    #[test]
    fn names_and_addresses_survive_the_certificate() {
        for text in [
            "localhost",
            "*.prom-headless.mon.svc",
            "10.1.2.3",
            "::1",
            "[fd00::1]",
            "1.example.org",
        ] {
            let name = San::parse(text).unwrap();
            assert_eq!(San::of(&name.general_name().unwrap()), Ok(name));
        }
    }
}
