//! CEL's grammar: `parser/gen/CEL.g4` of cel-go.

/// How deep an expression is followed (cel-go stops at 250).
const DEEPEST: usize = 120;

/// An error, at a byte of the text.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) at: usize,
    pub(super) message: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String(String),
    Bytes,
}

#[derive(Debug, Clone)]
pub(super) enum Expression {
    Literal(Literal),
    Name(String),
    /// Operand, field, whether it is optional.
    Select(Box<Self>, String, bool),
    Index(Box<Self>, Box<Self>, bool),
    /// Target, function, arguments.
    Call(Option<Box<Self>>, String, Vec<Self>),
    Unary(&'static str, Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Conditional(Box<Self>, Box<Self>, Box<Self>),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// A message: its name, its fields' values.
    Message(Vec<Self>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Literal(Literal),
    Name(String),
    /// A name in backticks.
    Quoted(String),
    Symbol(&'static str),
    End,
}

const SYMBOLS: [&str; 26] = [
    "==", "!=", "<=", ">=", "&&", "||", "[?", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ",", ".", "(", ")",
    "[", "]", "{", "}", "=",
];

/// Words that no variable may be called (`RESERVED` of CEL's grammar).
pub(super) const RESERVED: [&str; 16] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];

/// Whether a text can be the name of a variable.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut letters = text.bytes();
    let start = letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    start
        && letters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !RESERVED.contains(&text)
        && !matches!(text, "while" | "true" | "false" | "null" | "in")
}

fn error<T>(at: usize, message: impl Into<String>) -> Result<T, Error> {
    Err(Error {
        at,
        message: message.into(),
    })
}

/// Reads an expression; none when it is too deep.
pub(super) fn parse(text: &str) -> Result<Option<Expression>, Error> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        depth: 0,
        too_deep: false,
    };
    let expression = parser.expression();
    if parser.too_deep {
        return Ok(None);
    }
    let expression = expression?;
    if *parser.peek() != Token::End {
        return parser.unexpected("an operator or the end");
    }
    Ok(Some(expression))
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Error> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = if first.is_ascii_whitespace() || first == '\u{c}' {
            at += 1;
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if let Some((literal, length)) = string(rest, at)? {
            (Token::Literal(literal), length)
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let (literal, length) = number(rest);
            (Token::Literal(literal), length)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            (word(&rest[..length]), length)
        } else if first == '`' {
            match rest[1..].split_once('`') {
                Some((name, _)) if !name.is_empty() => (Token::Quoted(name.to_owned()), name.len() + 2),
                _ => return error(at, "a name in backticks has no end"),
            }
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            // `[?` is two symbols for a conditional in a list; only an index is optional so.
            (Token::Symbol(symbol), symbol.len())
        } else {
            return error(at, format!("{first:?} is unexpected"));
        };
        tokens.push((token, at));
        at += length;
    }
    tokens.push((Token::End, text.len()));
    Ok(tokens)
}

fn word(text: &str) -> Token {
    match text {
        "true" | "false" => Token::Literal(Literal::Bool),
        "null" => Token::Literal(Literal::Null),
        "in" => Token::Symbol("in"),
        name => Token::Name(name.to_owned()),
    }
}

fn number(text: &str) -> (Literal, usize) {
    if let Some(hex) = text.strip_prefix("0x") {
        let digits = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let unsigned = hex[digits..].starts_with(['u', 'U']);
        return (
            if unsigned { Literal::Uint } else { Literal::Int },
            2 + digits + usize::from(unsigned),
        );
    }
    let digits = |from: usize| {
        let rest = &text[from..];
        from + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let mut end = digits(0);
    let mut double = false;
    let fraction = text[end..].strip_prefix('.');
    if fraction.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        end = digits(end + 1);
        double = true;
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        if text[end + 1 + sign..].starts_with(|c: char| c.is_ascii_digit()) {
            end = digits(end + 1 + sign);
            double = true;
        }
    }
    if double {
        return (Literal::Double, end);
    }
    if text[end..].starts_with(['u', 'U']) {
        return (Literal::Uint, end + 1);
    }
    (Literal::Int, end)
}

/// A string or bytes, with prefixes and quotes of one or three.
fn string(text: &str, at: usize) -> Result<Option<(Literal, usize)>, Error> {
    let prefix = text
        .bytes()
        .take_while(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B'))
        .count();
    let prefixes = text[..prefix].to_ascii_lowercase();
    let body = &text[prefix..];
    let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(None);
    };
    if !matches!(prefixes.as_str(), "" | "r" | "b" | "br" | "rb") {
        return Ok(None);
    }
    let triple = quote.to_string().repeat(3);
    let (quotes, long) = if body.starts_with(&triple) {
        (3, true)
    } else {
        (1, false)
    };
    let end_mark = &triple[..quotes];
    let raw = prefixes.contains('r');
    let mut value = String::new();
    let mut place = quotes;
    loop {
        let rest = &body[place..];
        if rest.starts_with(end_mark) {
            break;
        }
        let Some(next) = rest.chars().next() else {
            return error(at, "a string has no end");
        };
        if !long && matches!(next, '\n' | '\r') {
            return error(at, "a string has no end in its line");
        }
        if next == '\\' && !raw {
            let length = escape(rest).ok_or_else(|| Error {
                at: at + prefix + place,
                message: "there is no such escape in strings".to_owned(),
            })?;
            // What is escaped does not matter but for patterns, which are hardly written so.
            value.push_str(&rest[..length]);
            place += length;
            continue;
        }
        value.push(next);
        place += next.len_utf8();
        // In a raw string, a backslash keeps the quote behind it from ending the string.
        if raw && next == '\\' && body[place..].starts_with(quote) && !long {
            return Ok(Some(finish(&prefixes, value, prefix + place + 1)));
        }
    }
    Ok(Some(finish(&prefixes, value, prefix + place + quotes)))
}

fn finish(prefixes: &str, value: String, length: usize) -> (Literal, usize) {
    let literal = if prefixes.contains('b') {
        Literal::Bytes
    } else {
        Literal::String(value)
    };
    (literal, length)
}

/// How long an escape is; none if it is not one.
fn escape(text: &str) -> Option<usize> {
    let digits = |from: usize, count: usize, base: u32| {
        let part = text.get(from..from + count)?;
        part.chars().all(|c| c.is_digit(base)).then_some(from + count)
    };
    match text.as_bytes().get(1)? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'"' | b'\'' | b'`' => Some(2),
        b'x' | b'X' => digits(2, 2, 16),
        b'u' => digits(2, 4, 16),
        b'U' => digits(2, 8, 16),
        b'0'..=b'3' => digits(1, 3, 8),
        _ => None,
    }
}

struct Parser<'t> {
    tokens: &'t [(Token, usize)],
    next: usize,
    depth: usize,
    too_deep: bool,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(token, _)| token)
    }

    fn at(&self) -> usize {
        self.tokens
            .get(self.next)
            .or(self.tokens.last())
            .map_or(0, |(_, at)| *at)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let there = matches!(self.peek(), Token::Symbol(known) if *known == symbol);
        self.next += usize::from(there);
        there
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Error> {
        if self.take(symbol) {
            return Ok(());
        }
        self.unexpected(&format!("`{symbol}`"))
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, Error> {
        let found = match self.peek() {
            Token::End => "the expression ends".to_owned(),
            Token::Symbol(symbol) => format!("`{symbol}` is unexpected"),
            Token::Name(name) | Token::Quoted(name) => format!("`{}` is unexpected", crate::formats::shown(name)),
            Token::Literal(_) => "a value is unexpected".to_owned(),
        };
        error(self.at(), format!("{found}; {wanted} is wanted"))
    }

    fn expression(&mut self) -> Result<Expression, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.too_deep = true;
            return self.unexpected("less");
        }
        let condition = self.binary(0)?;
        let expression = if self.take("?") {
            let yes = self.binary(0)?;
            self.expect(":")?;
            let no = self.expression()?;
            Expression::Conditional(Box::new(condition), Box::new(yes), Box::new(no))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Error> {
        const LEVELS: [&[&str]; 5] = [
            &["||"],
            &["&&"],
            &["<=", "<", ">=", ">", "==", "!=", "in"],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Error> {
        for operator in ["!", "-"] {
            let mut any = false;
            while self.take(operator) {
                any = true;
            }
            if any {
                let operand = self.member()?;
                return Ok(Expression::Unary(operator, Box::new(operand)));
            }
        }
        self.member()
    }

    fn member(&mut self) -> Result<Expression, Error> {
        let mut operand = self.primary()?;
        loop {
            if self.take(".") {
                let optional = self.take("?");
                let name = match self.peek() {
                    Token::Name(name) | Token::Quoted(name) => name.clone(),
                    Token::Symbol("in") => "in".to_owned(),
                    _ => return self.unexpected("a field"),
                };
                self.next += 1;
                operand = if !optional && self.take("(") {
                    let arguments = self.list(")")?;
                    Expression::Call(Some(Box::new(operand)), name, arguments)
                } else {
                    Expression::Select(Box::new(operand), name, optional)
                };
            } else if self.take("[") {
                let index = self.expression()?;
                self.expect("]")?;
                operand = Expression::Index(Box::new(operand), Box::new(index), false);
            } else if self.take("[?") {
                let index = self.expression()?;
                self.expect("]")?;
                operand = Expression::Index(Box::new(operand), Box::new(index), true);
            } else if matches!(self.peek(), Token::Symbol("{")) && is_name(&operand) {
                self.next += 1;
                operand = Expression::Message(self.fields()?);
            } else {
                return Ok(operand);
            }
        }
    }

    /// What is between brackets, with a comma at its end or not; items of lists may be optional.
    fn list(&mut self, end: &'static str) -> Result<Vec<Expression>, Error> {
        let mut items = Vec::new();
        while !self.take(end) {
            if end == "]" {
                self.take("?");
            }
            items.push(self.expression()?);
            if !self.take(",") {
                self.expect(end)?;
                break;
            }
            if end == ")" && matches!(self.peek(), Token::Symbol(")")) {
                return self.unexpected("an argument");
            }
        }
        Ok(items)
    }

    fn fields(&mut self) -> Result<Vec<Expression>, Error> {
        let mut values = Vec::new();
        while !self.take("}") {
            self.take("?");
            match self.peek() {
                Token::Name(_) | Token::Quoted(_) => self.next += 1,
                _ => return self.unexpected("a field"),
            }
            self.expect(":")?;
            values.push(self.expression()?);
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(values)
    }

    fn primary(&mut self) -> Result<Expression, Error> {
        let token = self.peek().clone();
        let at = self.at();
        self.next += 1;
        match token {
            Token::Literal(literal) => Ok(Expression::Literal(literal)),
            Token::Name(name) => {
                if !is_identifier(&name) {
                    return error(at, format!("`{name}` is a reserved word"));
                }
                if self.take("(") {
                    let arguments = self.list(")")?;
                    return Ok(Expression::Call(None, name, arguments));
                }
                Ok(Expression::Name(name))
            }
            Token::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            // `[?`: a list whose first item is optional.
            Token::Symbol("[" | "[?") => Ok(Expression::List(self.list("]")?)),
            Token::Symbol("{") => {
                let mut entries = Vec::new();
                while !self.take("}") {
                    self.take("?");
                    let key = self.expression()?;
                    self.expect(":")?;
                    entries.push((key, self.expression()?));
                    if !self.take(",") {
                        self.expect("}")?;
                        break;
                    }
                }
                Ok(Expression::Map(entries))
            }
            Token::Symbol(".") => self.primary(),
            _ => {
                self.next -= 1;
                self.unexpected("a value")
            }
        }
    }
}

/// Whether it is the name of a message: `Object`, `Object.spec`.
fn is_name(expression: &Expression) -> bool {
    match expression {
        Expression::Name(_) => true,
        Expression::Select(operand, _, false) => is_name(operand),
        _ => false,
    }
}
