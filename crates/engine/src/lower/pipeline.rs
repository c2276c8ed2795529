//! Lowers pipelines, commands and operands to expressions. An expression leaves one value behind.

use gostd::quote::quote;
use gotemplate::ast::{Command, Fields, NodeId, Number, Operand, Pipeline, Variable};
use govalue::{Data, IntType, Signature, Type, UintType, int_of, uint_of};
use minijinja::Value;
use minijinja::machinery::Instruction;

use super::Lowerer;
use super::callee::Callee;
use super::scope::Place;

/// The operand that fields are read from.
enum Receiver<'a> {
    Dot,
    Variable(&'a Variable),
    Operand(&'a Operand),
}

impl<'a> Lowerer<'_, 'a> {
    /// Lowers the pipeline of a statement, without its variables.
    ///
    /// A nil that comes out of an interface becomes no value, unless `is_bare`: the two print the same and are both
    /// false.
    pub(super) fn pipeline(&mut self, pipeline: &'a Pipeline, is_bare: bool) {
        if self.scope.has_inner() {
            self.declare_inner(pipeline);
        }
        self.pipeline_value(pipeline, is_bare);
    }

    fn pipeline_value(&mut self, pipeline: &'a Pipeline, is_bare: bool) {
        for (at, command) in pipeline.commands.iter().enumerate() {
            let is_last = at + 1 == pipeline.commands.len();
            self.command(pipeline, command, at > 0, is_bare && is_last);
        }
    }

    /// Lowers a command. The piped value, if there is one, is the topmost; it is popped.
    fn command(&mut self, pipeline: &'a Pipeline, command: &'a Command, is_piped: bool, is_bare: bool) {
        self.nodes += 1;
        let (first, arguments) = (&command.operands[0], &command.operands[1..]);
        let is_call = is_piped || !arguments.is_empty();
        let node = first.meta().id;
        match first {
            Operand::Identifier(_, name) => self.function(name, command.meta.id, arguments, is_piped, is_bare),
            Operand::Field(_, fields) => self.fields(&Receiver::Dot, fields, node, arguments, is_piped, true),
            Operand::Chain(chain) => {
                let receiver = Receiver::Operand(&chain.operand);
                self.fields(&receiver, &chain.fields, node, arguments, is_piped, true);
            }
            Operand::Variable(variable) if !variable.fields.is_empty() => {
                let receiver = Receiver::Variable(variable);
                self.fields(&receiver, &variable.fields, node, arguments, is_piped, true);
            }
            _ if is_call => {
                let node = if matches!(first, Operand::Pipeline(_)) {
                    pipeline.meta.id
                } else {
                    node
                };
                self.fault(&format!("can't give argument to non-function {first}"), node, is_piped);
            }
            Operand::Variable(variable) => {
                self.variable(variable);
                self.elem(is_bare);
            }
            Operand::Dot(_) => {
                self.read(self.scope.dot);
                self.elem(is_bare);
            }
            Operand::Nil(_) => self.fault("nil is not a command", node, false),
            operand => self.operand(operand, Some(Type::Any)),
        }
    }

    /// Turns a nil that comes out of an interface into no value.
    fn elem(&mut self, is_bare: bool) {
        if !is_bare {
            self.code.filter("elem", 1, None);
        }
    }

    /// Pushes the value of a variable.
    fn variable(&mut self, variable: &Variable) {
        let name = &variable.name;
        match self.scope.find(name) {
            Some(place) if variable.fields.is_empty() => self.read(place),
            Some(place) => self.read_receiver(place),
            // The variable has only been assigned so far, which the parser accepts as a declaration.
            None => self.fault(&undefined(name), variable.meta.id, false),
        }
    }

    fn receiver(&mut self, receiver: &Receiver<'a>) {
        match receiver {
            Receiver::Dot => self.read_receiver(self.scope.dot),
            Receiver::Variable(variable) => self.variable(variable),
            Receiver::Operand(operand) => self.operand(operand, None),
        }
    }

    /// Returns the loop item's number, if the receiver is one.
    fn item(&self, receiver: &Receiver<'_>) -> Option<u32> {
        let place = match receiver {
            Receiver::Dot => self.scope.dot,
            Receiver::Variable(variable) => self.scope.find(&variable.name)?,
            Receiver::Operand(_) => return None,
        };
        match place {
            Place::Item(local) => Some(local),
            _ => None,
        }
    }

    /// Lowers `.a.b` on a receiver. With arguments, the last name is a method. As a command (`is_elem`), a nil that comes
    /// out of an interface becomes no value.
    fn fields(
        &mut self,
        receiver: &Receiver<'a>,
        fields: &Fields,
        node: NodeId,
        arguments: &'a [Operand],
        is_piped: bool,
        is_elem: bool,
    ) {
        let item = self.item(receiver);
        let helper = match (is_piped, arguments, is_elem) {
            (true, ..) if item.is_some() => "piped_item_method",
            (true, ..) => "piped_method",
            (false, [], true) if item.is_some() => "item_path",
            (false, [], true) => "path",
            (false, [], false) if item.is_some() => "item_field",
            (false, [], false) => "field",
            (false, ..) if item.is_some() => "item_method",
            (false, ..) => "method",
        };
        self.receiver(receiver);
        self.code.constant(fields.path());
        if let Some(item) = item {
            self.code.constant(item);
        }
        for argument in arguments {
            self.operand(argument, Some(Type::Any));
        }
        let given = 2 + usize::from(is_piped) + usize::from(item.is_some()) + arguments.len();
        self.code.filter(helper, given, Some(node));
    }

    /// Lowers a function call, either from a command or from a bare name in an argument.
    fn function(&mut self, name: &str, node: NodeId, arguments: &'a [Operand], is_piped: bool, is_bare: bool) {
        let Some(function) = sprig::find(name) else {
            // The parser rejects this, but `lower` also shows templates that were not checked.
            return self.fault(&format!("{} is not a defined function", quote(name)), node, is_piped);
        };
        let signature = &function.signature;
        if let Some(message) = arity_error(name, signature, arguments.len(), is_piped) {
            return self.fault(&message, node, is_piped);
        }
        if let ("include", [Operand::String(_, callee), ..]) = (name, arguments) {
            self.callees.push(&callee.text);
        }
        if name == "and" || name == "or" {
            self.short_circuit(name == "and", arguments, is_piped);
            return self.elem(is_bare);
        }
        for index in 0..arguments.len() {
            self.argument(name, node, signature, arguments, index);
        }
        if name == "not" && !is_piped {
            self.code.add(Instruction::Not);
            return;
        }
        self.code.constant(Value::from_object(Callee { function, is_piped }));
        let given = arguments.len() + usize::from(is_piped) + 1;
        self.code.filter("call", given, Some(node));
    }

    /// Pushes an argument of a function.
    fn argument(&mut self, name: &str, node: NodeId, signature: &Signature, arguments: &'a [Operand], index: usize) {
        let parameter = signature.parameter(index);
        self.operand(&arguments[index], parameter);
        let fails = |at: usize| {
            let parameter = signature.parameter(at).unwrap_or(Type::Any);
            let is_wrong = is_constant(&arguments[at]) && constant(&arguments[at], parameter).is_err();
            is_wrong || can_fail(&arguments[at])
        };
        // Go checks each argument before it evaluates the next; the called function here checks them all at once.
        let is_early = !matches!(parameter, None | Some(Type::Any | Type::Reflect))
            && !is_constant(&arguments[index])
            && (index + 1..arguments.len()).any(fails);
        if is_early {
            self.code.constant(name);
            self.code.constant(index);
            self.code.filter("argument", 3, Some(node));
        }
    }

    /// Lowers `and` and `or`, which evaluate only as many operands as they need.
    fn short_circuit(&mut self, is_and: bool, arguments: &'a [Operand], is_piped: bool) {
        // The piped value is evaluated first but is the last operand.
        let mut stored = None;
        if is_piped && !arguments.is_empty() {
            let local = self.scope.fresh();
            self.store(local);
            stored = Some(local);
        }
        let mut jumps = Vec::new();
        for (at, argument) in arguments.iter().enumerate() {
            self.operand(argument, Some(Type::Reflect));
            if stored.is_some() || at + 1 < arguments.len() {
                jumps.push(self.code.jump(if is_and {
                    Instruction::JumpIfFalseOrPop
                } else {
                    Instruction::JumpIfTrueOrPop
                }));
            }
        }
        if let Some(local) = stored {
            self.load(Place::Local(local));
        }
        jumps.into_iter().for_each(|jump| self.code.land(jump));
    }

    /// Pushes an operand as the argument of a parameter; `None` where Go requires no type.
    fn operand(&mut self, operand: &'a Operand, parameter: Option<Type>) {
        let own = operand.meta().id;
        match operand {
            Operand::Dot(_) => self.read(self.scope.dot),
            Operand::Variable(variable) if variable.fields.is_empty() => self.variable(variable),
            Operand::Variable(variable) => {
                let receiver = Receiver::Variable(variable);
                self.fields(&receiver, &variable.fields, own, &[], false, false);
            }
            Operand::Field(_, fields) => self.fields(&Receiver::Dot, fields, own, &[], false, false),
            Operand::Chain(chain) => {
                let receiver = Receiver::Operand(&chain.operand);
                self.fields(&receiver, &chain.fields, own, &[], false, false);
            }
            Operand::Identifier(_, name) => self.function(name, own, &[], false, false),
            Operand::Pipeline(pipeline) => self.parenthesized(pipeline),
            operand => match constant(operand, parameter.unwrap_or(Type::Any)) {
                Ok(value) => self.code.constant(value),
                Err(message) => self.fault(&message, own, false),
            },
        }
    }

    /// Declares the variables of a statement's parenthesized pipelines: `and` and `or` may skip these.
    fn declare_inner(&mut self, pipeline: &'a Pipeline) {
        for operand in pipeline.commands.iter().flat_map(|command| &command.operands) {
            let mut operand = operand;
            while let Operand::Chain(chain) = operand {
                operand = &chain.operand;
            }
            let Operand::Pipeline(pipeline) = operand else { continue };
            self.declare_inner(pipeline);
            if !pipeline.is_assign {
                for variable in &pipeline.declarations {
                    let cell = self.scope.fresh();
                    self.code.constant(Value::UNDEFINED);
                    self.code.filter("cell", 1, None);
                    self.store(cell);
                    self.inner.insert(variable.meta.id, cell);
                }
            }
        }
    }

    /// Pushes the value of a parenthesized pipeline, which may declare variables.
    fn parenthesized(&mut self, pipeline: &'a Pipeline) {
        self.pipeline_value(pipeline, false);
        for variable in &pipeline.declarations {
            let name = &variable.name;
            let cell = if pipeline.is_assign {
                if self.scope.find(name).is_none() {
                    self.fault(&undefined(name), pipeline.meta.id, true);
                }
                self.scope.cell(name)
            } else {
                let cell = self.inner.get(&variable.meta.id).copied();
                if let Some(cell) = cell {
                    self.scope.bind(name, Place::Cell(cell));
                }
                cell
            };
            if let Some(cell) = cell {
                self.keep(cell);
            }
        }
    }

    /// Pushes a value that is never there: fails with Go's message. A piped value is evaluated first, and popped.
    pub(super) fn fault(&mut self, message: &str, node: NodeId, is_piped: bool) {
        self.code.constant(message);
        self.code.filter("fault", 1 + usize::from(is_piped), Some(node));
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

/// A constant in the form that the parameter requires, or Go's message that it does not fit.
fn constant(constant: &Operand, parameter: Type) -> Result<Value, String> {
    let refused = || match parameter {
        Type::Bool => format!("expected bool; found {constant}"),
        Type::Int | Type::Int64 => format!("expected integer; found {constant}"),
        Type::Uint32 => format!("expected unsigned integer; found {constant}"),
        Type::Float64 => format!("expected float; found {constant}"),
        Type::String => format!("expected string; found {constant}"),
        _ => format!("can't handle {constant} for arg of type {parameter}"),
    };
    let untyped = matches!(parameter, Type::Any | Type::Reflect);
    Ok(match constant {
        Operand::Nil(_) if parameter == Type::Any => Value::from(()),
        Operand::Nil(_) if parameter.can_be_nil() => Value::UNDEFINED,
        Operand::Nil(_) => return Err(format!("cannot assign nil to {parameter}")),
        Operand::Bool(_, value) if untyped || parameter == Type::Bool => Value::from(*value),
        Operand::String(_, value) if untyped || parameter == Type::String => Value::from(value.text.clone()),
        Operand::Number(_, number) => match parameter {
            Type::Any | Type::Reflect => return ideal(number),
            Type::Int => Value::from(number.int.ok_or_else(refused)?),
            Type::Int64 => int_of(IntType::Int64, number.int.ok_or_else(refused)?),
            Type::Uint32 => uint_of(UintType::Uint32, number.uint.ok_or_else(refused)?),
            Type::Float64 => Value::from(number.float.ok_or_else(refused)?),
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    })
}

/// A number whose type only its spelling decides, because the context requires none.
fn ideal(number: &Number) -> Result<Value, String> {
    let text = &*number.text;
    let is_rune = text.starts_with('\'');
    let is_hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X")) && !text.contains(['p', 'P']);
    if let Some((real, imaginary)) = number.complex {
        return Ok(Value::from_object(Data::Complex(real, imaginary)));
    }
    match (number.float, number.int) {
        (Some(value), _) if !is_hex && !is_rune && text.contains(['.', 'e', 'E', 'p', 'P']) => Ok(Value::from(value)),
        (_, Some(value)) => Ok(Value::from(value)),
        (_, None) => Err(format!("{text} overflows int")),
    }
}
