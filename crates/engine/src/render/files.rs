//! `.Files`: the files of a chart that are not templates. Mirrors `files` of Helm's `pkg/engine/files.go`.

use chart::File;
use gostd::glob::Glob;
use gostd::string as gostring;
use govalue::{Data, Element, Entries, Map, MapType, MethodError, Value, View, list_of, map_of, strings, view};

/// The value of `.Files` for the files of a chart.
pub(super) fn value(files: &[File]) -> Value {
    let files = files.to_vec();
    let entries = move || {
        files
            .iter()
            .map(|file| (file.name.clone(), Value::from_bytes(file.bytes().to_vec())))
            .collect()
    };
    Value::from_object(Data::Map(Map::lazy(MapType::Files, entries)))
}

/// Calls a method of `engine.files`; `None` if it has no method with this name.
pub(super) fn call(files: &Map, method: &str, arguments: &[Value]) -> Option<Result<Value, MethodError>> {
    let wanted = match method {
        "Get" | "GetBytes" | "Glob" | "Lines" => 1,
        "AsConfig" | "AsSecrets" => 0,
        _ => return None,
    };
    if arguments.len() != wanted {
        let text = format!(
            "wrong number of args for {method}: want {wanted} got {}",
            arguments.len()
        );
        return Some(Err(MethodError::Call(text)));
    }
    let argument = match arguments.first() {
        None => "",
        Some(value) => match value.as_str() {
            Some(text) => text,
            None => return Some(Err(MethodError::Call(wrong_type(value)))),
        },
    };
    let bytes = |name: &str| {
        files
            .get(name)
            .and_then(|value| value.as_bytes().map(<[u8]>::to_vec))
            .unwrap_or_default()
    };
    Some(Ok(match method {
        "Get" => Value::from(gostring::encode_owned(bytes(argument))),
        "GetBytes" => Value::from_bytes(bytes(argument)),
        "Lines" => lines(&bytes(argument)),
        "Glob" => glob(files, argument),
        "AsConfig" => yaml_of(files, |bytes| gostring::encode(bytes).into_owned()),
        _ => yaml_of(files, gostd::base64::encode),
    }))
}

fn lines(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return list_of(Element::String, Vec::new());
    }
    let text = gostring::encode(bytes);
    strings(text.strip_suffix('\n').unwrap_or(&text).split('\n'))
}

fn glob(files: &Map, pattern: &str) -> Value {
    // An invalid glob matches every file, as in Helm.
    let pattern = Glob::new(pattern, '/').unwrap_or_else(|_| Glob::any());
    let entries: Entries = files
        .read()
        .iter()
        .filter(|(name, _)| pattern.matches(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    map_of(MapType::Files, entries)
}

/// Serializes the files as a YAML mapping, keyed by base name.
fn yaml_of(files: &Map, text: impl Fn(&[u8]) -> String) -> Value {
    let mut entries = Entries::new();
    for (name, value) in files.read().iter() {
        let base = name.rsplit('/').next().unwrap_or(name);
        entries.insert(base.into(), Value::from(text(value.as_bytes().unwrap_or_default())));
    }
    let yaml = sprig::to_yaml_document(&map_of(MapType::Of(Element::String), entries)).unwrap_or_default();
    Value::from(yaml.strip_suffix('\n').unwrap_or(&yaml))
}

/// Go's error message for an argument that is not a string where one is required.
pub(super) fn wrong_type(argument: &Value) -> String {
    match view(argument) {
        View::Invalid => "invalid value; expected string".to_owned(),
        View::Nil => "wrong type for value; expected string; got interface {}".to_owned(),
        found => format!("wrong type for value; expected string; got {}", found.type_name()),
    }
}
