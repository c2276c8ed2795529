//! Certificate signing requests and API services: `pkg/apis/certificates/validation` and kube-aggregator's
//! `pkg/apis/apiregistration/validation`.

use serde_json::{Map, Value};

use super::{Check, each_string, is_set, needs, object, says_something, string, unique_strings};
use crate::formats::{encoding, names, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("apiregistration.v1.APIService", api_service),
    ("apiregistration.v1.APIServiceSpec", api_service_spec),
    ("certificates.v1.CertificateSigningRequestSpec", request),
    ("certificates.v1.ClusterTrustBundle", trust_bundle),
    ("certificates.v1beta1.ClusterTrustBundle", trust_bundle),
];

const USAGES: [&str; 23] = [
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

fn request<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "usages");
    unique_strings(walker, map, "usages");
    each_string(walker, map, "usages", |walker, usage| {
        if !USAGES.contains(&usage) {
            walker
                .fault(
                    Side::Value,
                    "invalid-enum-value",
                    format!("`{}` is not a usage of keys", shown(usage)),
                )
                .help = suggest::did_you_mean(usage, USAGES);
        }
    });
    if let Some(name) = string(map, "signerName") {
        walker.below(Position::Key("signerName"), |walker| {
            if name == "kubernetes.io/legacy-unknown" {
                walker.fault(
                    Side::Value,
                    "invalid-enum-value",
                    "this signer is not for this API version",
                );
            } else {
                walker.text("bad-name", "a signer's name", name, names::signer);
            }
        });
    }
    if let Some(text) = string(map, "request")
        && let Some(bytes) = encoding::decode(text)
    {
        walker.below(Position::Key("request"), |walker| {
            if let Err(reason) = is_pem(&bytes, &["CERTIFICATE REQUEST"]) {
                walker.fault(
                    Side::Value,
                    "bad-content",
                    format!("it is not a request for a certificate: {reason}"),
                );
            }
        });
    }
}

/// Checks that a text starts with a PEM block of one of the kinds. The content of the block is checked only for its
/// encoding.
fn is_pem(bytes: &[u8], kinds: &[&str]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let start = text.find("-----BEGIN ").ok_or("no PEM block is in it")?;
    let rest = &text[start + "-----BEGIN ".len()..];
    let (kind, rest) = rest.split_once("-----").ok_or("no PEM block is in it")?;
    if !kinds.contains(&kind) {
        return Err(format!("its PEM block is a {}", shown(kind)));
    }
    let (body, _) = rest
        .split_once(&format!("-----END {kind}-----"))
        .ok_or("its PEM block has no end")?;
    let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    if body.is_empty() || encoding::decode(&body).is_none() {
        return Err("its PEM block is not base64".to_owned());
    }
    Ok(())
}

fn trust_bundle<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let name = object(map, "metadata")
        .and_then(|meta| string(meta, "name"))
        .unwrap_or_default();
    let Some(spec) = object(map, "spec") else { return };
    let signer = string(spec, "signerName").unwrap_or_default();
    if !signer.is_empty() {
        walker.below(Position::Key("spec"), |walker| {
            walker.below(Position::Key("signerName"), |walker| {
                walker.text("bad-name", "a signer's name", signer, names::signer);
            });
        });
    }
    if name.is_empty() {
        return;
    }
    let prefix = format!("{}:", signer.replace('/', ":"));
    let message = if signer.is_empty() && name.contains(':') {
        "the name of a bundle without `signerName` has no `:`".to_owned()
    } else if !signer.is_empty() && !name.starts_with(&prefix) {
        format!("the name must start with the signer's: `{prefix}`")
    } else {
        return;
    };
    walker.below(Position::Key("metadata"), |walker| {
        walker.fault_at("name", "bad-name", message);
    });
}

fn api_service<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(spec) = object(map, "spec") else {
        needs(walker, map, "spec");
        return;
    };
    let text = |field| string(spec, field).unwrap_or_default();
    let wanted = format!("{}.{}", text("version"), text("group"));
    if let Some(name) = object(map, "metadata").and_then(|meta| string(meta, "name"))
        && name != wanted
    {
        walker.below(Position::Key("metadata"), |walker| {
            walker.fault_at(
                "name",
                "bad-name",
                format!("the name must be the version and the group: `{wanted}`"),
            );
        });
    }
}

fn api_service_spec<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    needs(walker, map, "version");
    if !says_something(map, "group") && string(map, "version") != Some("v1") {
        needs(walker, map, "group");
    }
    let grammars = [
        (
            "version",
            "a version (a DNS-1035 label)",
            names::label_1035 as fn(&str) -> Result<(), String>,
        ),
        ("group", "a group (a DNS subdomain)", names::subdomain),
    ];
    for (field, what, grammar) in grammars {
        if let Some(text) = string(map, field).filter(|text| !text.is_empty()) {
            walker.below(Position::Key(field), |walker| {
                walker.text("bad-name", what, text, grammar);
            });
        }
    }
    let skips = map.get("insecureSkipTLSVerify") == Some(&Value::Bool(true));
    let bundle = says_something(map, "caBundle");
    match object(map, "service") {
        None if !is_set(map, "service") => {
            if bundle {
                let message = "`caBundle` cannot be set without `service`";
                walker.fault_at("caBundle", "field-conflict", message).side = Side::Key;
            }
            if skips {
                let message = "`insecureSkipTLSVerify` cannot be set without `service`";
                walker.fault_at("insecureSkipTLSVerify", "field-conflict", message);
            }
        }
        None => {}
        Some(service) => {
            walker.below(Position::Key("service"), |walker| {
                needs(walker, service, "name");
                needs(walker, service, "namespace");
            });
            if skips && bundle {
                let message = "`insecureSkipTLSVerify` cannot be true with a `caBundle`";
                walker.fault_at("insecureSkipTLSVerify", "field-conflict", message);
            }
        }
    }
}
