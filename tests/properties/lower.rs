//! The lowering: minijinja accepts the lowered text of every valid Go template.

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use promchart::functions;
use promchart::go::string::encode;
use promchart::lower::{DELIMITERS, lower, readable};
use promchart::source::{Source, SourceKind, Sources};
use promchart::template::parse;

pub(crate) fn check(bytes: &[u8]) {
    let text = encode(bytes);
    let file = Sources::new().add(Source::new("t", SourceKind::Made, Vec::new()));
    let Ok(template) = parse(&text, file, "t", &|name| functions::find(name).is_some()) else {
        return;
    };
    let [block, block_end, variable, variable_end, comment, comment_end] = DELIMITERS;
    let mut environment = Environment::empty();
    let syntax = SyntaxConfig::builder()
        .block_delimiters(block, block_end)
        .variable_delimiters(variable, variable_end)
        .comment_delimiters(comment, comment_end)
        .keep_trailing_newline(true)
        .build();
    environment.set_syntax(syntax.expect("delimiters that differ"));
    let signature = |name: &str| functions::find(name).map(|function| function.signature);
    for tree in &template.trees {
        let lowered = lower(tree, &signature);
        if let Err(error) = environment.template_from_str(&lowered.text) {
            panic!("{text:?} is lowered to {:?}: {error:#}", readable(&lowered.text));
        }
    }
}
