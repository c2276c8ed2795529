//! Named formats: `k8s.io/apiserver/pkg/cel/library/format.go`, with the messages of
//! `k8s.io/apimachinery/pkg/util/validation`.

use super::{times, url};

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its name in expressions.
    pub name: &'static str,
    /// The length of its regular expression that the cost estimate assumes.
    pub(crate) length: u64,
    check: fn(&str) -> Vec<String>,
}

impl Format {
    /// The validation messages for a text; empty if it is valid.
    pub(crate) fn problems(&self, text: &str) -> Vec<String> {
        (self.check)(text)
    }
}

/// All formats.
pub(crate) static FORMATS: [Format; 13] = [
    row("dns1123Label", 30, |text| name(text, 63, &LABEL, false)),
    row("dns1123Subdomain", 60, |text| name(text, 253, &SUBDOMAIN, false)),
    row("dns1035Label", 30, |text| name(text, 63, &LABEL_1035, false)),
    row("qualifiedName", 60, qualified),
    row("dns1123LabelPrefix", 30, |text| name(text, 63, &LABEL, true)),
    row("dns1123SubdomainPrefix", 60, |text| name(text, 253, &SUBDOMAIN, true)),
    row("dns1035LabelPrefix", 30, |text| name(text, 63, &LABEL_1035, true)),
    row("labelValue", 40, label_value),
    row("uri", 1103, |text| url::check(text).err().into_iter().collect()),
    row("uuid", 102, |text| {
        said(!is_uuid(text), "does not match the UUID format")
    }),
    row("byte", 84, |text| said(!is_base64(text), "invalid base64")),
    row("date", 240, |text| said(times::date(text).is_none(), "invalid date")),
    row("datetime", 240, |text| said(!is_date_time(text), "invalid datetime")),
];

const fn row(name: &'static str, length: u64, check: fn(&str) -> Vec<String>) -> Format {
    Format { name, length, check }
}

/// Finds a format by its name.
pub(crate) fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn said(is_wrong: bool, message: &str) -> Vec<String> {
    if is_wrong { vec![message.to_owned()] } else { Vec::new() }
}

/// A kind of name: its check, and the message when it fails.
struct Name {
    check: fn(&str) -> bool,
    message: &'static str,
}

static LABEL: Name = Name {
    check: is_label,
    message: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
              alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
};
static LABEL_1035: Name = Name {
    check: |text| is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase()),
    message: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and \
              end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is \
              '[a-z]([-a-z0-9]*[a-z0-9])?')",
};
static SUBDOMAIN: Name = Name {
    check: is_subdomain,
    message: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
              with an alphanumeric character (e.g. 'example.com', regex used for validation is \
              '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
};

fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Checks a name, or a prefix (`generateName`), which may end with a dash.
fn name(text: &str, most: usize, kind: &Name, prefix: bool) -> Vec<String> {
    let masked;
    let checked = if prefix && text.len() > 1 && text.ends_with('-') {
        masked = format!("{}a", &text[..text.len() - 2]);
        &masked
    } else {
        text
    };
    let mut found = Vec::new();
    if !(kind.check)(checked) {
        found.push(kind.message.to_owned());
    }
    if checked.len() > most {
        found.insert(0, too_long(most));
    }
    found
}

fn too_long(most: usize) -> String {
    format!("must be no more than {most} bytes")
}

const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
     (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

fn is_qualified(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.iter().all(|byte| fits(*byte)) && ends(bytes.first()) && ends(bytes.last())
}

fn qualified(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (prefix, last) = match text.split('/').collect::<Vec<_>>()[..] {
        [last] => (None, last),
        [prefix, last] => (Some(prefix), last),
        _ => {
            return vec![format!(
                "a valid label key {} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                QUALIFIED
            )];
        }
    };
    match prefix {
        Some("") => found.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => found.extend(
            name(prefix, 253, &SUBDOMAIN, false)
                .iter()
                .map(|part| format!("prefix part {part}")),
        ),
        None => {}
    }
    if last.is_empty() {
        found.push("name part must be non-empty".to_owned());
    } else if last.len() > 63 {
        found.push(format!("name part {}", too_long(63)));
    }
    if !is_qualified(last) {
        found.push(format!("name part {QUALIFIED}"));
    }
    found
}

fn label_value(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() > 63 {
        found.push(too_long(63));
    }
    if !text.is_empty() && !is_qualified(text) {
        found.push(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
             alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
                .to_owned(),
        );
    }
    found
}

fn is_uuid(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| *c != '-').collect();
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    compact.len() == 32
        && compact.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (groups == [8, 4, 4, 4, 12] || groups == [32])
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
    !text.is_empty() && text.len().is_multiple_of(4) && padding <= 2 && body.bytes().all(fits)
}

fn is_date_time(text: &str) -> bool {
    times::timestamp(text).is_some() || times::timestamp(&text.to_ascii_uppercase().replacen(' ', "T", 1)).is_some()
}
