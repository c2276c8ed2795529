//! Certificates as Kubernetes Secrets.

use super::error;
use super::plan::Plan;
use super::services::Wanted;
use diagnostics::Result;
use gostd::base64;

/// The template of the Secrets' names: a text with the fields `{release}`, `{component}` and `{workload}`.
#[derive(Clone, Debug)]
pub struct NameTemplate(String);

impl Default for NameTemplate {
    fn default() -> Self {
        Self("{workload}-tls".to_owned())
    }
}

impl NameTemplate {
    const FIELDS: [&'static str; 3] = ["{release}", "{component}", "{workload}"];

    /// Parses a template.
    ///
    /// # Errors
    /// An unknown field.
    pub fn parse(text: &str) -> Result<Self> {
        let rest = Self::FIELDS
            .iter()
            .fold(text.to_owned(), |rest, field| rest.replace(field, ""));
        if rest.contains(['{', '}']) {
            let message = format!("--secret-name-template `{text}` has a field that there is not");
            return Err(error(message, format!("the fields are {}", Self::FIELDS.join(", "))));
        }
        Ok(Self(text.to_owned()))
    }

    /// # Errors
    /// If the name is not a valid name of a Secret.
    fn name(&self, release: &str, wanted: &Wanted) -> Result<String> {
        let fields = [release, &wanted.id, &wanted.workload];
        let name = Self::FIELDS
            .iter()
            .zip(fields)
            .fold(self.0.clone(), |name, (field, value)| name.replace(field, value));
        let is_label = |label: &str| {
            let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
        };
        if name.len() <= 253 && name.split('.').all(is_label) {
            return Ok(name);
        }
        Err(error(
            format!("`{name}` is no name for a Secret: small letters, digits, `-` and `.` only, 253 at most"),
            "give another one with --secret-name-template",
        ))
    }
}

/// The Secrets of all certificates of a plan, as a YAML stream. The CA's key is not included.
///
/// # Errors
/// Invalid names, and names that two Secrets would share.
pub fn write(plan: &Plan, wanted: &[Wanted], release: &str, names: &NameTemplate) -> Result<String> {
    let mut out = String::new();
    let mut taken = std::collections::BTreeSet::new();
    for wanted in wanted {
        let Some(material) = plan.material.get(&wanted.id) else {
            continue;
        };
        let name = names.name(release, wanted)?;
        for namespace in &wanted.namespaces {
            if !taken.insert((namespace, name.clone())) {
                return Err(error(
                    format!("two components would share the Secret `{name}`"),
                    "put {component} into --secret-name-template",
                ));
            }
            let field = |key: &str, text: &str| format!("  {key}: {}\n", base64::encode(text.as_bytes()));
            out.push_str(&format!(
                "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\n  namespace: {}\n  labels:\n    \
                 app.kubernetes.io/component: {}\n    app.kubernetes.io/instance: {}\n    \
                 app.kubernetes.io/managed-by: promchart\ntype: kubernetes.io/tls\ndata:\n",
                quoted(&name),
                quoted(namespace),
                quoted(&wanted.id),
                quoted(release)
            ));
            out.push_str(&field("ca.crt", &plan.bundle));
            out.push_str(&field("tls.crt", &material.certificate));
            out.push_str(&field("tls.key", &material.key));
        }
    }
    Ok(out)
}

/// Quotes a name unless it is plainly a string: it could look like a number or like `true`.
fn quoted(text: &str) -> String {
    let plain = text.len() > 3
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        && !["true", "null", "false"].contains(&text);
    if plain { text.to_owned() } else { format!("{text:?}") }
}
