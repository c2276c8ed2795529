//! Base64.

use super::Reason;

/// Standard base64 with padding, line breaks left out: how Go's `encoding/json` reads bytes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_go() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YW\nJj", "+/+/"] {
            assert_eq!(base64(good), Ok(()), "{good}");
        }
        for bad in ["a", "YQ", "YQ=", "Y===", "=QQQ", "a b=", "a-_b", "hunter2!"] {
            assert!(base64(bad).is_err(), "{bad}");
        }
    }
}
