//! Converts the arguments that `template` and other commands share to a render request.

use std::sync::Arc;

use super::args::{LimitArguments, Target, Values};
use super::helm_flags::invalid;
use crate::builtin;
use chart::Location;
use chart::values::Overrides;
use diagnostics::Diagnostic;
use engine::render::{self, Capabilities, KubeVersion, Release, Trace};
use engine::stages::{DEFAULT_RELEASE, Request};
use gostd::csv;
use system::System;

/// The default release name of the built-in chart.
const BUILTIN_NAME: &str = "prom";
/// The rule for invalid command lines.
pub(super) const USAGE: &str = "usage";

/// The user's request.
pub(super) struct Asked<'a> {
    pub(super) name_and_chart: &'a [String],
    pub(super) values: &'a Values,
    pub(super) target: &'a Target,
    pub(super) limits: &'a LimitArguments,
    pub(super) skip_schema: bool,
}

/// The values of flags that take lists.
pub(super) struct Lists {
    files: Vec<String>,
    api_versions: Vec<String>,
}

pub(super) fn usage(message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(USAGE, message))
}

/// The values of a flag that takes lists.
fn lists(given: &[String], flag: &str) -> Result<Vec<String>, Box<Diagnostic>> {
    let mut all = Vec::new();
    for text in given.iter().filter(|text| !text.is_empty()) {
        all.extend(csv::record(text).map_err(|error| usage(invalid(text, flag, &error)))?);
    }
    Ok(all)
}

impl Asked<'_> {
    /// The name of the release and the chart. Mirrors `NameAndChart` of Helm's `pkg/action/install.go`.
    fn name_and_chart(&self, system: &Arc<dyn System>) -> Result<(String, Option<String>), Box<Diagnostic>> {
        let name_template = self
            .target
            .name_template
            .as_deref()
            .filter(|template| !template.is_empty());
        let (default, chart) = match self.name_and_chart {
            [] => (BUILTIN_NAME, None),
            [chart] => (DEFAULT_RELEASE, Some(chart.clone())),
            [name, chart] => {
                let set = match name_template {
                    _ if self.target.generate_name => Some("--generate-name"),
                    Some(_) => Some("--name-template"),
                    None => None,
                };
                return match set {
                    Some(flag) => Err(usage(format!("cannot set {flag} and also specify a name"))),
                    None => Ok((name.clone(), Some(chart.clone()))),
                };
            }
            [_, _, more @ ..] => {
                let more = more.join(", ");
                return Err(usage(format!(
                    "expected at most two arguments, unexpected arguments: {more}"
                )));
            }
        };
        let name = match name_template {
            Some(template) => render::name(template, system).map_err(usage)?,
            None => default.to_owned(),
        };
        Ok((name, chart))
    }

    /// The values of the flags that take lists.
    ///
    /// # Errors
    /// The first one that is not a valid list.
    pub(super) fn lists(&self) -> Result<Lists, Box<Diagnostic>> {
        Ok(Lists {
            files: lists(&self.values.files, "-f, --values")?,
            api_versions: lists(&self.target.api_versions, "-a, --api-versions")?,
        })
    }

    /// The version of Kubernetes, if one is given.
    ///
    /// # Errors
    /// If it is not a valid version.
    pub(super) fn kube_version(&self) -> Result<Option<KubeVersion>, Box<Diagnostic>> {
        let given = self.target.kube_version.as_ref().filter(|version| !version.is_empty());
        let parse = |version: &String| {
            KubeVersion::parse(version).map_err(|error| usage(format!("invalid kube version '{version}': {error}")))
        };
        given.map(parse).transpose()
    }

    /// The render request.
    ///
    /// # Errors
    /// The first invalid argument.
    pub(super) fn request(&self, system: &Arc<dyn System>) -> Result<Request, Box<Diagnostic>> {
        let lists = self.lists()?;
        self.request_with(system, lists, self.kube_version()?)
    }

    /// The same from parts that have already been parsed.
    ///
    /// # Errors
    /// If release and chart are not given as required.
    pub(super) fn request_with(
        &self,
        system: &Arc<dyn System>,
        lists: Lists,
        kube_version: Option<KubeVersion>,
    ) -> Result<Request, Box<Diagnostic>> {
        let (name, chart) = self.name_and_chart(system)?;
        let mut capabilities = Capabilities::default();
        if let Some(version) = kube_version {
            capabilities.kube_version = version;
        }
        capabilities.api_versions.extend(lists.api_versions);
        let values = self.values;
        let namespace = self.target.namespace.clone();
        let namespace = namespace.or_else(|| system.variable("HELM_NAMESPACE"));
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        Ok(Request {
            chart: chart.map_or(Location::Embedded(builtin::CHART), Location::from),
            post_renderer: None,
            overrides: Overrides {
                files: lists.files,
                json: values.set_json.clone(),
                set: values.set.clone(),
                string: values.set_string.clone(),
                file: values.set_file.clone(),
                literal: values.set_literal.clone(),
            },
            release: Release {
                name,
                namespace,
                is_upgrade: self.target.is_upgrade,
                revision: 1,
            },
            capabilities,
            skip_schema: self.skip_schema,
            limits: self.limits.limits(),
            trace: Trace::Off,
            coverage: false,
        })
    }
}
