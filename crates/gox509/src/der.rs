//! ASN.1 DER: the types that keys and certificates use.

/// The tags used.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const BIT_STRING: u8 = 0x03;
    pub(in super::super) const OCTET_STRING: u8 = 0x04;
    pub(in super::super) const NULL: u8 = 0x05;
    pub(in super::super) const OID: u8 = 0x06;
    pub(in super::super) const UTF8_STRING: u8 = 0x0c;
    pub(in super::super) const PRINTABLE_STRING: u8 = 0x13;
    pub(in super::super) const UTC_TIME: u8 = 0x17;
    pub(in super::super) const GENERALIZED_TIME: u8 = 0x18;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
    /// A constructed context-specific tag: `[0]` and so on.
    pub(in super::super) const CONTEXT: u8 = 0xa0;
    /// A primitive context-specific tag: `[0]` and so on.
    pub(in super::super) const CONTEXT_PLAIN: u8 = 0x80;
}

/// Encodes a value: tag, length and content.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let used = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
            out.push(0x80 | u8::try_from(used.len()).unwrap_or(0));
            out.extend_from_slice(used);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Encodes a constructed value.
pub(super) fn parts(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    value(tag, &parts.concat())
}

/// Encodes a sequence.
pub(super) fn sequence(of: &[&[u8]]) -> Vec<u8> {
    parts(tag::SEQUENCE, of)
}

/// Encodes a non-negative integer.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let digits = &bytes[zeros..];
    if digits.first().is_none_or(|&first| first >= 0x80) {
        return parts(tag::INTEGER, &[&[0], digits]);
    }
    value(tag::INTEGER, digits)
}

/// Encodes an object identifier.
pub(super) fn oid(arcs: &[u32]) -> Vec<u8> {
    let mut content = vec![u8::try_from(arcs[0] * 40 + arcs[1]).unwrap_or(0)];
    for &arc in &arcs[2..] {
        let groups = (arc.checked_ilog2().unwrap_or(0) / 7) + 1;
        for group in (0..groups).rev() {
            let bits = u8::try_from((arc >> (7 * group)) & 0x7f).unwrap_or(0);
            content.push(if group > 0 { bits | 0x80 } else { bits });
        }
    }
    value(tag::OID, &content)
}

/// Encodes a bit string; the last `unused` bits are padding.
pub(super) fn bit_string(unused: u8, bytes: &[u8]) -> Vec<u8> {
    parts(tag::BIT_STRING, &[&[unused], bytes])
}

/// A decoded value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    /// The encoding with tag and length.
    pub(super) whole: &'d [u8],
}

impl<'d> Element<'d> {
    /// The bytes of a non-negative integer without leading zeros; none for any other value.
    pub(super) fn unsigned(self) -> Option<&'d [u8]> {
        let first = *self.content.first()?;
        if self.tag != tag::INTEGER || first >= 0x80 {
            return None;
        }
        let zeros = self.content.iter().take_while(|&&byte| byte == 0).count();
        Some(&self.content[zeros..])
    }

    /// A reader of the elements of a sequence.
    pub(super) fn sequence(self) -> Option<DerReader<'d>> {
        (self.tag == tag::SEQUENCE).then_some(DerReader(self.content))
    }
}

/// Decodes one value after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct DerReader<'d>(pub(super) &'d [u8]);

impl<'d> DerReader<'d> {
    pub(super) fn next(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let count = usize::from(first & 0x7f);
            let (digits, after) = rest.split_at_checked(count)?;
            rest = after;
            if count == 0 || count > 4 {
                return None;
            }
            digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit))
        };
        let (content, after) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some(Element { tag, content, whole })
    }

    /// Decodes the next value if it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'d>> {
        self.next().filter(|element| element.tag == tag)
    }

    pub(super) fn peek_tag(&self) -> Option<u8> {
        self.0.first().copied()
    }
}
