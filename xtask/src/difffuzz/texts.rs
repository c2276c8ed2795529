//! Random texts: words, numbers, YAML, JSON, TOML, patterns, formats, layouts, versions, URLs.

use super::chance::Chance;

/// What a text is meant for.
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

const PLAIN: &[&str] = &[
    "a",
    "",
    "abc",
    "Hello World",
    "x y  z",
    "é",
    "日本",
    "😀",
    "a,b,,c",
    "a-b_c.d",
    "  pad\t",
    "line1\nline2\n",
    "\nlead",
    "TRUE",
    "yes",
    "null",
    "~",
    "0x1F",
    "1_000",
    "<a href=\"x\">&'</a>",
    "{{ . }}",
    "a: b",
    "- x",
    "#c",
    "\u{0}\u{1}\u{7f}",
    "\u{feff}",
    "\u{a0}nbsp",
    "\u{2028}",
    "%d %s",
    "a\\b",
    "fooBarBaz",
    "HTTPServer2",
    "snake_case_x",
    "kebab-case",
    "ǅ",
    "ß",
    "İi",
    "a\r\nb",
    "\u{85}",
    "$1 ${x}",
    "'q'",
    "`b`",
    "ffl ﬃ",
    "x\u{301}",
    "very long text that goes on and on, so that it has to be folded somewhere after the eightieth byte of the line",
    "\u{1F468}\u{200D}\u{1F469}",
];
const NUMBERS: &[&str] = &[
    "1",
    "0",
    "-1",
    "12",
    "3.7",
    "1e3",
    "0x10",
    "017",
    "0b11",
    "0o7",
    "1_0",
    " 1",
    "1 ",
    "+5",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "NaN",
    "inf",
    "-Inf",
    ".5",
    "5.",
    "1e-7",
    "",
    "x",
    "0x1p-2",
    "100000000000000000000000",
    "0.1",
];
const YAML: &[&str] = &[
    "a: 1",
    "a: {b: [1, 2.5, x], c: null}",
    "a: |\n  text\n  more\n",
    "a: >-\n  folded\n  text\n\n  end\n",
    "a: &x 1\nb: *x",
    "a: yes\nb: 0777\nc: 1_000",
    "a: 2001-01-01",
    "<<: {a: 1}\nb: 2",
    "a: 'it''s'",
    "a: \"\\u00e9\\n\"",
    "x: !!str 5",
    "a:\n- 1\n- b: 2\n  c: 3",
    "? a\n: b",
    "a: ~\n~: b",
    "1: a\n1.5: b\ntrue: c",
    "",
    "# only",
    "a: [",
    "a: b: c",
    "\ta: 1",
    "- 1\n- 2",
    "x",
    "5",
    "{a: 1, a: 2}",
    "a: 1e3\nb: 1.0\nc: -0",
    "a: 12345678901234567890",
    "--- \na: 1\n---\nb: 2",
    "a: *nope",
    "a: !foo x",
    "a: 0o17\nb: 0b11\nc: 1:30",
    "é: ü",
    "\"a b\": c",
    "a: .5\nb: 5.\nc: +1",
    "a: =\nb: <<",
    "{\"a\": [true, {\"b\": null}]}",
];
const JSON: &[&str] = &[
    "{\"a\":1}",
    "{}",
    "{\"a\":{\"b\":[1,2.5,\"x\",null,true]}}",
    "{\"é\":\"\\u00e9\\n\"}",
    "{\"a\":1e3,\"b\":-0,\"c\":12345678901234567890}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":\"<&>\"}",
    "[1]",
    "\"x\"",
    "5",
    "null",
    "",
    "{",
    "{\"a\":}",
    "{'a':1}",
    "{\"a\":1} x",
    " {\"a\" : 1 } ",
    "{\"a\":\"\\ud83d\\ude00\"}",
    "{\"a\":01}",
    "{\"a\":1.}",
];
const JSON_LISTS: &[&str] = &[
    "[1]",
    "[]",
    "[1,\"a\",null,{\"b\":[true]}]",
    "[1.5e3,-2]",
    "null",
    "{}",
    "[",
    "[1,]",
    "5",
    "[[[]]]",
    "[\"\\u0000\"]",
];
const TOML: &[&str] = &[
    "a = 1",
    "a = \"x\"\n[b]\nc = [1, 2]",
    "[[a]]\nx = 1\n[[a]]\nx = 2",
    "a.b.c = true",
    "a = 1979-05-27T07:32:00Z",
    "a = 1.5\nb = 0x1F\nc = 1_000",
    "a = '''x\ny'''",
    "a = {b = 1}",
    "",
    "a",
    "a = ",
    "a = 1\na = 2",
    "[a",
    "a = 'x",
    "a = inf",
    "\"a b\" = 1",
    "a = 07:32:00",
];
const REGEXES: &[&str] = &[
    "a",
    "[a-z]+",
    "a|b",
    "(a)(b)?",
    "^x*$",
    "\\d+",
    "\\w+\\s*",
    "(?i)HELLO",
    "(?P<n>l+)",
    ".",
    "",
    "\\bl",
    "[^a-c]",
    "a{1,3}",
    "x*?",
    "(?s).+",
    "(?m)^l",
    "\\p{Lu}",
    "[[:alpha:]]",
    "\\.",
    "\\Qa.b\\E",
    "(?:a|é)+",
    "[",
    "(",
    "a**",
    "\\8",
    "(?<n>a)",
    "x{2,1}",
    "\\x{e9}",
    "[\\d-]",
    "(|a)+",
    "$^",
    "\\A.\\z",
    "(?U)a+",
    "[z-a]",
    "\\pN",
];
const REPLACEMENTS: &[&str] = &["X", "", "$1", "${1}x", "$1x", "$$", "${n}", "$n", "$0", "$", "${", "é"];
const LAYOUTS: &[&str] = &[
    "2006-01-02",
    "2006-01-02T15:04:05Z07:00",
    "Jan _2 15:04:05",
    "Monday, 02-Jan-06 15:04:05 MST",
    "3:04PM",
    "2006-002",
    "15:04:05.000",
    "15:04:05.999999999",
    "06/1/2",
    "-0700 -07:00 Z0700",
    "January",
    "x y z",
    "",
    "20060102150405",
    "2006-01-02 15:04:05,000",
    "03 pm __2",
    "Jan 2 2006 at 3:04pm (MST)",
];
const DATES: &[&str] = &[
    "2024-02-29",
    "2020-01-02T03:04:05Z",
    "1999-12-31",
    "2023-06-15T12:30:45.678+02:00",
    "2021-13-01",
    "",
    "x",
    "0001-01-01",
    "2020-02-30",
];
const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "nowhere",
    "",
    "Local",
    "Pacific/Apia",
];
const DURATIONS: &[&str] = &[
    "1h",
    "90m",
    "1h30m5s",
    "1.5h",
    "-2h",
    "100ms",
    "1us",
    "24h",
    "0",
    "5",
    "x",
    "",
    "1d",
    "100000h",
    "3600",
    "1h-1m",
    ".5s",
    "8760h",
    "2562047h47m16.854775807s",
];
const VERSIONS: &[&str] = &[
    "1.2.3",
    "v1.2",
    "1",
    "1.2.3-alpha.1",
    "1.2.3+meta",
    "0.0.1",
    "2.0.0-rc.1+b.5",
    "1.2.3.4",
    "x",
    "",
    "01.2.3",
    "1.10.0",
    "v1.30.2-gke.100",
    "1.2.3-01",
];
const CONSTRAINTS: &[&str] = &[
    ">=1.2.3",
    "^1.2",
    "~1.2.3",
    ">=1.0.0 <2.0.0",
    "1.x",
    "*",
    ">1.0.0-0",
    "!=1.2.3",
    "1.2.3 - 2.0.0",
    "^0.0.1 || >=1.5",
    "=1.2",
    "~>1.2",
    "",
    ">=",
    "1.2.3.4",
    "<=2",
    ">= 1.2, < 3",
    "^1.2.3-alpha",
    "1.2.*",
    "=>1",
    "~1",
    ">1.x",
];
const URLS: &[&str] = &[
    "http://example.com",
    "https://u:p@h.org:8080/a/b?q=1&r=2#f",
    "/path/only",
    "mailto:a@b.c",
    "",
    "http://[::1]:80/",
    "a b",
    "http://h/%zz",
    "//host/x",
    "h:80",
    "http://a.b/é?x=ü",
    "%20",
    "HTTP://X/../y",
];
const PATHS: &[&str] = &[
    "a/b/c.txt",
    "/",
    "",
    "a/../b",
    "./x",
    "/a//b/",
    "..",
    "a.tar.gz",
    "/abs/.hidden",
    "c:\\x\\y",
    "a/b/",
    ".",
    "é/日",
];
const KINDS: &[&str] = &[
    "string",
    "map",
    "slice",
    "int",
    "int64",
    "float64",
    "bool",
    "invalid",
    "struct",
    "ptr",
    "interface",
];
const GO_TYPES: &[&str] = &[
    "string",
    "map[string]interface {}",
    "[]interface {}",
    "int",
    "int64",
    "float64",
    "bool",
    "[]string",
    "*semver.Version",
    "time.Time",
    "time.Duration",
];
const BASE64: &[&str] = &[
    "aGVsbG8=",
    "",
    "YQ==",
    "YQ",
    "!!",
    "w6k=",
    "/w==",
    "aGVsbG8\n",
    "a===",
    "AAAA",
];
const BASE32: &[&str] = &["NBSWY3DP", "", "ME======", "x", "ME", "YOUQ===="];
const WORDS: &[&str] = &[
    "First Try",
    "foo bar baz qux",
    "FooBar",
    "foo_bar-baz",
    "a",
    "",
    "HTTP server",
    "éa ÉB",
    "x1y2",
    "the quick brown fox jumps",
    "ALL CAPS",
    "  two  spaces ",
    "a\tb\nc",
    "__x__",
    "fooB1ar",
];
const SEPARATORS: &[&str] = &[",", " ", "", "-", ", ", "a", "é", "\n"];
pub(super) const KEYS: &[&str] = &["a", "b", "k1", "x-y", "1", "é", "nope", "", "a.b", "B", "yes"];

/// A text.
pub(super) fn draw(text: Text, chance: &mut Chance) -> String {
    let options = match text {
        Text::Plain => PLAIN,
        Text::Number => NUMBERS,
        Text::Yaml if chance.one_in(3) => return yaml(chance),
        Text::Yaml => YAML,
        Text::Json => JSON,
        Text::JsonList => JSON_LISTS,
        Text::Toml => TOML,
        Text::Regex if chance.one_in(3) => return joined(REGEXES, "", chance),
        Text::Regex => REGEXES,
        Text::Replacement => REPLACEMENTS,
        Text::Layout if chance.one_in(4) => return joined(LAYOUTS, " ", chance),
        Text::Layout => LAYOUTS,
        Text::DateAs(layout) => {
            let fits = match layout {
                "2006-01-02" => "2024-02-29",
                _ => "2020-01-02T03:04:05Z",
            };
            return if chance.one_in(5) { chance.pick(DATES) } else { fits }.to_owned();
        }
        Text::Zone => ZONES,
        Text::Duration => DURATIONS,
        Text::Version if chance.one_in(3) => return version(chance),
        Text::Version => VERSIONS,
        Text::Constraint if chance.one_in(3) => {
            let operator = chance.pick(&["", ">", ">=", "<", "<=", "^", "~", "=", "!="]);
            return format!("{operator}{}", version(chance));
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
    let text = chance.pick(options).to_owned();
    // Any text, now and then, whatever it is meant for; and texts that were cut and put together.
    match chance.below(40) {
        30..=36 => changed(&text, chance),
        39 => chance.pick(PLAIN).to_owned(),
        38 => text + chance.pick(options),
        37 => text.chars().skip(1).collect(),
        _ => text,
    }
}

/// The text with a character more, less or other.
fn changed(text: &str, chance: &mut Chance) -> String {
    const PIECES: &[&str] = &[
        "0", "1", "9", "a", "Z", " ", "\n", "\t", ".", ",", ":", "-", "+", "_", "/", "\\", "'", "\"", "{", "}", "[",
        "]", "(", ")", "*", "?", "|", "&", "%", "#", "!", "~", "$", "^", "=", "<", ">", "@", "é", "日", "\u{301}",
        "\r", "\u{1}", "  ", "e", "x", "T", "null", "- ", ": ",
    ];
    let mut characters: Vec<String> = text.chars().map(String::from).collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(characters.len() + 1);
        let piece = chance.pick(PIECES).to_owned();
        match chance.below(3) {
            1 if at < characters.len() => characters[at] = piece,
            2 if at < characters.len() => drop(characters.remove(at)),
            _ => characters.insert(at, piece),
        }
    }
    characters.concat()
}

fn joined(options: &[&str], separator: &str, chance: &mut Chance) -> String {
    let (first, second) = (chance.pick(options), chance.pick(options));
    format!("{first}{separator}{second}")
}

fn version(chance: &mut Chance) -> String {
    let number = |chance: &mut Chance| chance.pick(&["1", "0", "2", "10", "x", "*", "30"]);
    let mut version = number(chance).to_owned();
    for _ in 0..chance.below(3) {
        version = format!("{version}.{}", number(chance));
    }
    version + chance.pick(&["", "", "", "-alpha", "-0", "-rc.1", "+b1", "-a.2+c"])
}

/// Scalars as they may stand in YAML, quoted or not.
const SCALARS: &[&str] = &[
    "1",
    "x",
    "null",
    "true",
    "1.5",
    "yes",
    "0777",
    "0x1F",
    "1_000",
    "1e3",
    "12345678",
    "-0",
    "~",
    "'q'",
    "\"\\u00e9 \\n\"",
    "2001-01-01",
    "1:30",
    "0o17",
    "+1",
    "1.10",
    "é",
    "off",
    "!!str 5",
    "a b",
    "''",
    "1e-7",
    "9007199254740993",
    "18446744073709551615",
    "123456789012345678901",
    "0.1",
    "!!int '3'",
    "!!float 1",
    "100000.5",
    "-1",
    "N",
];

/// A YAML document of maps and lists.
fn yaml(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(4) {
        let key = chance.pick(&["a", "b", "c d", "'e'", "1", "yes", "é", "\"f\\t\""]);
        let value = flow(chance, 0);
        match chance.below(6) {
            5 => text.push_str(&format!("{key}:\n  - {value}\n  - {}\n", flow(chance, 1))),
            4 => text.push_str(&format!(
                "{key}:\n  x: {value}\n  y: |{}\n    some\n     text\n\n",
                chance.pick(&["", "-", "+"])
            )),
            3 => text.push_str(&format!(
                "{key}: >\n  a {} b\n  c\n\n  d\n",
                chance.pick(&["", "#", ":", "'"])
            )),
            _ => text.push_str(&format!("{key}: {value}\n")),
        }
    }
    text
}

/// A value in YAML's flow style.
pub(super) fn flow(chance: &mut Chance, depth: usize) -> String {
    match chance.below(if depth > 2 { 8 } else { 12 }) {
        0..8 => chance.pick(SCALARS).to_owned(),
        8 | 9 => {
            let items: Vec<String> = (0..chance.below(4)).map(|_| flow(chance, depth + 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => {
            let items: Vec<String> = (0..chance.below(4))
                .map(|_| {
                    format!(
                        "{}: {}",
                        chance.pick(&["a", "b", "k1", "x-y", "B"]),
                        flow(chance, depth + 1)
                    )
                })
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// A flag of `--set`.
pub(super) fn set_flag(chance: &mut Chance) -> String {
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
    if chance.one_in(2) {
        return (0..=chance.below(7)).map(|_| chance.pick(PIECES)).collect();
    }
    let pair = |chance: &mut Chance| {
        let mut key = chance
            .pick(&[
                "a", "m", "m.k", "l", "new.x.y", "s", "l[0]", "l[3]", "m.k[1].z", "x\\.y",
            ])
            .to_owned();
        if chance.one_in(4) {
            key += chance.pick(&[".z", "[0]", "[2]"]);
        }
        format!(
            "{key}={}",
            chance.pick(&[
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
    let pairs: Vec<String> = (0..=chance.below(3)).map(|_| pair(chance)).collect();
    pairs.join(",")
}

/// A format of printf with what its verbs take: `true` for texts, `false` for anything.
pub(super) fn format(chance: &mut Chance) -> (String, usize) {
    let mut format = String::new();
    let verbs = chance.below(3) + 1;
    for _ in 0..verbs {
        format += chance.pick(&["", "x ", "%%", "é", ": "]);
        format += "%";
        for _ in 0..chance.below(3) {
            format += chance.pick(&["", "-", "+", "#", "0", " "]);
        }
        format += chance.pick(&["", "", "5", "12", "2", "[1]", "*"]);
        format += chance.pick(&["", "", ".2", ".0", ".", ".10"]);
        format += chance.pick(&[
            "s", "d", "v", "q", "f", "x", "t", "g", "e", "T", "c", "U", "o", "b", "X", "i", "O", "E", "G", "z", "",
        ]);
    }
    (format, verbs)
}
