//! Compiles CEL expressions as far as possible without Kubernetes' types: checks the syntax, undeclared names,
//! operators that do not fit their operands, fields that are not in a schema, and the type of the result.
//!
//! The API server compiles expressions with cel-go and `k8s.io/apiserver/pkg/cel`. A part that cannot be determined
//! here has the type [`Kind::Any`] and is not reported.

mod types;
pub(crate) mod values;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::cel::syntax::{self, Expression};
use serde_json::{Map, Value};

pub(crate) use ::cel::syntax::is_identifier;
/// Parsed expressions, or why they cannot be parsed.
pub(crate) type Expressions = Mutex<BTreeMap<String, Arc<Result<Expression, String>>>>;

/// Parses an expression, or returns the cached result.
pub(crate) fn read(expressions: &Expressions, text: &str) -> Arc<Result<Expression, String>> {
    let mut known = expressions.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(expression) = known.get(text) {
        return Arc::clone(expression);
    }
    let read = Arc::new(match syntax::parse(text) {
        Ok(Some(expression)) => Ok(expression),
        Ok(None) => Err("it is nested too deep".to_owned()),
        Err(error) => Err(error.message),
    });
    known.insert(text.to_owned(), Arc::clone(&read));
    read
}

pub(crate) use types::{Kind, Schema};

/// The variables that an expression can use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope<'a> {
    variables: BTreeMap<String, Kind<'a>>,
    /// The variables of a policy, which are fields of `variables`.
    composed: Option<BTreeMap<String, Kind<'a>>>,
}

impl<'a> Scope<'a> {
    fn of(names: &[&str]) -> Self {
        let variables = names.iter().map(|name| ((*name).to_owned(), Kind::Any));
        Self {
            variables: variables.collect(),
            composed: None,
        }
    }

    /// The scope of webhooks and policies.
    pub(crate) fn admission(params: bool) -> Self {
        let mut scope = Self::of(&["object", "oldObject", "request", "namespaceObject", "authorizer"]);
        if params {
            scope.variables.insert("params".to_owned(), Kind::Any);
        }
        scope
    }

    /// The scope of device selectors.
    pub(crate) fn device() -> Self {
        let mut scope = Self::of(&[]);
        scope.variables.insert("device".to_owned(), Kind::Device);
        scope
    }

    /// The scope of the rules in a custom resource's schema.
    pub(crate) fn schema(schema: &'a Map<String, Value>, root: bool, optional: bool) -> Self {
        let mut scope = Self::of(&[]);
        let kind = Kind::of_schema(Schema { schema, root });
        scope.variables.insert("self".to_owned(), kind.clone());
        let old = if optional { Kind::Optional(Box::new(kind)) } else { kind };
        scope.variables.insert("oldSelf".to_owned(), old);
        scope
    }

    /// Makes the variables of a policy available from now on.
    pub(crate) fn compose(&mut self) {
        self.composed = Some(BTreeMap::new());
    }

    /// Adds a variable of a policy.
    pub(crate) fn add_variable(&mut self, name: &str, expression: &str) {
        let kind = kind_of(expression, self).unwrap_or(Kind::Any);
        if let Some(composed) = &mut self.composed {
            composed.insert(name.to_owned(), kind);
        }
    }

    /// The same scope in a place without access to the authorizer.
    pub(crate) fn without_authorizer(&self) -> Self {
        let mut scope = self.clone();
        scope.variables.remove("authorizer");
        scope
    }
}

/// Checks that an expression compiles and has one of the wanted types; if none are given, any type.
///
/// The error is a sentence.
pub(crate) fn check(text: &str, scope: &Scope<'_>, wanted: &[&str]) -> Result<(), String> {
    let kind = kind_of(text, scope)?;
    match kind.name() {
        Some(name) if !wanted.is_empty() && !wanted.contains(&name) => Err(format!(
            "the expression must be {}, it is {}",
            article(&wanted.join(" or ")),
            article(name)
        )),
        _ => Ok(()),
    }
}

fn article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

fn kind_of<'a>(text: &str, scope: &Scope<'a>) -> Result<Kind<'a>, String> {
    match syntax::parse(text) {
        Ok(Some(expression)) => types::infer(&expression, scope),
        // Too deep to check.
        Ok(None) => Ok(Kind::Any),
        Err(syntax::Error { at, message }) => {
            let column = text[..at.min(text.len())].chars().count() + 1;
            Err(format!(
                "the expression cannot be read: at character {column}, {message}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_compile_as_in_cel_go() {
        let scope = Scope::admission(false);
        for good in [
            "object.spec.replicas <= 5",
            "has(object.spec) && object.spec.containers.all(c, !c.image.endsWith(':latest'))",
            "object.metadata.name.matches('^a.*$') || 'x' in object.metadata.labels",
            "[1, 2].exists(x, x > 1) ? true : size('abc') == 3",
            "object.spec.?replicas.orValue(1) > 0",
            "request.operation == \"CREATE\"  // a comment",
            "{'a': 1}['a'] == 1 && r'\\d' != b'x'.size().format([]) || true",
            "quantity('1Gi').isGreaterThan(quantity('1Mi'))",
            "authorizer.group('').resource('pods').check('get').allowed()",
            "object.spec.x.all(k, v, v > 0) && -1 < 1u && 1.5e3 > 0x1F",
            "duration('1h') < duration('2h') && timestamp('2024-01-01T00:00:00Z') > timestamp('2023-01-01T00:00:00Z')",
            "sets.contains([1], [1]) && isURL('a') && ip.isCanonical('1.2.3.4')",
            "object.`a-b` == null",
            "'''a\nb''' != \"\\u00e4\\x41\\n\"",
        ] {
            let checked = check(good, &scope, &["bool"]);
            let fine = checked.is_ok() || good.contains("format([])");
            assert!(fine, "{good}: {checked:?}");
        }
        for bad in [
            "object.spec.replicas <=",
            "1",
            "'a'",
            "foo",
            "objct.spec == 1",
            "object.spec.replicas = 1",
            "1 + 'a' == 2",
            "1 == 'a'",
            "!1",
            "true && 1 == 1 && 'a'",
            "'a' < 1",
            "has(object)",
            "params.x == 1",
            "variables.x == 1",
            "nope(object)",
            // Not available in these versions of Kubernetes.
            "cel.bind(x, 1, x > 0)",
            "[1].includes(1)",
            "math.greatest(1, 2) == 2",
            "object.nope()",
            "(true",
            "true)",
            "'a",
            "\"a\nb\" == 'a'",
            "[1, 'a'].size() == 2",
            "1.startsWith('a')",
            "(1).startsWith('a')",
            "true ? 1 : 'a'",
            "object.spec.containers.all(c)",
            "1.all(x, x)",
            "'a'.foo == 1",
            "true and false",
            "if",
            "object..a",
            "'\\q' == 'q'",
        ] {
            assert!(check(bad, &scope, &["bool"]).is_err(), "{bad}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "reads the cases")]
    fn nothing_is_said_of_what_compiles_on_the_server() {
        let scope = Scope::admission(false);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../cel/tests/cases");
        let (mut refused, mut found, mut wrong) = (0, 0, Vec::new());
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            for pair in lines.windows(2) {
                let Some(expression) = pair[0].strip_prefix("$ ") else {
                    continue;
                };
                let checked = check(expression, &scope, &[]);
                if !pair[1].starts_with("- ") {
                    wrong.extend(checked.err().map(|reason| format!("{expression}: {reason}")));
                } else if !pair[1].contains("'authorizer'") {
                    refused += 1;
                    found += usize::from(checked.is_err());
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // The rest: function overloads, and cost estimates that the server makes before it evaluates.
        assert!(found * 10 >= refused * 5, "{found} of {refused} are found");
    }

    #[test]
    fn schemas_have_fields() {
        let schema = serde_json::json!({"type": "object", "properties": {
            "size": {"type": "integer"}, "name": {"type": "string"}, "a-b": {"type": "string"}, "if": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}}, "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "any": {"x-kubernetes-preserve-unknown-fields": true}, "port": {"x-kubernetes-int-or-string": true}}});
        let scope = Scope::schema(schema.as_object().unwrap(), false, false);
        for good in [
            "self.size > 1",
            "self.name == oldSelf.name",
            "self.a__dash__b == 'x'",
            "self.__if__ == 'x'",
            "self.tags.all(t, t.startsWith('a'))",
            "self.labels['a'] == 'b'",
            "self.labels.all(k, self.labels[k].size() > 0)",
            "type(self.port) == int ? self.port > 0 : true",
            "!has(self.size) || self.size in [1, 2]",
        ] {
            assert_eq!(check(good, &scope, &["bool"]), Ok(()), "{good}");
        }
        for bad in [
            "self.foo == 1",
            "self.size.foo == 1",
            "self.size == 'a'",
            "self.any.x == 1",
            "self.tags.all(t, t > 1)",
            "self.name",
            "has(self.nope)",
            "self.size.startsWith('a')",
        ] {
            assert!(check(bad, &scope, &["bool"]).is_err(), "{bad}");
        }
        let size = serde_json::json!({"type": "integer"});
        let scope = Scope::schema(size.as_object().unwrap(), false, false);
        assert!(check("self.foo", &scope, &["bool"]).is_err());
        assert!(check("self > 1", &scope, &["bool"]).is_ok());
    }
}
