//! The node to which Go's template engine attributes an error.
//!
//! Go remembers the node that it evaluated last and reports errors there: an argument of the wrong type is attributed
//! to the last node evaluated to get it. The tree alone determines that node.

use super::ast::{Command, List, Meta, Node, NodeId, Operand, Pipeline, Tree};

/// A node of any kind.
#[derive(Clone, Copy, Debug)]
pub enum NodeRef<'a> {
    /// A statement.
    Node(&'a Node),
    /// A pipeline.
    Pipeline(&'a Pipeline),
    /// A command.
    Command(&'a Command),
    /// An operand.
    Operand(&'a Operand),
}

impl NodeRef<'_> {
    /// The number and position of the node.
    pub fn meta(self) -> Meta {
        match self {
            Self::Node(node) => node.meta(),
            Self::Pipeline(pipeline) => pipeline.meta,
            Self::Command(command) => command.meta,
            Self::Operand(operand) => operand.meta(),
        }
    }

    /// The text by which Go's messages name the node.
    pub fn text(self) -> String {
        match self {
            Self::Node(node) => node.to_string(),
            Self::Pipeline(pipeline) => pipeline.to_string(),
            Self::Command(command) => command.to_string(),
            Self::Operand(operand) => operand.to_string(),
        }
    }
}

/// The node evaluated last for an operand.
pub fn last_of_operand(operand: &Operand) -> NodeRef<'_> {
    match operand {
        Operand::Pipeline(pipeline) => last_of_pipeline(pipeline),
        Operand::Chain(chain) => last_of_operand(&chain.operand),
        operand => NodeRef::Operand(operand),
    }
}

/// The node evaluated last for a command: its last argument, or the command itself.
pub fn last_of_command(command: &Command) -> NodeRef<'_> {
    match &command.operands[..] {
        [first] => last_of_operand(first),
        operands => last_of_operand(&operands[operands.len() - 1]),
    }
}

/// The node evaluated last for a pipeline.
pub fn last_of_pipeline(pipeline: &Pipeline) -> NodeRef<'_> {
    last_of_command(&pipeline.commands[pipeline.commands.len() - 1])
}

/// Finds a node of a tree by its number.
pub fn find(tree: &Tree, id: NodeId) -> Option<NodeRef<'_>> {
    in_list(&tree.root, id)
}

fn in_list(list: &List, id: NodeId) -> Option<NodeRef<'_>> {
    list.nodes.iter().find_map(|node| {
        if node.meta().id == id {
            return Some(NodeRef::Node(node));
        }
        match node {
            Node::Action(action) => in_pipeline(&action.pipeline, id),
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => in_pipeline(&branch.pipeline, id)
                .or_else(|| in_list(&branch.list, id))
                .or_else(|| in_list(branch.else_list.as_ref()?, id)),
            Node::Template(call) => in_pipeline(call.pipeline.as_ref()?, id),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => None,
        }
    })
}

fn in_pipeline(pipeline: &Pipeline, id: NodeId) -> Option<NodeRef<'_>> {
    if pipeline.meta.id == id {
        return Some(NodeRef::Pipeline(pipeline));
    }
    pipeline.commands.iter().find_map(|command| {
        if command.meta.id == id {
            return Some(NodeRef::Command(command));
        }
        command.operands.iter().find_map(|operand| in_operand(operand, id))
    })
}

fn in_operand(operand: &Operand, id: NodeId) -> Option<NodeRef<'_>> {
    if operand.meta().id == id && !matches!(operand, Operand::Pipeline(_)) {
        return Some(NodeRef::Operand(operand));
    }
    match operand {
        Operand::Pipeline(pipeline) => in_pipeline(pipeline, id),
        Operand::Chain(chain) => in_operand(&chain.operand, id),
        _ => None,
    }
}
