//! Maps positions in rendered text, which cannot be edited, to positions in templates and values files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::render::{Input, Rendered};
use source::{FileId, SourceKind, Sources, Span};

/// The origin of a part of a rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The innermost template action or text that wrote it; it is in the values if these contain a template.
    pub template: Span,
    /// The calls that lead to the template, innermost first.
    pub calls: Vec<Span>,
    /// The value in a values file or flag that it comes from, if any: the scalar with its quotes, or the whole
    /// collection.
    pub value: Option<Span>,
    /// The key of that value; `None` for an item of a list.
    pub key: Option<Span>,
    /// Whether the key of the setting was printed, not its value.
    pub is_key: bool,
    /// Whether the value is certainly the origin; otherwise it is likely.
    pub is_certain: bool,
}

impl Place {
    /// The text in a values file or flag to edit: the value, or its key if that was printed.
    pub fn set_at(&self) -> Option<Span> {
        self.key.filter(|_| self.is_key).or(self.value)
    }
}

/// The origins of a traced render.
#[derive(Debug)]
pub struct Places<'a> {
    rendered: &'a Rendered,
    sources: &'a Sources,
    /// The rendered file that a source holds, if any.
    files: RefCell<BTreeMap<FileId, Option<Arc<str>>>>,
}

impl<'a> Places<'a> {
    /// Looks up origins in a render. Without a trace, nothing is found.
    pub fn new(rendered: &'a Rendered, sources: &'a Sources) -> Self {
        Self {
            rendered,
            sources,
            files: RefCell::default(),
        }
    }

    /// The origin of a part of a rendered text. `None` if the span is in no text of this render, or in one that differs
    /// in this render, for example because of random functions.
    pub fn of(&self, span: Span) -> Option<Place> {
        let file = self.file(span.file)?;
        let origin = self.rendered.origin(&file, span.range())?;
        let text = |span: Span| {
            let source = self.sources.get(span.file);
            let text = source.text().get(span.range()).unwrap_or_default();
            text.trim_matches(['"', '\'']).to_owned()
        };
        let key = origin.value.and_then(|setting| setting.key);
        let value = origin.value.map(|setting| setting.value);
        let is_key = key
            .zip(value)
            .is_some_and(|(key, value)| text(key) == text(span) && text(value) != text(span));
        Some(Place {
            template: origin.template,
            calls: origin.calls,
            value,
            key,
            is_key,
            is_certain: origin.is_certain,
        })
    }

    /// The scalars that were read to print a part of a rendered text. Without a trace, none.
    pub fn inputs(&self, span: Span) -> Vec<Input> {
        let file = self.file(span.file);
        file.map(|file| self.rendered.inputs(&file, span.range()))
            .unwrap_or_default()
    }

    fn file(&self, id: FileId) -> Option<Arc<str>> {
        let find = || {
            let source = self.sources.get(id);
            let (name, text) = self.rendered.files.get_key_value(source.name())?;
            (source.kind() == SourceKind::Made && text.as_str() == source.text()).then(|| Arc::clone(name))
        };
        self.files.borrow_mut().entry(id).or_insert_with(find).clone()
    }
}
