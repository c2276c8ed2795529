//! Decodes a scalar by its tag.

use super::base64;
use super::node::Value;
use super::resolve::{self, Scalar, Tag, Version};
use gostd::string as gostring;

/// The value of a scalar in a version of go-yaml. A string of the tag `!!binary` can hold any bytes.
pub(super) fn decode(version: Version, tag: Tag, value: &[u8], implicit: bool) -> Result<Value, String> {
    let text = String::from_utf8_lossy(value);
    if tag == Tag::None && !implicit {
        return Ok(string(&text));
    }
    if tag == Tag::Binary {
        return match base64::decode(value) {
            Some(bytes) => Ok(Value::String(gostring::encode_owned(bytes).into())),
            None => Err("!!binary value contains invalid base64 data".to_owned()),
        };
    }
    Ok(match resolve::resolve_tagged(version, tag, &text)? {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::Uint(value) => Value::Uint(value),
        Scalar::Float(value) => Value::Float(value),
        Scalar::Timestamp | Scalar::String => string(&text),
    })
}

/// The value of a Go string.
pub(super) fn string(text: &str) -> Value {
    Value::String(gostring::encode(text.as_bytes()).as_ref().into())
}
