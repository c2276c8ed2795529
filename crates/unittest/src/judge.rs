//! Evaluates the assertions of a test on the rendered files. Mirrors helm-unittest's `pkg/unittest/assertion.go`.

use std::collections::BTreeMap;

use super::assertion::{Assertion, RAW, Selector};
use super::check::{Numbered, Subject, Verdict, check, found_at};
use super::cluster::Objects;
use super::job::{Output, Test};
use super::manifests::Document;
use super::places::Places;
use super::result::{AssertionResult, TestResult};
use super::snapshot::Snapshots;
use super::templates::full_name;
use engine::render::Rendered;
use goyaml::Node;
use source::Span;

impl Test<'_> {
    pub(super) fn assert(&self, output: &Output, snapshots: &mut Snapshots, result: &mut TestResult) {
        let mut numbered = Numbered { snapshots, count: 0 };
        let skips_empty = self
            .job
            .selector
            .as_ref()
            .is_some_and(|selector| selector.skip_empty_templates);
        let mut failed = Vec::new();
        let mut passed = false;
        for (index, assertion) in self.job.assertions.iter().enumerate() {
            let Some(assertion) = assertion else { continue };
            let (mut single, found) = self.assert_one(assertion, output, skips_empty, &mut numbered);
            single.index = index;
            if single.skipped.is_some() {
                passed = true;
            }
            passed = if index == 0 {
                single.passed
            } else {
                passed && single.passed
            };
            if !single.passed {
                failed.push((result.assertions.len(), found));
            }
            result.assertions.push(single);
            if !passed && self.bench.fail_fast {
                break;
            }
        }
        result.passed = passed;
        let is_skipped = |assertion: &AssertionResult| assertion.skipped.is_some();
        result.skipped = !result.assertions.is_empty() && result.assertions.iter().all(is_skipped);
        if !passed && !output.did_post_render && failed.iter().any(|(_, found)| !found.is_empty()) {
            let traced = self.traced();
            let places = Places::new(self.bench.sources, traced.as_ref());
            for (at, found) in failed {
                result.assertions[at].places = places.lines(&found);
            }
        }
    }

    /// Repeats the render with a trace.
    pub(super) fn traced(&self) -> Option<Rendered> {
        let given = self.values().ok()?;
        let prepared = self.prepare(&given).ok()?;
        let session = (self.bench.traced)();
        session.render(&prepared.files, Objects::of(&self.job.cluster)).ok()
    }

    /// The templates that an assertion checks.
    fn templates(&self, assertion: &Assertion, output: &Output) -> Vec<String> {
        let full = |name: &String| full_name(&self.suite.route, name);
        if !assertion.template.is_empty() {
            return vec![full(&assertion.template)];
        }
        if !self.job.templates.is_empty() {
            return self.job.templates.iter().map(full).collect();
        }
        if self.selected().iter().any(|name| name.contains('*')) {
            return output.names.clone();
        }
        self.suite.templates.iter().map(full).collect()
    }

    fn assert_one(
        &self,
        assertion: &Assertion,
        output: &Output,
        skips_empty: bool,
        numbered: &mut Numbered<'_>,
    ) -> (AssertionResult, Vec<Span>) {
        let mut result = AssertionResult {
            name: assertion.name,
            not: assertion.not,
            ..AssertionResult::default()
        };
        let empty = Vec::new();
        let mut documents: BTreeMap<String, &[Document]> = BTreeMap::new();
        let merged =
            output.files.iter().next().filter(|(name, _)| {
                output.did_post_render && output.files.len() == 1 && name.ends_with("manifest.yaml")
            });
        match merged {
            Some((name, found)) => {
                documents.insert(name.clone(), found);
            }
            None => {
                for name in self.templates(assertion, output) {
                    let found = output.files.get(&name).unwrap_or(&empty);
                    documents.insert(name, found);
                }
            }
        }
        let index = self
            .job
            .document_index
            .filter(|&index| index != -1)
            .or(match self.job.document_index {
                // An index of -1 means none, but still overrides that of the assertion.
                Some(_) => None,
                None => assertion.document_index,
            });
        let selector = assertion.selector.as_ref().or(self.job.selector.as_ref());
        let selected = match selected(&documents, selector, index) {
            Ok(selected) => selected,
            Err(message) => {
                result.lines = vec!["Error:".to_owned(), message];
                return (result, Vec::new());
            }
        };
        if selected.is_empty() && skips_empty {
            let reason = "skipped as 'documentSelector.skipEmptyTemplates: true' and 'selectedTemplates: empty'";
            result.skipped = Some(reason.to_owned());
            result.passed = true;
            return (result, Vec::new());
        }
        let verdict = self.verdict(assertion, output, &selected, numbered);
        result.passed = verdict.passed;
        result.lines = verdict.lines;
        (result, verdict.found)
    }

    fn verdict(
        &self,
        assertion: &Assertion,
        output: &Output,
        selected: &BTreeMap<String, Vec<Document>>,
        numbered: &mut Numbered<'_>,
    ) -> Verdict {
        let error = output.error.as_ref().map(|trouble| trouble.text.as_str());
        let mut subject = |all: &[Document], selected: &[Document]| {
            let subject = Subject {
                all,
                selected,
                negative: assertion.not != assertion.is_antonym,
                fail_fast: self.bench.fail_fast,
                render_error: error,
                test: &self.job.name,
            };
            check(&assertion.check, &subject, numbered)
        };
        let is_as_wanted = assertion.wants_success == output.succeeded;
        let failed = |line: String| Verdict {
            lines: vec![line],
            ..Verdict::default()
        };
        if selected.is_empty() {
            if !is_as_wanted {
                return failed("Error: rendered manifest is empty".to_owned());
            }
            return subject(&[], &[]);
        }
        let mut verdict = Verdict::default();
        for (number, (template, documents)) in selected.iter().enumerate() {
            let all = output.files.get(template);
            let mut names_template = true;
            let single = match all {
                None if assertion.wants_success => {
                    names_template = false;
                    let message = format!("\ttemplate \"{template}\" not exists or not selected in test suite");
                    Verdict {
                        lines: vec!["Error:".to_owned(), message],
                        ..Verdict::default()
                    }
                }
                _ if !is_as_wanted => match all.and_then(|all| all.first()) {
                    Some(document) => {
                        let message = document.node.get(RAW);
                        let text = message.map_or_else(
                            || "%!s(<nil>)".to_owned(),
                            |node| node.scalar_text().unwrap_or_default(),
                        );
                        failed(format!("Error: Invalid rendering: {text}"))
                    }
                    None => failed("Error: rendered manifest is empty".to_owned()),
                },
                all => subject(all.map_or(&[], |all| all), documents),
            };
            if !single.passed {
                if names_template {
                    verdict.lines.push(format!("Template:\t{template}"));
                }
                verdict.lines.extend(single.lines);
                verdict.found.extend(single.found);
            }
            verdict.passed = if number == 0 {
                single.passed
            } else {
                verdict.passed && single.passed
            };
        }
        verdict
    }
}

/// The selected documents, by template.
fn selected(
    documents: &BTreeMap<String, &[Document]>,
    selector: Option<&Selector>,
    index: Option<i64>,
) -> Result<BTreeMap<String, Vec<Document>>, String> {
    if let Some(selector) = selector.filter(|selector| !selector.path.is_empty()) {
        let mut selected = BTreeMap::new();
        let mut count = 0;
        for (template, documents) in documents {
            let mut found = Vec::new();
            for document in *documents {
                let values = found_at(document, &selector.path)?;
                let is_meant = |value: &Node| selector.value.as_ref().is_none_or(|wanted| wanted.value == value.value);
                if values.iter().any(is_meant) {
                    found.push(document.clone());
                }
            }
            count += found.len();
            if !selector.match_many && count > 1 {
                return Err("multiple indexes found".to_owned());
            }
            if !found.is_empty() {
                selected.insert(template.clone(), found);
            }
        }
        if count == 0 && !selector.skip_empty_templates {
            return Err("document not found".to_owned());
        }
        return Ok(selected);
    }
    let pick = |(template, documents): (&String, &&[Document])| {
        let documents = match index {
            None => documents.to_vec(),
            Some(index) => {
                let document = usize::try_from(index).ok().and_then(|index| documents.get(index));
                vec![
                    document
                        .ok_or_else(|| format!("document index {index} is out of range"))?
                        .clone(),
                ]
            }
        };
        Ok((template.clone(), documents))
    };
    documents.iter().map(pick).collect()
}
