//! Pipelines: commands, operands and variable declarations.

use std::sync::Arc;

use super::{MAX_PARENTHESES, Parser, Result, SyntaxError, since};
use crate::ast::{Chain, Command, Fields, Number, Operand, Part, Pipeline, QuotedString, Variable};
use crate::number;
use crate::token::{Token, TokenKind};
use gostd::quote::{quote, unquote};
use source::Span;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: TokenKind) -> Result<Pipeline> {
        let first = self.peek_non_space();
        let (is_assign, declarations) = self.declarations(context)?;
        let start = self.unfinished.commands.len();
        let finish = loop {
            let token = self.peek_non_space();
            match token.kind {
                kind if kind == end => {
                    let finish = self.end;
                    self.next();
                    break finish;
                }
                TokenKind::Bool
                | TokenKind::CharConstant
                | TokenKind::Complex
                | TokenKind::Dot
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::Nil
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParen => {
                    let command = self.command()?;
                    self.unfinished.commands.push(command);
                }
                _ => {
                    self.next();
                    return self.unexpected(&token, context);
                }
            }
        };
        let mut meta = self.meta(first.start, first.start);
        meta.span = Span::new(self.file, first.start, finish.max(first.start));
        let commands = since(&mut self.unfinished.commands, start);
        if commands.is_empty() {
            return self.error(format!("missing value for {context}"), meta.span);
        }
        // Only the first command of a pipeline can be a plain value.
        for (at, command) in commands.iter().enumerate().skip(1) {
            let operand = &command.operands[0];
            if matches!(
                operand,
                Operand::Bool(..) | Operand::Dot(_) | Operand::Nil(_) | Operand::Number(..) | Operand::String(..)
            ) {
                let message = format!("non executable command in pipeline stage {}", at + 1);
                return self.error(message, operand.meta().span);
            }
        }
        Ok(Pipeline {
            meta,
            is_assign,
            declarations,
            commands,
        })
    }

    /// Parses `$x :=`, `$x =` or `$k, $v :=` at the start of a pipeline.
    fn declarations(&mut self, context: &str) -> Result<(bool, Vec<Variable>)> {
        let mut declared = Vec::new();
        loop {
            let (at, end) = (self.at, self.end);
            let token = self.peek_non_space();
            if token.kind != TokenKind::Variable {
                return Ok((false, declared));
            }
            self.next();
            let name: Arc<str> = self.value(&token).into();
            let meta = self.meta(token.start, token.start);
            let next = self.peek_non_space();
            let variable = Variable {
                meta,
                name: Arc::clone(&name),
                fields: Fields::default(),
            };
            match next.kind {
                TokenKind::Assign | TokenKind::Declare => {
                    self.next();
                    declared.push(variable);
                    self.tree.variables.push(name);
                    return Ok((next.kind == TokenKind::Assign, declared));
                }
                TokenKind::Char if self.value(&next) == "," => {
                    self.next();
                    declared.push(variable);
                    self.tree.variables.push(name);
                    if context == "range" && declared.len() < 2 {
                        let following = self.peek_non_space();
                        match following.kind {
                            TokenKind::Variable | TokenKind::RightDelim | TokenKind::RightParen => continue,
                            _ => {
                                let span = self.span(&following);
                                return self.error("range can only initialize variables", span);
                            }
                        }
                    }
                    return self.error(format!("too many declarations in {context}"), self.span(&next));
                }
                _ => {
                    // Not a declaration: the variable is an ordinary argument.
                    (self.at, self.end) = (at, end);
                    return Ok((false, declared));
                }
            }
        }
    }

    fn command(&mut self) -> Result<Command> {
        let start = self.peek_non_space().start;
        let from = self.unfinished.operands.len();
        let finish = loop {
            self.skip_spaces();
            if let Some(operand) = self.operand()? {
                self.unfinished.operands.push(operand);
            }
            let finish = self.end;
            let token = self.peek();
            match token.kind {
                TokenKind::Space => {
                    self.next();
                }
                TokenKind::RightDelim | TokenKind::RightParen => break finish,
                TokenKind::Pipe => {
                    self.next();
                    break finish;
                }
                _ => {
                    self.next();
                    return self.unexpected(&token, "operand");
                }
            }
        };
        let mut meta = self.meta(start, start);
        meta.span = Span::new(self.file, start, finish.max(start));
        let operands = since(&mut self.unfinished.operands, from);
        if operands.is_empty() {
            return self.error("empty command", meta.span);
        }
        Ok(Command { meta, operands })
    }

    /// Parses a term and the fields after it; none if there is no term here.
    fn operand(&mut self) -> Result<Option<Operand>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let start = term.meta().span.start as usize;
        let position = self.peek().start;
        let fields = self.fields();
        while self.peek().kind == TokenKind::Field {
            self.next();
        }
        let mut meta = self.meta(start, position);
        Ok(Some(match term {
            // These terms include their fields already.
            Operand::Field(_, fields) => Operand::Field(meta, fields),
            Operand::Variable(variable) => Operand::Variable(Variable { meta, ..variable }),
            Operand::Bool(..) | Operand::String(..) | Operand::Number(..) | Operand::Nil(_) | Operand::Dot(_) => {
                let message = format!("unexpected . after term {}", quote(&term.to_string()));
                return self.error(message, meta.span);
            }
            operand => {
                // The parentheses are part of the chain.
                if matches!(operand, Operand::Pipeline(_)) {
                    meta.span.start = u32::try_from(self.open_parenthesis(start)).unwrap_or(meta.span.start);
                }
                Operand::Chain(Box::new(Chain { meta, operand, fields }))
            }
        }))
    }

    /// The fields that follow, as written, without the leading dot.
    fn fields(&self) -> Fields {
        let mut fields = self.tokens[self.at..]
            .iter()
            .take_while(|token| token.kind == TokenKind::Field);
        let Some(first) = fields.next() else {
            return Fields::default();
        };
        Fields::new(Part::new(
            self.whole,
            first.start + 1..fields.last().unwrap_or(first).end,
        ))
    }

    /// The offset of the parenthesis that opens the pipeline at `start`.
    fn open_parenthesis(&self, start: usize) -> usize {
        self.text[..start].rfind('(').unwrap_or(start)
    }

    fn term(&mut self) -> Result<Option<Operand>> {
        let token = self.peek_non_space();
        let meta = |parser: &mut Self| {
            parser.next();
            parser.meta(token.start, token.start)
        };
        Ok(Some(match token.kind {
            TokenKind::Identifier => {
                let meta = meta(self);
                let name = Part::new(self.whole, token.start..token.end);
                if !(self.is_function)(&name) {
                    let line = self.tokens[self.pulled.saturating_sub(1)].line;
                    self.errors.push(SyntaxError {
                        message: format!("function {} not defined", quote(&name)),
                        line,
                        span: meta.span,
                        opened: None,
                        unknown_function: Some(name.to_string()),
                    });
                }
                Operand::Identifier(meta, name)
            }
            TokenKind::Dot => Operand::Dot(meta(self)),
            TokenKind::Nil => Operand::Nil(meta(self)),
            TokenKind::Variable => {
                let meta = meta(self);
                let name = self.value(&token);
                let Some(name) = self.tree.variables.iter().rev().find(|known| &***known == name) else {
                    return self.error(format!("undefined variable {}", quote(name)), meta.span);
                };
                Operand::Variable(Variable {
                    meta,
                    name: Arc::clone(name),
                    fields: self.fields(),
                })
            }
            TokenKind::Field => {
                // The path includes the fields that follow.
                let fields = self.fields();
                Operand::Field(meta(self), fields)
            }
            TokenKind::Bool => {
                let meta = meta(self);
                Operand::Bool(meta, self.value(&token) == "true")
            }
            TokenKind::CharConstant | TokenKind::Complex | TokenKind::Number => {
                let meta = meta(self);
                match self.number(&token) {
                    Ok(number) => Operand::Number(meta, Box::new(number)),
                    Err(message) => return self.error(message, meta.span),
                }
            }
            TokenKind::LeftParen => {
                if self.tree.parentheses >= MAX_PARENTHESES {
                    return self.error("max expression depth exceeded", self.span(&token));
                }
                self.next();
                self.tree.parentheses += 1;
                let pipeline = self.pipeline("parenthesized pipeline", TokenKind::RightParen)?;
                self.tree.parentheses -= 1;
                Operand::Pipeline(Box::new(pipeline))
            }
            TokenKind::String | TokenKind::RawString => {
                let meta = meta(self);
                match unquote(self.value(&token)) {
                    Ok(text) => {
                        let quoted = self.value(&token);
                        Operand::String(meta, QuotedString::new(quoted, text.into()))
                    }
                    Err(message) => return self.error(message, meta.span),
                }
            }
            _ => return Ok(None),
        }))
    }

    fn number(&self, token: &Token) -> std::result::Result<Number, String> {
        let text = self.value(token);
        match token.kind {
            TokenKind::CharConstant => number::character(text),
            TokenKind::Complex => number::complex(text),
            _ => number::number(text),
        }
    }
}
