//! Go's case mapping, which maps one character to one character, and the identifier styles of sprig's libraries.

use super::unicode::{
    is_digit, is_letter, is_lower, is_number, is_print, is_punctuation, is_space, is_title, is_upper, rune,
};

/// Returns the single character of a case mapping. Returns `c` itself if the mapping has several characters (Rust maps
/// `ß` to `SS`, Go leaves it unchanged), or if Go's version of Unicode does not contain both characters yet.
fn single(c: char, mut mapped: impl ExactSizeIterator<Item = char>) -> char {
    if mapped.len() != 1 {
        return c;
    }
    mapped
        .next()
        .filter(|&mapped| is_print(mapped) && is_print(c))
        .unwrap_or(c)
}

/// `unicode.ToUpper`.
pub fn to_upper(c: char) -> char {
    // Letters with an iota subscript, whose capitals are two characters in Rust.
    let offset = match c {
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => 8,
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => 9,
        _ => return single(c, c.to_uppercase()),
    };
    char::from_u32(c as u32 + offset).unwrap_or(c)
}

/// `unicode.ToLower`.
pub fn to_lower(c: char) -> char {
    match c {
        '\u{130}' => 'i',
        _ => single(c, c.to_lowercase()),
    }
}

/// `unicode.ToTitle`.
pub fn to_title(c: char) -> char {
    match c {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian has capitals but no title case.
        '\u{10D0}'..='\u{10FF}' => c,
        _ => to_upper(c),
    }
}

/// `strings.Title`: the first letter of each word in title case.
pub fn title(text: &str) -> String {
    let mut before = ' ';
    let in_word = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || c == '_'
        } else {
            is_letter(c) || is_digit(c) || !is_space(c)
        }
    };
    text.chars()
        .map(rune)
        .map(|c| {
            if in_word(std::mem::replace(&mut before, c)) {
                c
            } else {
                to_title(c)
            }
        })
        .collect()
}

/// goutils' `Uncapitalize`: the first letter of each word in lower case.
pub fn uncapitalize(text: &str) -> String {
    let mut first = true;
    text.chars()
        .map(rune)
        .map(|c| {
            if is_space(c) {
                first = true;
                c
            } else if std::mem::take(&mut first) {
                to_lower(c)
            } else {
                c
            }
        })
        .collect()
}

/// goutils' `SwapCase`: capitals become lower case; lower case letters become capitals, or title case at the start of a
/// word.
pub fn swap(text: &str) -> String {
    let mut after_space = true;
    text.chars()
        .map(rune)
        .map(|c| {
            if is_upper(c) || is_title(c) {
                after_space = false;
                to_lower(c)
            } else if is_lower(c) {
                if std::mem::take(&mut after_space) {
                    to_title(c)
                } else {
                    to_upper(c)
                }
            } else {
                after_space = is_space(c);
                c
            }
        })
        .collect()
}

fn is_connector(c: char) -> bool {
    matches!(c, '-' | '_') || is_space(c)
}

/// xstrings' `ToPascalCase`: `some_words` become `SomeWords`.
pub fn pascal(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(rune).collect();
    let Some(start) = chars.iter().position(|&c| !is_connector(c)) else {
        // xstrings writes the last connector twice.
        return chars.iter().chain(chars.last()).collect();
    };
    let mut out: String = chars[..start].iter().collect();
    let mut before = to_upper(chars[start]);
    let mut capitals = is_upper(chars[start]);
    for &c in &chars[start + 1..] {
        let mut c = c;
        if is_connector(before) && is_connector(c) {
            out.push(before);
        } else if is_connector(before) {
            capitals = is_upper(c);
            c = to_upper(c);
        } else {
            // Of several capitals in a row only the first stays a capital.
            if capitals && is_upper(c) {
                c = to_lower(c);
            } else {
                capitals = false;
            }
            out.push(before);
        }
        before = c;
    }
    out.push(before);
    out
}

/// The kind of a part of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Whether a letter can be part of a word; each Chinese character is a word of its own.
fn is_alphabet(c: char) -> bool {
    is_letter(c) && !matches!(c, '\u{4E00}'..='\u{9FCC}' | '\u{3400}'..='\u{4D85}' | '\u{20000}'..='\u{2B81D}')
}

/// Splits the next part off the front.
fn next_word<'t>(rest: &mut &'t [char]) -> (Word, &'t [char]) {
    let text = *rest;
    let Some(&first) = text.first() else {
        return (Word::None, text);
    };
    let run = |from: usize, fits: &dyn Fn(char) -> bool| from + text[from..].iter().take_while(|&&c| fits(c)).count();
    let small = |c: char| is_alphabet(c) && !is_upper(c);
    let (word, end) = if is_connector(first) {
        (Word::Connector, run(1, &is_connector))
    } else if is_punctuation(first) {
        (Word::Punctuation, run(1, &is_punctuation))
    } else if is_upper(first) {
        let end = match text.get(1) {
            Some(&c) if is_upper(c) => {
                // `HTTPServer`: the last capital starts the next word.
                let end = run(1, &is_upper);
                if text.get(end).is_some_and(|&c| is_alphabet(c)) {
                    end - 1
                } else {
                    end
                }
            }
            Some(&c) if is_alphabet(c) => run(1, &small),
            _ => 1,
        };
        (Word::Upper, end)
    } else if is_alphabet(first) {
        (Word::Alphabet, run(1, &small))
    } else if is_number(first) {
        (Word::Number, run(1, &is_number))
    } else {
        let other = |c: char| !is_connector(c) && !is_alphabet(c) && !is_number(c) && !is_punctuation(c);
        (Word::Other, run(1, &other))
    };
    *rest = &text[end..];
    (word, &text[..end])
}

/// xstrings' `ToSnakeCase` and `ToKebabCase`: `SomeWords` becomes `some_words`, with the given connector.
pub fn connect(text: &str, connector: char) -> String {
    let chars: Vec<char> = text.chars().map(rune).collect();
    let mut rest = &chars[..];
    let mut out = String::with_capacity(text.len() + 8);
    let push = |out: &mut String, word: Word, text: &[char]| {
        let lowered = matches!(word, Word::Upper | Word::Connector);
        out.extend(text.iter().map(|&c| match c {
            _ if !lowered => c,
            _ if is_connector(c) => connector,
            _ if is_upper(c) => to_lower(c),
            _ => c,
        }));
    };
    let separates = |word: Word| !matches!(word, Word::Connector | Word::Punctuation);
    let (mut word, mut letters) = next_word(&mut rest);
    while !rest.is_empty() {
        if word != Word::Connector {
            push(&mut out, word, letters);
        }
        let (before, last) = (word, letters);
        (word, letters) = next_word(&mut rest);
        match before {
            Word::Connector => push(&mut out, before, last),
            Word::Punctuation => {}
            Word::Number => {
                // Letters after digits belong to the digits: `1st`.
                while matches!(word, Word::Alphabet | Word::Number) {
                    push(&mut out, word, letters);
                    (word, letters) = next_word(&mut rest);
                }
                if word != Word::None && separates(word) {
                    out.push(connector);
                }
            }
            _ if word != Word::Number => {
                if separates(word) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                // Digits belong to the preceding word, unless lower case letters follow.
                let digits = letters;
                (word, letters) = next_word(&mut rest);
                if word == Word::Alphabet {
                    out.push(connector);
                    push(&mut out, Word::Number, digits);
                    while matches!(word, Word::Alphabet | Word::Number) {
                        push(&mut out, word, letters);
                        (word, letters) = next_word(&mut rest);
                    }
                    if word != Word::None && separates(word) {
                        out.push(connector);
                    }
                } else {
                    push(&mut out, Word::Number, digits);
                    if separates(word) {
                        out.push(connector);
                    }
                }
            }
        }
    }
    push(&mut out, word, letters);
    out
}
