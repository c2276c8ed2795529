//! Go's template parser: tokens become trees, with Go's messages where they do not.
//!
//! Mirrors `text/template/parse/parse.go`. One thing it does better: a function that does not exist does not end the
//! parse, so that one run names all of them.

mod action;
mod pipeline;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::ast::{Command, Meta, Node, NodeId, Operand, Template, Tree};
use super::lexer::lex;
use super::token::{Token, TokenKind};
use source::{FileId, Span};

/// How deep parentheses may nest. Go allows 10,000; nobody writes 20.
const MAX_PARENTHESES: usize = 500;
/// How deep `if`, `with` and `range` may nest. Go sets no limit; minijinja's parser stops at 150 statements. It has no
/// `else with`, and no `else if` that declares something: these nest, too.
const MAX_CONTROLS: usize = 100;
/// How many `else if` may follow each other.
const MAX_ELSE_IFS: usize = 2000;

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Go's words, without the place.
    pub message: String,
    /// The line that Go blames: that of the last token it had looked at.
    pub line: usize,
    /// The token that did not fit.
    pub span: Span,
    /// The action that is still open where it should have ended.
    pub opened: Option<Span>,
    /// The name, where the error is a function that does not exist.
    pub unknown_function: Option<String>,
}

/// Parses one file. `is_function` says which names may be called.
///
/// # Errors
/// All functions that do not exist, and the first error of syntax, in the order in which they stand.
pub fn parse(
    text: &str,
    file: FileId,
    name: &str,
    is_function: &dyn Fn(&str) -> bool,
) -> std::result::Result<Template, Vec<SyntaxError>> {
    let name: Arc<str> = name.into();
    let mut parser = Parser {
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
        hanging: 0,
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

/// What starts afresh with each definition.
struct TreeState {
    variables: Vec<Arc<str>>,
    /// The line of the action that is being read, 0 outside, and its left delimiter.
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
    text: &'a str,
    file: FileId,
    name: Arc<str>,
    tokens: Vec<Token>,
    comments: Vec<Span>,
    /// The next token.
    at: usize,
    /// How many tokens have been looked at.
    pulled: usize,
    /// Where the last token ended that was consumed and is no space.
    end: usize,
    next_id: u32,
    is_function: &'a dyn Fn(&str) -> bool,
    errors: Vec<SyntaxError>,
    trees: Vec<Tree>,
    by_name: BTreeMap<Arc<str>, usize>,
    tree: TreeState,
    /// The actions that wait for their `{{ end }}`.
    open: Vec<Span>,
    /// How many of the branches that are being read hang on an `else` that cannot be joined with them.
    hanging: usize,
    unfinished: Unfinished,
}

/// Parts of lists whose ends are not reached, those of the innermost list last: in the tree, each list takes the room that
/// it needs and no more.
#[derive(Default)]
struct Unfinished {
    nodes: Vec<Node>,
    commands: Vec<Command>,
    operands: Vec<Operand>,
}

/// Takes what has been pushed since there were so many.
fn since<T>(unfinished: &mut Vec<T>, start: usize) -> Vec<T> {
    unfinished.drain(start..).collect()
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

/// What ends a list of nodes: `{{ end }}`, `{{ else }}`, or the `else` of `{{ else if }}`, the `if` still to be read.
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
    /// Comments are of no concern to the parser, only to those who look for directives in them.
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

    /// The description of a node that began at `start` and reaches to the last token consumed.
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

    /// An error for the lack of what would end the action at `opened`.
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
                // Go avoids "action in action".
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
