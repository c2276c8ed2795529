//! Parsing of collections.

use super::error::Fault;
use super::mark::Mark;
use super::parse::{Context, Event, EventKind, Parsed, Parser, State};
use super::token::TokenKind;

impl<'a> Parser<'a> {
    /// Reads the next node, or a null if the next token is one of those that can follow the node. The parser then goes
    /// on in state `then`.
    fn node_or_empty(
        &mut self,
        context: Context,
        then: State,
        empty_at: Option<Mark>,
        follows: fn(&TokenKind<'_>) -> bool,
    ) -> Parsed<'a> {
        let token = self.peek()?;
        if follows(&token.kind) {
            let at = empty_at.unwrap_or(token.start);
            self.state = then;
            return Ok(Self::empty_scalar(at));
        }
        self.states.push(then);
        self.node(context)
    }

    /// Ends the current collection with the next token.
    fn end_collection(&mut self, kind: EventKind<'a>) -> Parsed<'a> {
        self.pop_state();
        self.marks.pop();
        // The token that ends a block collection lies just before the following token; the collection itself ends
        // earlier.
        let end = self.last_end;
        let token = self.peek()?;
        let (start, block) = (token.start, token.kind == TokenKind::BlockEnd);
        let to = if block { end } else { token.end.offset };
        self.skip();
        if !block {
            self.last_end = to;
        }
        Ok(Event {
            kind,
            start,
            from: to,
            to,
        })
    }

    fn open_collection(&mut self, first: bool) -> Result<(), Fault> {
        if first {
            let start = self.peek()?.start;
            self.marks.push(start);
            self.skip();
        }
        Ok(())
    }

    // Block collections.

    pub(super) fn block_sequence_entry(&mut self, first: bool) -> Parsed<'a> {
        self.open_collection(first)?;
        match self.peek()?.kind {
            TokenKind::BlockEntry => {
                let end = self.take()?.end;
                let then = State::BlockSequenceEntry { first: false };
                self.node_or_empty(Context::Block, then, Some(end), |next| {
                    matches!(next, TokenKind::BlockEntry | TokenKind::BlockEnd)
                })
            }
            TokenKind::BlockEnd => self.end_collection(EventKind::SequenceEnd),
            _ => self.error_in("did not find expected '-' indicator"),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Parsed<'a> {
        let token = self.peek()?;
        if token.kind == TokenKind::BlockEntry {
            let end = self.take()?.end;
            return self.node_or_empty(Context::Block, State::IndentlessSequenceEntry, Some(end), |next| {
                matches!(
                    next,
                    TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
                )
            });
        }
        let start = token.start;
        self.pop_state();
        let to = self.last_end;
        let kind = EventKind::SequenceEnd;
        Ok(Event {
            kind,
            start,
            from: to,
            to,
        })
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Parsed<'a> {
        self.open_collection(first)?;
        match self.peek()?.kind {
            TokenKind::Key => {
                let end = self.take()?.end;
                self.node_or_empty(
                    Context::BlockOrIndentless,
                    State::BlockMappingValue,
                    Some(end),
                    |next| matches!(next, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd),
                )
            }
            TokenKind::BlockEnd => self.end_collection(EventKind::MappingEnd),
            _ => self.error_in("did not find expected key"),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Parsed<'a> {
        let then = State::BlockMappingKey { first: false };
        let token = self.peek()?;
        if token.kind != TokenKind::Value {
            let start = token.start;
            self.state = then;
            return Ok(Self::empty_scalar(start));
        }
        let end = self.take()?.end;
        self.node_or_empty(Context::BlockOrIndentless, then, Some(end), |next| {
            matches!(next, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd)
        })
    }

    // Flow collections.

    /// Takes the comma before each entry except the first.
    fn flow_separator(&mut self, first: bool, problem: &'static str) -> Result<(), Fault> {
        if !first {
            if self.peek()?.kind != TokenKind::FlowEntry {
                return self.error_in(problem);
            }
            self.take()?;
        }
        Ok(())
    }

    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Parsed<'a> {
        self.open_collection(first)?;
        if self.peek()?.kind != TokenKind::FlowSequenceEnd {
            self.flow_separator(first, "did not find expected ',' or ']'")?;
            match self.peek()?.kind {
                TokenKind::Key => {
                    // `[a: b]` is `[{a: b}]`.
                    let token = self.take()?;
                    self.state = State::FlowPairKey;
                    let kind = EventKind::MappingStart { anchor: None };
                    return Ok(Event::over(kind, token.start, token.end));
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry { first: false });
                    return self.node(Context::Flow);
                }
            }
        }
        self.end_collection(EventKind::SequenceEnd)
    }

    pub(super) fn flow_pair_key(&mut self) -> Parsed<'a> {
        let token = self.peek()?;
        let end = token.end;
        if matches!(
            token.kind,
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
        ) {
            // go-yaml drops this token, although the next state looks for it.
            self.take()?;
            self.state = State::FlowPairValue;
            return Ok(Self::empty_scalar(end));
        }
        self.states.push(State::FlowPairValue);
        self.node(Context::Flow)
    }

    pub(super) fn flow_pair_value(&mut self) -> Parsed<'a> {
        if self.peek()?.kind == TokenKind::Value {
            let start = self.take()?.start;
            return self.node_or_empty(Context::Flow, State::FlowPairEnd, Some(start), |next| {
                matches!(next, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd)
            });
        }
        let start = self.peek()?.start;
        self.state = State::FlowPairEnd;
        Ok(Self::empty_scalar(start))
    }

    pub(super) fn flow_pair_end(&mut self) -> Parsed<'a> {
        let start = self.peek()?.start;
        self.state = State::FlowSequenceEntry { first: false };
        let to = self.last_end;
        let kind = EventKind::MappingEnd;
        Ok(Event {
            kind,
            start,
            from: to,
            to,
        })
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Parsed<'a> {
        self.open_collection(first)?;
        if self.peek()?.kind != TokenKind::FlowMappingEnd {
            self.flow_separator(first, "did not find expected ',' or '}'")?;
            match self.peek()?.kind {
                TokenKind::Key => {
                    self.take()?;
                    let then = State::FlowMappingValue { empty: false };
                    return self.node_or_empty(Context::Flow, then, None, |next| {
                        matches!(
                            next,
                            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd
                        )
                    });
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingValue { empty: true });
                    return self.node(Context::Flow);
                }
            }
        }
        self.end_collection(EventKind::MappingEnd)
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Parsed<'a> {
        let then = State::FlowMappingKey { first: false };
        if !empty && self.peek()?.kind == TokenKind::Value {
            self.take()?;
            return self.node_or_empty(Context::Flow, then, None, |next| {
                matches!(next, TokenKind::FlowEntry | TokenKind::FlowMappingEnd)
            });
        }
        let start = self.peek()?.start;
        self.state = then;
        Ok(Self::empty_scalar(start))
    }
}
