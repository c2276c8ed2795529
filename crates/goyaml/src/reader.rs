//! The bytes of a document as go-yaml passes them to its scanner.
//!
//! go-yaml decodes its input in chunks of 512 bytes, ahead of the scanner, and reports an invalid byte as soon as its
//! chunk is decoded. Which of two errors is reported therefore depends on the chunks, so this reader decodes (that is,
//! checks) in the same chunks. Nothing is copied.

use std::borrow::Cow;

use super::error::Fault;
use super::mark::Mark;
use gostd::string as gostring;

/// The size of a chunk.
const PIECE: usize = 512;
/// The byte order mark in UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The bytes that go-yaml would see, with a map to their offsets in the text.
pub(super) struct Input<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// For each byte, and for the end, its offset in the text; empty if the offsets are equal.
    origins: Vec<usize>,
    /// The undecodable input after the bytes, if there is any.
    broken: Option<Broken>,
}

/// A decoding error of UTF-16.
#[derive(Clone, Copy)]
struct Broken {
    problem: &'static str,
    /// Whether the input ends too early, which go-yaml notices only when it needs more.
    too_short: bool,
}

impl<'a> Input<'a> {
    /// The input of a text: the escapes of [`gostring`] are undone, UTF-16 is decoded.
    pub(super) fn new(text: &'a str) -> Self {
        Self::of_bytes(text).decoded()
    }

    /// Like [`Input::new`], for a text that was split into lines before, as values files are: the last line gets a line
    /// break. The lines are split by bytes in any encoding, which can corrupt UTF-16.
    pub(super) fn of_lines(text: &'a str) -> Self {
        Self::of_bytes(text).without_returns().closed().decoded()
    }

    fn of_bytes(text: &'a str) -> Self {
        let new = |bytes, origins| Self {
            bytes,
            origins,
            broken: None,
        };
        if text.is_empty() {
            return new(Cow::Borrowed(b"\n"), vec![0, 0]);
        }
        if !gostring::may_have_escapes(text) {
            return new(Cow::Borrowed(text.as_bytes()), Vec::new());
        }
        let bytes = gostring::decode(text);
        let mut origins = Vec::with_capacity(bytes.len());
        for (offset, c) in text.char_indices() {
            let width = if gostring::escaped_byte(c).is_some() {
                1
            } else {
                c.len_utf8()
            };
            origins.extend(std::iter::repeat_n(offset, width));
        }
        origins.push(text.len());
        new(bytes, origins)
    }

    fn decoded(self) -> Self {
        match *self.bytes {
            [0xFF, 0xFE, ..] => self.decode_utf16(u16::from_le_bytes),
            [0xFE, 0xFF, ..] => self.decode_utf16(u16::from_be_bytes),
            _ => self,
        }
    }

    /// Removes CR before LF, by bytes. In UTF-8 this makes no difference to YAML.
    fn without_returns(self) -> Self {
        if !matches!(*self.bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            return self;
        }
        let is_kept = |at: &usize| !self.bytes[*at..].starts_with(b"\r\n");
        let kept: Vec<usize> = (0..self.bytes.len()).filter(is_kept).collect();
        let ends = [self.bytes.len()];
        Self {
            bytes: kept.iter().map(|at| self.bytes[*at]).collect(),
            origins: kept.iter().chain(&ends).map(|at| self.origin(*at)).collect(),
            broken: None,
        }
    }

    /// Appends a line break at the end if there is none.
    fn closed(mut self) -> Self {
        if self.bytes.last() != Some(&b'\n') {
            self.bytes.to_mut().push(b'\n');
            self.origins.extend(self.origins.last().copied());
        }
        self
    }

    /// Decodes UTF-16, which go-yaml recognizes by its byte order mark.
    fn decode_utf16(self, unit: fn([u8; 2]) -> u16) -> Self {
        let body = &self.bytes[2..];
        let (units, rest) = body.as_chunks::<2>();
        let mut bytes = Vec::with_capacity(body.len());
        let mut origins = Vec::with_capacity(body.len());
        let mut broken = None;
        let mut at = 2;
        for read in char::decode_utf16(units.iter().map(|&pair| unit(pair))) {
            let (problem, too_short) = match read {
                Ok(c) => {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    origins.resize(bytes.len(), self.origin(at));
                    at += 2 * c.len_utf16();
                    continue;
                }
                Err(error) if error.unpaired_surrogate() >= 0xDC00 => ("unexpected low surrogate area", false),
                Err(_) if at + 4 > self.bytes.len() => ("incomplete UTF-16 surrogate pair", true),
                Err(_) => ("expected low surrogate area", false),
            };
            broken = Some(Broken { problem, too_short });
            break;
        }
        if broken.is_none() && !rest.is_empty() {
            let problem = "incomplete UTF-16 character";
            broken = Some(Broken {
                problem,
                too_short: true,
            });
        }
        origins.push(self.origin(at));
        let bytes = Cow::Owned(bytes);
        Self { bytes, origins, broken }
    }

    /// Maps an offset in the bytes to one in the text.
    pub(super) fn origin(&self, offset: usize) -> usize {
        if self.origins.is_empty() {
            return offset;
        }
        self.origins.get(offset).or(self.origins.last()).copied().unwrap_or(0)
    }
}

/// The input and a position in it.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    broken: Option<Broken>,
    /// The scanner's position.
    pub(super) mark: Mark,
    /// The number of decoded characters from there on, plus one once the end is reached.
    unread: isize,
    /// The end of the decoded bytes.
    decoded: usize,
    /// The end of the current chunk.
    piece_end: usize,
    started: bool,
    ended: bool,
    /// The scanner's position when the last chunk was fetched.
    window: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a Input<'_>) -> Self {
        Self {
            bytes: &input.bytes,
            broken: input.broken,
            mark: Mark::default(),
            unread: 0,
            decoded: 0,
            piece_end: 0,
            started: false,
            ended: false,
            window: 0,
        }
    }

    /// Decodes until `count` characters are available or the end is reached.
    #[inline]
    pub(super) fn need(&mut self, count: isize) -> Result<(), Fault> {
        if self.unread >= count { Ok(()) } else { self.fill(count) }
    }

    #[cold]
    fn fill(&mut self, count: isize) -> Result<(), Fault> {
        if !self.started {
            while !self.ended && self.piece_end - self.decoded < BOM.len() {
                self.next_piece();
            }
            if self.bytes.starts_with(BOM) {
                self.decoded = BOM.len();
                self.mark.offset = BOM.len();
            }
            self.started = true;
        }
        self.window = self.mark.offset;
        let mut first = true;
        while self.unread < count {
            if !first || self.decoded == self.piece_end {
                self.next_piece();
            }
            first = false;
            self.decode()?;
            if self.ended {
                self.unread += 1;
                break;
            }
        }
        Ok(())
    }

    fn next_piece(&mut self) {
        if self.piece_end == self.bytes.len() {
            self.ended = true;
        } else {
            self.piece_end = (self.decoded + PIECE).min(self.bytes.len());
        }
    }

    /// Checks the characters of the chunk. A character cut by its end is left for the next chunk.
    fn decode(&mut self) -> Result<(), Fault> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
        loop {
            let rest = &self.bytes[self.decoded..self.piece_end];
            let plain = rest.iter().take_while(|byte| is_plain(byte)).count();
            self.decoded += plain;
            self.unread = self.unread.saturating_add_unsigned(plain);
            let rest = &rest[plain..];
            let Some(byte) = rest.first() else { break };
            let width = match byte {
                0..0x80 => 1,
                0xC0..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF7 => 4,
                _ => return Err(Fault::reader("invalid leading UTF-8 octet", self.decoded)),
            };
            if width > rest.len() {
                if self.ended {
                    return Err(Fault::reader("incomplete UTF-8 octet sequence", self.decoded));
                }
                return Ok(());
            }
            self.check(&rest[..width])?;
            self.decoded += width;
            self.unread += 1;
        }
        match self.broken {
            Some(broken) if self.decoded == self.bytes.len() && (self.ended || !broken.too_short) => {
                Err(Fault::reader(broken.problem, self.decoded))
            }
            _ => Ok(()),
        }
    }

    /// Checks one character that is not plain ASCII text.
    fn check(&self, character: &[u8]) -> Result<(), Fault> {
        let width = character.len();
        let mut code = match width {
            1 => u32::from(character[0]),
            _ => u32::from(character[0]) & (0x7F >> width),
        };
        for (index, &byte) in character.iter().enumerate().skip(1) {
            if byte & 0xC0 != 0x80 {
                return Err(Fault::reader("invalid trailing UTF-8 octet", self.decoded + index));
            }
            code = code << 6 | u32::from(byte & 0x3F);
        }
        let least = [0, 0x80, 0x800, 0x1_0000][width - 1];
        let problem = if code < least {
            "invalid length of a UTF-8 sequence"
        } else if (0xD800..=0xDFFF).contains(&code) || code > 0x10_FFFF {
            "invalid Unicode character"
        } else if matches!(code, 0x85 | 0xA0..=0xFFFD | 0x1_0000..) {
            return Ok(());
        } else {
            "control characters are not allowed"
        };
        Err(Fault::reader(problem, self.decoded))
    }

    /// All bytes of the input.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The byte `ahead` bytes ahead; 0 past the end, and only there.
    #[inline]
    pub(super) fn at(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.offset + ahead).copied().unwrap_or(0)
    }

    /// The bytes between two offsets.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        &self.bytes[start..end]
    }

    /// The bytes from the current position on.
    fn ahead(&self) -> &'a [u8] {
        self.bytes.get(self.mark.offset..).unwrap_or(&[])
    }

    /// Whether a byte order mark is at the position where the last chunk was fetched. go-yaml intends to check the
    /// current position, but this is what its code checks.
    pub(super) fn window_has_bom(&self) -> bool {
        self.bytes
            .get(self.window..)
            .is_some_and(|bytes| bytes.starts_with(BOM))
    }

    #[inline]
    pub(super) fn is_end(&self) -> bool {
        self.at(0) == 0
    }

    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.at(0), b' ' | b'\t')
    }

    /// Whether a line break (CR, LF, NEL, LS or PS) is `ahead` bytes ahead.
    #[inline]
    pub(super) fn is_break_at(&self, ahead: usize) -> bool {
        match self.at(ahead) {
            b'\r' | b'\n' => true,
            0xC2 => self.at(ahead + 1) == 0x85,
            0xE2 => self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xA8 | 0xA9),
            _ => false,
        }
    }

    #[inline]
    pub(super) fn is_break(&self) -> bool {
        self.is_break_at(0)
    }

    /// Whether a line break or the end is here.
    #[inline]
    pub(super) fn is_break_or_end(&self) -> bool {
        self.is_end() || self.is_break()
    }

    /// Whether a space, a tab, a line break or the end is `ahead` bytes ahead.
    #[inline]
    pub(super) fn is_blank_or_end_at(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t' | 0) || self.is_break_at(ahead)
    }

    #[inline]
    pub(super) fn is_blank_or_end(&self) -> bool {
        self.is_blank_or_end_at(0)
    }

    /// Whether a letter, a digit, `_` or `-` is here.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.at(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Whether a document marker is here: `---` or `...` at the start of a line, followed by a blank or the end.
    pub(super) fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && (self.ahead().starts_with(b"---") || self.ahead().starts_with(b"..."))
            && self.is_blank_or_end_at(3)
    }

    /// Advances by one character.
    #[inline]
    pub(super) fn skip(&mut self) {
        self.mark.offset += match self.at(0) {
            0..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
        };
        self.mark.index += 1;
        self.mark.column += 1;
        self.unread -= 1;
    }

    /// Advances within the line as far as it is decoded and ASCII.
    pub(super) fn skip_ascii(&mut self) {
        let decoded = self.bytes.get(self.mark.offset..self.decoded).unwrap_or_default();
        let is_inside = |byte: &u8| byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0);
        let count = decoded.iter().take_while(|byte| is_inside(byte)).count();
        self.mark.offset += count;
        self.mark.index += count;
        self.mark.column += count;
        self.unread = self.unread.saturating_sub_unsigned(count);
    }

    /// Skips a line break, if there is one, and returns its form in a scalar.
    pub(super) fn skip_break(&mut self) -> &'static [u8] {
        if !self.is_break() {
            return b"";
        }
        let text: &[u8] = match (self.at(0), self.at(2)) {
            (0xE2, 0xA8) => "\u{2028}".as_bytes(),
            (0xE2, _) => "\u{2029}".as_bytes(),
            _ => b"\n",
        };
        if self.at(0) == b'\r' && self.at(1) == b'\n' {
            self.skip();
        }
        self.skip();
        self.mark.column = 0;
        self.mark.line += 1;
        text
    }
}
