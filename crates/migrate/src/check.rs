//! Renders the output with the chart that it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::options::Options;
use chart::values::Overrides;
use chart::{Embedded, Location};
use diagnostics::Report;
use engine::stages::{self, Request};
use source::Sources;
use system::{Overlay, System};

/// The path of the migrated values for the render.
const NAME: &str = "<migrated values>";
/// The release name if none is given.
const RELEASE: &str = "prom";

/// Renders the chart with the migrated values. Errors come from the chart's schema, its guards and its
/// templates.
pub fn check(text: &str, chart: Embedded, options: &Options, sources: &Sources, system: &Arc<dyn System>) -> Report {
    let files = BTreeMap::from([(NAME.into(), text.as_bytes().to_vec())]);
    let system: Arc<dyn System> = Arc::new(Overlay::new(Arc::clone(system), Arc::new(files)));
    let overrides = Overrides {
        files: vec![NAME.to_owned()],
        ..Overrides::default()
    };
    let mut request = Request::new(
        Location::Embedded(chart),
        options.release.as_deref().unwrap_or(RELEASE),
        overrides,
    );
    if let Some(namespace) = &options.namespace {
        request.release.namespace.clone_from(namespace);
    }
    stages::run(&system, &request, sources).errors
}
