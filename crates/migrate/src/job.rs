//! The state of a migration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::build;
use super::findings::ADVICE;
use super::ledger::{Fate, Ledger};
use super::names::Names;
use super::options::Options;
use super::out::Branch;
use super::path::Path;
use super::templates;
use super::written;
use diagnostics::{Diagnostic, Report};
use goyaml::{Node, Value};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::System;

/// A value of the input, or a default of the community chart.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its path.
    pub(super) path: Path,
    /// The value; null if the input removes it.
    pub(super) node: Node,
    /// The place of its key.
    pub(super) key: Span,
    /// Whether the input sets it, or anything below it.
    pub(super) is_given: bool,
    /// The note of its table row.
    pub(super) about: &'static str,
    /// The new key of its table row, or of the row of the nearest mapping around it.
    pub(super) new: &'static str,
}

/// The state that the transforms work on.
pub(super) struct Job<'a> {
    pub(super) options: &'a Options,
    pub(super) sources: &'a Sources,
    pub(super) system: &'a Arc<dyn System>,
    pub(super) names: Names,
    /// The merged input.
    pub(super) given: Node,
    /// The input merged over the defaults of the community chart.
    pub(super) old: Node,
    /// The defaults of the community chart.
    pub(super) defaults: Node,
    pub(super) out: Branch,
    pub(super) ledger: Ledger,
    /// Advice, apart from the report on each value.
    pub(super) advice: Report,
    /// Components that the community chart installs by default and ours does not.
    pub(super) missing: Vec<String>,
    /// The source of the defaults.
    pub(super) defaults_file: FileId,
    /// The keys of the jobs in the output.
    pub(super) made: BTreeSet<String>,
    /// Default jobs of the community chart that the input turns off.
    pub(super) turned_off: BTreeSet<String>,
    /// The permissions that jobs without a preset need for scraping.
    pub(super) needs: BTreeSet<&'static str>,
    /// The new key of each row of the table, by the old one.
    pub(super) new_keys: Vec<(Path, &'static str)>,
}

impl Job<'_> {
    /// The value at a path, with the note of its row.
    pub(super) fn find(&self, path: &Path, about: &'static str) -> Option<Found> {
        let is_given = self.ledger.says(path);
        let key = self.key(path).unwrap_or_else(|| Span::file_start(self.defaults_file));
        let node = match path.get(&self.old) {
            Some(node) => node.clone(),
            None if is_given => build::null(path.get(&self.given).map_or(key, |node| node.span)),
            None => return None,
        };
        Some(Found {
            path: path.clone(),
            node,
            key,
            is_given,
            about,
            new: self.new_key(path),
        })
    }

    /// The new key of the row of a path, or of the nearest mapping around it.
    pub(super) fn new_key(&self, path: &Path) -> &'static str {
        let around = self.new_keys.iter().filter(|(old, _)| path.is_in(old));
        around
            .max_by_key(|(old, _)| old.steps().len())
            .map_or("", |(_, new)| new)
    }

    /// The value at a slash-separated path, as in the tables.
    pub(super) fn at(&self, path: &str) -> Option<Found> {
        self.find(&Path::of(path), "")
    }

    /// The key of the value, in the input or in the defaults.
    fn key(&self, path: &Path) -> Option<Span> {
        let parent = path.parent()?;
        let place = |root: &Node| match &parent.get(root)?.value {
            Value::Map(map) => map.get(path.last()).map(|entry| entry.key),
            _ => path.get(root).map(|node| node.span),
        };
        place(&self.given).or_else(|| place(&self.old))
    }

    /// Whether the input sets a path or anything below it.
    pub(super) fn says(&self, path: &str) -> bool {
        self.ledger.says(&Path::of(path))
    }

    /// Whether a path or anything below it has unclaimed leaves.
    pub(super) fn is_open(&self, path: &Path) -> bool {
        self.ledger.is_open(path)
    }

    /// Whether a value is true in Go's templates.
    pub(super) fn is_on(&self, path: &str) -> bool {
        Path::of(path).get(&self.old).is_some_and(build::is_true)
    }

    /// A scalar as text; empty if there is none.
    pub(super) fn text(&self, path: &str) -> String {
        Path::of(path)
            .get(&self.old)
            .and_then(Node::scalar_text)
            .unwrap_or_default()
    }

    /// Whether a value is to be written: the input sets it, or defaults are written too.
    pub(super) fn wants(&self, found: &Found) -> bool {
        found.is_given || !self.options.only_set
    }

    /// A comment for the output that gives the origin of a value.
    pub(super) fn origin(&self, found: &Found) -> String {
        if !found.is_given {
            return format!("{}: default of the community chart", found.path);
        }
        let source = self.sources.get(found.key.file);
        let line = source.line_column(found.key.start).line;
        format!("{} ({}:{line})", found.path, source.name())
    }

    /// Claims a value as carried over.
    pub(super) fn mapped(&mut self, found: &Found) -> Option<usize> {
        let note = (!found.about.is_empty()).then(|| found.about.to_owned());
        self.ledger.claim(&found.path, found.key, Fate::Mapped, note)
    }

    /// Puts a value at its new place, with the user's comments and its origin, and claims it.
    pub(super) fn put(&mut self, found: &Found, new: &str, node: Node) {
        let claim = self.mapped(found);
        self.put_for(found, claim, &Path::place(new), node);
    }

    /// Like [`Job::put`], for one of several places; `claim` is the existing claim.
    pub(super) fn put_for(&mut self, found: &Found, claim: Option<usize>, new: &Path, node: Node) {
        let origin = self.origin(found);
        let (mut comments, remark) = written::comments(found.key, found.node.span, self.sources);
        let mut branch = Branch::value(node);
        branch.claim = claim;
        if let Some(remark) = remark {
            comments.push(remark);
        }
        let is_scalar = branch
            .node()
            .is_some_and(|node| !matches!(node.value, Value::Map(_) | Value::List(_)));
        if is_scalar {
            branch.remark = Some(origin);
        } else {
            comments.push(origin);
        }
        branch.comments = comments;
        if let Some(claim) = claim {
            self.ledger.claims[claim].new.push(new.clone());
        }
        self.out.put(new, branch);
    }

    /// Sets a derived value; `why` explains it in a comment.
    pub(super) fn set(&mut self, new: &str, node: Node, why: &str) {
        let mut branch = Branch::value(node);
        if matches!(
            branch.node().map(|node| node.value),
            Some(Value::Map(_) | Value::List(_))
        ) {
            branch.comments.push(why.to_owned());
        } else {
            branch.remark = Some(why.to_owned());
        }
        self.out.put(&Path::place(new), branch);
    }

    /// Adds an item to a list of the output.
    pub(super) fn push(&mut self, found: &Found, claim: Option<usize>, new: &str, item: Node) {
        let comments = written::above(item.span, self.sources);
        let mut branch = Branch::value(item);
        branch.comments = comments;
        branch.comments.push(self.origin(found));
        branch.claim = claim;
        if let Some(claim) = claim {
            self.ledger.claims[claim].new.push(Path::place(new));
        }
        self.out.push(&Path::place(new), branch);
    }

    /// Claims a value that the output does not need.
    pub(super) fn same(&mut self, found: &Found, why: impl Into<String>) {
        self.ledger.claim(&found.path, found.key, Fate::Same(why.into()), None);
    }

    /// Claims a value that is not carried over.
    pub(super) fn lose(&mut self, found: &Found, reason: impl Into<String>, help: impl Into<String>) {
        let (reason, help) = (reason.into(), help.into());
        self.ledger
            .claim(&found.path, found.key, Fate::Lost { reason, help }, None);
    }

    /// Claims the keys of a mapping that the community chart does not know.
    pub(super) fn only(&mut self, at: &Path, node: &Node, known: &[&str]) {
        let Some(map) = node.as_map() else { return };
        for (key, entry) in map.iter().filter(|(key, _)| !known.contains(&&***key)) {
            let help = diagnostics::did_you_mean(key, known.iter().copied());
            self.ledger
                .claim(&at.join(key), entry.key, Fate::Unknown { help }, None);
        }
    }

    /// Adds advice on a value that is carried over.
    pub(super) fn advise(&mut self, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.advice.push(Diagnostic::warning(ADVICE, message).at(at).help(help));
    }

    /// Renders the templates in a text of the input, where the community chart uses `tpl`. If that fails, the value is
    /// claimed as lost.
    pub(super) fn expand(&mut self, found: &Found, text: &str) -> Option<String> {
        match templates::expand(text, &self.old, &self.names, self.system) {
            Ok(text) => Some(text),
            Err(reason) => {
                self.lose(
                    found,
                    format!("its template cannot be rendered here: {reason}"),
                    "write the text that the template gives",
                );
                None
            }
        }
    }

    /// Parses a text of the input as YAML. It becomes a source of its own, which keeps comments and the order of keys.
    /// If it is invalid, the value is claimed as lost.
    pub(super) fn parse(&mut self, found: &Found, text: &str, help: &str) -> Option<Node> {
        let name = format!("{} of {}", found.path, self.sources.get(found.key.file).name());
        let file = self
            .sources
            .add(Source::new(name, SourceKind::File, text.as_bytes().to_vec()));
        let source = self.sources.get(file);
        match goyaml::parse(&source, file, 0..source.text().len()) {
            Ok(parsed) => Some(parsed.node.numbers_as_floats()),
            Err(error) => {
                self.lose(found, format!("it is no YAML: {}", error.cause()), help);
                None
            }
        }
    }

    /// Renders the templates in all texts of a value; see [`Job::expand`].
    pub(super) fn expand_all(&mut self, found: &Found, node: &Node) -> Option<Node> {
        Some(match &node.value {
            Value::String(text) if text.contains("{{") => build::text(node.span, self.expand(found, text)?),
            Value::List(items) => {
                let items: Option<Vec<Node>> = items.iter().map(|item| self.expand_all(found, item)).collect();
                Node::new(Value::List(Arc::new(items?)), node.span)
            }
            Value::Map(map) => {
                let mut expanded = map.as_ref().clone();
                for (_, entry) in expanded.iter_mut() {
                    entry.node = self.expand_all(found, &entry.node)?;
                }
                Node::new(Value::Map(Arc::new(expanded)), node.span)
            }
            _ => node.clone(),
        })
    }

    /// Claims values at or below a path that repeat defaults of the community chart.
    pub(super) fn defaults_below(&mut self, path: &Path) {
        let repeated: Vec<(Path, Span)> = self
            .ledger
            .rest()
            .into_iter()
            .filter(|(leaf, _)| leaf.is_in(path))
            .filter(|(leaf, _)| {
                let (given, default) = (leaf.get(&self.given), leaf.get(&self.defaults));
                matches!((given, default), (Some(given), Some(default)) if given.value == default.value)
            })
            .collect();
        for (leaf, key) in repeated {
            self.ledger.claim(&leaf, key, Fate::Default, None);
        }
    }
}
