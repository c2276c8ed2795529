//! A chart and its subcharts in the form that Helm has while it processes dependencies: objects that know their parent,
//! share their Chart.yaml and may have several parents at once.
//!
//! Helm copies a chart for each dependency that names it, but it copies the subcharts only shallowly: the copies share
//! everything below the subcharts, and their Chart.yaml. So a chart can get the path of another copy, be renamed for
//! one copy but not for the next, or export its values only once. Mirrors `getAliasDependency` and `AddDependency` of
//! Helm's `pkg/chart/v2`.

use std::sync::Arc;

use crate::{Chart, Dependency, Metadata};
use diagnostics::{Diagnostic, Result};
use gostd::semver::is_compatible;
use goyaml::Node;
use source::Span;

use super::merge::Defaults;
use super::notice::DEPENDENCY;

/// The maximum number of charts, including all copies.
const MAX_CHARTS: usize = 8_192;

/// The index of a chart in a [`Family`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member(usize);

struct Relation {
    /// The part that all copies of a chart share, in [`Family::files`].
    files: usize,
    /// Its Chart.yaml, in [`Family::metadata`].
    metadata: usize,
    values: Node,
    parent: Option<Member>,
    subcharts: Vec<Member>,
}

/// A chart and all its subcharts.
pub(super) struct Family {
    members: Vec<Relation>,
    metadata: Vec<Arc<Metadata>>,
    /// Charts without Chart.yaml, values and subcharts.
    files: Vec<Chart>,
}

impl Family {
    /// Splits up a chart. Its root comes first.
    pub(super) fn of(chart: Chart) -> (Self, Member) {
        let mut family = Self {
            members: Vec::new(),
            metadata: Vec::new(),
            files: Vec::new(),
        };
        let root = family.add(chart, None);
        (family, root)
    }

    fn add(&mut self, mut chart: Chart, parent: Option<Member>) -> Member {
        let member = Member(self.members.len());
        let subcharts = std::mem::take(&mut chart.subcharts);
        let span = chart.values.span;
        self.members.push(Relation {
            files: self.files.len(),
            metadata: self.metadata.len(),
            values: std::mem::replace(&mut chart.values, Node::empty_map(span)),
            parent,
            subcharts: Vec::new(),
        });
        self.metadata.push(std::mem::take(&mut chart.metadata));
        self.files.push(chart);
        let subcharts = subcharts.into_iter().map(|subchart| self.add(subchart, Some(member)));
        self.members[member.0].subcharts = subcharts.collect();
        member
    }

    /// Rebuilds a chart. A chart with several parents is duplicated.
    pub(super) fn chart(&self, member: Member) -> Chart {
        let relation = &self.members[member.0];
        let mut chart = self.files[relation.files].clone();
        chart.metadata = Arc::clone(self.metadata(member));
        chart.values = relation.values.clone();
        chart.path = self.path(member);
        chart.subcharts = relation
            .subcharts
            .iter()
            .map(|subchart| self.chart(*subchart))
            .collect();
        chart
    }

    /// Helm's `ChartFullPath`.
    fn path(&self, member: Member) -> String {
        let relation = &self.members[member.0];
        let name = self.name(member);
        match relation.parent {
            Some(parent) => format!("{}/charts/{name}", self.path(parent)),
            None => name.to_owned(),
        }
    }

    pub(super) fn name(&self, member: Member) -> &str {
        &self.metadata(member).name
    }

    pub(super) fn metadata(&self, member: Member) -> &Arc<Metadata> {
        &self.metadata[self.members[member.0].metadata]
    }

    pub(super) fn metadata_mut(&mut self, member: Member) -> &mut Metadata {
        Arc::make_mut(&mut self.metadata[self.members[member.0].metadata])
    }

    pub(super) fn values(&self, member: Member) -> &Node {
        &self.members[member.0].values
    }

    pub(super) fn set_values(&mut self, member: Member, values: Node) {
        self.members[member.0].values = values;
    }

    pub(super) fn subcharts(&self, member: Member) -> Vec<Member> {
        self.members[member.0].subcharts.clone()
    }

    /// Replaces the subcharts of a chart.
    pub(super) fn set_subcharts(&mut self, member: Member, subcharts: Vec<Member>) {
        for subchart in &subcharts {
            self.members[subchart.0].parent = Some(member);
        }
        self.members[member.0].subcharts = subcharts;
    }

    /// The start of its Chart.yaml.
    pub(super) fn place(&self, member: Member) -> Span {
        Span::file_start(self.files[self.members[member.0].files].chart_yaml)
    }

    /// The parts of the chart that determine its values.
    pub(super) fn defaults(&self, member: Member) -> Defaults<'_> {
        let subcharts = self.members[member.0].subcharts.iter();
        Defaults {
            name: self.name(member),
            values: self.values(member),
            origin: self.place(member),
            subcharts: subcharts.map(|subchart| self.defaults(*subchart)).collect(),
        }
    }

    /// Whether a chart satisfies a dependency.
    pub(super) fn fits(&self, member: Member, wanted: &Dependency) -> bool {
        let metadata = self.metadata(member);
        metadata.name == wanted.name && is_compatible(&wanted.version, &metadata.version)
    }

    /// Copies the chart that satisfies a dependency, under its alias.
    ///
    /// # Errors
    /// There are too many charts.
    pub(super) fn copy_for(&mut self, wanted: &Dependency, charts: &[Member]) -> Result<Option<Member>> {
        let Some(found) = charts.iter().copied().find(|chart| self.fits(*chart, wanted)) else {
            return Ok(None);
        };
        let mut metadata = Arc::clone(self.metadata(found));
        if !wanted.alias.is_empty() {
            Arc::make_mut(&mut metadata).name.clone_from(&wanted.alias);
        }
        self.metadata.push(metadata);
        let copy = self.shallow_copy(found)?;
        self.members[copy.0].metadata = self.metadata.len() - 1;
        let subcharts = self.subcharts(found).into_iter();
        let subcharts = subcharts
            .map(|subchart| self.shallow_copy(subchart))
            .collect::<Result<_>>()?;
        self.set_subcharts(copy, subcharts);
        Ok(Some(copy))
    }

    fn shallow_copy(&mut self, member: Member) -> Result<Member> {
        if self.members.len() == MAX_CHARTS {
            let message = format!("dependencies with aliases make more than {MAX_CHARTS} charts of this one");
            return Err(Diagnostic::error(DEPENDENCY, message).at(self.place(member)).into());
        }
        let relation = &self.members[member.0];
        let copy = Relation {
            files: relation.files,
            metadata: relation.metadata,
            values: relation.values.clone(),
            parent: relation.parent,
            subcharts: relation.subcharts.clone(),
        };
        self.members.push(copy);
        Ok(Member(self.members.len() - 1))
    }
}
