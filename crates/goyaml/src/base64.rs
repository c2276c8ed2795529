//! Base64 for YAML's `!!binary`.

/// Decodes standard base64 with padding; line breaks are ignored.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let (groups, rest) = text.as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(groups.len() * 3);
    for (index, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|&&byte| byte == b'=').count();
        if padding > 2 || padding > 0 && index + 1 < groups.len() {
            return None;
        }
        let mut bits = 0;
        for &byte in &group[..4 - padding] {
            let sextet = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(sextet);
        }
        bits <<= 6 * padding;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

/// Encodes to base64, broken into lines of 70 characters if it is longer than one.
pub(super) fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const LINE: usize = 70;
    let length = bytes.len().div_ceil(3) * 4;
    let mut text = String::with_capacity(length + length / LINE + 1);
    let mut written = 0;
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for position in 0..4 {
            let sextet = (bits >> (18 - 6 * position)) as usize & 63;
            text.push(if position > group.len() {
                '='
            } else {
                char::from(ALPHABET[sextet])
            });
            written += 1;
            if length >= LINE && (written % LINE == 0 || written == length) {
                text.push('\n');
            }
        }
    }
    text
}
