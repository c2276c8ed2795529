//! Go's `encoding/pem`.

use gostd::base64;

/// A PEM block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The type: `CERTIFICATE`, `RSA PRIVATE KEY` and so on.
    pub kind: String,
    /// The decoded bytes.
    pub bytes: Vec<u8>,
}

/// `pem.EncodeToMemory`.
///
/// ```
/// let text = gox509::encode_pem("X", b"a");
/// assert_eq!(text, "-----BEGIN X-----\nYQ==\n-----END X-----\n");
/// ```
pub fn encode(kind: &str, bytes: &[u8]) -> String {
    let body = base64::encode(bytes);
    let mut text = format!("-----BEGIN {kind}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|&byte| char::from(byte)));
        text.push('\n');
    }
    text + "-----END " + kind + "-----\n"
}

/// `pem.Decode`: the first block of a text, ignoring any text around it.
pub fn decode(text: &str) -> Option<Block> {
    next(&mut text.lines())
}

/// All blocks of a text, in order.
pub fn decode_all(text: &str) -> Vec<Block> {
    let mut lines = text.lines();
    std::iter::from_fn(|| next(&mut lines)).collect()
}

fn next(lines: &mut std::str::Lines<'_>) -> Option<Block> {
    while let Some(line) = lines.next() {
        let Some(kind) = line
            .trim_end()
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.strip_suffix("-----"))
        else {
            continue;
        };
        let end = format!("-----END {kind}-----");
        let mut body = String::new();
        let mut headers = true;
        for line in lines.by_ref() {
            let line = line.trim_end();
            if line == end {
                if let Ok(bytes) = base64::decode(body.as_bytes()) {
                    return Some(Block {
                        kind: kind.to_owned(),
                        bytes,
                    });
                }
                break;
            }
            // An empty line ends the headers.
            headers &= line.is_empty() || line.contains(':');
            if !headers {
                body.push_str(line.trim());
            }
        }
    }
    None
}
