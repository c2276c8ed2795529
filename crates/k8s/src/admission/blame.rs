//! Finds the field of an object that a failed expression refers to.

use ::cel::syntax::{Expression, Literal};
use ::cel::{Error, Value as Cel, Variables, evaluate};
use serde_json::Value;

use super::policy::Scope;
use crate::cel::{self, Expressions};
use crate::problem::Step;

/// The maximum nesting depth of an expression that is searched.
const DEEPEST: usize = 60;

/// A scope extended by the variable of a macro.
struct Local<'a> {
    outer: &'a dyn Variables,
    name: &'a str,
    value: Cel,
}

impl Variables for Local<'_> {
    fn get(&self, name: &str) -> Option<Result<Cel, Error>> {
        if name == self.name {
            Some(Ok(self.value.clone()))
        } else {
            self.outer.get(name)
        }
    }

    fn composed(&self, name: &str) -> Option<Result<Cel, Error>> {
        self.outer.composed(name)
    }
}

/// Names of variables, with the paths in the object that they stand for.
type Roots = Vec<(String, Vec<Step>)>;

struct Search<'a> {
    scope: &'a Scope<'a>,
    expressions: &'a Expressions,
}

/// Returns the field that an expression refers to: for a list, the item that fails; for several fields, the first one
/// that decides the result.
pub(super) fn path(scope: &Scope<'_>, expressions: &Expressions, text: &str, object: &Value) -> Vec<Step> {
    let read = cel::read(expressions, text);
    let Ok(expression) = &*read else { return Vec::new() };
    let search = Search { scope, expressions };
    let roots = vec![("object".to_owned(), Vec::new())];
    let mut found = Vec::new();
    search.blame(expression, scope, &roots, 0, &mut found);
    // The first path that exists in the object, or else the one with the longest existing prefix.
    let depth = |path: &Vec<Step>| {
        let mut value = object;
        let mut depth = 0;
        for step in path {
            let next = match step {
                Step::Key(key) => value.get(key),
                Step::Index(index) => value.get(index),
            };
            let Some(next) = next else { break };
            value = next;
            depth += 1;
        }
        depth
    };
    let whole = found.iter().find(|path| depth(path) == path.len());
    let part = || found.iter().rev().max_by_key(|path| depth(path));
    whole.or_else(part).cloned().unwrap_or_default()
}

impl Search<'_> {
    /// Adds the paths that make an expression false, the likely ones first.
    fn blame(
        &self,
        expression: &Expression,
        scope: &dyn Variables,
        roots: &Roots,
        depth: usize,
        found: &mut Vec<Vec<Step>>,
    ) {
        if depth > DEEPEST {
            return;
        }
        match expression {
            Expression::Binary("&&", one, two) => {
                let is_one = !matches!(evaluate(one, scope).0, Ok(Cel::Bool(true)));
                self.blame(if is_one { one } else { two }, scope, roots, depth + 1, found);
            }
            Expression::Binary("||", one, two) => {
                // The last alternative is the requirement; those before it are the cases in which it does not apply.
                self.blame(two, scope, roots, depth + 1, found);
                self.blame(one, scope, roots, depth + 1, found);
            }
            Expression::Unary("!", operand) => match &**operand {
                Expression::Call(Some(list), function, arguments) if function == "exists" => {
                    self.item(list, arguments, true, scope, roots, depth, found);
                }
                operand => self.mentioned(operand, roots, depth, found),
            },
            Expression::Call(Some(list), function, arguments) if function == "all" => {
                self.item(list, arguments, false, scope, roots, depth, found);
            }
            Expression::Conditional(condition, yes, no) => {
                let is_yes = matches!(evaluate(condition, scope).0, Ok(Cel::Bool(true)));
                self.blame(if is_yes { yes } else { no }, scope, roots, depth + 1, found);
                self.mentioned(condition, roots, depth, found);
            }
            Expression::Select(operand, name, _) if is_variables(operand) => {
                if let Some(text) = self.scope.variable(name)
                    && let Ok(expression) = &*cel::read(self.expressions, text)
                {
                    self.blame(expression, self.scope, roots, depth + 1, found);
                }
            }
            other => self.mentioned(other, roots, depth, found),
        }
    }

    /// Adds the item of a list for which a macro's body evaluates to `wrong`.
    #[expect(clippy::too_many_arguments, reason = "the parts of a macro")]
    fn item(
        &self,
        list: &Expression,
        arguments: &[Expression],
        wrong: bool,
        scope: &dyn Variables,
        roots: &Roots,
        depth: usize,
        found: &mut Vec<Vec<Step>>,
    ) {
        let place = self.chain(list, roots, depth);
        if let ([Expression::Name(name), body], Some(place), Ok(Cel::List(items))) =
            (arguments, &place, evaluate(list, scope).0)
        {
            for (index, item) in items.items.iter().enumerate() {
                let local = Local {
                    outer: scope,
                    name,
                    value: item.clone(),
                };
                if matches!(evaluate(body, &local).0, Ok(Cel::Bool(value)) if value != wrong) {
                    continue;
                }
                let mut path = place.clone();
                path.push(Step::Index(index));
                let mut roots = roots.clone();
                roots.push((name.clone(), path.clone()));
                if wrong {
                    self.mentioned(body, &roots, depth + 1, found);
                } else {
                    self.blame(body, &local, &roots, depth + 1, found);
                }
                found.push(path);
                return;
            }
        }
        found.extend(place);
        for argument in arguments {
            self.mentioned(argument, roots, depth + 1, found);
        }
    }

    /// Adds all paths that an expression mentions.
    fn mentioned(&self, expression: &Expression, roots: &Roots, depth: usize, found: &mut Vec<Vec<Step>>) {
        if depth > DEEPEST {
            return;
        }
        if let Some(path) = self.chain(expression, roots, depth) {
            found.push(path);
            return;
        }
        let mut each = |expression: &Expression| self.mentioned(expression, roots, depth + 1, found);
        match expression {
            Expression::Literal(_) | Expression::Name(_) => {}
            Expression::Select(operand, name, _) if is_variables(operand) => {
                if let Some(text) = self.scope.variable(name)
                    && let Ok(expression) = &*cel::read(self.expressions, text)
                {
                    each(expression);
                }
            }
            Expression::Select(operand, ..) | Expression::Unary(_, operand) => each(operand),
            Expression::Index(one, two, _) | Expression::Binary(_, one, two) => {
                each(one);
                each(two);
            }
            Expression::Conditional(one, two, three) => {
                each(two);
                each(three);
                each(one);
            }
            Expression::List(items) => items.iter().for_each(|(item, _)| each(item)),
            Expression::Map(entries) => entries.iter().for_each(|(_, value, _)| each(value)),
            Expression::Message(values) => values.iter().for_each(each),
            Expression::Call(target, _, arguments) => {
                target.iter().for_each(|target| each(target));
                arguments.iter().for_each(each);
            }
        }
    }

    /// Returns the path of a chain of fields and indices.
    fn chain(&self, expression: &Expression, roots: &Roots, depth: usize) -> Option<Vec<Step>> {
        if depth > DEEPEST {
            return None;
        }
        match expression {
            Expression::Name(name) => {
                let (_, path) = roots.iter().rev().find(|(root, _)| root == name)?;
                Some(path.clone())
            }
            Expression::Select(operand, name, _) if is_variables(operand) => {
                let text = self.scope.variable(name)?;
                match &*cel::read(self.expressions, text) {
                    Ok(expression) => self.chain(expression, &vec![roots[0].clone()], depth + 1),
                    Err(_) => None,
                }
            }
            Expression::Select(operand, name, _) => {
                let mut path = self.chain(operand, roots, depth + 1)?;
                path.push(Step::Key(name.clone()));
                Some(path)
            }
            Expression::Index(operand, index, _) => {
                let mut path = self.chain(operand, roots, depth + 1)?;
                path.push(match &**index {
                    Expression::Literal(Literal::String(name)) => Step::Key(name.clone()),
                    Expression::Literal(Literal::Int(index)) => Step::Index(usize::try_from(*index).ok()?),
                    _ => return Some(path),
                });
                Some(path)
            }
            Expression::Call(Some(target), function, _) if matches!(function.as_str(), "orValue" | "or") => {
                self.chain(target, roots, depth + 1)
            }
            _ => None,
        }
    }
}

fn is_variables(expression: &Expression) -> bool {
    matches!(expression, Expression::Name(name) if name == "variables")
}
