//! A lenient PEM reader: any line width, text around the blocks, CR LF, a byte order mark.

use gostd::base64;
use gox509::encode_pem;

/// The label of certificates.
pub(super) const CERTIFICATE: &str = "CERTIFICATE";

/// A PEM block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The label: `CERTIFICATE`, `PRIVATE KEY` and so on.
    pub(super) label: String,
    /// Whether it has headers, as encrypted keys in the old format do.
    pub(super) has_headers: bool,
    pub(super) bytes: Vec<u8>,
}

/// All blocks of a text.
///
/// # Errors
/// An unterminated block, or one that is not base64, with its line.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let begin = line.trim().trim_start_matches('\u{feff}').strip_prefix("-----BEGIN ");
        let Some(label) = begin.and_then(|rest| rest.strip_suffix("-----")) else {
            continue;
        };
        let end = format!("-----END {label}-----");
        let mut body = String::new();
        let mut has_headers = false;
        let mut is_closed = false;
        for (_, line) in lines.by_ref() {
            let line = line.trim();
            if line == end {
                is_closed = true;
                break;
            }
            if line.contains(':') {
                has_headers = true;
            } else {
                body.push_str(line);
            }
        }
        let number = number + 1;
        if !is_closed {
            return Err(format!("the block `{label}` of line {number} has no end"));
        }
        // The body of an encrypted key with headers also decodes; its bytes are not used.
        let bytes = base64::decode(body.as_bytes())
            .map_err(|_| format!("the block `{label}` of line {number} is not base 64"))?;
        blocks.push(Block {
            label: label.to_owned(),
            has_headers,
            bytes,
        });
    }
    Ok(blocks)
}

/// Encodes a block.
pub(super) fn encode(label: &str, bytes: &[u8]) -> String {
    encode_pem(label, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_around_and_any_line_width() {
        let text = "\u{feff}-----BEGIN A-----\r\nYW\r\nJj\r\n-----END A-----\r\nnote: x\n-----BEGIN B-----\nP: 1\n\nYQ==\n-----END B-----";
        let blocks = blocks(text).unwrap();
        let block = |label: &str, has_headers, bytes: &[u8]| Block {
            label: label.to_owned(),
            has_headers,
            bytes: bytes.to_vec(),
        };
        assert_eq!(blocks, [block("A", false, b"abc"), block("B", true, b"a")]);
    }

    #[test]
    fn broken_blocks_are_named() {
        assert_eq!(
            blocks("x\n-----BEGIN A-----\nYW").unwrap_err(),
            "the block `A` of line 2 has no end"
        );
        assert_eq!(
            blocks("-----BEGIN A-----\n*\n-----END A-----").unwrap_err(),
            "the block `A` of line 1 is not base 64"
        );
    }
}
