//! Which rules are on, and how severe they are.

use std::collections::BTreeMap;
use std::path::Path;

use super::discover::Patterns;
use super::registry::RULES;
use super::rule::{Family, Rule};
use diagnostics::{Diagnostic, Severity, closest};

/// Finds a rule by its id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The enabled rules and their severities.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Rules and families that are on in addition to the default ones; `all` is every rule.
    pub select: Vec<String>,
    /// Rules and families that are off. They take precedence over selected ones, unless a rule is selected by its own
    /// id.
    pub ignore: Vec<String>,
    /// Rules with a severity other than the default.
    pub severities: BTreeMap<String, Severity>,
    /// Rules and families that are off for some files.
    pub file_ignores: Vec<FileIgnores>,
}

/// Rules that are off for some files.
#[derive(Clone, Debug, Default)]
pub struct FileIgnores {
    /// The files.
    pub files: Patterns,
    /// Rules and families; `all` is every rule.
    pub rules: Vec<String>,
}

impl Selection {
    /// Names that are neither rules nor families, each with a suggestion.
    pub fn unknown(&self) -> Vec<(String, Option<&'static str>)> {
        let of_files = self.file_ignores.iter().flat_map(|ignores| &ignores.rules);
        let names = self.select.iter().chain(&self.ignore).chain(self.severities.keys());
        names
            .chain(of_files)
            .filter(|name| *name != "all" && find(name).is_none() && !Family::ALL.iter().any(|f| f.as_str() == *name))
            .map(|name| (name.clone(), closest(name, RULES.iter().map(|rule| rule.id))))
            .collect()
    }

    /// Whether a rule is on.
    pub fn is_on(&self, rule: &Rule) -> bool {
        let named = |list: &[String], name: &str| list.iter().any(|entry| entry == name);
        if named(&self.ignore, rule.id) {
            return false;
        }
        if named(&self.select, rule.id) {
            return true;
        }
        let family = rule.family.as_str();
        if named(&self.ignore, family) || named(&self.ignore, "all") {
            return false;
        }
        rule.is_on || named(&self.select, family) || named(&self.select, "all")
    }

    /// Whether a rule is off for a file.
    pub fn is_off_in(&self, rule: &str, file: &Path) -> bool {
        let family = find(rule).map(|rule| rule.family.as_str());
        let is_named = |name: &String| name == "all" || name == rule || Some(&**name) == family;
        self.file_ignores
            .iter()
            .any(|ignores| ignores.rules.iter().any(is_named) && ignores.files.fit(file))
    }

    /// The diagnostic with the severity that the user set; `None` if its rule is off.
    pub fn apply(&self, mut diagnostic: Diagnostic) -> Option<Diagnostic> {
        let Some(rule) = find(diagnostic.rule) else {
            return Some(diagnostic);
        };
        if !self.is_on(rule) {
            return None;
        }
        if let Some(severity) = self.severities.get(rule.id) {
            diagnostic.severity = *severity;
        }
        Some(diagnostic)
    }
}
