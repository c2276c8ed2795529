//! The settings of HTTP clients: `config.HTTPClientConfig` of github.com/prometheus/common.

use super::check::{Check, Object};
use super::rules_table::HTTP;
use super::schema::{Field, Struct, TEXTS, Ty, free};
use gostd::quote::quote;

const TLS_FIELDS: &[Field] = &[
    ("ca", Ty::Text),
    ("cert", Ty::Text),
    ("key", Ty::Text),
    ("ca_file", Ty::Text),
    ("cert_file", Ty::Text),
    ("key_file", Ty::Text),
    ("ca_ref", Ty::Text),
    ("cert_ref", Ty::Text),
    ("key_ref", Ty::Text),
    ("server_name", Ty::Text),
    ("insecure_skip_verify", Ty::Bool),
    ("min_version", TLS_VERSION),
    ("max_version", TLS_VERSION),
];

pub(super) const TLS_VERSION: Ty = Ty::Choice(&["TLS13", "TLS12", "TLS11", "TLS10"], |version| {
    format!("unknown TLS version: {version}")
});

pub(super) static TLS: Struct = Struct {
    name: "config.TLSConfig",
    fields: &[TLS_FIELDS],
    check: tls,
};

static BASIC_AUTH: Struct = Struct {
    name: "config.BasicAuth",
    fields: &[&[
        ("username", Ty::Text),
        ("username_file", Ty::Text),
        ("username_ref", Ty::Text),
        ("password", Ty::Text),
        ("password_file", Ty::Text),
        ("password_ref", Ty::Text),
    ]],
    check: free,
};

static AUTHORIZATION: Struct = Struct {
    name: "config.Authorization",
    fields: &[&[
        ("type", Ty::Text),
        ("credentials", Ty::Text),
        ("credentials_file", Ty::Text),
        ("credentials_ref", Ty::Text),
    ]],
    check: free,
};

const PROXY_FIELDS: &[Field] = &[
    ("proxy_url", Ty::Url),
    ("no_proxy", Ty::Text),
    ("proxy_from_environment", Ty::Bool),
    ("proxy_connect_header", Ty::Map(&TEXTS)),
];

static OAUTH2: Struct = Struct {
    name: "config.OAuth2",
    fields: &[
        &[
            ("client_id", Ty::Text),
            ("client_secret", Ty::Text),
            ("client_secret_file", Ty::Text),
            ("client_secret_ref", Ty::Text),
            ("client_certificate_key_id", Ty::Text),
            ("client_certificate_key", Ty::Text),
            ("client_certificate_key_file", Ty::Text),
            ("client_certificate_key_ref", Ty::Text),
            ("grant_type", Ty::Text),
            ("signature_algorithm", Ty::Text),
            ("iss", Ty::Text),
            ("audience", Ty::Text),
            ("claims", Ty::Map(&Ty::Any)),
            ("scopes", TEXTS),
            ("token_url", Ty::Text),
            ("endpoint_params", Ty::TextMap),
            ("tls_config", Ty::Struct(&TLS)),
        ],
        PROXY_FIELDS,
    ],
    check: proxy,
};

static HEADER: Struct = Struct {
    name: "config.Header",
    fields: &[&[("values", TEXTS), ("secrets", TEXTS), ("files", TEXTS)]],
    check: free,
};

/// The fields of an HTTP client, for structs that embed it.
pub(super) const HTTP_FIELDS: &[Field] = &[
    ("basic_auth", Ty::Struct(&BASIC_AUTH)),
    ("authorization", Ty::Struct(&AUTHORIZATION)),
    ("oauth2", Ty::Struct(&OAUTH2)),
    ("bearer_token", Ty::Text),
    ("bearer_token_file", Ty::Text),
    ("tls_config", Ty::Struct(&TLS)),
    ("follow_redirects", Ty::Bool),
    ("enable_http2", Ty::Bool),
    ("proxy_url", Ty::Url),
    ("no_proxy", Ty::Text),
    ("proxy_from_environment", Ty::Bool),
    ("proxy_connect_header", Ty::Map(&TEXTS)),
    ("http_headers", Ty::Map(&Ty::Struct(&HEADER))),
];

/// Headers that Prometheus sets itself.
const RESERVED: &[&str] = &[
    "Authorization",
    "Host",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "User-Agent",
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Www-Authenticate",
    "Accept-Encoding",
    "X-Prometheus-Remote-Write-Version",
    "X-Prometheus-Remote-Read-Version",
    "X-Prometheus-Scrape-Timeout-Seconds",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Content-Sha256",
];

/// The reserved header of this name, in its usual spelling. Reserved headers are set by Prometheus itself.
pub(super) fn reserved_header(name: &str) -> Option<&'static str> {
    RESERVED.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

/// Whether any setting differs from its default.
pub(super) fn is_custom(owner: Object<'_>) -> bool {
    HTTP_FIELDS.iter().any(|(key, _)| match *key {
        "follow_redirects" | "enable_http2" => owner.bool(key) == Some(false),
        // Pointer fields: even an empty section is not nil.
        "basic_auth" | "authorization" | "oauth2" | "http_headers" => owner.get(key).is_some(),
        "tls_config" => owner
            .object(key)
            .is_some_and(|tls| tls.map.iter().any(|(key, _)| tls.is_set(key) && tls.is_nonzero(key))),
        "proxy_from_environment" => owner.is_nonzero(key),
        _ => owner.is_set(key),
    })
}

/// `TLSConfig.Validate`.
fn tls(check: &mut Check<'_>, tls: Object<'_>) {
    for (keys, message) in [
        (
            ["ca", "ca_file", "ca_ref"],
            "at most one of ca, ca_file & ca_ref must be configured",
        ),
        (
            ["cert", "cert_file", "cert_ref"],
            "at most one of cert, cert_file & cert_ref must be configured",
        ),
        (
            ["key", "key_file", "key_ref"],
            "at most one of key and key_file must be configured",
        ),
    ] {
        at_most_one(check, tls, &keys, message);
    }
    let cert = ["cert", "cert_file", "cert_ref"];
    let key = ["key", "key_file", "key_ref"];
    if tls.count(&cert) > 0 && tls.count(&key) == 0 {
        let message = "exactly one of key or key_file must be configured when a client certificate is configured";
        check.error(HTTP, tls.first(&cert), message);
    } else if tls.count(&key) > 0 && tls.count(&cert) == 0 {
        let message = "exactly one of cert or cert_file must be configured when a client key is configured";
        check.error(HTTP, tls.first(&key), message);
    }
}

fn at_most_one(check: &mut Check<'_>, owner: Object<'_>, keys: &[&str], message: &str) {
    if owner.count(keys) > 1 {
        check.error(HTTP, owner.last(keys), message);
    }
}

/// `ProxyConfig.Validate`.
fn proxy(check: &mut Check<'_>, owner: Object<'_>) {
    let url = owner.is_set("proxy_url");
    let environment = owner.is_nonzero("proxy_from_environment");
    let fault = if owner.is_set("proxy_connect_header") && !environment && !url {
        Some((
            "proxy_connect_header",
            "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured",
        ))
    } else if environment && url {
        Some((
            "proxy_url",
            "if proxy_from_environment is configured, proxy_url must not be configured",
        ))
    } else if environment && owner.is_set("no_proxy") {
        Some((
            "no_proxy",
            "if proxy_from_environment is configured, no_proxy must not be configured",
        ))
    } else if owner.get("proxy_url").is_none() && owner.is_set("no_proxy") {
        Some((
            "no_proxy",
            "if no_proxy is configured, proxy_url must also be configured",
        ))
    } else {
        None
    };
    if let Some((key, message)) = fault {
        check.error(HTTP, owner.key(key), message);
    }
}

/// `HTTPClientConfig.Validate`.
pub(super) fn client(check: &mut Check<'_>, owner: Object<'_>) {
    let bearer = ["bearer_token", "bearer_token_file"];
    let basic = owner.object("basic_auth");
    let oauth = owner.object("oauth2");
    let authorization = owner.object("authorization");
    let others = [
        "basic_auth",
        "oauth2",
        "authorization",
        "bearer_token",
        "bearer_token_file",
    ];
    at_most_one(
        check,
        owner,
        &bearer,
        "at most one of bearer_token & bearer_token_file must be configured",
    );
    let place = others
        .iter()
        .filter(|key| owner.get(key).is_some())
        .map(|key| owner.key(key))
        .max()
        .unwrap_or_else(|| owner.start());
    if owner.count(&bearer) > 0 && authorization.is_some() {
        check.error(
            HTTP,
            place,
            "authorization is not compatible with bearer_token & bearer_token_file",
        );
    } else if owner.count(&bearer) > 0 && (basic.is_some() || oauth.is_some()) {
        let message = "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured";
        check.error(HTTP, place, message);
    } else if [basic.is_some(), oauth.is_some(), authorization.is_some()]
        .iter()
        .filter(|set| **set)
        .count()
        > 1
    {
        check.error(
            HTTP,
            place,
            "at most one of basic_auth, oauth2 & authorization must be configured",
        );
    }
    if let Some(basic) = basic {
        for (keys, message) in [
            (
                ["username", "username_file", "username_ref"],
                "at most one of basic_auth username, username_file & username_ref must be configured",
            ),
            (
                ["password", "password_file", "password_ref"],
                "at most one of basic_auth password, password_file & password_ref must be configured",
            ),
        ] {
            at_most_one(check, basic, &keys, message);
        }
    }
    if let Some(authorization) = authorization {
        at_most_one(
            check,
            authorization,
            &["credentials", "credentials_file", "credentials_ref"],
            "at most one of authorization credentials & credentials_file must be configured",
        );
        if authorization.text(check, "type").trim().eq_ignore_ascii_case("basic") {
            let message = "authorization type cannot be set to \"basic\", use \"basic_auth\" instead";
            check.error(HTTP, authorization.value("type"), message);
        }
    }
    if let Some(oauth) = oauth {
        oauth2(check, oauth, owner.key("oauth2"));
    }
    proxy(check, owner);
    if let Some(headers) = owner.object("http_headers") {
        for (name, entry) in headers.map.iter() {
            if let Some(name) = reserved_header(name) {
                check.error(
                    HTTP,
                    entry.key,
                    format!("setting header {} is not allowed", quote(name)),
                );
            }
        }
    }
    for (key, instead) in [
        ("bearer_token", "authorization.credentials"),
        ("bearer_token_file", "authorization.credentials_file"),
    ] {
        if owner.is_set(key) {
            let message = format!("{key} is deprecated in favor of {instead}");
            check
                .report
                .push(diagnostics::Diagnostic::info(super::rules_table::DEPRECATED, message).at(owner.key(key)));
        }
    }
}

fn oauth2(check: &mut Check<'_>, oauth: Object<'_>, place: source::Span) {
    for key in ["client_id", "token_url"] {
        if !oauth.is_set(key) {
            check.error(HTTP, place, format!("oauth2 {key} must be configured"));
        }
    }
    if oauth.text(check, "grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" {
        at_most_one(
            check,
            oauth,
            &[
                "client_certificate_key",
                "client_certificate_key_file",
                "client_certificate_key_ref",
            ],
            "at most one of oauth2 client_certificate_key, client_certificate_key_file & client_certificate_key_ref \
             must be configured using grant-type=urn:ietf:params:oauth:grant-type:jwt-bearer",
        );
        let algorithm = oauth.text(check, "signature_algorithm");
        if !matches!(algorithm.as_str(), "" | "RS256" | "RS384" | "RS512") {
            let message = "valid signature algorithms are RS256, RS384 and RS512";
            check.error(HTTP, oauth.value("signature_algorithm"), message);
        }
    } else {
        at_most_one(
            check,
            oauth,
            &["client_secret", "client_secret_file", "client_secret_ref"],
            "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured using \
             grant-type=client_credentials",
        );
    }
}
