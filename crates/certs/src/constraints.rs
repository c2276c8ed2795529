//! Name constraints of CAs: RFC 5280 4.2.1.10, for DNS names and IP addresses.
//!
//! Clients reject a whole certificate if a single name violates a constraint, so names that a CA does not permit must
//! be left out.

use std::net::IpAddr;

use x509_cert::ext::pkix::NameConstraints;
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::GeneralName;

use super::names::San;

/// Whether a CA with these constraints may sign a name.
pub(super) fn permits(constraints: &NameConstraints, name: &San) -> bool {
    let excluded = constraints.excluded_subtrees.iter().flatten();
    if excluded.into_iter().any(|tree| is_below(tree, name) == Some(true)) {
        return false;
    }
    let permitted = constraints.permitted_subtrees.iter().flatten();
    let verdicts: Vec<bool> = permitted.filter_map(|tree| is_below(tree, name)).collect();
    // Constraints on other kinds of names do not restrict this one.
    verdicts.is_empty() || verdicts.contains(&true)
}

/// Whether the name is in the subtree; none if the subtree is for another kind of name.
fn is_below(tree: &GeneralSubtree, name: &San) -> Option<bool> {
    match (&tree.base, name) {
        (GeneralName::DnsName(base), San::Dns(name)) => {
            let base = base.to_string().to_ascii_lowercase();
            let base = base.strip_prefix('.').unwrap_or(&base);
            let above = name.strip_suffix(base);
            Some(base.is_empty() || above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        }
        (GeneralName::IpAddress(base), San::Address(address)) => {
            let bytes = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            // The address, then its mask. A subtree of the other IP family differs in length and never matches.
            let (net, mask) = base.as_bytes().split_at(base.as_bytes().len() / 2);
            let same = |((byte, net), mask): ((&u8, &u8), &u8)| byte & mask == net & mask;
            Some(net.len() == bytes.len() && bytes.iter().zip(net).zip(mask).all(same))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::der::asn1::{Ia5String, OctetString};

    use super::*;

    fn tree(base: GeneralName) -> GeneralSubtree {
        GeneralSubtree {
            base,
            minimum: 0,
            maximum: None,
        }
    }

    fn dns(base: &str) -> GeneralSubtree {
        tree(GeneralName::DnsName(Ia5String::new(base).unwrap()))
    }

    #[test]
    fn permitted_and_excluded() {
        let net = tree(GeneralName::IpAddress(
            OctetString::new(&[10, 0, 0, 0, 255, 0, 0, 0][..]).unwrap(),
        ));
        let constraints = NameConstraints {
            permitted_subtrees: Some(vec![dns("svc.cluster.local"), net]),
            excluded_subtrees: Some(vec![dns(".kube-system.svc.cluster.local")]),
        };
        let verdict = |name: &str| permits(&constraints, &San::parse(name).unwrap());
        assert!(verdict("prom.mon.svc.cluster.local") && verdict("10.1.2.3"));
        for name in [
            "localhost",
            "xsvc.cluster.local",
            "a.kube-system.svc.cluster.local",
            "127.0.0.1",
            "::1",
        ] {
            assert!(!verdict(name), "{name}");
        }
        let only_names = NameConstraints {
            permitted_subtrees: Some(vec![dns("org")]),
            excluded_subtrees: None,
        };
        assert!(permits(&only_names, &San::parse("127.0.0.1").unwrap()));
    }
}
