//! Go's `path/filepath.Match`: shell patterns that match a whole path.

/// Go's message for an invalid pattern.
pub const BAD_PATTERN: &str = "syntax error in pattern";

/// Whether a name matches a pattern: `*` and `?` do not match `/`, `[a-z]` and `[^a]` are character classes, `\`
/// escapes.
///
/// # Errors
/// The pattern is malformed. As in Go, only the part that is needed for the result is checked.
pub fn matches(pattern: &str, name: &str) -> Result<bool, &'static str> {
    let (mut pattern, mut name) = (pattern, name);
    while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            // A trailing star matches the rest, unless the rest contains a separator.
            return Ok(!name.contains('/'));
        }
        if let Some(after) = match_chunk(chunk, name)?
            && (after.is_empty() || !pattern.is_empty())
        {
            name = after;
            continue;
        }
        if star {
            let mut found = None;
            for (at, c) in name.char_indices() {
                if c == '/' {
                    break;
                }
                let next = &name[at + c.len_utf8()..];
                if let Some(after) = match_chunk(chunk, next)?
                    && (after.is_empty() || !pattern.is_empty())
                {
                    found = Some(after);
                    break;
                }
            }
            if let Some(after) = found {
                name = after;
                continue;
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// Splits a chunk off the pattern: whether stars precede it, the chunk up to the next star, and the rest.
fn scan_chunk(pattern: &str) -> (bool, &str, &str) {
    let trimmed = pattern.trim_start_matches('*');
    let star = trimmed.len() < pattern.len();
    let mut in_class = false;
    let mut escaped = false;
    for (at, c) in trimmed.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '*' if !in_class => return (star, &trimmed[..at], &trimmed[at..]),
            _ => {}
        }
    }
    (star, trimmed, "")
}

/// Matches a chunk at the start of a text and returns the rest of the text. A chunk is checked to its end even if it
/// does not match.
fn match_chunk<'a>(chunk: &str, text: &'a str) -> Result<Option<&'a str>, &'static str> {
    let mut text = Some(text);
    let mut chars = chunk.chars();
    while let Some(c) = chars.next() {
        // The next character of the text, if everything has matched so far.
        let next = text.and_then(|text| text.chars().next());
        let advanced = next.and_then(|next| text.map(|text| &text[next.len_utf8()..]));
        let matched = match c {
            '[' => class(&mut chars, next)?,
            '?' => next.is_some_and(|next| next != '/'),
            '\\' => {
                let literal = chars.next().ok_or(BAD_PATTERN)?;
                next == Some(literal)
            }
            literal => next == Some(literal),
        };
        text = if matched { advanced } else { None };
    }
    Ok(text)
}

/// Parses a character class after its `[` and returns whether it matches the character.
fn class(chars: &mut std::str::Chars<'_>, found: Option<char>) -> Result<bool, &'static str> {
    let mut negated = false;
    if chars.as_str().starts_with('^') {
        chars.next();
        negated = true;
    }
    let mut matched = false;
    let mut ranges = 0;
    loop {
        if ranges > 0 && chars.as_str().starts_with(']') {
            chars.next();
            break;
        }
        let low = class_character(chars)?;
        let high = if chars.as_str().starts_with('-') {
            chars.next();
            class_character(chars)?
        } else {
            low
        };
        matched |= found.is_some_and(|found| low <= found && found <= high);
        ranges += 1;
    }
    Ok(found.is_some() && matched != negated)
}

fn class_character(chars: &mut std::str::Chars<'_>) -> Result<char, &'static str> {
    let c = match chars.next().ok_or(BAD_PATTERN)? {
        '-' | ']' => return Err(BAD_PATTERN),
        '\\' => chars.next().ok_or(BAD_PATTERN)?,
        c => c,
    };
    if chars.as_str().is_empty() {
        Err(BAD_PATTERN)
    } else {
        Ok(c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_in_go() {
        // pattern, name, result: the behaviour documented for path/filepath, checked against Go 1.26.
        let cases = [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*/b", "abc/b", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Ok(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[^c]", "abc", Ok(false)),
            ("ab[^b-d]", "abe", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a???b", "a☺☻☹b", Ok(true)),
            ("[]a]", "]", Err(BAD_PATTERN)),
            ("[-]", "-", Err(BAD_PATTERN)),
            ("[a-b-c]", "a", Err(BAD_PATTERN)),
            ("[", "a", Err(BAD_PATTERN)),
            ("a[", "ab", Err(BAD_PATTERN)),
            ("a[", "x", Err(BAD_PATTERN)),
            ("*x", "xxx", Ok(true)),
            ("templates/.?*", "templates/.git", Ok(true)),
            ("templates/.?*", "templates/a", Ok(false)),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }
}
