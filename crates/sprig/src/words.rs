//! Functions on words: case, initials and line wrapping.

use super::registry::sprig;
use super::strings::{bytes, text};
use super::{Call, Function, Outcome};
use gostd::case::{self, to_lower, to_upper};
use gostd::string::encode_owned;
use gostd::unicode::{is_space, rune};
use govalue::Type::{Int, String as Str};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("abbrev", &[Int, Str], "string", abbrev, "the string cut to so many bytes, with `...` at its end"),
    sprig("abbrevboth", &[Int, Int, Str], "string", abbrevboth, "the string from an offset on, cut to so many bytes, with `...` at both ends"),
    sprig("camelcase", &[Str], "string", camelcase, "`some_words` as `SomeWords`"),
    sprig("initials", &[Str], "string", initials, "the first letters of all words"),
    sprig("kebabcase", &[Str], "string", kebabcase, "`SomeWords` as `some-words`"),
    sprig("lower", &[Str], "string", lower, "the string in small letters"),
    sprig("snakecase", &[Str], "string", snakecase, "`SomeWords` as `some_words`"),
    sprig("swapcase", &[Str], "string", swapcase, "the string with capitals small and small letters capital"),
    sprig("title", &[Str], "string", title, "the string with the first letter of each word capital"),
    sprig("untitle", &[Str], "string", untitle, "the string with the first letter of each word small"),
    sprig("upper", &[Str], "string", upper, "the string in capitals"),
    sprig("wrap", &[Int, Str], "string", wrap, "the text in lines of so many bytes; long words stay whole"),
    sprig("wrapWith", &[Int, Str, Str], "string", wrap_with, "the text in lines of so many bytes, with the second argument between them; long words are broken"),
];

fn lower(call: &mut Call<'_>) -> Outcome {
    Ok(call
        .str(0)
        .chars()
        .map(|c| to_lower(rune(c)))
        .collect::<String>()
        .into())
}

fn upper(call: &mut Call<'_>) -> Outcome {
    Ok(call
        .str(0)
        .chars()
        .map(|c| to_upper(rune(c)))
        .collect::<String>()
        .into())
}

fn title(call: &mut Call<'_>) -> Outcome {
    Ok(case::title(call.str(0)).into())
}

fn untitle(call: &mut Call<'_>) -> Outcome {
    Ok(case::uncapitalize(call.str(0)).into())
}

fn swapcase(call: &mut Call<'_>) -> Outcome {
    Ok(case::swap(call.str(0)).into())
}

fn camelcase(call: &mut Call<'_>) -> Outcome {
    Ok(case::pascal(call.str(0)).into())
}

fn snakecase(call: &mut Call<'_>) -> Outcome {
    Ok(case::connect(call.str(0), '_').into())
}

fn kebabcase(call: &mut Call<'_>) -> Outcome {
    Ok(case::connect(call.str(0), '-').into())
}

fn initials(call: &mut Call<'_>) -> Outcome {
    // goutils treats each byte as a character.
    let mut gap = true;
    let source = bytes(call, 0);
    let letters = source.iter().map(|&byte| char::from(byte)).filter(|&c| {
        let first = !is_space(c) && gap;
        gap = is_space(c);
        first
    });
    Ok(letters.collect::<String>().into())
}

/// goutils' `AbbreviateFull`; the caller has checked the widths.
fn abbreviated(source: &[u8], offset: usize, width: usize) -> Vec<u8> {
    if source.len() <= width {
        return source.to_vec();
    }
    let kept = width - 3;
    let mut offset = offset.min(source.len());
    if source.len() - offset < kept {
        offset = source.len() - kept;
    }
    if offset <= 4 {
        return [&source[..kept], b"..."].concat();
    }
    // If the width cannot hold ellipses at both ends, goutils returns an empty string.
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < source.len() {
        return [b"...", &abbreviated(&source[offset..], 0, kept)[..]].concat();
    }
    [b"...", &source[source.len() - kept..]].concat()
}

fn abbrev(call: &mut Call<'_>) -> Outcome {
    match usize::try_from(call.int(0)) {
        Ok(width) if width >= 4 => Ok(text(&abbreviated(&bytes(call, 1), 0, width))),
        _ => Ok(call.value(1).clone()),
    }
}

fn abbrevboth(call: &mut Call<'_>) -> Outcome {
    let offset = usize::try_from(call.int(0)).unwrap_or(0);
    match usize::try_from(call.int(1)) {
        Ok(width) if width >= 7 || width >= 4 && offset == 0 => Ok(text(&abbreviated(&bytes(call, 2), offset, width))),
        _ => Ok(call.value(2).clone()),
    }
}

/// goutils' `WrapCustom`.
fn wrapped(source: &[u8], width: i64, line_break: &[u8], break_words: bool) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let mut out = Vec::with_capacity(source.len());
    let mut rest = source;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let end = match rest[..=width].iter().rposition(|&byte| byte == b' ') {
            Some(space) => Some((space, 1)),
            None if break_words => Some((width, 0)),
            None => rest[width..]
                .iter()
                .position(|&byte| byte == b' ')
                .map(|space| (width + space, 1)),
        };
        let Some((end, skipped)) = end else { break };
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(line_break);
        rest = &rest[end + skipped..];
    }
    out.extend_from_slice(rest);
    out
}

fn wrap(call: &mut Call<'_>) -> Outcome {
    call.charge_text(call.str(1).len())?;
    Ok(encode_owned(wrapped(&bytes(call, 1), call.int(0), b"\n", false)).into())
}

fn wrap_with(call: &mut Call<'_>) -> Outcome {
    let width = usize::try_from(call.int(0)).unwrap_or(1).max(1);
    let lines = call.str(2).len() / width + call.str(2).matches(' ').count() + 1;
    let size = call
        .str(2)
        .len()
        .saturating_add(lines.saturating_mul(call.str(1).len()));
    call.charge_text(size)?;
    let line_break = match call.str(1) {
        "" => b"\n".to_vec(),
        _ => bytes(call, 1).into_owned(),
    };
    Ok(encode_owned(wrapped(&bytes(call, 2), call.int(0), &line_break, true)).into())
}
