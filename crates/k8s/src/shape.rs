//! Where in the schema of a kind one is while an object is gone through: which lists are merged by key, what is a quantity.

use serde_json::Value;

use crate::Version;
use crate::definitions::{Definitions, Type};
use crate::rules::Rules;
use crate::rules::apply::{Merged, scalar};

/// Lists whose order says nothing, though server-side apply replaces them as a whole.
const UNORDERED: [(&str, &str); 10] = [
    ("core.v1.PersistentVolumeClaimSpec", "accessModes"),
    ("core.v1.PersistentVolumeSpec", "accessModes"),
    ("networking.v1.NetworkPolicySpec", "policyTypes"),
    ("rbac.v1.PolicyRule", "apiGroups"),
    ("rbac.v1.PolicyRule", "nonResourceURLs"),
    ("rbac.v1.PolicyRule", "resourceNames"),
    ("rbac.v1.PolicyRule", "resources"),
    ("rbac.v1.PolicyRule", "verbs"),
    ("storage.v1.CSIDriverSpec", "volumeLifecycleModes"),
    ("storage.v1.StorageClass", "mountOptions"),
];

/// The schema of a part of an object, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    kind: Option<&'static Type>,
    /// The definition that the field is of, and how it is called there.
    own: Option<(usize, &'static str)>,
}

impl Shape {
    /// That of whole objects of a kind. Nothing is known of a kind that is not Kubernetes' own.
    pub fn of(api_version: &str, kind: &str) -> Object {
        let definitions = Definitions::get();
        let of_kind = definitions.of_kind(api_version, kind, Version::LATEST);
        let of_any = || {
            definitions
                .kinds
                .get(&(api_version, kind))?
                .last()
                .map(|kind| kind.definition)
        };
        Object(
            of_kind
                .or_else(of_any)
                .or_else(|| definitions.of_custom(api_version, kind)),
        )
    }

    /// That of a field.
    #[must_use]
    pub fn field(self, name: &str) -> Self {
        match self.kind {
            Some(Type::Reference(definition)) => field(*definition, name),
            Some(Type::Map(kind)) => Self {
                kind: Some(&**kind),
                own: None,
            },
            _ => Self::default(),
        }
    }

    /// That of the items of a list.
    #[must_use]
    pub fn item(self) -> Self {
        match self.kind {
            Some(Type::List(kind)) => Self {
                kind: Some(&**kind),
                own: None,
            },
            _ => Self::default(),
        }
    }

    /// Whether the order of the list's items says nothing: it is a set, or items are told apart by keys.
    pub fn is_unordered(self) -> bool {
        self.merged().is_some() || self.is_set()
    }

    /// Whether the list is a set of scalars.
    pub fn is_set(self) -> bool {
        let listed = |(definition, name): (usize, &str)| {
            let definition = Definitions::get().at(definition).name;
            UNORDERED.contains(&(definition, name))
        };
        self.merged().is_some_and(Merged::is_set) || self.own.is_some_and(listed)
    }

    /// The names of the keys that tell the list's items apart; none in a set and where the list is replaced as a whole.
    pub fn keys(self) -> Vec<&'static str> {
        self.merged().map(Merged::names).unwrap_or_default()
    }

    /// The key that tells an item of the list from the others: the values of its key fields, or the item itself in a set.
    pub fn key(self, item: &Value) -> Option<Vec<String>> {
        if self.is_set() {
            return Some(vec![scalar(item)?]);
        }
        let key = self.merged()?.key(item)?;
        Some(key.into_iter().map(Option::unwrap_or_default).collect())
    }

    /// Whether it is an amount such as `100m` or `1Gi`.
    pub fn is_quantity(self) -> bool {
        matches!(self.kind, Some(Type::Quantity))
    }

    fn merged(self) -> Option<&'static Merged> {
        let (definition, name) = self.own?;
        Rules::get().of(definition).merged(name)
    }
}

fn field(definition: usize, name: &str) -> Shape {
    let found = Definitions::get().at(definition).any_field(name).last();
    Shape {
        kind: found.map(|field| &field.kind),
        own: found.map(|field| (definition, field.name)),
    }
}

/// The schema of a whole object.
#[derive(Debug, Clone, Copy)]
pub struct Object(Option<usize>);

impl Object {
    /// That of a field.
    pub fn field(self, name: &str) -> Shape {
        self.0.map(|definition| field(definition, name)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_have_keys() {
        let spec = Shape::of("apps/v1", "Deployment")
            .field("spec")
            .field("template")
            .field("spec");
        let containers = spec.field("containers");
        assert_eq!(containers.keys(), ["name"]);
        assert_eq!(containers.key(&json!({"name": "web"})), Some(vec!["web".to_owned()]));
        let ports = containers.item().field("ports");
        assert_eq!(
            ports.key(&json!({"containerPort": 53})),
            Some(vec!["53".to_owned(), "TCP".to_owned()])
        );
        let limits = containers.item().field("resources").field("limits");
        assert!(limits.field("cpu").is_quantity());
        assert!(!spec.field("tolerations").is_unordered());
        let rules = Shape::of("rbac.authorization.k8s.io/v1", "Role").field("rules");
        assert!(rules.item().field("verbs").is_set() && !rules.is_unordered());
        assert!(Shape::of("example.org/v1", "Thing").field("spec").keys().is_empty());
    }

    #[test]
    fn the_table_is_of_fields() {
        for (definition, name) in UNORDERED {
            let definitions = Definitions::get();
            let index = definitions.index(definition).unwrap_or_else(|| panic!("{definition}"));
            assert!(
                definitions.at(index).any_field(name).next().is_some(),
                "{definition} {name}"
            );
        }
    }
}
