//! Base64.

use super::Reason;

/// Checks standard base64 with padding; line breaks are ignored, as in Go's `encoding/json`.
pub fn base64(text: &str) -> Result<(), Reason> {
    let (mut count, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => return Err("`=` stands in its middle".to_owned()),
            b'-' | b'_' => return Err("it is base64 for URLs; `+` and `/` are wanted".to_owned()),
            _ => return Err("it has characters that base64 does not have".to_owned()),
        }
        count += 1;
    }
    if count % 4 != 0 {
        return Err("its length is not a multiple of 4".to_owned());
    }
    if padding > 2 {
        return Err("it has more than two `=`".to_owned());
    }
    Ok(())
}

/// Decodes base64; `None` if it is invalid.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    base64(text).ok()?;
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count));
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

/// Encodes bytes as standard base64.
pub fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            if place > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_go() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YW\nJj", "+/+/"] {
            assert_eq!(base64(good), Ok(()), "{good}");
        }
        for text in ["", "a", "ab", "abc", "abcd", "\u{0}\u{7f}"] {
            assert_eq!(decode(&encode(text.as_bytes())).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(encode(b"hello"), "aGVsbG8=");
        for bad in ["a", "YQ", "YQ=", "Y===", "=QQQ", "a b=", "a-_b", "hunter2!"] {
            assert!(base64(bad).is_err(), "{bad}");
        }
    }
}
