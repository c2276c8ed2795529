//! `remote_write` and `remote_read`.

use super::check::{Check, Object};
use super::http::{self, HTTP_FIELDS};
use super::relabel::{self, RELABEL_CONFIG};
use super::rules_table::{CONFIG, HTTP};
use super::scalars::is_uuid;
use super::schema::{Struct, Ty, free};
use super::token;
use gostd::quote::quote;
use gostd::regexp::Regexp;

pub(super) static SIGV4: Struct = Struct {
    name: "sigv4.SigV4Config",
    fields: &[&[
        ("region", Ty::Text),
        ("access_key", Ty::Text),
        ("secret_key", Ty::Text),
        ("profile", Ty::Text),
        ("role_arn", Ty::Text),
        ("external_id", Ty::Text),
        ("session_name", Ty::Text),
        ("tags", Ty::TextMap),
        ("use_fips_sts_endpoint", Ty::Bool),
        ("service_name", Ty::Text),
    ]],
    check: sigv4,
};

static AZUREAD: Struct = Struct {
    name: "azuread.AzureADConfig",
    fields: &[&[
        (
            "managed_identity",
            Ty::Struct(&Struct {
                name: "azuread.ManagedIdentityConfig",
                fields: &[&[("client_id", Ty::Text)]],
                check: free,
            }),
        ),
        (
            "workload_identity",
            Ty::Struct(&Struct {
                name: "azuread.WorkloadIdentityConfig",
                fields: &[&[
                    ("client_id", Ty::Text),
                    ("tenant_id", Ty::Text),
                    ("token_file_path", Ty::Text),
                ]],
                check: free,
            }),
        ),
        (
            "oauth",
            Ty::Struct(&Struct {
                name: "azuread.OAuthConfig",
                fields: &[&[
                    ("client_id", Ty::Text),
                    ("client_secret", Ty::Text),
                    ("tenant_id", Ty::Text),
                ]],
                check: free,
            }),
        ),
        (
            "sdk",
            Ty::Struct(&Struct {
                name: "azuread.SDKConfig",
                fields: &[&[("tenant_id", Ty::Text)]],
                check: free,
            }),
        ),
        (
            "certificate",
            Ty::Struct(&Struct {
                name: "azuread.CertificateConfig",
                fields: &[&[
                    ("client_id", Ty::Text),
                    ("tenant_id", Ty::Text),
                    ("certificate_path", Ty::Text),
                    ("certificate_key_path", Ty::Text),
                    ("certificate_password", Ty::Text),
                    ("send_certificate_chain", Ty::Bool),
                ]],
                check: free,
            }),
        ),
        ("cloud", Ty::Text),
        ("scope", Ty::Text),
    ]],
    check: azuread,
};

static QUEUE: Struct = Struct {
    name: "config.QueueConfig",
    fields: &[&[
        ("capacity", Ty::Int),
        ("max_shards", Ty::Int),
        ("min_shards", Ty::Int),
        ("max_samples_per_send", Ty::Int),
        ("batch_send_deadline", Ty::Duration),
        ("min_backoff", Ty::Duration),
        ("max_backoff", Ty::Duration),
        ("retry_on_http_429", Ty::Bool),
        ("sample_age_limit", Ty::Duration),
    ]],
    check: queue,
};

static METADATA: Struct = Struct {
    name: "config.MetadataConfig",
    fields: &[&[
        ("send", Ty::Bool),
        ("send_interval", Ty::Duration),
        ("max_samples_per_send", Ty::Int),
    ]],
    check: free,
};

static GOOGLE_IAM: Struct = Struct {
    name: "googleiam.Config",
    fields: &[&[("credentials_file", Ty::Text)]],
    check: free,
};

const MESSAGES: &[&str] = &["prometheus.WriteRequest", "io.prometheus.write.v2.Request"];

pub(super) static REMOTE_WRITE: Struct = Struct {
    name: "config.RemoteWriteConfig",
    fields: &[
        &[
            ("url", Ty::Url),
            ("remote_timeout", Ty::Duration),
            ("headers", Ty::TextMap),
            (
                "write_relabel_configs",
                Ty::Full(
                    &Ty::Struct(&RELABEL_CONFIG),
                    "empty or null relabeling rule in remote write config",
                ),
            ),
            ("name", Ty::Text),
            ("send_exemplars", Ty::Bool),
            ("send_native_histograms", Ty::Bool),
            ("round_robin_dns", Ty::Bool),
            (
                "protobuf_message",
                Ty::Choice(MESSAGES, |given| {
                    format!(
                        "invalid protobuf_message value: unknown type for remote write protobuf message {given}, \
                         supported: {}",
                        MESSAGES.join(", ")
                    )
                }),
            ),
            ("failed_request_logging", Ty::Bool),
            ("queue_config", Ty::Struct(&QUEUE)),
            ("metadata_config", Ty::Struct(&METADATA)),
            ("sigv4", Ty::Struct(&SIGV4)),
            ("azuread", Ty::Struct(&AZUREAD)),
            ("google_iam", Ty::Struct(&GOOGLE_IAM)),
            ("convert_nhcb_to_classic", Ty::Bool),
        ],
        HTTP_FIELDS,
    ],
    check: remote_write,
};

pub(super) static REMOTE_READ: Struct = Struct {
    name: "config.RemoteReadConfig",
    fields: &[
        &[
            ("url", Ty::Url),
            ("remote_timeout", Ty::Duration),
            ("chunked_read_limit", Ty::Uint),
            ("headers", Ty::TextMap),
            ("read_recent", Ty::Bool),
            ("name", Ty::Text),
            ("required_matchers", Ty::LabelMap),
            ("filter_external_labels", Ty::Bool),
        ],
        HTTP_FIELDS,
    ],
    check: |check, read| {
        url(check, read, "url for remote_read is empty");
        headers(check, read, AUTHORIZATION_HEADER);
        http::client(check, read);
        token::url(check, read);
    },
};

const AUTHORIZATION_HEADER: &str = "authorization header must be changed via the basic_auth, authorization, oauth2, \
                                    sigv4, azuread or google_iam parameter";

fn url(check: &mut Check<'_>, owner: Object<'_>, message: &str) {
    // To Prometheus an empty text is a URL.
    if owner.get("url").is_none() {
        check.error(CONFIG, owner.value("url"), message);
    }
}

/// Checks the headers that Prometheus reserves; `authorization` is the message for that header.
pub(super) fn headers(check: &mut Check<'_>, owner: Object<'_>, authorization: &str) {
    let Some(headers) = owner.object("headers") else { return };
    for (name, entry) in headers.map.iter() {
        let lower = name.to_lowercase();
        if lower == "authorization" {
            check.error(HTTP, entry.key, authorization);
        } else if lower != "x-prometheus-scrape-timeout-seconds" && http::reserved_header(&lower).is_some() {
            let message = format!("{name} is a reserved header. It must not be changed");
            check.error(HTTP, entry.key, message);
        }
    }
}

fn remote_write(check: &mut Check<'_>, write: Object<'_>) {
    url(check, write, "url for remote_write is empty");
    headers(check, write, AUTHORIZATION_HEADER);
    http::client(check, write);
    let methods: Vec<&str> = [
        "basic_auth",
        "authorization",
        "oauth2",
        "sigv4",
        "azuread",
        "google_iam",
    ]
    .into_iter()
    .filter(|key| {
        let bearer = *key == "authorization" && write.count(&["bearer_token", "bearer_token_file"]) > 0;
        write.get(key).is_some() || bearer
    })
    .collect();
    // The check of the HTTP client settings has compared those with each other already.
    if methods.len() > 1
        && methods
            .iter()
            .any(|key| matches!(*key, "sigv4" | "azuread" | "google_iam"))
    {
        let message = format!(
            "at most one of basic_auth, authorization, oauth2, sigv4, azuread or google_iam must be configured. \
             Currently configured: [{}]",
            methods.join(" ")
        );
        check.error(HTTP, write.last(&methods), message);
    }
    relabel::relabellings(check, write, "write_relabel_configs", &relabel::OWN);
    token::url(check, write);
}

fn queue(check: &mut Check<'_>, queue: Object<'_>) {
    let number = |key, default| queue.int(key).unwrap_or(default);
    let (max, min) = (number("max_shards", 50), number("min_shards", 1));
    let positive = [
        ("max_shards", max),
        ("min_shards", min),
        ("max_samples_per_send", number("max_samples_per_send", 2000)),
        ("capacity", number("capacity", 10_000)),
    ];
    for (key, value) in positive {
        if value <= 0 {
            let message = format!("remote write queue {key} must be positive");
            check.error(CONFIG, queue.value(key), message);
        }
    }
    if min > max && max > 0 {
        let message = "remote write queue min_shards must not be greater than max_shards";
        check.error(
            CONFIG,
            queue.value(if queue.get("min_shards").is_some() {
                "min_shards"
            } else {
                "max_shards"
            }),
            message,
        );
    }
    let least = queue.duration(check, "min_backoff").unwrap_or(30_000_000);
    let most = queue.duration(check, "max_backoff").unwrap_or(5_000_000_000);
    if most < least {
        let message = "remote write queue max_backoff must not be less than min_backoff";
        let key = if queue.get("max_backoff").is_some() {
            "max_backoff"
        } else {
            "min_backoff"
        };
        check.error(CONFIG, queue.value(key), message);
    }
}

fn sigv4(check: &mut Check<'_>, sigv4: Object<'_>) {
    let keys = ["access_key", "secret_key"];
    if sigv4.count(&keys) == 1 {
        let message =
            "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config";
        check.error(CONFIG, sigv4.first(&keys), message);
    }
    if !sigv4.is_set("role_arn") {
        for key in ["external_id", "session_name", "tags"] {
            if sigv4.is_set(key) {
                check.error(CONFIG, sigv4.key(key), format!("{key} can only be used with role_arn"));
            }
        }
    }
    let session = sigv4.text(check, "session_name");
    let pattern = Regexp::compile(r"^[\w+=,.@-]{2,64}$");
    if !session.is_empty() && pattern.is_ok_and(|pattern| !pattern.is_match(&session)) {
        let message = "session_name must match ^[\\w+=,.@-]{2,64}$ (2-64 alphanumeric and +=,.@- characters)";
        check.error(CONFIG, sigv4.value("session_name"), message);
    }
    if let Some(tags) = sigv4.object("tags") {
        for (name, entry) in tags.map.iter() {
            let value = check.text(&entry.node).unwrap_or_default();
            let message = if name.is_empty() {
                "tag key must not be empty".to_owned()
            } else if name.len() > 128 {
                format!("tag key {} exceeds maximum length of 128", quote(name))
            } else if value.len() > 256 {
                format!("tag value for key {} exceeds maximum length of 256", quote(name))
            } else {
                continue;
            };
            check.error(CONFIG, entry.key, message);
        }
    }
}

fn azuread(check: &mut Check<'_>, azuread: Object<'_>) {
    const METHODS: [&str; 5] = ["managed_identity", "workload_identity", "oauth", "sdk", "certificate"];
    let cloud = azuread.text(check, "cloud");
    if !matches!(cloud.as_str(), "" | "AzureChina" | "AzureGovernment" | "AzurePublic") {
        let message = "must provide a cloud in the Azure AD config";
        check.error(CONFIG, azuread.value("cloud"), message);
    }
    let given: Vec<&str> = METHODS.into_iter().filter(|key| azuread.get(key).is_some()).collect();
    match given.len() {
        0 => {
            let message = "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure Certificate \
                           or Azure SDK in the Azure AD config";
            check.error(CONFIG, azuread.start(), message);
        }
        1 => {}
        _ => {
            let message = "cannot provide multiple authentication methods in the Azure AD config";
            check.error(CONFIG, azuread.key(given[1]), message);
        }
    }
    for (key, name, needed) in [
        ("managed_identity", "Managed Identity", &[][..]),
        ("workload_identity", "Workload Identity", &["client_id", "tenant_id"]),
        ("oauth", "OAuth", &["client_id", "client_secret", "tenant_id"]),
        (
            "certificate",
            "Certificate",
            &["client_id", "tenant_id", "certificate_path"],
        ),
    ] {
        let Some(method) = azuread.object(key) else { continue };
        for field in needed {
            if !method.is_set(field) {
                let message = format!("must provide an Azure {name} {field} in the Azure AD config");
                check.error(CONFIG, method.value(field), message);
            }
        }
        let ids: &[&str] = if key == "workload_identity" {
            &["client_id", "tenant_id"]
        } else {
            &["client_id"]
        };
        for field in ids {
            let id = method.text(check, field);
            if !id.is_empty() && !is_uuid(&id) {
                let message = format!("the provided Azure {name} {field} is invalid");
                check.error(CONFIG, method.value(field), message);
            }
        }
    }
    let scope = azuread.text(check, "scope");
    let pattern = Regexp::compile(r"^[\w\s:/.\-]+$");
    if !scope.is_empty() && pattern.is_ok_and(|pattern| !pattern.is_match(&scope)) {
        let message = "the provided scope contains invalid characters";
        check.error(CONFIG, azuread.value("scope"), message);
    }
}
