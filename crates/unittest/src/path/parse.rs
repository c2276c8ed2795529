//! The parser of paths and filters.

use super::Selector;
use super::filter::{Filter, Operator, Scalar, Term};
use super::slice::Subscript;
use gostd::quote::{quote, quote_char};
use gostd::regexp::Regexp;

/// The maximum nesting of filters.
const MAX_DEPTH: usize = 64;

/// The steps of a path.
///
/// # Errors
/// The syntax error and its position.
pub(super) fn path(text: &str) -> Result<Vec<Selector>, String> {
    let mut parser = Parser {
        text,
        at: 0,
        last: 0,
        depth: 0,
    };
    let is_undotted = !parser.take("$");
    parser.steps(is_undotted && !text.is_empty())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// The start of the previous step.
    last: usize,
    /// The number of open filters.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.starts(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn fail<T>(&self, message: &str) -> Result<T, String> {
        let read = quote(&self.text[self.last..self.at]);
        Err(format!("{message} at position {}, following {read}", self.at))
    }

    /// The characters up to one of `ends`.
    fn word(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// Steps up to the end of the path; in a filter, up to a character that cannot be part of one.
    fn steps(&mut self, mut is_undotted: bool) -> Result<Vec<Selector>, String> {
        const ENDS: [char; 11] = ['.', '[', ')', ' ', '&', '|', '=', '!', '>', '<', '~'];
        const UNDOTTED_ENDS: [char; 12] = ['.', '[', ']', ')', ' ', '&', '|', '=', '!', '>', '<', '~'];
        let mut steps = Vec::new();
        loop {
            let is_first = std::mem::take(&mut is_undotted);
            match self.peek() {
                None => return Ok(steps),
                Some(')' | ' ' | '&' | '|' | '=' | '!' | '>' | '<') if self.depth > 0 => return Ok(steps),
                _ => {}
            }
            let start = self.at;
            if self.take("..") {
                let name = self.word(&['.', '[']);
                if name.is_empty() && !self.starts("[") {
                    return self.fail("child name or array access or filter missing after recursive descent");
                }
                steps.push(Selector::Descend);
                match name {
                    "" => {}
                    "*" => steps.push(Selector::Children),
                    name => steps.push(Selector::Child(unescape(name))),
                }
            } else if self.take(".") {
                let name = self.word(&ENDS);
                self.child(name, &mut steps)?;
            } else if self.starts("[") {
                self.bracket(&mut steps)?;
            } else if is_first {
                let name = self.word(&UNDOTTED_ENDS);
                self.child(name, &mut steps)?;
            } else {
                return self.fail("invalid path syntax");
            }
            self.last = start;
            if self.depth == 0 && matches!(self.peek(), Some(' ' | '&' | '|' | '=' | '!' | '>' | '<' | ')')) {
                let found = self.peek().map(quote_char).unwrap_or_default();
                return self.fail(&format!("invalid character {found}"));
            }
        }
    }

    fn child(&mut self, name: &str, steps: &mut Vec<Selector>) -> Result<(), String> {
        if name.is_empty() {
            return self.fail("child name missing");
        }
        if self.is_property()? {
            steps.push(Selector::NameOf(unescape(name)));
        } else if name == "*" {
            steps.push(Selector::Children);
        } else {
            steps.push(Selector::Child(unescape(name)));
        }
        Ok(())
    }

    /// Whether a `~` follows, which ends the path.
    fn is_property(&mut self) -> Result<bool, String> {
        if !self.take("~") {
            return Ok(false);
        }
        if self.peek().is_some() {
            return self.fail("property name operator may only be used on last child in path");
        }
        Ok(true)
    }

    fn bracket(&mut self, steps: &mut Vec<Selector>) -> Result<(), String> {
        if self.take("[?(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return self.fail("filters nest too deep");
            }
            let is_recursive = matches!(steps.last(), Some(Selector::Descend));
            self.space();
            if self.starts(")]") {
                return self.fail("missing filter");
            }
            let filter = self.any_of()?;
            self.space();
            if !self.take(")]") {
                return self.fail("missing end of filter");
            }
            self.depth -= 1;
            steps.push(Selector::Filter(filter, is_recursive));
            return Ok(());
        }
        let start = self.at;
        self.at += 1;
        self.space();
        if self.starts("'") || self.starts("\"") {
            let names = self.names()?;
            if self.is_property()? {
                steps.push(Selector::NamesOf(names));
            } else {
                steps.push(Selector::Named(names));
            }
            return Ok(());
        }
        self.at = start + 1;
        let inner = self.word(&[']']);
        if !self.take("]") {
            return self.fail("unmatched [");
        }
        if inner.is_empty() {
            return Err(format!("subscript missing from [] before position {}", self.at));
        }
        let subscript = Subscript::parse(inner)
            .map_err(|error| format!("invalid array index [{inner}] before position {}: {error}", self.at))?;
        if self.is_property()? {
            if !subscript.is_all() {
                return self.fail("property name operator can only be used on map nodes");
            }
            steps.push(Selector::Names);
        } else {
            steps.push(Selector::Subscript(subscript));
        }
        Ok(())
    }

    /// Quoted names, up to the closing bracket.
    fn names(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        loop {
            self.space();
            let Some(quote @ ('\'' | '"')) = self.peek() else {
                return self.fail("missing quote");
            };
            self.at += 1;
            let start = self.at;
            loop {
                match self.peek() {
                    None => return self.fail("unmatched quote"),
                    Some(c) if c == quote => break,
                    Some('\\') => {
                        self.at += 1;
                        if !self.peek().is_some_and(|c| c == quote || c == '\\') {
                            return self.fail("unsupported escape sequence");
                        }
                        self.at += 1;
                    }
                    Some(c) => self.at += c.len_utf8(),
                }
            }
            names.push(unescape(&self.text[start..self.at]));
            self.at += 1;
            self.space();
            if self.take("]") {
                return Ok(names);
            }
            if !self.take(",") {
                return self.fail("missing \"]\" or \",\"");
            }
        }
    }

    fn any_of(&mut self) -> Result<Filter, String> {
        let mut filter = self.all_of()?;
        loop {
            self.space();
            if !self.take("||") {
                return Ok(filter);
            }
            filter = Filter::Or(filter.into(), self.all_of()?.into());
        }
    }

    fn all_of(&mut self) -> Result<Filter, String> {
        let mut filter = self.basic(0)?;
        loop {
            self.space();
            if !self.take("&&") {
                return Ok(filter);
            }
            filter = Filter::And(filter.into(), self.basic(0)?.into());
        }
    }

    fn basic(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > MAX_DEPTH {
            return self.fail("filters nest too deep");
        }
        self.space();
        if self.starts("!=") {
            return self.fail("missing first operand for binary operator !=");
        }
        if self.take("!") {
            return Ok(Filter::Not(self.basic(depth + 1)?.into()));
        }
        if self.take("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return self.fail("filters nest too deep");
            }
            let filter = self.any_of()?;
            self.depth -= 1;
            self.space();
            if !self.take(")") {
                return self.fail("missing )");
            }
            return Ok(filter);
        }
        let is_text = self.starts("'") || self.starts("\"");
        let term = self.term()?;
        self.space();
        let operators = [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("=~", Operator::Matches),
            (">=", Operator::GreaterOrEqual),
            (">", Operator::Greater),
            ("<=", Operator::LessOrEqual),
            ("<", Operator::Less),
        ];
        let Some((_, operator)) = operators.into_iter().find(|(token, _)| self.take(token)) else {
            return Ok(Filter::Exists(term));
        };
        self.space();
        if operator == Operator::Matches {
            if matches!(term, Term::Literal(Scalar::Text(_) | Scalar::Number(_))) {
                return self.fail("literal cannot be matched using =~");
            }
            return Ok(Filter::Compare(term, operator, self.regexp()?));
        }
        let is_order = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if is_order && (is_text || self.starts("'")) {
            return self.fail("strings cannot be compared by their order");
        }
        Ok(Filter::Compare(term, operator, self.term()?))
    }

    fn term(&mut self) -> Result<Term, String> {
        self.space();
        if self.take("@") {
            return Ok(Term::path(true, self.steps(false)?));
        }
        if self.take("$") {
            return Ok(Term::path(false, self.steps(false)?));
        }
        for (word, scalar) in [
            ("true", Scalar::Bool(true)),
            ("false", Scalar::Bool(false)),
            ("null", Scalar::Null),
        ] {
            if self.take(word) {
                return Ok(Term::Literal(scalar));
            }
        }
        match self.peek() {
            Some(quote @ ('\'' | '"')) => {
                self.at += 1;
                let text = self.word(&[quote]);
                if self.peek().is_none() {
                    return self.fail("unmatched string delimiter");
                }
                self.at += 1;
                Ok(Term::Literal(Scalar::Text(text.into())))
            }
            Some('.' | '-' | '0'..='9') => {
                let rest = self.rest();
                let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-');
                let number = &rest[..rest.find(|c| !is_number(c)).unwrap_or(rest.len())];
                let Some(scalar) = Scalar::number(number) else {
                    return self.fail("invalid number");
                };
                self.at += number.len();
                Ok(Term::Literal(scalar))
            }
            _ => self.fail("invalid filter term"),
        }
    }

    fn regexp(&mut self) -> Result<Term, String> {
        if !self.take("/") {
            return self.fail("regular expression does not start with /");
        }
        let start = self.at;
        let mut is_escaped = false;
        loop {
            match self.peek() {
                None => return self.fail("unmatched regular expression delimiter /"),
                Some('/') if !is_escaped => break,
                Some(c) => {
                    is_escaped = c == '\\' && !is_escaped;
                    self.at += c.len_utf8();
                }
            }
        }
        let expression = self.text[start..self.at].replace("\\/", "/");
        self.at += 1;
        Regexp::compile(&expression)
            .map(Term::Regexp)
            .map_err(|error| format!("invalid regular expression at position {start}: {error}"))
    }
}

/// A name with its escapes resolved.
fn unescape(raw: &str) -> String {
    let mut name = String::with_capacity(raw.len());
    let mut is_escaped = false;
    for c in raw.chars() {
        is_escaped = c == '\\' && !is_escaped;
        if !is_escaped {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::Path;

    #[test]
    fn refuses_what_is_no_path() {
        for text in [
            "a.",
            "a..",
            "a[",
            "a[]",
            "a[x]",
            "a[?()]",
            "a b",
            "a=b",
            "a~.b",
            "$a",
            "a[0]~",
            "a[?(@.x > 'y')]",
            "['a\\b']",
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        for text in [
            "",
            "$",
            "a",
            ".a",
            "a.*",
            "$..a",
            "..[0]",
            "a['b', \"c\"].d[0][1:2].e",
            "a~",
            "a[*]~",
            "a[?(@.b == 1 || !(@.c))]",
            "a]",
        ] {
            assert!(Path::parse(text).is_ok() != (text == "a]"), "{text}");
        }
    }
}
