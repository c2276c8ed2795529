//! String functions: search, cut, split and join.

use std::borrow::Cow;

use memchr::memmem;

use super::registry::sprig;
use super::{Call, Fault, Function, Outcome};
use gostd::string::{decode, encode, normalize};
use gostd::unicode::{is_space, rune};
use govalue::Type::{Int, String as Str};
use govalue::{Element, Entries, MapType, Value, map_of, strings};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("contains", &[Str, Str], "bool", contains, "whether the second string contains the first"),
    sprig("hasPrefix", &[Str, Str], "bool", has_prefix, "whether the second string begins with the first"),
    sprig("hasSuffix", &[Str, Str], "bool", has_suffix, "whether the second string ends with the first"),
    sprig("hello", &[], "string", hello, "`Hello!`"),
    sprig("indent", &[Int, Str], "string", indent, "the text with each line indented"),
    sprig("nindent", &[Int, Str], "string", nindent, "the text with each line indented, after a line break"),
    sprig("nospace", &[Str], "string", nospace, "the string without white space"),
    sprig("plural", &[Str, Str, Int], "string", plural, "the first string where the number is 1, else the second"),
    sprig("repeat", &[Int, Str], "string", repeat, "the string so many times"),
    sprig("replace", &[Str, Str, Str], "string", replace, "the last string with all occurrences of the first replaced by the second"),
    sprig("split", &[Str, Str], "map[string]string", split, "the pieces of the second string between occurrences of the first, under `_0`, `_1` and so on"),
    sprig("splitList", &[Str, Str], "[]string", split_list, "the pieces of the second string between occurrences of the first"),
    sprig("splitn", &[Str, Int, Str], "map[string]string", splitn, "at most so many pieces of the last string, under `_0`, `_1` and so on"),
    sprig("substr", &[Int, Int, Str], "string", substr, "the bytes from the first offset to the second"),
    sprig("trim", &[Str], "string", trim, "the string without white space at its ends"),
    sprig("trimAll", &[Str, Str], "string", trim_all, "the second string without the characters of the first at its ends"),
    sprig("trimPrefix", &[Str, Str], "string", trim_prefix, "the second string without the first at its start"),
    sprig("trimSuffix", &[Str, Str], "string", trim_suffix, "the second string without the first at its end"),
    sprig("trimall", &[Str, Str], "string", trim_all, "the same as trimAll"),
    sprig("trunc", &[Int, Str], "string", trunc, "the first so many bytes; with a negative number the last"),
];

/// The bytes of a string argument.
pub(super) fn bytes<'c>(call: &'c Call<'_>, index: usize) -> Cow<'c, [u8]> {
    decode(call.str(index))
}

/// A string value of these bytes.
pub(super) fn text(bytes: &[u8]) -> Value {
    Value::from(encode(bytes).as_ref())
}

fn contains(call: &mut Call<'_>) -> Outcome {
    Ok(memmem::find(&bytes(call, 1), &bytes(call, 0)).is_some().into())
}

fn has_prefix(call: &mut Call<'_>) -> Outcome {
    Ok(bytes(call, 1).starts_with(&bytes(call, 0)).into())
}

fn has_suffix(call: &mut Call<'_>) -> Outcome {
    Ok(bytes(call, 1).ends_with(&bytes(call, 0)).into())
}

#[expect(clippy::unnecessary_wraps, reason = "all functions of a table have one type")]
fn hello(_: &mut Call<'_>) -> Outcome {
    Ok("Hello!".into())
}

fn indented(call: &mut Call<'_>, start: &str) -> Outcome {
    let width = usize::try_from(call.int(0)).map_err(|_| "strings: negative Repeat count")?;
    let lines = memchr::memchr_iter(b'\n', call.str(1).as_bytes()).count() + 1;
    let size = lines
        .saturating_mul(width)
        .saturating_add(call.str(1).len() + start.len());
    call.charge_text(size)?;
    let pad = " ".repeat(width);
    let mut out = String::with_capacity(size);
    out.push_str(start);
    for (at, line) in call.str(1).split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(&pad);
        out.push_str(line);
    }
    Ok(out.into())
}

fn indent(call: &mut Call<'_>) -> Outcome {
    indented(call, "")
}

fn nindent(call: &mut Call<'_>) -> Outcome {
    indented(call, "\n")
}

fn nospace(call: &mut Call<'_>) -> Outcome {
    // goutils treats each byte as a character if the text contains any space.
    let bytes = bytes(call, 0);
    let kept: String = bytes
        .iter()
        .map(|&byte| char::from(byte))
        .filter(|&c| !is_space(c))
        .collect();
    if kept.chars().count() == bytes.len() {
        return Ok(call.value(0).clone());
    }
    Ok(kept.into())
}

fn plural(call: &mut Call<'_>) -> Outcome {
    Ok(call.value(usize::from(call.int(2) != 1)).clone())
}

fn repeat(call: &mut Call<'_>) -> Outcome {
    let count = usize::try_from(call.int(0)).map_err(|_| "strings: negative Repeat count")?;
    let size = match count.checked_mul(gostd::string::len(call.str(1))) {
        Some(size) if i64::try_from(size).is_ok() => size,
        _ => return Err("strings: Repeat output length overflow".into()),
    };
    if size == 0 {
        return Ok("".into());
    }
    call.charge_text(size)?;
    Ok(normalize(call.str(1).repeat(count)).into())
}

fn replace(call: &mut Call<'_>) -> Outcome {
    let (from, to, text_len) = (call.str(0), call.str(1), call.str(2).len());
    if from == to {
        return Ok(call.value(2).clone());
    }
    let count = if from.is_empty() {
        text_len + 1
    } else {
        call.str(2).matches(from).count()
    };
    let size = text_len.saturating_add(count.saturating_mul(to.len()));
    call.charge_text(size)?;
    let (from, to, source) = (bytes(call, 0), bytes(call, 1), bytes(call, 2));
    let mut out = Vec::with_capacity(size);
    if from.is_empty() {
        // An empty separator matches between all characters and at both ends.
        for c in call.str(2).chars() {
            out.extend_from_slice(&to);
            out.extend_from_slice(&decode(c.encode_utf8(&mut [0; 4])));
        }
        out.extend_from_slice(&to);
    } else {
        let mut start = 0;
        for at in memmem::find_iter(&source, &from[..]) {
            out.extend_from_slice(&source[start..at]);
            out.extend_from_slice(&to);
            start = at + from.len();
        }
        out.extend_from_slice(&source[start..]);
    }
    Ok(gostd::string::encode_owned(out).into())
}

/// `strings.SplitN`; no `most` means no limit.
fn pieces(call: &mut Call<'_>, separator: usize, source: usize, most: Option<usize>) -> Result<Vec<Value>, Fault> {
    let limit = most.unwrap_or(usize::MAX);
    let count = match call.str(separator) {
        "" => call.str(source).chars().count(),
        between => call.str(source).matches(between).count() + 1,
    };
    call.charge_items(count.min(limit))?;
    if limit == 0 {
        return Ok(Vec::new());
    }
    let (between, source_bytes) = (bytes(call, separator), bytes(call, source));
    let mut pieces = Vec::with_capacity(count.min(limit));
    let mut start = 0;
    if between.is_empty() {
        for c in call.str(source).chars() {
            if pieces.len() + 1 == limit {
                break;
            }
            let piece = decode(c.encode_utf8(&mut [0; 4])).into_owned();
            start += piece.len();
            pieces.push(text(&piece));
        }
        if start < source_bytes.len() {
            pieces.push(text(&source_bytes[start..]));
        }
        return Ok(pieces);
    }
    for at in memmem::find_iter(&source_bytes, &between[..]) {
        if pieces.len() + 1 == limit {
            break;
        }
        pieces.push(text(&source_bytes[start..at]));
        start = at + between.len();
    }
    pieces.push(text(&source_bytes[start..]));
    Ok(pieces)
}

fn numbered(pieces: Vec<Value>) -> Value {
    let entries: Entries = pieces
        .into_iter()
        .enumerate()
        .map(|(at, piece)| (format!("_{at}").into(), piece))
        .collect();
    map_of(MapType::Of(Element::String), entries)
}

fn split(call: &mut Call<'_>) -> Outcome {
    pieces(call, 0, 1, None).map(numbered)
}

fn split_list(call: &mut Call<'_>) -> Outcome {
    pieces(call, 0, 1, None).map(strings)
}

fn splitn(call: &mut Call<'_>) -> Outcome {
    let most = usize::try_from(call.int(1)).ok();
    pieces(call, 0, 2, most).map(numbered)
}

/// Go's panic for a slice that is out of bounds.
fn out_of_range(bounds: std::fmt::Arguments<'_>) -> Fault {
    Fault::new(format!("runtime error: slice bounds out of range {bounds}"))
}

fn substr(call: &mut Call<'_>) -> Outcome {
    let (start, end) = (call.int(0), call.int(1));
    let source = bytes(call, 2);
    let length = source.len();
    let Ok(from) = usize::try_from(start) else {
        return match usize::try_from(end) {
            Err(_) => Err(out_of_range(format_args!("[:{end}]"))),
            Ok(to) if to > length => Err(out_of_range(format_args!("[:{end}] with length {length}"))),
            Ok(to) => Ok(text(&source[..to])),
        };
    };
    let to = usize::try_from(end).ok().filter(|&to| to <= length).unwrap_or(length);
    match source.get(from..to) {
        Some(part) => Ok(text(part)),
        None => Err(out_of_range(format_args!("[{from}:{to}]"))),
    }
}

fn trim(call: &mut Call<'_>) -> Outcome {
    Ok(call.str(0).trim_matches(is_space).into())
}

fn trim_all(call: &mut Call<'_>) -> Outcome {
    let set: Vec<char> = call.str(0).chars().map(rune).collect();
    Ok(call.str(1).trim_matches(|c| set.contains(&rune(c))).into())
}

fn trim_prefix(call: &mut Call<'_>) -> Outcome {
    let source = bytes(call, 1);
    Ok(match source.strip_prefix(&bytes(call, 0)[..]) {
        Some(rest) => text(rest),
        None => call.value(1).clone(),
    })
}

fn trim_suffix(call: &mut Call<'_>) -> Outcome {
    let source = bytes(call, 1);
    Ok(match source.strip_suffix(&bytes(call, 0)[..]) {
        Some(rest) => text(rest),
        None => call.value(1).clone(),
    })
}

fn trunc(call: &mut Call<'_>) -> Outcome {
    let source = bytes(call, 1);
    let count = call.int(0);
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if size > source.len() || count < 0 && size == source.len() {
        return Ok(call.value(1).clone());
    }
    Ok(text(if count < 0 {
        &source[source.len() - size..]
    } else {
        &source[..size]
    }))
}
