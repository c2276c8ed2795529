//! The output, rendered with the chart that is built in.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Options;
use crate::diagnostic::Report;
use crate::pipeline::{self, Request};
use crate::render::{Capabilities, Limits, Release, Trace};
use crate::source::Sources;
use crate::values::Overrides;
use crate::world::{Entry, Piped, World};

/// The path by which the render reads the values.
const NAME: &str = "<migrated values>";
/// The release that is rendered where none is given.
const RELEASE: &str = "prom";

/// A world with one more file.
struct With {
    inner: Arc<dyn World>,
    text: String,
}

impl World for With {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new(NAME) {
            Ok(self.text.clone().into_bytes())
        } else {
            self.inner.read(path)
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.inner.list(path)
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        self.inner.entry(path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.inner.resolve(path)
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        self.inner.read_stdin()
    }

    fn make_folders(&self, path: &Path) -> io::Result<()> {
        self.inner.make_folders(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(path, bytes)
    }

    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped> {
        self.inner.pipe(program, arguments, input)
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.inner.random(buffer);
    }

    fn memory_in_use(&self) -> Option<usize> {
        self.inner.memory_in_use()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.inner.variable(name)
    }
}

/// Renders the chart with the values; the errors are those of the chart's schema, its guards and its templates.
pub fn check(text: &str, options: &Options, sources: &Sources, world: &Arc<dyn World>) -> Report {
    let world: Arc<dyn World> = Arc::new(With {
        inner: Arc::clone(world),
        text: text.to_owned(),
    });
    let request = Request {
        chart: None,
        overrides: Overrides {
            files: vec![NAME.to_owned()],
            ..Overrides::default()
        },
        release: Release {
            name: options.release.clone().unwrap_or_else(|| RELEASE.to_owned()),
            namespace: options.namespace.clone().unwrap_or_else(|| "default".to_owned()),
            is_upgrade: false,
            revision: 1,
        },
        capabilities: Capabilities::default(),
        post_renderer: None,
        skip_schema: false,
        limits: Limits::default(),
        trace: Trace::Off,
    };
    pipeline::run(&world, &request, sources).errors
}
