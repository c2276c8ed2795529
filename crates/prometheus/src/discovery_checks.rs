//! Constraints between the fields of service discovery sections: the `UnmarshalYAML` of each.

use super::check::{Check, Object};
use super::http;
use super::rules_table::DISCOVERY;
use super::scalars;
use gostd::quote::quote;
use gostd::regexp::Regexp;
use gostd::url::Url;

pub(super) const KUBERNETES_ROLES: &[&str] = &["node", "pod", "service", "endpoints", "endpointslice", "ingress"];

/// Requires a field to be set and not empty.
pub(super) fn required(check: &mut Check<'_>, sd: Object<'_>, key: &str, message: &str) {
    if !sd.is_set(key) {
        check.error(DISCOVERY, sd.value(key), message);
    }
}

/// Requires a field that has a default not to be set to empty.
pub(super) fn given(check: &mut Check<'_>, sd: Object<'_>, key: &str, message: &str) {
    if sd.map.contains_key(key) {
        required(check, sd, key, message);
    }
}

/// Like [`given`], for a text that must not be blank either.
pub(super) fn not_blank(check: &mut Check<'_>, sd: Object<'_>, key: &str, message: &str) {
    if sd.map.contains_key(key) && sd.text(check, key).trim().is_empty() {
        check.error(DISCOVERY, sd.value(key), message);
    }
}

/// Whether a duration is set to zero or null.
fn is_zero(check: &Check<'_>, sd: Object<'_>, key: &str) -> bool {
    sd.map.get(key).is_some_and(|entry| entry.node.is_null()) || sd.duration(check, key) == Some(0)
}

pub(super) fn role(check: &mut Check<'_>, sd: Object<'_>, message: &str) {
    // The type check has reported an unknown role already.
    if sd.get("role").is_none() {
        check.error(DISCOVERY, sd.value("role"), message);
    }
}

pub(super) fn secret(check: &mut Check<'_>, sd: Object<'_>) {
    let keys = ["secret_key", "secret_key_file"];
    match sd.count(&keys) {
        0 => check.error(
            DISCOVERY,
            sd.start(),
            "one of secret_key & secret_key_file must be configured",
        ),
        1 => {}
        _ => {
            let message = "at most one of secret_key & secret_key_file must be configured";
            check.error(DISCOVERY, sd.last(&keys), message);
        }
    }
}

fn url(check: &Check<'_>, sd: Object<'_>, key: &str) -> Option<Url> {
    Url::parse(&gostd::string::decode(&sd.text(check, key))).ok()
}

pub(super) fn http_url(check: &mut Check<'_>, sd: Object<'_>) {
    if !sd.is_set("url") {
        return required(check, sd, "url", "URL is missing");
    }
    let Some(url) = url(check, sd, "url") else { return };
    if url.scheme != b"http" && url.scheme != b"https" {
        check.error(DISCOVERY, sd.value("url"), "URL scheme must be 'http' or 'https'");
    } else if url.host.is_empty() {
        check.error(DISCOVERY, sd.value("url"), "host is missing in URL");
    }
}

pub(super) fn aws(check: &mut Check<'_>, sd: Object<'_>) {
    if sd.get("role").is_none() {
        check.error(DISCOVERY, sd.start(), "unknown AWS SD role \"\"");
    }
}

pub(super) fn ec2(check: &mut Check<'_>, sd: Object<'_>) {
    for filter in sd.list("filters") {
        if let Some(filter) = Object::of(filter)
            && filter.list("values").is_empty()
        {
            let message = "EC2 SD configuration filter values cannot be empty";
            check.error(DISCOVERY, filter.value("values"), message);
        }
    }
    http::client(check, sd);
}

pub(super) fn clusters(check: &mut Check<'_>, sd: Object<'_>, name: &str) {
    if let Some(given) = sd.int("request_concurrency")
        && given <= 0
    {
        let message = format!("{name}: request_concurrency must be positive, got {given}");
        check.error(DISCOVERY, sd.value("request_concurrency"), message);
    }
    http::client(check, sd);
}

pub(super) fn azure(check: &mut Check<'_>, sd: Object<'_>) {
    let method = sd.text_or(check, "authentication_method", "OAuth");
    let mut needed = vec!["subscription_id"];
    if method == "OAuth" {
        needed.extend(["tenant_id", "client_id", "client_secret"]);
    }
    for key in needed {
        required(check, sd, key, &format!("azure SD configuration requires a {key}"));
    }
    if !matches!(
        method.as_str(),
        "OAuth" | "ManagedIdentity" | "SDK" | "WorkloadIdentity"
    ) {
        let message = format!(
            "unknown authentication_type {}. Supported types are \"OAuth\", \"ManagedIdentity\", \"SDK\" or \"WorkloadIdentity\"",
            quote(&method)
        );
        check.error(DISCOVERY, sd.value("authentication_method"), message);
    }
    http::client(check, sd);
}

pub(super) fn consul(check: &mut Check<'_>, sd: Object<'_>) {
    not_blank(check, sd, "server", "consul SD configuration requires a server address");
    if sd.count(&["username", "password"]) > 0 && sd.get("basic_auth").is_some() {
        let message = "at most one of consul SD configuration username and password and basic auth can be configured";
        check.error(DISCOVERY, sd.key("basic_auth"), message);
    }
    if sd.is_set("token") && (sd.get("authorization").is_some() || sd.get("oauth2").is_some()) {
        let message = "at most one of consul SD token, authorization, or oauth2 can be configured";
        check.error(DISCOVERY, sd.key("token"), message);
    }
    http::client(check, sd);
}

pub(super) fn dns(check: &mut Check<'_>, sd: Object<'_>) {
    required(
        check,
        sd,
        "names",
        "DNS-SD config must contain at least one SRV record name",
    );
    let kind = sd.text_or(check, "type", "SRV");
    match kind.to_uppercase().as_str() {
        "SRV" => {}
        "A" | "AAAA" | "MX" | "NS" => {
            if !sd.is_nonzero("port") {
                let message = "a port is required in DNS-SD configs for all record types except SRV";
                check.error(DISCOVERY, sd.value("port"), message);
            }
        }
        _ => check.error(
            DISCOVERY,
            sd.value("type"),
            format!("invalid DNS-SD records type {kind}"),
        ),
    }
}

pub(super) fn dockerswarm(check: &mut Check<'_>, sd: Object<'_>) {
    required(check, sd, "host", "host missing");
    let given = sd.text(check, "role");
    match given.as_str() {
        "services" | "nodes" | "tasks" => {}
        "" => check.error(
            DISCOVERY,
            sd.value("role"),
            "role missing (one of: tasks, services, nodes)",
        ),
        _ => {
            let message = format!("invalid role {given}, expected tasks, services, or nodes");
            check.error(DISCOVERY, sd.value("role"), message);
        }
    }
    http::client(check, sd);
}

pub(super) fn eureka(check: &mut Check<'_>, sd: Object<'_>) {
    if !sd.is_set("server") {
        required(check, sd, "server", "eureka_sd: empty or null eureka server");
    } else if url(check, sd, "server").is_some_and(|url| url.scheme.is_empty() || url.host.is_empty()) {
        check.error(DISCOVERY, sd.value("server"), "eureka_sd: invalid eureka server URL");
    }
    http::client(check, sd);
}

pub(super) fn file(check: &mut Check<'_>, sd: Object<'_>) {
    required(
        check,
        sd,
        "files",
        "file service discovery config must contain at least one path name",
    );
    let pattern = Regexp::compile(r"^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$");
    for name in sd.list("files") {
        let text = check.text(name).unwrap_or_default();
        if pattern.as_ref().is_ok_and(|pattern| !pattern.is_match(&text)) {
            let message = format!("path name {} is not valid for file discovery", quote(&text));
            check.error(DISCOVERY, name.span, message);
        }
    }
}

pub(super) fn kubernetes(check: &mut Check<'_>, sd: Object<'_>) {
    role(
        check,
        sd,
        "role missing (one of: pod, service, endpoints, endpointslice, node, ingress)",
    );
    http::client(check, sd);
    let api_server = sd.get("api_server").is_some();
    let kubeconfig = sd.is_set("kubeconfig_file");
    let own_namespace = sd
        .object("namespaces")
        .is_some_and(|namespaces| namespaces.bool("own_namespace") == Some(true));
    let custom = http::is_custom(sd);
    let mut fault = |key: &str, message: &str| check.error(DISCOVERY, sd.key(key), message);
    if api_server && kubeconfig {
        fault(
            "kubeconfig_file",
            "cannot use 'kubeconfig_file' and 'api_server' simultaneously",
        );
    } else if kubeconfig && custom {
        let message = "cannot use a custom HTTP client configuration together with 'kubeconfig_file'";
        fault("kubeconfig_file", message);
    } else if !api_server && custom {
        let keys = http::HTTP_FIELDS.iter().map(|(key, _)| *key);
        let present: Vec<&str> = keys.filter(|key| sd.get(key).is_some()).collect();
        let message = "to use custom HTTP client configuration please provide the 'api_server' URL explicitly";
        fault(present.first().copied().unwrap_or_default(), message);
    } else if api_server && own_namespace {
        fault(
            "namespaces",
            "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously",
        );
    } else if kubeconfig && own_namespace {
        let message = "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously";
        fault("namespaces", message);
    }
    kubernetes_selectors(check, sd);
}

fn kubernetes_selectors(check: &mut Check<'_>, sd: Object<'_>) {
    let role = sd.text(check, "role");
    let allowed: &[&str] = match role.as_str() {
        "pod" => &["pod", "node"],
        "service" => &["service"],
        "endpointslice" => &["pod", "service", "endpointslice"],
        "endpoints" => &["pod", "service", "endpoints"],
        "node" => &["node"],
        "ingress" => &["ingress"],
        _ => return,
    };
    let mut seen = std::collections::BTreeSet::new();
    for selector in sd.list("selectors").iter().filter_map(Object::of) {
        let given = selector.text(check, "role");
        if seen.contains(&given) {
            let message = format!("duplicated selector role: {given}");
            check.error(DISCOVERY, selector.value("role"), message);
        }
        if !allowed.contains(&given.as_str()) {
            let message = format!("{role} role supports only {} selectors", allowed.join(", "));
            check.error(DISCOVERY, selector.value("role"), message);
        }
        seen.insert(given);
        if let Some(fault) = scalars::field_selector_fault(&selector.text(check, "field")) {
            check.error(DISCOVERY, selector.value("field"), fault);
        }
        if let Some(fault) = scalars::label_selector_fault(&selector.text(check, "label")) {
            check.error(DISCOVERY, selector.value("label"), fault);
        }
    }
}

pub(super) fn kuma(check: &mut Check<'_>, sd: Object<'_>) {
    let server = sd.text(check, "server");
    if server.is_empty() {
        required(check, sd, "server", "kuma SD server must not be empty: ");
    } else if url(check, sd, "server").is_some_and(|url| url.scheme.is_empty() || url.host.is_empty()) {
        let message = format!("kuma SD server must not be empty and have a scheme: {server}");
        check.error(DISCOVERY, sd.value("server"), message);
    }
    http::client(check, sd);
}

pub(super) fn marathon(check: &mut Check<'_>, sd: Object<'_>) {
    required(
        check,
        sd,
        "servers",
        "marathon_sd: must contain at least one Marathon server",
    );
    let tokens = ["auth_token", "auth_token_file"];
    let fault = if sd.count(&tokens) == 2 {
        Some("marathon_sd: at most one of auth_token & auth_token_file must be configured")
    } else if sd.count(&tokens) == 0 {
        None
    } else if sd.get("basic_auth").is_some() {
        Some("marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured")
    } else if sd.count(&["bearer_token", "bearer_token_file"]) > 0 {
        Some(
            "marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured",
        )
    } else if sd.get("authorization").is_some() {
        Some("marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured")
    } else {
        None
    };
    if let Some(message) = fault {
        check.error(DISCOVERY, sd.last(&tokens), message);
    }
    http::client(check, sd);
}

pub(super) fn oci(check: &mut Check<'_>, sd: Object<'_>) {
    const KEYS: [&str; 6] = [
        "tenancy",
        "user",
        "fingerprint",
        "key_file",
        "key_passphrase",
        "key_passphrase_file",
    ];
    required(check, sd, "region", "oci_sd: region is required");
    let auth = sd.text_or(check, "auth", "api_key");
    match auth.as_str() {
        "api_key" => {
            for key in &KEYS[..4] {
                required(check, sd, key, &format!("oci_sd: api_key auth requires {key}"));
            }
            if sd.count(&KEYS[4..]) > 1 {
                let message = "oci_sd: at most one of key_passphrase and key_passphrase_file must be configured";
                check.error(DISCOVERY, sd.last(&KEYS[4..]), message);
            }
        }
        "instance_principal" => {
            if sd.count(&KEYS) > 0 {
                let message = "oci_sd: instance_principal auth must not have tenancy, user, fingerprint, key_file, \
                               key_passphrase, or key_passphrase_file set";
                check.error(DISCOVERY, sd.first(&KEYS), message);
            }
        }
        _ => {
            let message = format!(
                "oci_sd: unknown auth method {}, expected \"api_key\" or \"instance_principal\"",
                quote(&auth)
            );
            check.error(DISCOVERY, sd.value("auth"), message);
        }
    }
    for (index, compartment) in sd.list("compartments").iter().enumerate() {
        if check.text(compartment).is_some_and(|text| text.is_empty()) {
            let message = format!("oci_sd: compartments[{index}] must not be empty");
            check.error(DISCOVERY, compartment.span, message);
        }
    }
    if is_zero(check, sd, "refresh_interval") {
        let message = "oci_sd: refresh_interval must be positive, got 0s";
        check.error(DISCOVERY, sd.value("refresh_interval"), message);
    }
    http::client(check, sd);
}

pub(super) fn ovhcloud(check: &mut Check<'_>, sd: Object<'_>) {
    given(check, sd, "endpoint", "endpoint can not be empty");
    required(check, sd, "application_key", "application key can not be empty");
    required(check, sd, "application_secret", "application secret can not be empty");
    required(check, sd, "consumer_key", "consumer key can not be empty");
    let service = sd.text(check, "service");
    if !matches!(service.as_str(), "dedicated_server" | "vps") {
        check.error(DISCOVERY, sd.value("service"), format!("unknown service: {service}"));
    }
}

pub(super) fn stackit(check: &mut Check<'_>, sd: Object<'_>) {
    if sd.map.contains_key("region") && sd.count(&["region", "endpoint"]) == 0 {
        check.error(DISCOVERY, sd.start(), "stackit_sd: endpoint and region missing");
    }
    let endpoint = sd.text(check, "endpoint");
    if let Err(error) = Url::parse(&gostd::string::decode(&endpoint)) {
        let message = format!("stackit_sd: invalid endpoint {}: {error}", quote(&endpoint));
        check.error(DISCOVERY, sd.value("endpoint"), message);
    }
    http::client(check, sd);
}

pub(super) fn triton(check: &mut Check<'_>, sd: Object<'_>) {
    let role = sd.text(check, "role");
    if sd.map.contains_key("role") && role != "container" && role != "cn" {
        let message = "triton SD configuration requires role to be 'container' or 'cn'";
        check.error(DISCOVERY, sd.value("role"), message);
    }
    required(check, sd, "account", "triton SD configuration requires an account");
    required(check, sd, "dns_suffix", "triton SD configuration requires a dns_suffix");
    required(check, sd, "endpoint", "triton SD configuration requires an endpoint");
    if is_zero(check, sd, "refresh_interval") {
        let message = "triton SD configuration requires RefreshInterval to be a positive integer";
        check.error(DISCOVERY, sd.value("refresh_interval"), message);
    }
}

pub(super) fn zookeeper(check: &mut Check<'_>, sd: Object<'_>, name: &str) {
    required(
        check,
        sd,
        "servers",
        &format!("{name} SD config must contain at least one Zookeeper server"),
    );
    required(
        check,
        sd,
        "paths",
        &format!("{name} SD config must contain at least one path"),
    );
    for path in sd.list("paths") {
        let text = check.text(path).unwrap_or_default();
        if !text.starts_with('/') {
            let message = format!("{name} SD config paths must begin with '/': {text}");
            check.error(DISCOVERY, path.span, message);
        }
    }
}

/// The checks that the Scaleway client makes when it is created.
pub(super) fn scaleway(check: &mut Check<'_>, sd: Object<'_>) {
    role(check, sd, "role missing (one of: instance, baremetal)");
    required(check, sd, "project_id", "project_id is mandatory");
    secret(check, sd);
    required(check, sd, "access_key", "access_key is mandatory");
    let access = sd.text(check, "access_key");
    let is_access_key = access.strip_prefix("SCW").is_some_and(|rest| {
        rest.len() == 17
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    if !access.is_empty() && !is_access_key {
        let message =
            format!("scaleway-sdk-go: invalid access key format '{access}', expected SCWXXXXXXXXXXXXXXXXX format");
        check.error(DISCOVERY, sd.value("access_key"), message);
    }
    for (key, name) in [("secret_key", "secret key"), ("project_id", "project ID")] {
        let text = sd.text(check, key);
        if !(text.is_empty() || text.len() == 36 && scalars::is_uuid(&text)) {
            let message = format!(
                "scaleway-sdk-go: invalid {name} format '{text}', expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
            );
            check.error(DISCOVERY, sd.value(key), message);
        }
    }
    http::client(check, sd);
}
