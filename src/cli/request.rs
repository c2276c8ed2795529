//! From the arguments that `template` and others share to what is to be rendered.

use std::sync::Arc;

use super::args::{LimitArguments, Target, Values};
use super::helm_flags::invalid;
use crate::diagnostic::Diagnostic;
use crate::go::csv;
use crate::pipeline::Request;
use crate::render::{self, Capabilities, KubeVersion, Limits, Release, Trace};
use crate::values::Overrides;
use crate::world::World;

/// The release name of the built-in chart where none is given.
const BUILTIN_NAME: &str = "prom";
/// The release name of any other chart where none is given; Helm's.
const DEFAULT_NAME: &str = "release-name";
/// The rule of command lines that make no sense.
pub(super) const USAGE: &str = "usage";

/// What the user asks for.
pub(super) struct Asked<'a> {
    pub(super) name_and_chart: &'a [String],
    pub(super) values: &'a Values,
    pub(super) target: &'a Target,
    pub(super) limits: &'a LimitArguments,
    pub(super) skip_schema: bool,
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
    fn name_and_chart(&self, world: &Arc<dyn World>) -> Result<(String, Option<String>), Box<Diagnostic>> {
        let name_template = self
            .target
            .name_template
            .as_deref()
            .filter(|template| !template.is_empty());
        let (default, chart) = match self.name_and_chart {
            [] => (BUILTIN_NAME, None),
            [chart] => (DEFAULT_NAME, Some(chart.clone())),
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
            Some(template) => render::name(template, world).map_err(usage)?,
            None => default.to_owned(),
        };
        Ok((name, chart))
    }

    /// What is to be rendered.
    ///
    /// # Errors
    /// The first argument that cannot be taken.
    pub(super) fn request(&self, world: &Arc<dyn World>) -> Result<Request, Box<Diagnostic>> {
        let (name, chart) = self.name_and_chart(world)?;
        let mut capabilities = Capabilities::default();
        if let Some(version) = self.target.kube_version.as_ref().filter(|version| !version.is_empty()) {
            capabilities.kube_version = KubeVersion::parse(version)
                .map_err(|error| usage(format!("invalid kube version '{version}': {error}")))?;
        }
        capabilities
            .api_versions
            .extend(lists(&self.target.api_versions, "-a, --api-versions")?);
        let values = self.values;
        let mut limits = Limits::default();
        if let Some(steps) = self.limits.max_steps {
            limits.steps = steps;
        }
        if let Some(mebibytes) = self.limits.max_memory {
            limits.memory = mebibytes.saturating_mul(1 << 20);
        }
        let given = self.target.namespace.clone();
        let namespace = given.filter(|namespace| !namespace.is_empty());
        let namespace = namespace.or_else(|| {
            world
                .variable("HELM_NAMESPACE")
                .filter(|namespace| !namespace.is_empty())
        });
        let namespace = namespace.unwrap_or_else(|| "default".to_owned());
        Ok(Request {
            chart: chart.map(Into::into),
            post_renderer: None,
            overrides: Overrides {
                files: lists(&values.files, "-f, --values")?,
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
            },
            capabilities,
            skip_schema: self.skip_schema,
            limits,
            trace: Trace::Off,
        })
    }
}
