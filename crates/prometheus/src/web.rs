//! The file of `--web.config.file`: TLS settings and users of the server, as in github.com/prometheus/exporter-toolkit.

use super::check::{Check, Object};
use super::http::TLS_VERSION;
use super::rules_table::WEB;
use super::schema::{Struct, TEXTS, Ty, free};
use gostd::quote::{quote, quote_char};

/// The names in Go's `tls.CipherSuites`, which excludes suites known to be insecure.
const CIPHERS: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

static TLS: Struct = Struct {
    name: "web.TLSConfig",
    fields: &[&[
        ("cert", Ty::Text),
        ("key", Ty::Text),
        ("client_ca", Ty::Text),
        ("cert_file", Ty::Text),
        ("key_file", Ty::Text),
        ("client_auth_type", Ty::Text),
        ("client_ca_file", Ty::Text),
        (
            "cipher_suites",
            Ty::List(&Ty::Choice(CIPHERS, |cipher| format!("unknown cipher: {cipher}"))),
        ),
        (
            "curve_preferences",
            Ty::List(&Ty::Choice(
                &["CurveP256", "CurveP384", "CurveP521", "X25519"],
                |curve| format!("unknown curve: {curve}"),
            )),
        ),
        ("min_version", TLS_VERSION),
        ("max_version", TLS_VERSION),
        ("prefer_server_cipher_suites", Ty::Bool),
        ("client_allowed_sans", TEXTS),
    ]],
    check: tls,
};

static HTTP: Struct = Struct {
    name: "web.HTTPConfig",
    fields: &[&[("http2", Ty::Bool), ("headers", Ty::TextMap)]],
    check: headers,
};

static RATE_LIMIT: Struct = Struct {
    name: "web.RateLimiterConfig",
    fields: &[&[("burst", Ty::Int), ("interval", Ty::GoDuration)]],
    check: free,
};

pub(super) static ROOT: Struct = Struct {
    name: "web.Config",
    fields: &[&[
        ("tls_server_config", Ty::Struct(&TLS)),
        ("http_server_config", Ty::Struct(&HTTP)),
        ("rate_limit", Ty::Struct(&RATE_LIMIT)),
        ("basic_auth_users", Ty::TextMap),
    ]],
    check: users,
};

/// `ConfigToTLSConfig`, without reading the referenced files.
fn tls(check: &mut Check<'_>, tls: Object<'_>) {
    let cert = ["cert", "cert_file"];
    let key = ["key", "key_file"];
    let authorities = ["client_ca", "client_ca_file"];
    let auth = tls.text(check, "client_auth_type");
    let is_enabled = tls.count(&cert) + tls.count(&key) + tls.count(&authorities) > 0 || !auth.is_empty();
    if !is_enabled {
        return;
    }
    if tls.count(&cert) == 0 {
        check.error(WEB, tls.start(), "missing one of cert or cert_file");
    } else if tls.count(&key) == 0 {
        check.error(WEB, tls.start(), "missing one of key or key_file");
    }
    match auth.as_str() {
        "RequestClientCert"
        | "RequireAnyClientCert"
        | "RequireClientCert"
        | "VerifyClientCertIfGiven"
        | "RequireAndVerifyClientCert" => {}
        "" | "NoClientCert" => {
            if tls.count(&authorities) > 0 {
                let message = "client CA's have been configured without a Client Auth Policy";
                check.error(WEB, tls.first(&authorities), message);
            }
        }
        _ => check.error(
            WEB,
            tls.value("client_auth_type"),
            format!("invalid ClientAuth: {auth}"),
        ),
    }
}

fn headers(check: &mut Check<'_>, http: Object<'_>) {
    let Some(headers) = http.object("headers") else { return };
    for (name, entry) in headers.map.iter() {
        let allowed: &[&str] = match &**name {
            "Strict-Transport-Security" | "X-XSS-Protection" | "Content-Security-Policy" => &[],
            "X-Content-Type-Options" => &["nosniff"],
            "X-Frame-Options" => &["deny", "sameorigin"],
            _ => {
                let message = format!("HTTP header {} can not be configured", quote(name));
                check.error(WEB, entry.key, message);
                continue;
            }
        };
        let value = check.text(&entry.node).unwrap_or_default();
        if !allowed.is_empty() && !allowed.contains(&value.as_str()) {
            let words: Vec<String> = allowed.iter().map(|word| quote(word)).collect();
            let message = format!(
                "invalid value for {name}. Expected one of: [{}], but got: {}",
                words.join(" "),
                quote(&value)
            );
            check.error(WEB, entry.node.span, message);
        }
    }
}

fn users(check: &mut Check<'_>, root: Object<'_>) {
    let Some(users) = root.object("basic_auth_users") else {
        return;
    };
    for (_, entry) in users.map.iter() {
        let hash = check.text(&entry.node).unwrap_or_default();
        if let Some(fault) = bcrypt_fault(&hash) {
            check.report.push(
                diagnostics::Diagnostic::error(WEB, fault)
                    .at(entry.node.span)
                    .help("the password's bcrypt hash goes here, as htpasswd -nBC 10 prints it"),
            );
        }
    }
}

/// The error of `bcrypt.Cost` (golang.org/x/crypto) for an invalid hash.
fn bcrypt_fault(hash: &str) -> Option<String> {
    let mut chars = hash.chars();
    if hash.len() < 59 {
        return Some("crypto/bcrypt: hashedSecret too short to be a bcrypted password".to_owned());
    }
    let first = chars.next()?;
    if first != '$' {
        return Some(format!(
            "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with {}",
            quote_char(first)
        ));
    }
    let major = chars.next()?;
    if major > '2' {
        return Some(format!(
            "crypto/bcrypt: bcrypt algorithm version {} requested is newer than current version '2'",
            quote_char(major)
        ));
    }
    let rest = chars.as_str();
    let minor = usize::from(!rest.starts_with('$'));
    let cost = rest.get(minor + 1..minor + 3).unwrap_or_default();
    match cost.parse::<i32>() {
        Ok(4..=31) => None,
        Ok(cost) => Some(format!(
            "crypto/bcrypt: cost {cost} is outside allowed inclusive range 4..31"
        )),
        Err(_) => Some(format!("strconv.Atoi: parsing {}: invalid syntax", quote(cost))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes() {
        let good = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";
        assert_eq!(bcrypt_fault(good), None);
        for bad in [
            "secret",
            &good.replace("$2y", "a2y"),
            &good.replace("$2y", "$3y"),
            &good.replace("$10$", "$99$"),
            &good.replace("$10$", "$xx$"),
        ] {
            assert!(bcrypt_fault(bad).is_some(), "{bad}");
        }
    }
}
