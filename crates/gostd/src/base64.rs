//! Go's `encoding/base64` and `encoding/base32`, in their standard alphabets.

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `base64.StdEncoding.EncodeToString`.
///
/// ```
/// assert_eq!(gostd::base64::encode(b"a"), "YQ==");
/// ```
pub fn encode(bytes: &[u8]) -> String {
    encode_with(bytes, BASE64, 6)
}

/// `base32.StdEncoding.EncodeToString`.
pub fn encode32(bytes: &[u8]) -> String {
    encode_with(bytes, BASE32, 5)
}

/// Encodes groups of 3 bytes as 4 letters of 6 bits, or groups of 5 bytes as 8 letters of 5 bits.
fn encode_with(bytes: &[u8], alphabet: &[u8], bits: usize) -> String {
    let group = if bits == 6 { 3 } else { 5 };
    let letters = group * 8 / bits;
    let mut text = String::with_capacity(bytes.len().div_ceil(group) * letters);
    for chunk in bytes.chunks(group) {
        let number = (0..group).fold(0u64, |number, at| {
            number << 8 | u64::from(chunk.get(at).copied().unwrap_or(0))
        });
        let used = (chunk.len() * 8).div_ceil(bits);
        for at in 0..letters {
            if at < used {
                let shift = (letters - 1 - at) * bits;
                let index = usize::try_from(number >> shift).unwrap_or(0) & (alphabet.len() - 1);
                text.push(char::from(alphabet[index]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// Returns the value of a letter.
fn digit(alphabet: &[u8], byte: u8) -> Option<u64> {
    alphabet
        .iter()
        .position(|&letter| letter == byte)
        .map(|value| value as u64)
}

/// Appends the bytes of the last group of letters; its unused bits are dropped.
fn push_group(bytes: &mut Vec<u8>, number: u64, bits: usize) {
    let whole = bits / 8;
    bytes.extend_from_slice(&(number >> (bits - whole * 8)).to_be_bytes()[8 - whole..]);
}

/// `base64.StdEncoding.DecodeString`; line breaks are ignored.
///
/// # Errors
/// Go's message with the offset of the invalid byte.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base64 data at input byte {at}"));
    let after_breaks = |at: usize| {
        let breaks = text[at..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        at + breaks
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut number, mut count, mut at) = (0u64, 0usize, 0usize);
    while let Some(&byte) = text.get(at) {
        at += 1;
        match digit(BASE64, byte) {
            Some(value) => {
                number = number << 6 | value;
                count += 1;
                if count == 4 {
                    push_group(&mut bytes, number, 24);
                    (number, count) = (0, 0);
                }
            }
            None if matches!(byte, b'\r' | b'\n') => {}
            None if byte != b'=' || count < 2 => return corrupt(at - 1),
            None => {
                if count == 2 {
                    at = after_breaks(at);
                    match text.get(at) {
                        None => return corrupt(text.len()),
                        Some(b'=') => at += 1,
                        Some(_) => return corrupt(at - 1),
                    }
                }
                at = after_breaks(at);
                if at < text.len() {
                    return corrupt(at);
                }
                push_group(&mut bytes, number, count * 6);
                return Ok(bytes);
            }
        }
    }
    if count > 0 {
        return corrupt(text.len() - count);
    }
    Ok(bytes)
}

/// `base32.StdEncoding.DecodeString`; line breaks are ignored.
///
/// # Errors
/// Go's message with the offset of the invalid byte.
pub fn decode32(text: &[u8]) -> Result<Vec<u8>, String> {
    let corrupt = |at: usize| Err(format!("illegal base32 data at input byte {at}"));
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let mut bytes = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let (mut number, mut count) = (0u64, 0usize);
    for (at, &byte) in text.iter().enumerate() {
        let left = text.len() - at - 1;
        if byte == b'=' && count >= 2 && left < 8 {
            if left + count < 7 {
                return corrupt(text.len());
            }
            if let Some(wrong) = (0..7 - count).find(|&offset| text[at + 1 + offset] != b'=') {
                return corrupt(at + wrong);
            }
            if matches!(count, 3 | 6) {
                return corrupt(at);
            }
            push_group(&mut bytes, number, count * 5);
            return Ok(bytes);
        }
        match digit(BASE32, byte) {
            Some(value) => number = number << 5 | value,
            None => return corrupt(at),
        }
        count += 1;
        if count == 8 {
            push_group(&mut bytes, number, 40);
            (number, count) = (0, 0);
        }
    }
    if count > 0 {
        return corrupt(text.len() - count);
    }
    Ok(bytes)
}
