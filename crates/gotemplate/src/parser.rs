//! Go's template parser: tokens to trees, with Go's error messages.
//!
//! Mirrors `text/template/parse/parse.go`, with one improvement: an unknown function does not end the parse, so one run
//! reports all of them.

mod action;
mod pipeline;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::ast::{Command, Meta, Node, NodeId, Operand, Template, Tree};
use super::lexer::lex;
use super::token::{Token, TokenKind};
use source::{FileId, Span};

/// The nesting limit of parentheses. Go allows 10,000; templates in practice stay below 20.
const MAX_PARENTHESES: usize = 500;
/// The nesting limit of `if`, `with` and `range`. Go sets no limit; minijinja's parser stops at 150 statements. An
/// `else with`, and an `else if` that declares a variable, count as a level too, because minijinja has neither.
const MAX_CONTROLS: usize = 100;
/// The maximum length of an `else if` chain.
const MAX_ELSE_IFS: usize = 2000;

/// A syntax error of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Go's message, without the place.
    pub message: String,
    /// The line that Go reports: that of the last token that its parser had read.
    pub line: usize,
    /// The unexpected token.
    pub span: Span,
    /// The unclosed action, if the error is a missing end.
    pub opened: Option<Span>,
    /// The function's name, if the error is an unknown function.
    pub unknown_function: Option<String>,
}

/// Parses one file. `is_function` tells which function names exist.
///
/// # Errors
/// All unknown functions and the first syntax error, in source order.
pub fn parse(
    text: &str,
    file: FileId,
    name: &str,
    is_function: &dyn Fn(&str) -> bool,
) -> std::result::Result<Template, Vec<SyntaxError>> {
    parse_shared(&text.into(), file, name, is_function)
}

/// Parses one file as [`parse`] does, into a tree that shares the text.
///
/// # Errors
/// All unknown functions and the first syntax error, in source order.
pub fn parse_shared(
    whole: &Arc<str>,
    file: FileId,
    name: &str,
    is_function: &dyn Fn(&str) -> bool,
) -> std::result::Result<Template, Vec<SyntaxError>> {
    let name: Arc<str> = name.into();
    let text = &**whole;
    let mut parser = Parser {
        whole,
        text,
        file,
        name: Arc::clone(&name),
        tokens: lex(text),
        comments: Vec::new(),
        at: 0,
        pulled: 0,
        end: 0,
        next_id: 0,
        is_function,
        errors: Vec::new(),
        trees: Vec::new(),
        by_name: BTreeMap::new(),
        tree: TreeState::default(),
        open: Vec::new(),
        open_else_ifs: 0,
        unfinished: Unfinished::default(),
    };
    parser.set_comments_aside();
    if let Err(error) = parser.file() {
        parser.errors.push(*error);
    }
    if parser.errors.is_empty() {
        Ok(Template {
            name,
            trees: parser.trees,
            comments: parser.comments,
        })
    } else {
        Err(parser.errors)
    }
}

/// Parser state that each definition starts anew.
struct TreeState {
    variables: Vec<Arc<str>>,
    /// The line of the current action (0 outside of actions), and its left delimiter.
    action_line: usize,
    action: Option<Span>,
    ranges: usize,
    parentheses: usize,
}

impl Default for TreeState {
    fn default() -> Self {
        Self {
            variables: vec!["$".into()],
            action_line: 0,
            action: None,
            ranges: 0,
            parentheses: 0,
        }
    }
}

struct Parser<'a> {
    whole: &'a Arc<str>,
    text: &'a str,
    file: FileId,
    name: Arc<str>,
    tokens: Vec<Token>,
    comments: Vec<Span>,
    /// The index of the next token.
    at: usize,
    /// The number of tokens read so far, lookahead included.
    pulled: usize,
    /// The end of the last consumed token that is not a space.
    end: usize,
    next_id: u32,
    is_function: &'a dyn Fn(&str) -> bool,
    errors: Vec<SyntaxError>,
    trees: Vec<Tree>,
    by_name: BTreeMap<Arc<str>, usize>,
    tree: TreeState,
    /// The actions still without their `{{ end }}`.
    open: Vec<Span>,
    /// The number of open `else` branches that cannot become an `elif` and therefore nest.
    open_else_ifs: usize,
    unfinished: Unfinished,
}

/// Parts of lists whose end has not been reached, innermost list last. They are copied into the tree only when
/// complete, so that each list there is allocated at its exact size.
#[derive(Default)]
struct Unfinished {
    nodes: Vec<Node>,
    commands: Vec<Command>,
    operands: Vec<Operand>,
}

/// Drains everything pushed since the vector had length `start`.
fn since<T>(unfinished: &mut Vec<T>, start: usize) -> Vec<T> {
    unfinished.drain(start..).collect()
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

/// The end of a list of nodes: `{{ end }}`, `{{ else }}`, or the `else` of `{{ else if }}` with the `if` still unread.
struct ListEnd {
    is_else: bool,
    span: Span,
}

impl ListEnd {
    fn text(&self) -> &'static str {
        if self.is_else { "{{else}}" } else { "{{end}}" }
    }
}

enum Item {
    Node(Node),
    End(ListEnd),
}

impl Parser<'_> {
    /// Moves the comments out of the tokens. The parser ignores them; the search for directives reads them.
    fn set_comments_aside(&mut self) {
        let file = self.file;
        let comments = &mut self.comments;
        self.tokens.retain(|token| {
            let is_comment = token.kind == TokenKind::Comment;
            if is_comment {
                comments.push(Span::new(file, token.start, token.end));
            }
            !is_comment
        });
    }

    // Tokens

    fn peek(&mut self) -> Token {
        self.pulled = self.pulled.max(self.at + 1).min(self.tokens.len());
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        if token.kind != TokenKind::Space {
            self.end = token.end;
        }
        token
    }

    fn skip_spaces(&mut self) {
        while self.peek().kind == TokenKind::Space {
            self.next();
        }
    }

    fn next_non_space(&mut self) -> Token {
        self.skip_spaces();
        self.next()
    }

    fn peek_non_space(&mut self) -> Token {
        self.skip_spaces();
        self.peek()
    }

    fn value(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    fn span(&self, token: &Token) -> Span {
        Span::new(self.file, token.start, token.end)
    }

    /// The metadata of a node from `start` to the end of the last consumed token.
    fn meta(&mut self, start: usize, position: usize) -> Meta {
        self.next_id += 1;
        let span = Span::new(self.file, start, self.end.max(start));
        Meta {
            id: NodeId(self.next_id),
            span,
            position: u32::try_from(position).unwrap_or(u32::MAX),
        }
    }

    // Errors

    fn error<T>(&self, message: impl Into<String>, span: Span) -> Result<T> {
        let line = self.tokens[self.pulled.saturating_sub(1)].line;
        Err(Box::new(SyntaxError {
            message: message.into(),
            line,
            span,
            opened: None,
            unknown_function: None,
        }))
    }

    /// An error for a missing end of the action at `opened`.
    fn unclosed<T>(&self, message: impl Into<String>, span: Span, opened: Option<Span>) -> Result<T> {
        self.error(message, span).map_err(|mut error: Box<SyntaxError>| {
            error.opened = opened;
            error
        })
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Result<T> {
        let span = self.span(token);
        if let Some(mut message) = token.error(self.text) {
            let started = self.tree.action_line;
            if started != 0 && started != token.line {
                // Go avoids the phrase "action in action".
                let joint = if message.ends_with(" action") {
                    " started"
                } else {
                    " in action started"
                };
                let _ = write!(message, "{joint} at {}:{started}", self.name);
            }
            return self.unclosed(message, span, self.tree.action);
        }
        self.error(format!("unexpected {} in {context}", token.describe(self.text)), span)
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Result<Token> {
        let token = self.next_non_space();
        if token.kind == kind {
            Ok(token)
        } else {
            self.unexpected(&token, context)
        }
    }
}
