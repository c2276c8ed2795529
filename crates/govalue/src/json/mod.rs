//! Go's `encoding/json` on dynamic values.

mod decode;
mod encode;

pub use decode::{DecodeError, Decoded, decode};
pub use encode::{EncodeError, Style, encode};
