//! Renders templates through the library, without a disk and with a fixed clock, and compares with Helm's results.

use std::sync::Arc;

use promchart::go::string::{decode, encode};
use promchart::reflect::{Meter, Value, View, json, view};
use promchart::render::{Limits, Trace};
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;

/// Reads JSON.
pub(crate) fn from_json(text: &str) -> Value {
    json::decode(&encode(text.as_bytes()), &mut Meter::new(&mut |_| Ok(())))
        .unwrap_or_else(|error| panic!("{error:?}: {text}"))
        .value
}

/// A field of a JSON object.
pub(crate) fn field(row: &Value, name: &str) -> Option<Value> {
    match view(row) {
        View::Map(map) => map.get(name),
        _ => None,
    }
}

/// Runs with a stack as large as the command line gives a render.
pub(crate) fn with_deep_stack<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1 << 30);
        thread.spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

/// A chart, to which each case adds a template.
pub(crate) struct Engine {
    files: Vec<(String, Vec<u8>)>,
    limits: Limits,
    trace: Trace,
    coverage: bool,
}

impl Engine {
    pub(crate) fn new<N: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (N, B)>) -> Self {
        let files = files
            .into_iter()
            .map(|(name, bytes)| (name.into(), bytes.into()))
            .collect();
        Self {
            files,
            limits: Limits::default(),
            trace: Trace::Off,
            coverage: false,
        }
    }

    /// Sets a lower step limit.
    pub(crate) fn with_steps(mut self, steps: u64) -> Self {
        self.limits.steps = steps;
        self
    }

    /// Makes renders record origins.
    pub(crate) fn traced(mut self) -> Self {
        self.trace = Trace::On;
        self
    }

    /// Makes renders count coverage.
    pub(crate) fn counting(mut self) -> Self {
        self.coverage = true;
        self
    }

    /// The output of Helm's engine for the template, or Helm's error after `Error: `.
    pub(crate) fn render(&self, template: &str) -> Result<String, String> {
        let mut system = Memory::new().with_file("chart/templates/t.txt", decode(template).into_owned());
        for (name, bytes) in &self.files {
            system = system.with_file(format!("chart/{name}"), bytes.clone());
        }
        let system: Arc<dyn System> = Arc::new(system);
        let mut request = Request {
            limits: self.limits,
            trace: self.trace,
            coverage: self.coverage,
            ..Request::new("chart", "demo", Overrides::default())
        };
        "ns".clone_into(&mut request.release.namespace);
        let outcome = stages::run(&system, &request, &Sources::new());
        match outcome.rendered {
            Some(rendered) => {
                let found = rendered
                    .files
                    .into_iter()
                    .find(|(name, _)| name.ends_with("/templates/t.txt"));
                Ok(found.map(|(_, text)| text).unwrap_or_default())
            }
            None => Err(outcome.errors.diagnostics[0].headline().to_owned()),
        }
    }
}
