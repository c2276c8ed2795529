//! Random schemas with random values: small ones, of all drafts, with features that implementations tend to interpret
//! differently.

use serde_json::{Map, Value as Json, json};

use crate::random::Random;

const DRAFTS: [(u16, &str); 5] = [
    (2020, "https://json-schema.org/draft/2020-12/schema"),
    (2019, "https://json-schema.org/draft/2019-09/schema"),
    (7, "http://json-schema.org/draft-07/schema#"),
    (6, "http://json-schema.org/draft-06/schema#"),
    (4, "http://json-schema.org/draft-04/schema#"),
];

const TEXTS: [&str; 74] = [
    "",
    "a",
    "ab",
    "abc",
    "A.b",
    "a b",
    "1",
    "1.2.3.4",
    "256.1.1.1",
    "01.1.1.1",
    "1.2.3",
    "+1.2.3.4",
    "::1",
    "1::2::3",
    "fe80::1%eth0",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2",
    "12345::",
    "a.b.",
    "-a.b",
    "a-.b",
    "a@b.c",
    "a@[1.2.3.4]",
    "a@[IPv6:::1]",
    "\"a b\"@c",
    ".a@b",
    "a..b@c",
    "2024-02-30",
    "2024-02-28",
    "2024-2-28",
    "12:30:00Z",
    "23:59:60Z",
    "12:30:60Z",
    "12:30:00+01:00",
    "12:30:00.5z",
    "12:30:00",
    "2024-02-28T12:30:00Z",
    "2024-02-28 12:30:00Z",
    "P1D",
    "P1DT1H",
    "PT",
    "P1W",
    "P1H",
    "P1DT",
    "http://x/{y}",
    "http://é",
    "http://[::1]:80/",
    "http://::1/",
    "http://x y/",
    "a%zz",
    "//a/b",
    "urn:x",
    "x:y",
    "/a{b",
    "http://x/%7Ba",
    "#/a/b",
    "/a~1b",
    "/a~2",
    "0#",
    "1/a",
    "00",
    "1.2.3-01",
    "1.2.3+",
    "1.2.3-a.b+c",
    "(?=a)",
    "(a)\\1",
    "(?i)a",
    "a{1001}",
    "[[:alpha:]]",
    "{",
    "(",
    "123e4567-e89b-12d3-a456-426614174000",
    "2024-02-28T12:30:00Z/P1D",
];
const PATTERNS: [&str; 12] = [
    "^a",
    "a$",
    "^[a-c]+$",
    "(?i)A",
    "[[:alpha:]]",
    "\\d",
    "^.{2}$",
    "\\p{L}",
    "a|b",
    "^$",
    "^x-",
    "(?P<n>b)",
];
const FORMATS: [&str; 22] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "period",
    "regex",
    "relative-json-pointer",
    "semver",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
    "idn-email",
    "idn-hostname",
    "int32",
];
const KEYS: [&str; 9] = ["a", "b", "c", "ab", "x-1", "a b", "é", "a/b", "~"];
const TYPES: [&str; 7] = ["string", "integer", "number", "object", "array", "boolean", "null"];

/// A schema as text, and values.
pub(super) fn case(random: &mut Random) -> (String, Json) {
    let (draft, address) = DRAFTS[random.below(DRAFTS.len())];
    let mut draw = Draw { random, draft };
    let mut root = Map::new();
    match draw.random.below(12) {
        0 if draft == 2020 => {}
        1 => drop(root.insert("$schema".to_owned(), json!(address.trim_end_matches('#')))),
        2 => {
            let other = address.replacen("http://", "https://", 1);
            root.insert("$schema".to_owned(), json!(other));
        }
        _ => drop(root.insert("$schema".to_owned(), json!(address))),
    }
    let definitions = if draft >= 2019 && !draw.random.one_in(4) {
        "$defs"
    } else {
        "definitions"
    };
    let own: Map<String, Json> = (0..2).map(|at| (format!("d{at}"), draw.schema(2))).collect();
    root.insert(definitions.to_owned(), Json::Object(own));
    let keys = 1 + draw.random.below(3);
    let properties: Map<String, Json> = (0..keys).map(|_| (draw.key(), draw.schema(3))).collect();
    if draw.random.one_in(6)
        && let Json::Object(more) = draw.schema(2)
    {
        root.extend(more);
    }
    let mut values = Map::new();
    for key in properties.keys() {
        if !draw.random.one_in(8) {
            let value = draw.value(3);
            values.insert(key.clone(), value);
        }
    }
    root.insert("properties".to_owned(), Json::Object(properties));
    (Json::Object(root).to_string(), Json::Object(values))
}

struct Draw<'a> {
    random: &'a mut Random,
    draft: u16,
}

impl Draw<'_> {
    fn key(&mut self) -> String {
        self.random.pick(&KEYS).to_owned()
    }

    fn number(&mut self) -> Json {
        let numbers = [
            json!(1),
            json!(0),
            json!(2),
            json!(3),
            json!(-1),
            json!(1.5),
            json!(0.1),
            json!(0.3),
            json!(1000),
            json!(1_234_567),
            json!(1e21),
            json!(-0.5),
            json!(1e-7),
            json!(100),
            json!(2.0),
            json!(9_007_199_254_740_993_i64),
        ];
        numbers[self.random.below(numbers.len())].clone()
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.random.below(if depth == 0 { 7 } else { 10 }) {
            0..=3 => json!(self.random.pick(&TEXTS)),
            4 | 5 => self.number(),
            6 => [json!(true), json!(false), json!(null), json!("")][self.random.below(4)].clone(),
            7 | 8 => {
                let count = self.random.below(4);
                Json::Object((0..count).map(|_| (self.key(), self.value(depth - 1))).collect())
            }
            _ => {
                let count = self.random.below(4);
                (0..count).map(|_| self.value(depth - 1)).collect()
            }
        }
    }

    fn reference(&mut self) -> Json {
        let definitions = if self.draft >= 2019 { "$defs" } else { "definitions" };
        json!(match self.random.below(60) {
            0..=4 => "#".to_owned(),
            5..=8 => "#/properties/a".to_owned(),
            9 => format!("#/{definitions}/none"),
            10 => "#anchor".to_owned(),
            11 => "#/properties/a/type".to_owned(),
            12 => "%zz".to_owned(),
            13..=15 => format!("values.schema.json#/{definitions}/d0"),
            16..=18 => "http://json-schema.org/draft-07/schema#".to_owned(),
            at => format!("#/{definitions}/d{}", at % 2),
        })
    }

    fn schemas(&mut self, depth: usize) -> Json {
        let count = 1 + self.random.below(3);
        (0..count).map(|_| self.schema(depth)).collect()
    }

    fn map(&mut self, depth: usize) -> Json {
        let count = 1 + self.random.below(3);
        Json::Object((0..count).map(|_| (self.key(), self.schema(depth))).collect())
    }

    fn names(&mut self) -> Json {
        let mut names: Vec<String> = (0..=self.random.below(3)).map(|_| self.key()).collect();
        if !self.random.one_in(60) {
            names.sort();
            names.dedup();
        }
        json!(names)
    }

    fn schema(&mut self, depth: usize) -> Json {
        if self.draft >= 6 && self.random.one_in(20) {
            return json!(self.random.one_in(2));
        }
        let mut schema = Map::new();
        for _ in 0..=self.random.below(3) {
            let (keyword, value) = self.keyword(depth);
            let value = if self.random.one_in(150) { self.value(1) } else { value };
            if self.draft == 4 && keyword.starts_with("exclusiveM") {
                schema.insert(keyword.replacen("exclusiveM", "m", 1), self.number());
            }
            schema.insert(keyword.to_owned(), value);
        }
        Json::Object(schema)
    }

    fn keyword(&mut self, depth: usize) -> (&'static str, Json) {
        if depth == 0 || self.random.one_in(2) {
            return self.assertion();
        }
        let deeper = depth - 1;
        match self.random.below(27) {
            0 => ("$ref", self.reference()),
            1 => ("allOf", self.schemas(deeper)),
            2 => ("anyOf", self.schemas(deeper)),
            3 => ("oneOf", self.schemas(deeper)),
            4 => ("not", self.schema(deeper)),
            5 | 6 => ("properties", self.map(deeper)),
            7 => {
                let pattern = self.random.pick(&PATTERNS).to_owned();
                ("patternProperties", json!({pattern: self.schema(deeper)}))
            }
            8 => ("additionalProperties", json!(false)),
            9 => ("additionalProperties", self.schema(deeper)),
            10 => ("items", self.schema(deeper)),
            11 if self.draft < 2020 => ("items", self.schemas(deeper)),
            12 => ("additionalItems", json!(false)),
            13 => (
                "dependencies",
                json!({self.key(): self.names(), self.key(): self.schema(deeper)}),
            ),
            14 => ("contains", self.schema(deeper)),
            15 => ("propertyNames", self.schema(deeper)),
            16 => ("if", self.schema(deeper)),
            17 => ("then", self.schema(deeper)),
            18 => ("else", self.schema(deeper)),
            19 => ("dependentSchemas", self.map(deeper)),
            20 => ("dependentRequired", json!({self.key(): self.names()})),
            21 => ("unevaluatedProperties", json!(self.random.one_in(4))),
            22 => ("unevaluatedProperties", self.schema(deeper)),
            23 => ("unevaluatedItems", self.schema(deeper)),
            24 => ("prefixItems", self.schemas(deeper)),
            25 => ("contentSchema", self.schema(deeper)),
            _ => ("definitions", self.map(deeper)),
        }
    }

    fn assertion(&mut self) -> (&'static str, Json) {
        let count = json!(self.random.below(4));
        match self.random.below(36) {
            0..=4 => ("type", json!(self.random.pick(&TYPES))),
            5 => ("type", json!([self.random.pick(&TYPES[1..5]), "string", "null"])),
            6 | 7 => ("enum", json!([self.value(1), self.value(0), "a"])),
            8 => ("enum", json!([self.random.pick(&TEXTS)])),
            9 => ("const", self.value(1)),
            10 => ("minimum", self.number()),
            11 => ("maximum", self.number()),
            12 if self.draft == 4 => ("exclusiveMinimum", json!(self.random.one_in(2))),
            12 => ("exclusiveMinimum", self.number()),
            13 if self.draft == 4 => ("exclusiveMaximum", json!(self.random.one_in(2))),
            13 => ("exclusiveMaximum", self.number()),
            14 => (
                "multipleOf",
                [json!(0.1), json!(2), json!(0.5), json!(1e21)][self.random.below(4)].clone(),
            ),
            15 => ("minLength", count),
            16 => ("maxLength", count),
            17 => ("minItems", count),
            18 => ("maxItems", count),
            19 => ("minProperties", count),
            20 => ("maxProperties", if self.random.one_in(9) { json!(1.0) } else { count }),
            21 => ("uniqueItems", json!(true)),
            22 | 23 => ("required", self.names()),
            24 | 25 => ("pattern", json!(self.random.pick(&PATTERNS))),
            26 => ("contentEncoding", json!("base64")),
            27 => ("contentMediaType", json!("application/json")),
            28 => ("minContains", count),
            29 => ("maxContains", count),
            30 => ("default", self.value(1)),
            31 if self.random.one_in(12) => ("pattern", json!(self.random.pick(&TEXTS))),
            31 if self.draft >= 2019 && self.random.one_in(8) => ("$anchor", json!("anchor")),
            31 if self.random.one_in(8) => (if self.draft == 4 { "id" } else { "$id" }, json!("#anchor")),
            _ => ("format", json!(self.random.pick(&FORMATS))),
        }
    }
}
