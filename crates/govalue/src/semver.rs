//! Masterminds' `*semver.Version` as a value.

use minijinja::Value;

use super::arguments::{Called, check_arguments};
use super::types::{Type, UintType};
use super::value::{Data, MethodError, Struct, object, uint_of};
use gostd::semver::{Level, Version};

/// A `*semver.Version`, or the `semver.Version` that some of its methods return.
#[derive(Clone, Debug)]
pub struct SemVer {
    version: Version,
    pointer: bool,
}

impl SemVer {
    /// Creates a pointer to a version.
    pub fn new(version: Version) -> Self {
        Self { version, pointer: true }
    }

    fn of(value: &Value) -> Option<&Self> {
        match value.downcast_object_ref::<Data>() {
            Some(Data::Struct(object)) => object.as_any().downcast_ref(),
            _ => None,
        }
    }

    fn value_of(&self, name: &str, arguments: &[Value]) -> Called {
        let version = &self.version;
        let other = arguments
            .first()
            .and_then(Self::of)
            .map_or(version, |other| &other.version);
        let order = version.compare(other);
        let number = |number| uint_of(UintType::Uint64, number);
        let text = || arguments.first().and_then(Value::as_str).unwrap_or_default();
        let plain = |version| {
            object(Self {
                version,
                pointer: false,
            })
        };
        let next = |level: Level, name: &str| {
            let overflow = || MethodError::Failed(format!("{name} version increment would overflow uint64"));
            version.next(level).map(plain).ok_or_else(overflow)
        };
        Ok(match name {
            "Major" => number(version.major),
            "Minor" => number(version.minor),
            "Patch" => number(version.patch),
            "Prerelease" => version.prerelease.as_str().into(),
            "Metadata" => version.metadata.as_str().into(),
            "Original" => version.original.as_str().into(),
            "Compare" => (order as i64).into(),
            "Equal" => order.is_eq().into(),
            "LessThan" => order.is_lt().into(),
            "LessThanEqual" => order.is_le().into(),
            "GreaterThan" => order.is_gt().into(),
            "GreaterThanEqual" => order.is_ge().into(),
            "IncMajor" => next(Level::Major, "major")?,
            "IncMinor" => next(Level::Minor, "minor")?,
            "IncPatch" => next(Level::Patch, "patch")?,
            "SetPrerelease" => version
                .with_prerelease(text())
                .map(plain)
                .map_err(MethodError::Failed)?,
            "SetMetadata" => version.with_metadata(text()).map(plain).map_err(MethodError::Failed)?,
            _ => version.to_string().into(),
        })
    }
}

impl Struct for SemVer {
    fn type_name(&self) -> &'static str {
        if self.pointer {
            "*semver.Version"
        } else {
            "semver.Version"
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Option<Called> {
        let parameters: &[Type] = match method {
            "Major" | "Minor" | "Patch" | "Prerelease" | "Metadata" | "String" | "IncMajor" | "IncMinor"
            | "IncPatch" => &[],
            "SetPrerelease" | "SetMetadata" => &[Type::String],
            // Methods of the pointer only.
            "Original" if self.pointer => &[],
            "Compare" | "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" if self.pointer => {
                &[Type::Version]
            }
            _ => return None,
        };
        Some(check_arguments(method, parameters, arguments).and_then(|()| self.value_of(method, arguments)))
    }

    fn display(&self) -> Option<String> {
        Some(self.version.to_string())
    }

    fn printed_names(&self) -> Vec<&'static str> {
        vec!["major", "minor", "patch", "pre", "metadata", "original"]
    }

    fn printed_fields(&self) -> Vec<Value> {
        let version = &self.version;
        let numbers = [version.major, version.minor, version.patch];
        let texts = [&version.prerelease, &version.metadata, &version.original];
        numbers
            .into_iter()
            .map(|number| uint_of(UintType::Uint64, number))
            .chain(texts.into_iter().map(|text| Value::from(text.as_str())))
            .collect()
    }

    fn deep_copied(&self) -> Option<Value> {
        Some(object(Self {
            version: Version::default(),
            pointer: self.pointer,
        }))
    }

    fn marshal(&self) -> Option<Value> {
        Some(self.version.to_string().into())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
