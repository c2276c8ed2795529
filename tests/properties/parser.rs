//! The parser: a template that is printed and parsed again is the same template.

use std::fmt::Write as _;

use promchart::go::string::encode;
use promchart::source::{Source, SourceKind, Sources};
use promchart::template::ast::{Branch, List, Node, Operand, Pipeline, Template, Tree, Variable};
use promchart::template::parse;

pub(crate) fn check(bytes: &[u8]) {
    let text = encode(bytes);
    let file = Sources::new().add(Source::new("t", SourceKind::Made, Vec::new()));
    let Ok(template) = parse(&text, file, "t", &|_| true) else {
        return;
    };
    let printed = print(&template);
    let again = match parse(&printed, file, "t", &|_| true) {
        Ok(again) => again,
        // An `else if` prints as an `if` in an `else`, which nests.
        Err(errors) if errors[0].message.starts_with("control structures nested") => return,
        Err(errors) => panic!("{text:?} prints as {printed:?}, which is no template: {errors:?}"),
    };
    assert_eq!(shape(&again), shape(&template), "{text:?} prints as {printed:?}");
}

/// All trees as one file. Actions are surrounded by space, which is trimmed again, so that a brace before them stays
/// text.
fn print(template: &Template) -> String {
    let (own, defined) = template.trees.split_last().expect("the file's own tree");
    let mut text = String::new();
    for Tree { name, root, .. } in defined {
        let name = promchart::go::quote::quote(name);
        let _ = write!(text, "{{{{define {name}}}}}{}{{{{end}}}}", guarded(root));
    }
    text + &guarded(&own.root)
}

/// A separator of two braces.
const NOTHING: &str = " {{- /**/}}";

/// A list, with `{{- ` if the text before an action ends with a brace.
fn guarded(list: &List) -> String {
    let mut text = String::new();
    for node in &list.nodes {
        let printed = match node {
            Node::If(branch) => guarded_branch("if", branch),
            Node::With(branch) => guarded_branch("with", branch),
            Node::Range(branch) => guarded_branch("range", branch),
            node => node.to_string(),
        };
        match node {
            Node::Text(_) if text.ends_with('{') && printed.starts_with('{') => {
                text.push_str(&format!("{NOTHING}{printed}"));
            }
            Node::Text(_) => text.push_str(&printed),
            _ if text.ends_with('{') => text.push_str(&format!(" {{{{- {}", &printed[2..])),
            _ => text.push_str(&printed),
        }
    }
    if text.ends_with('{') {
        text.push_str(NOTHING);
    }
    text
}

fn guarded_branch(keyword: &str, branch: &Branch) -> String {
    let otherwise = branch.else_list.as_ref().map(guarded);
    let otherwise = otherwise.map_or(String::new(), |list| format!("{{{{else}}}}{list}"));
    let list = guarded(&branch.list);
    format!("{{{{{keyword} {}}}}}{list}{otherwise}{{{{end}}}}", branch.pipeline)
}

/// The content of a template, without positions.
fn shape(template: &Template) -> String {
    let mut out = String::new();
    for tree in &template.trees {
        let _ = write!(out, "{:?}", tree.name);
        list(&tree.root, &mut out);
    }
    out
}

fn list(list: &List, out: &mut String) {
    out.push('[');
    let mut text = String::new();
    for node in &list.nodes {
        // A comment splits a text in two and leaves nothing behind.
        if let Node::Text(piece) = node {
            text.push_str(&piece.text);
            continue;
        }
        let _ = write!(out, "{:?} ", std::mem::take(&mut text));
        match node {
            Node::Text(_) => {}
            Node::Action(action) => pipeline(&action.pipeline, out),
            Node::If(node) => branch("if", node, out),
            Node::With(node) => branch("with", node, out),
            Node::Range(node) => branch("range", node, out),
            Node::Template(call) => {
                let _ = write!(out, "template {:?}", call.name);
                call.pipeline.iter().for_each(|dot| pipeline(dot, out));
            }
            Node::Break(_) => out.push_str("break"),
            Node::Continue(_) => out.push_str("continue"),
        }
    }
    let _ = write!(out, "{text:?}]");
}

fn branch(keyword: &str, branch: &Branch, out: &mut String) {
    out.push_str(keyword);
    pipeline(&branch.pipeline, out);
    list(&branch.list, out);
    if let Some(otherwise) = &branch.else_list {
        out.push_str("else");
        list(otherwise, out);
    }
}

fn pipeline(pipeline: &Pipeline, out: &mut String) {
    out.push('(');
    for Variable { name, .. } in &pipeline.declarations {
        let _ = write!(out, "{name}{}", if pipeline.is_assign { "=" } else { ":=" });
    }
    for command in &pipeline.commands {
        out.push('<');
        command.operands.iter().for_each(|found| operand(found, out));
        out.push('>');
    }
    out.push(')');
}

fn operand(operand_: &Operand, out: &mut String) {
    let _ = match operand_ {
        Operand::Dot(_) => write!(out, " ."),
        Operand::Nil(_) => write!(out, " nil"),
        Operand::Bool(_, value) => write!(out, " {value}"),
        Operand::Number(_, number) => write!(out, " {number:?}"),
        Operand::String(_, string) => write!(out, " {:?}", string.text),
        Operand::Identifier(_, name) => write!(out, " name {name}"),
        Operand::Field(_, fields) => write!(out, " field {}", fields.path()),
        Operand::Variable(variable) => write!(out, " variable {variable}"),
        Operand::Pipeline(inner) => {
            pipeline(inner, out);
            Ok(())
        }
        Operand::Chain(chain) => {
            operand(&chain.operand, out);
            write!(out, " chain {}", chain.fields.path())
        }
    };
}
