//! Files, definitions and actions: everything between `{{` and `}}` except the pipelines.

use std::sync::Arc;

use super::{Item, ListEnd, MAX_CONTROLS, MAX_ELSE_IFS, Parser, Result, since};
use crate::ast::{Action, Branch, List, Node, Part, TemplateCall, Text, Tree};
use crate::token::{Token, TokenKind};
use gostd::quote::{quote, unquote};
use source::Span;

impl Parser<'_> {
    pub(super) fn file(&mut self) -> Result<()> {
        while self.peek().kind != TokenKind::Eof {
            if self.peek().kind == TokenKind::LeftDelim {
                let (at, end) = (self.at, self.end);
                let start = self.next();
                if self.next_non_space().kind == TokenKind::Define {
                    self.definition(start.start)?;
                    continue;
                }
                (self.at, self.end) = (at, end);
            }
            match self.text_or_action()? {
                Item::Node(node) => self.unfinished.nodes.push(node),
                Item::End(end) => return self.error(format!("unexpected {}", end.text()), end.span),
            }
        }
        let nodes = since(&mut self.unfinished.nodes, 0);
        let tree = Tree {
            name: Arc::clone(&self.name),
            span: Span::file_start(self.file),
            root: List { nodes },
        };
        self.add(tree)
    }

    /// Parses `{{ define "name" }} ... {{ end }}` after the `define`.
    fn definition(&mut self, start: usize) -> Result<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::take(&mut self.tree);
        let name = self.next_non_space();
        let name = self.template_name(&name, CONTEXT)?;
        self.expect(TokenKind::RightDelim, CONTEXT)?;
        let span = Span::new(self.file, start, self.end);
        self.open.push(span);
        let root = self.definition_body(CONTEXT)?;
        self.add(Tree { name, span, root })?;
        self.tree = outer;
        Ok(())
    }

    /// Parses up to the `{{ end }}` of the innermost open definition.
    fn definition_body(&mut self, context: &str) -> Result<List> {
        let (list, end) = self.list()?;
        if end.is_else {
            return self.error(format!("unexpected {} in {context}", end.text()), end.span);
        }
        self.open.pop();
        Ok(list)
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Result<Arc<str>> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => match unquote(self.value(token)) {
                Ok(name) => Ok(name.into()),
                Err(message) => self.error(message, self.span(token)),
            },
            _ => self.unexpected(token, context),
        }
    }

    /// Adds a tree. Of two trees with one name the non-empty one is kept; two non-empty ones are an error.
    fn add(&mut self, tree: Tree) -> Result<()> {
        match self.by_name.get(&tree.name) {
            Some(&at) if self.trees[at].root.is_empty() => self.trees[at] = tree,
            Some(_) if !tree.root.is_empty() => {
                let message = format!("template: multiple definition of template {}", quote(&tree.name));
                return self.error(message, tree.span);
            }
            Some(_) => {}
            None => {
                self.by_name.insert(Arc::clone(&tree.name), self.trees.len());
                self.trees.push(tree);
            }
        }
        Ok(())
    }

    /// Parses nodes up to `{{ end }}` or `{{ else }}`.
    fn list(&mut self) -> Result<(List, ListEnd)> {
        let start = self.unfinished.nodes.len();
        while self.peek_non_space().kind != TokenKind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => self.unfinished.nodes.push(node),
                Item::End(end) => {
                    let nodes = since(&mut self.unfinished.nodes, start);
                    return Ok((List { nodes }, end));
                }
            }
        }
        let span = Span::new(self.file, self.end, self.end);
        self.unclosed("unexpected EOF", span, self.open.last().copied())
    }

    fn text_or_action(&mut self) -> Result<Item> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => {
                let text = Part::new(self.whole, token.start..token.end);
                let meta = self.meta(token.start, token.start);
                Ok(Item::Node(Node::Text(Text { meta, text })))
            }
            TokenKind::LeftDelim => {
                self.tree.action_line = token.line;
                self.tree.action = Some(self.span(&token));
                let item = self.action(token.start)?;
                self.tree.action_line = 0;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    /// Parses an action after its left delimiter, which is at `start`.
    fn action(&mut self, start: usize) -> Result<Item> {
        let token = self.peek_non_space();
        let keyword = |parser: &mut Self| parser.next();
        let node = match token.kind {
            TokenKind::Block => {
                keyword(self);
                self.block(start)?
            }
            TokenKind::Break | TokenKind::Continue => {
                keyword(self);
                self.loop_control(start, &token)?
            }
            TokenKind::Else => {
                keyword(self);
                return self.otherwise(start);
            }
            TokenKind::End => {
                keyword(self);
                self.expect(TokenKind::RightDelim, "end")?;
                let span = Span::new(self.file, start, self.end);
                return Ok(Item::End(ListEnd { is_else: false, span }));
            }
            TokenKind::If => {
                keyword(self);
                Node::If(Box::new(self.control(start, "if")?))
            }
            TokenKind::Range => {
                keyword(self);
                Node::Range(Box::new(self.control(start, "range")?))
            }
            TokenKind::With => {
                keyword(self);
                Node::With(Box::new(self.control(start, "with")?))
            }
            TokenKind::Template => {
                keyword(self);
                self.template_call(start)?
            }
            _ => {
                let pipeline = self.pipeline("command", TokenKind::RightDelim)?;
                let meta = self.meta(start, token.start);
                Node::Action(Action { meta, pipeline })
            }
        };
        Ok(Item::Node(node))
    }

    /// Parses `{{ else }}`. The keyword of `{{ else if }}` and `{{ else with }}` is left to the caller.
    fn otherwise(&mut self, start: usize) -> Result<Item> {
        let token = self.peek_non_space();
        if !matches!(token.kind, TokenKind::If | TokenKind::With) {
            self.expect(TokenKind::RightDelim, "else")?;
        }
        let span = Span::new(self.file, start, self.end);
        Ok(Item::End(ListEnd { is_else: true, span }))
    }

    fn loop_control(&mut self, start: usize, keyword: &Token) -> Result<Node> {
        let is_break = keyword.kind == TokenKind::Break;
        let text = if is_break { "{{break}}" } else { "{{continue}}" };
        let token = self.next_non_space();
        if token.kind != TokenKind::RightDelim {
            return self.unexpected(&token, text);
        }
        if self.tree.ranges == 0 {
            return self.error(format!("{text} outside {{{{range}}}}"), self.span(keyword));
        }
        let meta = self.meta(start, keyword.start);
        Ok(if is_break {
            Node::Break(meta)
        } else {
            Node::Continue(meta)
        })
    }

    /// Parses `if`, `with` or `range` up to its `{{ end }}`, after the keyword.
    fn control(&mut self, start: usize, keyword: &'static str) -> Result<Branch> {
        self.check_depth(start)?;
        self.open.push(Span::new(self.file, start, self.end));
        let branch = self.control_chain(start, keyword, 0)?;
        self.open.pop();
        Ok(branch)
    }

    /// Fails if another branch would exceed the nesting limit.
    fn check_depth(&self, start: usize) -> Result<()> {
        if self.open.len() + self.open_else_ifs < MAX_CONTROLS {
            return Ok(());
        }
        let message = format!("control structures nested more than {MAX_CONTROLS} deep");
        self.error(message, Span::new(self.file, start, self.end))
    }

    fn control_chain(&mut self, start: usize, keyword: &'static str, chained: usize) -> Result<Branch> {
        let variables = self.tree.variables.len();
        let pipeline = self.pipeline(keyword, TokenKind::RightDelim)?;
        let open_else_ifs = self.open_else_ifs;
        if chained > 0 && (keyword == "with" || !pipeline.declarations.is_empty()) {
            self.check_depth(start)?;
            self.open_else_ifs += 1;
        }
        let position = pipeline.meta.position as usize;
        let meta = self.meta(start, position);
        if chained == 0
            && let Some(open) = self.open.last_mut()
        {
            *open = meta.span;
        }
        let is_range = keyword == "range";
        self.tree.ranges += usize::from(is_range);
        let (list, end) = self.list()?;
        self.tree.ranges -= usize::from(is_range);
        let else_span = end.is_else.then_some(end.span);
        let else_list = if end.is_else {
            Some(self.else_list(keyword, chained)?)
        } else {
            None
        };
        self.tree.variables.truncate(variables);
        self.open_else_ifs = open_else_ifs;
        Ok(Branch {
            meta,
            pipeline,
            list,
            else_list,
            else_span,
        })
    }

    fn else_list(&mut self, keyword: &'static str, chained: usize) -> Result<List> {
        let chains = match self.peek().kind {
            TokenKind::If => keyword == "if",
            TokenKind::With => keyword == "with",
            _ => false,
        };
        if chains {
            let token = self.next();
            if chained == MAX_ELSE_IFS {
                return self.error(
                    format!("more than {MAX_ELSE_IFS} else branches in a row"),
                    self.span(&token),
                );
            }
            let branch = Box::new(self.control_chain(token.start, keyword, chained + 1)?);
            let node = if keyword == "if" {
                Node::If(branch)
            } else {
                Node::With(branch)
            };
            return Ok(List { nodes: vec![node] });
        }
        let (list, end) = self.list()?;
        if end.is_else {
            return self.error(format!("expected end; found {}", end.text()), end.span);
        }
        Ok(list)
    }

    /// Parses `{{ block "name" pipeline }} ... {{ end }}`: a definition and a call of it.
    fn block(&mut self, start: usize) -> Result<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipeline = self.pipeline(CONTEXT, TokenKind::RightDelim)?;
        let span = Span::new(self.file, start, self.end);
        let meta = self.meta(start, token.start);
        let outer = std::mem::take(&mut self.tree);
        self.open.push(span);
        let root = self.definition_body(CONTEXT)?;
        self.add(Tree {
            name: Arc::clone(&name),
            span,
            root,
        })?;
        self.tree = outer;
        Ok(Node::Template(TemplateCall {
            meta,
            name,
            pipeline: Some(pipeline),
        }))
    }

    fn template_call(&mut self, start: usize) -> Result<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipeline = if self.peek_non_space().kind == TokenKind::RightDelim {
            self.next();
            None
        } else {
            Some(self.pipeline(CONTEXT, TokenKind::RightDelim)?)
        };
        let meta = self.meta(start, token.start);
        Ok(Node::Template(TemplateCall { meta, name, pipeline }))
    }
}
