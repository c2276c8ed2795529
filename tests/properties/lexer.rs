//! The scanner: its tokens cover the text from left to right, and it terminates.

use promchart::go::string::encode;
use promchart::template::{TokenKind, lex};

pub(crate) fn check(bytes: &[u8]) {
    let text = encode(bytes);
    let tokens = lex(&text);
    let (last, before) = tokens.split_last().expect("an end");
    assert_eq!(last.kind, TokenKind::Eof, "{tokens:?}");
    let mut at = 0;
    for token in before {
        assert!(
            token.start >= at && token.start <= token.end,
            "{token:?} after byte {at}"
        );
        assert!(
            text.get(token.start..token.end).is_some(),
            "{token:?} splits a character"
        );
        assert_ne!(token.kind, TokenKind::Eof, "two ends");
        let lines = text[..token.start].matches('\n').count() + 1;
        assert!(token.line <= lines, "{token:?} is on line {lines}");
        at = token.end;
    }
    let errors = before.iter().filter(|token| matches!(token.kind, TokenKind::Error(_)));
    assert!(errors.count() <= 1, "more than one error: {tokens:?}");
}
