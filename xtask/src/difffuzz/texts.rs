//! Random strings: words, numbers, YAML, JSON, TOML, patterns, formats, layouts, versions, URLs.

use super::words::{
    BASE32, BASE64, CONSTRAINTS, DATES, DURATIONS, GO_TYPES, JSON, JSON_LISTS, KEYS, KINDS, LAYOUTS, NUMBERS, PATHS,
    PLAIN, REGEXES, REPLACEMENTS, SCALARS, SEPARATORS, TOML, URLS, VERSIONS, WORDS, YAML, ZONES,
};
use crate::random::Random;

/// The intended use of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Plain,
    Number,
    Yaml,
    Json,
    JsonList,
    Toml,
    Regex,
    Replacement,
    Layout,
    DateAs(&'static str),
    Zone,
    Duration,
    Version,
    Constraint,
    Url,
    Path,
    Kind,
    GoType,
    Base64,
    Base32,
    Key,
    Words,
    Separator,
}

/// Generates a string.
pub(super) fn draw(text: Text, random: &mut Random) -> String {
    let options = match text {
        Text::Plain => PLAIN,
        Text::Number => NUMBERS,
        Text::Yaml if random.one_in(3) => return yaml(random),
        Text::Yaml => YAML,
        Text::Json => JSON,
        Text::JsonList => JSON_LISTS,
        Text::Toml => TOML,
        Text::Regex if random.one_in(3) => return joined(REGEXES, "", random),
        Text::Regex => REGEXES,
        Text::Replacement => REPLACEMENTS,
        Text::Layout if random.one_in(4) => return joined(LAYOUTS, " ", random),
        Text::Layout => LAYOUTS,
        Text::DateAs(layout) => {
            let fits = match layout {
                "2006-01-02" => "2024-02-29",
                _ => "2020-01-02T03:04:05Z",
            };
            return if random.one_in(5) { random.pick(DATES) } else { fits }.to_owned();
        }
        Text::Zone => ZONES,
        Text::Duration => DURATIONS,
        Text::Version if random.one_in(3) => return version(random),
        Text::Version => VERSIONS,
        Text::Constraint if random.one_in(3) => {
            let operator = random.pick(&["", ">", ">=", "<", "<=", "^", "~", "=", "!="]);
            return format!("{operator}{}", version(random));
        }
        Text::Constraint => CONSTRAINTS,
        Text::Url => URLS,
        Text::Path => PATHS,
        Text::Kind => KINDS,
        Text::GoType => GO_TYPES,
        Text::Base64 => BASE64,
        Text::Base32 => BASE32,
        Text::Key => KEYS,
        Text::Words => WORDS,
        Text::Separator => SEPARATORS,
    };
    let text = random.pick(options).to_owned();
    // Sometimes an unsuitable string, and strings that were cut or joined.
    match random.below(40) {
        30..=36 => changed(&text, random),
        39 => random.pick(PLAIN).to_owned(),
        38 => text + random.pick(options),
        37 => text.chars().skip(1).collect(),
        _ => text,
    }
}

/// The string with characters inserted, removed or replaced.
fn changed(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "0", "1", "9", "a", "Z", " ", "\n", "\t", ".", ",", ":", "-", "+", "_", "/", "\\", "'", "\"", "{", "}", "[",
        "]", "(", ")", "*", "?", "|", "&", "%", "#", "!", "~", "$", "^", "=", "<", ">", "@", "é", "日", "\u{301}",
        "\r", "\u{1}", "  ", "e", "x", "T", "null", "- ", ": ",
    ];
    let mut characters: Vec<String> = text.chars().map(String::from).collect();
    for _ in 0..=random.below(3) {
        let at = random.below(characters.len() + 1);
        let piece = random.pick(PIECES).to_owned();
        match random.below(3) {
            1 if at < characters.len() => characters[at] = piece,
            2 if at < characters.len() => drop(characters.remove(at)),
            _ => characters.insert(at, piece),
        }
    }
    characters.concat()
}

fn joined(options: &[&str], separator: &str, random: &mut Random) -> String {
    let (first, second) = (random.pick(options), random.pick(options));
    format!("{first}{separator}{second}")
}

fn version(random: &mut Random) -> String {
    let number = |random: &mut Random| random.pick(&["1", "0", "2", "10", "x", "*", "30"]);
    let mut version = number(random).to_owned();
    for _ in 0..random.below(3) {
        version = format!("{version}.{}", number(random));
    }
    version + random.pick(&["", "", "", "-alpha", "-0", "-rc.1", "+b1", "-a.2+c"])
}

/// A YAML document of maps and lists.
fn yaml(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        let key = random.pick(&["a", "b", "c d", "'e'", "1", "yes", "é", "\"f\\t\""]);
        let value = flow(random, 0);
        match random.below(6) {
            5 => text.push_str(&format!("{key}:\n  - {value}\n  - {}\n", flow(random, 1))),
            4 => text.push_str(&format!(
                "{key}:\n  x: {value}\n  y: |{}\n    some\n     text\n\n",
                random.pick(&["", "-", "+"])
            )),
            3 => text.push_str(&format!(
                "{key}: >\n  a {} b\n  c\n\n  d\n",
                random.pick(&["", "#", ":", "'"])
            )),
            _ => text.push_str(&format!("{key}: {value}\n")),
        }
    }
    text
}

/// A value in YAML flow style.
pub(super) fn flow(random: &mut Random, depth: usize) -> String {
    match random.below(if depth > 2 { 8 } else { 12 }) {
        0..8 => random.pick(SCALARS).to_owned(),
        8 | 9 => {
            let items: Vec<String> = (0..random.below(4)).map(|_| flow(random, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => {
            let items: Vec<String> = (0..random.below(4))
                .map(|_| {
                    format!(
                        "{}: {}",
                        random.pick(&["a", "b", "k1", "x-y", "B"]),
                        flow(random, depth + 1)
                    )
                })
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// An argument of `--set`.
pub(super) fn set_flag(random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "a",
        "=",
        "1",
        "b",
        ".",
        ",",
        "[0]",
        "{x,y}",
        "{}",
        "[1]",
        "null",
        "true",
        "\\,",
        "\\.",
        "c",
        "x y",
        "1.5",
        "0123",
        "=",
        "a=",
        "b.c=",
        "[",
        "]",
        "{",
        "}",
        "é",
        "\"q\"",
        "[2].x",
        "\\",
        "[-1]",
        "m.k=",
        "9223372036854775808",
        "l[1]=",
        "l={",
        "TRUE",
        "",
        "[99999999]",
        "[a]",
        " ",
        "m",
        "m=null",
        "l",
        "[0][1]",
        "1e3",
    ];
    if random.one_in(2) {
        return (0..=random.below(7)).map(|_| random.pick(PIECES)).collect();
    }
    let pair = |random: &mut Random| {
        let mut key = random
            .pick(&[
                "a", "m", "m.k", "l", "new.x.y", "s", "l[0]", "l[3]", "m.k[1].z", "x\\.y",
            ])
            .to_owned();
        if random.one_in(4) {
            key += random.pick(&[".z", "[0]", "[2]"]);
        }
        format!(
            "{key}={}",
            random.pick(&[
                "1",
                "x",
                "",
                "null",
                "{a,b}",
                "{}",
                "true",
                "0123",
                "1.5",
                "-7",
                "a\\,b",
                "{1,null,x}",
                "é ü",
                "False",
                "9223372036854775807",
                "{{a}}"
            ])
        )
    };
    let pairs: Vec<String> = (0..=random.below(3)).map(|_| pair(random)).collect();
    pairs.join(",")
}

/// A printf format, with its number of verbs.
pub(super) fn format(random: &mut Random) -> (String, usize) {
    let mut format = String::new();
    let verbs = random.below(3) + 1;
    for _ in 0..verbs {
        format += random.pick(&["", "x ", "%%", "é", ": "]);
        format += "%";
        for _ in 0..random.below(3) {
            format += random.pick(&["", "-", "+", "#", "0", " "]);
        }
        format += random.pick(&["", "", "5", "12", "2", "[1]", "*"]);
        format += random.pick(&["", "", ".2", ".0", ".", ".10"]);
        format += random.pick(&[
            "s", "d", "v", "q", "f", "x", "t", "g", "e", "T", "c", "U", "o", "b", "X", "i", "O", "E", "G", "z", "",
        ]);
    }
    (format, verbs)
}
