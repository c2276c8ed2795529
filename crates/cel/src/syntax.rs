//! CEL's grammar: `parser/gen/CEL.g4` of cel-go.

/// The nesting limit of the parser (cel-go stops at 250).
const DEEPEST: usize = 120;

/// An error, at a byte of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The byte.
    pub at: usize,
    /// The message.
    pub message: String,
}

/// The limit on operators of one precedence in a row: each adds a level to the tree.
const LONGEST: usize = 1000;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// `1`, `0x1F`.
    Int(i64),
    /// `1u`.
    Uint(u64),
    /// `1.5`.
    Double(f64),
    /// `'a'`, with its escapes read.
    String(String),
    /// `b'a'`.
    Bytes(Vec<u8>),
}

/// An expression. Macros stay calls, as written.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A value.
    Literal(Literal),
    /// A variable or a type.
    Name(String),
    /// Operand, field, whether it is optional.
    Select(Box<Self>, String, bool),
    /// Operand, index, whether it is optional.
    Index(Box<Self>, Box<Self>, bool),
    /// Target, function, arguments.
    Call(Option<Box<Self>>, String, Vec<Self>),
    /// `!` or `-`, and the operand.
    Unary(&'static str, Box<Self>),
    /// The operator and its operands.
    Binary(&'static str, Box<Self>, Box<Self>),
    /// Condition, value if it holds, value if not.
    Conditional(Box<Self>, Box<Self>, Box<Self>),
    /// The items, and whether each is optional.
    List(Vec<(Self, bool)>),
    /// Keys and values, and whether each is optional.
    Map(Vec<(Self, Self, bool)>),
    /// The values of the fields of a message.
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

/// Reserved words, which cannot name a variable (`RESERVED` of CEL's grammar).
pub const RESERVED: [&str; 16] = [
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

/// Whether a text can name a variable: a valid identifier, and neither reserved nor a keyword.
pub fn is_identifier(text: &str) -> bool {
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

impl Expression {
    /// Whether the expression mentions a variable, even one that a macro's variable shadows.
    pub fn mentions(&self, name: &str) -> bool {
        let any = |parts: &[Self]| parts.iter().any(|part| part.mentions(name));
        match self {
            Self::Literal(_) => false,
            Self::Name(own) => own == name,
            Self::Select(operand, ..) | Self::Unary(_, operand) => operand.mentions(name),
            Self::Index(one, two, _) | Self::Binary(_, one, two) => one.mentions(name) || two.mentions(name),
            Self::Call(target, _, arguments) => {
                target.as_ref().is_some_and(|target| target.mentions(name)) || any(arguments)
            }
            Self::Conditional(one, two, three) => one.mentions(name) || two.mentions(name) || three.mentions(name),
            Self::List(items) => items.iter().any(|(item, _)| item.mentions(name)),
            Self::Map(entries) => entries
                .iter()
                .any(|(key, value, _)| key.mentions(name) || value.mentions(name)),
            Self::Message(values) => any(values),
        }
    }
}

/// Parses an expression; none if it nests too deeply.
pub fn parse(text: &str) -> Result<Option<Expression>, Error> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        depth: 0,
        too_deep: false,
        negative: false,
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
            let (literal, length) = number(rest, at)?;
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
            // In a list, `[?` begins an optional item; elsewhere an optional index.
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
        "true" | "false" => Token::Literal(Literal::Bool(text == "true")),
        "null" => Token::Literal(Literal::Null),
        "in" => Token::Symbol("in"),
        name => Token::Name(name.to_owned()),
    }
}

fn number(text: &str, at: usize) -> Result<(Literal, usize), Error> {
    let whole = |digits: &str, base: u32, length: usize, unsigned: bool| {
        let literal = if unsigned {
            u64::from_str_radix(digits, base).ok().map(Literal::Uint)
        } else if matches!(
            (base, digits.trim_start_matches('0')),
            (10, "9223372036854775808") | (16, "8000000000000000")
        ) {
            // Valid only after a `-`; `Parser::unary` checks that.
            Some(Literal::Int(i64::MIN))
        } else {
            i64::from_str_radix(digits, base).ok().map(Literal::Int)
        };
        match literal {
            Some(literal) => Ok((literal, length)),
            None => error(at, "the number is too large"),
        }
    };
    if let Some(hex) = text.strip_prefix("0x") {
        let digits = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let unsigned = hex[digits..].starts_with(['u', 'U']);
        return whole(&hex[..digits], 16, 2 + digits + usize::from(unsigned), unsigned);
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
        return match text[..end].parse::<f64>() {
            Ok(value) if value.is_finite() => Ok((Literal::Double(value), end)),
            _ => error(at, "the number is too large"),
        };
    }
    let unsigned = text[end..].starts_with(['u', 'U']);
    whole(&text[..end], 10, end + usize::from(unsigned), unsigned)
}

/// A string or bytes literal: prefixes, then one or three quotes.
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
    let mut value = Vec::new();
    let bytes = prefixes.contains('b');
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
            let length = escape(rest, bytes, &mut value).ok_or_else(|| Error {
                at: at + prefix + place,
                message: "there is no such escape in strings".to_owned(),
            })?;
            place += length;
            continue;
        }
        value.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
        place += next.len_utf8();
    }
    Ok(Some(finish(&prefixes, value, prefix + place + quotes)))
}

fn finish(prefixes: &str, value: Vec<u8>, length: usize) -> (Literal, usize) {
    let literal = if prefixes.contains('b') {
        Literal::Bytes(value)
    } else {
        Literal::String(String::from_utf8_lossy(&value).into_owned())
    };
    (literal, length)
}

/// Decodes an escape into `out` (a byte in bytes, a character in a string). Returns its length, or none if it is
/// invalid.
fn escape(text: &str, bytes: bool, out: &mut Vec<u8>) -> Option<usize> {
    let mut number = |from: usize, count: usize, base: u32, is_byte: bool| {
        let part = text.get(from..from + count)?;
        if !part.chars().all(|c| c.is_digit(base)) {
            return None;
        }
        let code = u32::from_str_radix(part, base).ok()?;
        if bytes && is_byte {
            out.push(u8::try_from(code).ok()?);
        } else {
            out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Some(from + count)
    };
    let letter = match text.as_bytes().get(1)? {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        same @ (b'\\' | b'?' | b'"' | b'\'' | b'`') => *same,
        b'x' | b'X' => return number(2, 2, 16, true),
        b'u' => return number(2, 4, 16, false),
        b'U' => return number(2, 8, 16, false),
        b'0'..=b'3' => return number(1, 3, 8, true),
        _ => return None,
    };
    out.push(letter);
    Some(2)
}

struct Parser<'t> {
    tokens: &'t [(Token, usize)],
    next: usize,
    depth: usize,
    too_deep: bool,
    /// The next number literal follows a `-`.
    negative: bool,
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
            Token::Name(name) | Token::Quoted(name) => format!("`{}` is unexpected", shown(name)),
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
        let mut count = 0;
        while let Some(operator) = operators.iter().find(|operator| self.take(operator)) {
            count += 1;
            if count > LONGEST {
                self.too_deep = true;
                return self.unexpected("less");
            }
            let right = self.binary(level + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Error> {
        for operator in ["!", "-"] {
            let mut count = 0_usize;
            while self.take(operator) {
                count += 1;
            }
            if count == 0 {
                continue;
            }
            // The last `-` before a number is part of the literal.
            if operator == "-" && matches!(self.peek(), Token::Literal(Literal::Int(_) | Literal::Double(_))) {
                self.negative = true;
                count -= 1;
            }
            let operand = self.member()?;
            return Ok(if count.is_multiple_of(2) {
                operand
            } else {
                Expression::Unary(operator, Box::new(operand))
            });
        }
        self.member()
    }

    fn member(&mut self) -> Result<Expression, Error> {
        let mut operand = self.primary()?;
        let mut count = 0;
        loop {
            count += 1;
            if count > LONGEST {
                self.too_deep = true;
                return self.unexpected("less");
            }
            if self.take(".") {
                let optional = self.take("?");
                let name = match self.peek() {
                    Token::Name(name) | Token::Quoted(name) => name.clone(),
                    Token::Symbol("in") => "in".to_owned(),
                    _ => return self.unexpected("a field"),
                };
                self.next += 1;
                operand = if !optional && self.take("(") {
                    let arguments = self.arguments()?;
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

    /// The arguments of a call.
    fn arguments(&mut self) -> Result<Vec<Expression>, Error> {
        let mut items = Vec::new();
        while !self.take(")") {
            items.push(self.expression()?);
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
            if matches!(self.peek(), Token::Symbol(")")) {
                return self.unexpected("an argument");
            }
        }
        Ok(items)
    }

    /// The items of a list, each with its optional flag; a trailing comma is allowed.
    fn items(&mut self, mut optional: bool) -> Result<Vec<(Expression, bool)>, Error> {
        let mut items = Vec::new();
        while !self.take("]") {
            optional |= self.take("?");
            items.push((self.expression()?, std::mem::take(&mut optional)));
            if !self.take(",") {
                self.expect("]")?;
                break;
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
            Token::Literal(literal) => {
                let negative = std::mem::take(&mut self.negative);
                match literal {
                    Literal::Int(i64::MIN) if !negative => error(at, "the number is too large"),
                    Literal::Int(number) if negative => Ok(Expression::Literal(Literal::Int(number.wrapping_neg()))),
                    Literal::Double(number) if negative => Ok(Expression::Literal(Literal::Double(-number))),
                    literal => Ok(Expression::Literal(literal)),
                }
            }
            Token::Name(name) => {
                if !is_identifier(&name) {
                    return error(at, format!("`{name}` is a reserved word"));
                }
                if self.take("(") {
                    let arguments = self.arguments()?;
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
            Token::Symbol(bracket @ ("[" | "[?")) => Ok(Expression::List(self.items(bracket == "[?")?)),
            Token::Symbol("{") => {
                let mut entries = Vec::new();
                while !self.take("}") {
                    let optional = self.take("?");
                    let key = self.expression()?;
                    self.expect(":")?;
                    entries.push((key, self.expression()?, optional));
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

/// Whether an expression is a message name: `Object`, `Object.spec`.
fn is_name(expression: &Expression) -> bool {
    match expression {
        Expression::Name(_) => true,
        Expression::Select(operand, _, false) => is_name(operand),
        _ => false,
    }
}

/// A source text for a message: at most 60 characters, without control characters.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
