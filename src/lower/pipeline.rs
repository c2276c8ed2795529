//! Pipelines, commands and operands: what becomes an expression.

use std::sync::Arc;

use super::Lowerer;
use super::code::{Code, float, int, string};
use super::scope::stem;
use crate::go::quote::quote;
use crate::reflect::{Signature, Type};
use crate::template::ast::{Command, NodeId, Number, Operand, Pipeline, Variable};

/// How deep an expression may nest before a part of it is moved to a statement of its own. minijinja's parser allows 150
/// levels, of which [`crate::template::parse`] grants 100 to control structures.
const MAX_DEPTH: usize = 40;

impl Lowerer<'_> {
    /// The value of a pipeline, without its variables. nil comes out of its interface: it is no value at all.
    pub(super) fn pipeline_value(&mut self, pipeline: &Pipeline) -> Code {
        let mut value: Option<Code> = None;
        for command in &pipeline.commands {
            value = Some(self.command(pipeline, command, value));
        }
        value.unwrap_or_else(|| Code::plain("missing"))
    }

    fn command(&mut self, pipeline: &Pipeline, command: &Command, piped: Option<Code>) -> Code {
        self.out.nodes += 1;
        let (first, arguments) = (&command.operands[0], &command.operands[1..]);
        let is_call = piped.is_some() || !arguments.is_empty();
        let node = first.meta().id;
        let code = match first {
            Operand::Identifier(_, name) => self.function(name, command.meta.id, arguments, piped),
            Operand::Field(_, names) => {
                let dot = self.seen_receiver(&self.scope.dot);
                self.fields(dot, names, node, arguments, piped, "path")
            }
            Operand::Chain(chain) => {
                let receiver = self.operand(&chain.operand, None);
                self.fields(receiver, &chain.fields, node, arguments, piped, "path")
            }
            Operand::Variable(variable) if variable.names.len() > 1 => {
                let receiver = self.variable(variable);
                self.fields(receiver, &variable.names[1..], node, arguments, piped, "path")
            }
            _ if is_call => {
                let node = if matches!(first, Operand::Pipeline(_)) {
                    pipeline.meta.id
                } else {
                    node
                };
                fault(&format!("can't give argument to non-function {first}"), node, piped)
            }
            Operand::Variable(variable) => self.variable(variable).text("|elem"),
            Operand::Dot(_) => self.seen(&self.scope.dot).text("|elem"),
            Operand::Nil(_) => fault("nil is not a command", node, None),
            operand => self.operand(operand, Some(Type::Any)),
        };
        self.shallow(code)
    }

    /// How the lowered text reads a variable.
    fn variable(&self, variable: &Variable) -> Code {
        let name = &variable.names[0];
        match self.scope.find(name) {
            Some(binding) if variable.names.len() > 1 => self.seen_receiver(&binding.read),
            Some(binding) => self.seen(&binding.read),
            // Only assigned so far, which the parser takes for a declaration.
            None => fault(&undefined(name), variable.meta.id, None),
        }
    }

    /// `.a.b` of a receiver; with arguments, the last name is a method.
    fn fields(
        &mut self,
        receiver: Code,
        names: &[Arc<str>],
        node: NodeId,
        arguments: &[Operand],
        piped: Option<Code>,
        helper: &str,
    ) -> Code {
        let path = Code::plain(string(&names.join(".")));
        if arguments.is_empty() && piped.is_none() {
            return receiver.text("|").name(helper, node).arguments(&[path]);
        }
        let mut given = vec![path];
        given.extend(arguments.iter().map(|argument| self.operand(argument, Some(Type::Any))));
        match piped {
            None => receiver.text("|").name("method", node).arguments(&given),
            Some(value) => {
                given.insert(0, receiver);
                value.text("|").name("piped_method", node).arguments(&given)
            }
        }
    }

    /// A call of a function by a command, or by its bare name in an argument.
    fn function(&mut self, name: &str, node: NodeId, arguments: &[Operand], piped: Option<Code>) -> Code {
        let Some(signature) = (self.signatures)(name) else {
            // The parser has refused it; lower shows templates that were not checked.
            return fault(&format!("{} is not a defined function", quote(name)), node, piped);
        };
        if let Some(message) = arity_error(name, &signature, arguments.len(), piped.is_some()) {
            return fault(&message, node, piped);
        }
        if let ("include", [Operand::String(_, callee), ..]) = (name, arguments) {
            self.out.callees.push(Arc::clone(&callee.text));
        }
        if name == "and" || name == "or" {
            return self.short_circuit(name, arguments, piped);
        }
        let last = arguments.len();
        let fails = |at: usize| {
            let parameter = signature.parameter(at).unwrap_or(Type::Any);
            let is_wrong = is_constant(&arguments[at]) && constant_code(&arguments[at], parameter).is_err();
            is_wrong || can_fail(&arguments[at])
        };
        let given: Vec<Code> = (0..last)
            .map(|index| {
                let parameter = signature.parameter(index);
                let code = self.operand(&arguments[index], parameter);
                // Go checks each argument before it evaluates the next; here the callee checks them all.
                let early = !matches!(parameter, None | Some(Type::Any | Type::Reflect))
                    && !is_constant(&arguments[index])
                    && (index + 1..last).any(fails);
                if early {
                    let which = [Code::plain(string(name)), Code::plain(index.to_string())];
                    code.text("|").name("argument", node).arguments(&which)
                } else {
                    code
                }
            })
            .collect();
        match piped {
            None if name == "not" => Code::plain("not ").code(&given[0]).parenthesized(),
            None => Code::default().name(name, node).arguments(&given),
            Some(value) if given.is_empty() => value.text("|").name(name, node),
            Some(value) => value.text("|").name(name, node).arguments(&given),
        }
    }

    /// `and` and `or`, which evaluate only what they must.
    fn short_circuit(&mut self, name: &str, arguments: &[Operand], piped: Option<Code>) -> Code {
        let mut terms = Vec::new();
        // What is piped in is evaluated first, but is the last operand: put it aside meanwhile.
        let aside = match piped {
            Some(value) if arguments.is_empty() => {
                terms.push(value);
                None
            }
            Some(value) => {
                let cell = self.new_cell("aside");
                let keep = if name == "and" { "|keep_true" } else { "|keep_false" };
                terms.push(value.text(keep).arguments(&[Code::plain(cell.clone())]));
                Some(Code::plain(cell).text(".value"))
            }
            None => None,
        };
        terms.extend(
            arguments
                .iter()
                .map(|argument| self.operand(argument, Some(Type::Reflect))),
        );
        terms.extend(aside);
        let mut code = terms.remove(0);
        for term in &terms {
            code = code.text(" ").text(name).text(" ").code(term);
        }
        code.parenthesized().text("|elem")
    }

    /// Declares an empty cell before the current statement.
    fn new_cell(&mut self, stem: &str) -> String {
        let cell = self.scope.fresh(stem);
        self.prelude.push(Code::plain(format!("set {cell} = missing|cell")));
        cell
    }

    /// An operand as an argument for a parameter; `None` where Go asks for no type.
    fn operand(&mut self, operand: &Operand, parameter: Option<Type>) -> Code {
        let own = operand.meta().id;
        let code = match operand {
            Operand::Dot(_) => self.seen(&self.scope.dot),
            Operand::Variable(variable) => {
                let receiver = self.variable(variable);
                match &variable.names[1..] {
                    [] => receiver,
                    names => self.fields(receiver, names, own, &[], None, "field"),
                }
            }
            Operand::Field(_, names) => {
                let dot = self.seen_receiver(&self.scope.dot);
                self.fields(dot, names, own, &[], None, "field")
            }
            Operand::Chain(chain) => {
                let receiver = self.operand(&chain.operand, None);
                self.fields(receiver, &chain.fields, own, &[], None, "field")
            }
            Operand::Identifier(_, name) => self.function(name, own, &[], None),
            Operand::Pipeline(pipeline) => self.parenthesized(pipeline),
            constant => {
                let parameter = parameter.unwrap_or(Type::Any);
                constant_code(constant, parameter).unwrap_or_else(|message| fault(&message, own, None))
            }
        };
        self.shallow(code)
    }

    /// A pipeline in parentheses, which may even declare variables.
    fn parenthesized(&mut self, pipeline: &Pipeline) -> Code {
        let mut value = self.pipeline_value(pipeline);
        for variable in &pipeline.declarations {
            let name = &variable.names[0];
            let cell = if pipeline.is_assign {
                if self.scope.find(name).is_none() {
                    value = fault(&undefined(name), pipeline.meta.id, Some(value));
                }
                self.scope.find(name).and_then(|binding| binding.cell.clone())
            } else {
                let cell = self.new_cell(&stem(name));
                self.scope.bind(name, format!("{cell}.value"), Some(cell.clone()));
                Some(cell)
            };
            if let Some(cell) = cell {
                value = self.noted(&cell, &value).text("|keep").arguments(&[Code::plain(cell)]);
            }
        }
        value
    }

    /// Moves an expression that nests too deep to a statement before the current one.
    fn shallow(&mut self, code: Code) -> Code {
        if code.depth <= MAX_DEPTH {
            return code;
        }
        let name = self.scope.fresh("deep");
        self.prelude.push(Code::plain(format!("set {name} = ")).code(&code));
        Code::plain(name)
    }
}

/// What Go says of a variable that nothing declared.
pub(super) fn undefined(name: &str) -> String {
    format!("undefined variable: {name}")
}

/// An expression that fails with Go's message; what is piped in is evaluated first.
pub(super) fn fault(message: &str, node: NodeId, piped: Option<Code>) -> Code {
    let message = [Code::plain(string(message))];
    match piped {
        None => Code::default().name("fault", node).arguments(&message),
        Some(value) => value.text("|").name("fault", node).arguments(&message),
    }
}

/// What Go says of a call with too few or too many arguments; `None` if their number is right.
pub fn arity_error(name: &str, signature: &Signature, given: usize, piped: bool) -> Option<String> {
    let total = given + usize::from(piped);
    let required = signature.required();
    if signature.variadic {
        // Go compares the total, but tells the number without the piped one.
        (total < required).then(|| format!("wrong number of args for {name}: want at least {required} got {given}"))
    } else {
        (total != required).then(|| format!("wrong number of args for {name}: want {required} got {total}"))
    }
}

fn is_constant(operand: &Operand) -> bool {
    matches!(
        operand,
        Operand::Bool(..) | Operand::Number(..) | Operand::String(..) | Operand::Nil(_)
    )
}

fn can_fail(operand: &Operand) -> bool {
    match operand {
        Operand::Field(_, names) => names.len() > 1,
        Operand::Variable(variable) => variable.names.len() > 2,
        operand => !is_constant(operand) && !matches!(operand, Operand::Dot(_)),
    }
}

/// A constant in the form that the parameter asks for, or Go's message that it cannot be had.
fn constant_code(constant: &Operand, parameter: Type) -> Result<Code, String> {
    let refused = || match parameter {
        Type::Bool => format!("expected bool; found {constant}"),
        Type::Int | Type::Int64 => format!("expected integer; found {constant}"),
        Type::Uint32 => format!("expected unsigned integer; found {constant}"),
        Type::Float64 => format!("expected float; found {constant}"),
        Type::String => format!("expected string; found {constant}"),
        _ => format!("can't handle {constant} for arg of type {parameter}"),
    };
    let untyped = matches!(parameter, Type::Any | Type::Reflect);
    let text = match constant {
        Operand::Nil(_) if parameter == Type::Any => "none".to_owned(),
        Operand::Nil(_) if parameter.can_be_nil() => "missing".to_owned(),
        Operand::Nil(_) => return Err(format!("cannot assign nil to {parameter}")),
        Operand::Bool(_, value) if untyped || parameter == Type::Bool => value.to_string(),
        Operand::String(_, value) if untyped || parameter == Type::String => string(&value.text),
        Operand::Number(_, number) => match parameter {
            Type::Any | Type::Reflect => ideal(number)?,
            Type::Int => int(number.int.ok_or_else(refused)?),
            Type::Int64 => format!("{}|as_int64", int(number.int.ok_or_else(refused)?)),
            Type::Uint32 => format!("{}|as_uint32", number.uint.ok_or_else(refused)?),
            Type::Float64 => float(number.float.ok_or_else(refused)?),
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    };
    Ok(Code::plain(text))
}

/// A number where nothing says which type is wanted: its spelling decides.
fn ideal(number: &Number) -> Result<String, String> {
    let text = &*number.text;
    let is_rune = text.starts_with('\'');
    let is_hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
    if let Some((real, imaginary)) = number.complex {
        return Ok(format!("missing|complex({}, {})", float(real), float(imaginary)));
    }
    match number.float {
        Some(value) if !is_hex && !is_rune && text.contains(['.', 'e', 'E', 'p', 'P']) => Ok(float(value)),
        _ => number.int.map(int).ok_or_else(|| format!("{text} overflows int")),
    }
}
