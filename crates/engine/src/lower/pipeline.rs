//! Lowers pipelines, commands and operands to expressions.

use std::sync::Arc;

use super::Lowerer;
use super::code::{Code, Mark};
use super::scope::{ITEM, stem};
use super::tracing::slot;
use gostd::quote::quote;
use gotemplate::ast::{Command, Fields, NodeId, Number, Operand, Pipeline, Variable};
use govalue::{Signature, Type};

/// The nesting depth of an expression above which part of it moves to a statement of its own. minijinja's parser allows
/// 150 levels; [`gotemplate::parse`] allows control structures to use 100 of them.
const MAX_DEPTH: usize = 40;

/// How many levels of minijinja's nesting limit an expression uses.
type Depth = usize;

/// The operand that fields are read from.
enum Receiver<'a> {
    Dot,
    Variable(&'a Variable),
    Operand(&'a Operand),
}

impl Lowerer<'_> {
    /// Writes the value of a pipeline, without its variables. A nil that comes out of an interface becomes no value.
    pub(super) fn pipeline_value(&mut self, pipeline: &Pipeline) -> Depth {
        let start = self.code.mark();
        let mut piped = None;
        for command in &pipeline.commands {
            let depth = self.command(pipeline, command, piped.map(|depth| (start, depth)));
            piped = Some(self.shallow(start, depth));
        }
        piped.unwrap_or_else(|| {
            self.code.text("missing");
            0
        })
    }

    /// Writes a command. The piped value, if any, is already written: it starts at the mark and has the given depth.
    fn command(&mut self, pipeline: &Pipeline, command: &Command, piped: Option<(Mark, Depth)>) -> Depth {
        self.out.nodes += 1;
        let (first, arguments) = (&command.operands[0], &command.operands[1..]);
        let is_call = piped.is_some() || !arguments.is_empty();
        let node = first.meta().id;
        match first {
            Operand::Identifier(_, name) => self.function(name, command.meta.id, arguments, piped),
            Operand::Field(_, fields) => self.fields(&Receiver::Dot, fields, node, arguments, piped, "path"),
            Operand::Chain(chain) => {
                let receiver = Receiver::Operand(&chain.operand);
                self.fields(&receiver, &chain.fields, node, arguments, piped, "path")
            }
            Operand::Variable(variable) if !variable.fields.is_empty() => {
                let receiver = Receiver::Variable(variable);
                self.fields(&receiver, &variable.fields, node, arguments, piped, "path")
            }
            _ if is_call => {
                let node = if matches!(first, Operand::Pipeline(_)) {
                    pipeline.meta.id
                } else {
                    node
                };
                let message = format!("can't give argument to non-function {first}");
                self.fault(&message, node, piped.map(|(_, depth)| depth))
            }
            Operand::Variable(variable) => {
                let depth = self.variable(variable);
                self.code.text("|elem");
                depth
            }
            Operand::Dot(_) => {
                self.access.seen(&mut self.code, &self.scope.dot);
                self.code.text("|elem");
                0
            }
            Operand::Nil(_) => self.fault("nil is not a command", node, None),
            operand => self.operand(operand, Some(Type::Any)),
        }
    }

    /// Writes a read of a variable.
    fn variable(&mut self, variable: &Variable) -> Depth {
        let name = &variable.name;
        match self.scope.find(name) {
            Some(binding) if !variable.fields.is_empty() => self.access.seen_receiver(&mut self.code, &binding.read),
            Some(binding) => self.access.seen(&mut self.code, &binding.read),
            // The variable has only been assigned so far, which the parser accepts as a declaration.
            None => return self.fault(&undefined(name), variable.meta.id, None),
        }
        0
    }

    fn receiver(&mut self, receiver: &Receiver<'_>) -> Depth {
        match receiver {
            Receiver::Dot => {
                self.access.seen_receiver(&mut self.code, &self.scope.dot);
                0
            }
            Receiver::Variable(variable) => self.variable(variable),
            Receiver::Operand(operand) => self.operand(operand, None),
        }
    }

    /// Returns the loop item's number, if the receiver is one.
    fn item(&self, receiver: &Receiver<'_>) -> Option<String> {
        let read = match receiver {
            Receiver::Dot => &self.scope.dot,
            Receiver::Variable(variable) => &self.scope.find(&variable.name)?.read,
            Receiver::Operand(_) => return None,
        };
        read.starts_with(ITEM).then(|| slot(read).to_owned())
    }

    /// Writes `.a.b` on a receiver. With arguments, the last name is a method.
    fn fields(
        &mut self,
        receiver: &Receiver<'_>,
        fields: &Fields,
        node: NodeId,
        arguments: &[Operand],
        piped: Option<(Mark, Depth)>,
        helper: &str,
    ) -> Depth {
        let is_method = !arguments.is_empty();
        let item = self.item(receiver);
        let mut depth = match piped {
            None => {
                let depth = self.receiver(receiver);
                let helper = match (is_method, helper, &item) {
                    (true, _, None) => "method",
                    (true, _, Some(_)) => "item_method",
                    (false, helper, None) => helper,
                    (false, "path", Some(_)) => "item_path",
                    (false, _, Some(_)) => "item_field",
                };
                self.code.text("|").name(helper, node).text("(");
                depth
            }
            Some((_, depth)) => {
                let helper = if item.is_some() {
                    "piped_item_method"
                } else {
                    "piped_method"
                };
                self.code.text("|").name(helper, node).text("(");
                let depth = depth.max(self.receiver(receiver));
                self.code.text(", ");
                depth
            }
        };
        self.code.string(fields.path());
        if let Some(item) = item {
            self.code.text(", ").text(&item);
        }
        for argument in arguments {
            self.code.text(", ");
            depth = depth.max(self.operand(argument, Some(Type::Any)));
        }
        self.code.text(")");
        depth + 1
    }

    /// Writes a function call, either from a command or from a bare name in an argument.
    fn function(&mut self, name: &str, node: NodeId, arguments: &[Operand], piped: Option<(Mark, Depth)>) -> Depth {
        let piped_depth = piped.map(|(_, depth)| depth);
        let Some(signature) = (self.signatures)(name) else {
            // The parser rejects this, but `lower` also shows templates that were not checked.
            let message = format!("{} is not a defined function", quote(name));
            return self.fault(&message, node, piped_depth);
        };
        if let Some(message) = arity_error(name, &signature, arguments.len(), piped.is_some()) {
            return self.fault(&message, node, piped_depth);
        }
        if let ("include", [Operand::String(_, callee), ..]) = (name, arguments) {
            self.out.callees.push(Arc::clone(&callee.text));
        }
        if name == "and" || name == "or" {
            return self.short_circuit(name, arguments, piped);
        }
        if name == "not" && piped.is_none() {
            self.code.text("(not ");
            let depth = self.argument(name, node, &signature, arguments, 0);
            self.code.text(")");
            return depth + 2;
        }
        let mut depth = piped_depth.unwrap_or_default();
        if piped.is_some() {
            self.code.text("|");
        }
        self.code.name(name, node);
        if piped.is_some() && arguments.is_empty() {
            return depth;
        }
        self.code.text("(");
        for index in 0..arguments.len() {
            if index > 0 {
                self.code.text(", ");
            }
            depth = depth.max(self.argument(name, node, &signature, arguments, index));
        }
        self.code.text(")");
        depth + 1
    }

    /// Writes an argument of a function.
    fn argument(
        &mut self,
        name: &str,
        node: NodeId,
        signature: &Signature,
        arguments: &[Operand],
        index: usize,
    ) -> Depth {
        let parameter = signature.parameter(index);
        let depth = self.operand(&arguments[index], parameter);
        let fails = |at: usize| {
            let parameter = signature.parameter(at).unwrap_or(Type::Any);
            let is_wrong =
                is_constant(&arguments[at]) && constant(&mut Code::default(), &arguments[at], parameter).is_err();
            is_wrong || can_fail(&arguments[at])
        };
        // Go checks each argument before it evaluates the next; the called function here checks them all at once.
        let early = !matches!(parameter, None | Some(Type::Any | Type::Reflect))
            && !is_constant(&arguments[index])
            && (index + 1..arguments.len()).any(fails);
        if !early {
            return depth;
        }
        self.code.text("|").name("argument", node);
        self.code.text("(").string(name).text(", ").print(index).text(")");
        depth + 1
    }

    /// Writes `and` and `or`, which evaluate only as many operands as they need.
    fn short_circuit(&mut self, name: &str, arguments: &[Operand], piped: Option<(Mark, Depth)>) -> Depth {
        // The piped value is evaluated first but is the last operand, so it is stored in a cell meanwhile.
        let mut aside = None;
        let mut depth = 0;
        match piped {
            Some((start, piped)) => {
                self.code.parenthesis_at(start);
                depth = piped;
                if !arguments.is_empty() {
                    let cell = self.new_cell("aside");
                    let keep = if name == "and" { "|keep_true(" } else { "|keep_false(" };
                    self.code.text(keep).text(&cell).text(")");
                    depth += 1;
                    aside = Some(cell);
                }
            }
            None => _ = self.code.text("("),
        }
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 || piped.is_some() {
                self.code.text(" ").text(name).text(" ");
            }
            depth = depth.max(self.operand(argument, Some(Type::Reflect)));
        }
        if let Some(cell) = aside {
            self.code.text(" ").text(name).text(" ").text(&cell).text(".value");
        }
        self.code.text(")|elem");
        depth + 2
    }

    /// Declares an empty cell before the current statement and returns its name.
    fn new_cell(&mut self, stem: &str) -> String {
        let cell = self.scope.fresh(stem);
        self.prelude.push(Code::plain(format!("set {cell} = missing|cell")));
        cell
    }

    /// Writes an operand as the argument of a parameter; `None` where Go requires no type.
    fn operand(&mut self, operand: &Operand, parameter: Option<Type>) -> Depth {
        let start = self.code.mark();
        let own = operand.meta().id;
        let depth = match operand {
            Operand::Dot(_) => {
                self.access.seen(&mut self.code, &self.scope.dot);
                0
            }
            Operand::Variable(variable) if variable.fields.is_empty() => self.variable(variable),
            Operand::Variable(variable) => {
                let receiver = Receiver::Variable(variable);
                self.fields(&receiver, &variable.fields, own, &[], None, "field")
            }
            Operand::Field(_, fields) => self.fields(&Receiver::Dot, fields, own, &[], None, "field"),
            Operand::Chain(chain) => {
                let receiver = Receiver::Operand(&chain.operand);
                self.fields(&receiver, &chain.fields, own, &[], None, "field")
            }
            Operand::Identifier(_, name) => self.function(name, own, &[], None),
            Operand::Pipeline(pipeline) => self.parenthesized(pipeline),
            operand => match constant(&mut self.code, operand, parameter.unwrap_or(Type::Any)) {
                Ok(()) => 0,
                Err(message) => self.fault(&message, own, None),
            },
        };
        self.shallow(start, depth)
    }

    /// Writes a parenthesized pipeline, which may declare variables.
    fn parenthesized(&mut self, pipeline: &Pipeline) -> Depth {
        let mut depth = self.pipeline_value(pipeline);
        for variable in &pipeline.declarations {
            let name = &variable.name;
            let cell = if pipeline.is_assign {
                if self.scope.find(name).is_none() {
                    depth = self.fault(&undefined(name), pipeline.meta.id, Some(depth));
                }
                self.scope.find(name).and_then(|binding| binding.cell.clone())
            } else {
                let cell = self.new_cell(&stem(name));
                self.scope.bind(name, format!("{cell}.value"), Some(cell.clone()));
                Some(cell)
            };
            if let Some(cell) = cell {
                self.code.text(&self.access.noted(&cell));
                self.code.text("|keep(").text(&cell).text(")");
                depth += 1;
            }
        }
        depth
    }

    /// If the expression from the mark to the end nests too deep, moves it to a statement before the current one.
    fn shallow(&mut self, start: Mark, depth: Depth) -> Depth {
        if depth <= MAX_DEPTH {
            return depth;
        }
        let name = self.scope.fresh("deep");
        let value = self.code.split_off(start);
        let mut statement = Code::plain(format!("set {name} = "));
        statement.append(&value);
        self.prelude.push(statement);
        self.code.text(&name);
        0
    }

    /// Writes an expression that fails with Go's message. A piped value, of the given depth, is evaluated first.
    pub(super) fn fault(&mut self, message: &str, node: NodeId, piped: Option<Depth>) -> Depth {
        if piped.is_some() {
            self.code.text("|");
        }
        self.code.name("fault", node).text("(").string(message).text(")");
        piped.unwrap_or_default() + 1
    }
}

/// Go's error message for a variable that is not declared.
pub(super) fn undefined(name: &str) -> String {
    format!("undefined variable: {name}")
}

/// Returns Go's error message for a call with too few or too many arguments, or `None` if the number is right.
pub fn arity_error(name: &str, signature: &Signature, given: usize, piped: bool) -> Option<String> {
    let total = given + usize::from(piped);
    let required = signature.required();
    if signature.variadic {
        // Go compares the total but reports the number without the piped argument.
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
        Operand::Field(_, fields) | Operand::Variable(Variable { fields, .. }) => fields.names().count() > 1,
        operand => !is_constant(operand) && !matches!(operand, Operand::Dot(_)),
    }
}

/// Writes a constant in the form that the parameter requires, or returns Go's message that it does not fit.
fn constant(code: &mut Code, constant: &Operand, parameter: Type) -> Result<(), String> {
    let refused = || match parameter {
        Type::Bool => format!("expected bool; found {constant}"),
        Type::Int | Type::Int64 => format!("expected integer; found {constant}"),
        Type::Uint32 => format!("expected unsigned integer; found {constant}"),
        Type::Float64 => format!("expected float; found {constant}"),
        Type::String => format!("expected string; found {constant}"),
        _ => format!("can't handle {constant} for arg of type {parameter}"),
    };
    let untyped = matches!(parameter, Type::Any | Type::Reflect);
    match constant {
        Operand::Nil(_) if parameter == Type::Any => code.text("none"),
        Operand::Nil(_) if parameter.can_be_nil() => code.text("missing"),
        Operand::Nil(_) => return Err(format!("cannot assign nil to {parameter}")),
        Operand::Bool(_, value) if untyped || parameter == Type::Bool => code.print(value),
        Operand::String(_, value) if untyped || parameter == Type::String => code.string(&value.text),
        Operand::Number(_, number) => match parameter {
            Type::Any | Type::Reflect => return ideal(code, number),
            Type::Int => code.int(number.int.ok_or_else(refused)?),
            Type::Int64 => code.int(number.int.ok_or_else(refused)?).text("|as_int64"),
            Type::Uint32 => code.print(number.uint.ok_or_else(refused)?).text("|as_uint32"),
            Type::Float64 => code.float(number.float.ok_or_else(refused)?),
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    };
    Ok(())
}

/// Writes a number whose type only its spelling decides, because the context requires none.
fn ideal(code: &mut Code, number: &Number) -> Result<(), String> {
    let text = &*number.text;
    let is_rune = text.starts_with('\'');
    let is_hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
    if let Some((real, imaginary)) = number.complex {
        code.text("missing|complex(")
            .float(real)
            .text(", ")
            .float(imaginary)
            .text(")");
        return Ok(());
    }
    match (number.float, number.int) {
        (Some(value), _) if !is_hex && !is_rune && text.contains(['.', 'e', 'E', 'p', 'P']) => _ = code.float(value),
        (_, Some(value)) => _ = code.int(value),
        (_, None) => return Err(format!("{text} overflows int")),
    }
    Ok(())
}
