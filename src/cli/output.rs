//! Where text goes: results to stdout, everything else to stderr.

use std::io::{self, Write};

use super::args::Color;
use diagnostics::Report;
use diagnostics::report::text;
use source::Sources;
use system::System;

/// The maximum number of errors of a render that are shown.
const MAX_ERRORS: usize = 50;

/// The two streams of the process.
#[derive(Clone, Copy)]
pub(super) struct Output {
    color: bool,
}

impl Output {
    pub(super) fn new(color: Color, stderr_is_terminal: bool, system: &dyn System) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let is_plain = system.variable("NO_COLOR").is_some_and(|value| !value.is_empty())
                    || system.variable("TERM").is_some_and(|terminal| terminal == "dumb");
                stderr_is_terminal && !is_plain
            }
        };
        Self { color }
    }

    /// Writes to stdout. A reader that has closed the pipe is not an error.
    pub(super) fn result(bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// Whether the output is coloured.
    pub(super) fn color(self) -> bool {
        self.color
    }

    /// Writes to stderr.
    pub(super) fn message(text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a log message in Helm's format.
    pub(super) fn log(log: &Report) {
        for diagnostic in &log.diagnostics {
            let line = format!("{}\n", text::printable(diagnostic.headline()));
            Self::message(&line);
        }
    }

    /// Writes a notice for the user besides the result.
    pub(super) fn notes(self, notes: &Report, sources: &Sources) {
        for note in &notes.diagnostics {
            Self::message(&text::write(note, sources, self.color));
        }
    }

    /// Writes errors: Helm's text for the first one, which users recognize and search for, then all of them with their
    /// positions. `closing` follows Helm's text.
    pub(super) fn errors(self, errors: &Report, sources: &Sources, closing: &str) {
        let Some(first) = errors.diagnostics.first() else {
            return;
        };
        let mut out = format!("Error: {}{closing}\n", text::printable(first.headline()));
        for diagnostic in errors.diagnostics.iter().take(MAX_ERRORS) {
            let told = diagnostic.span.is_none() && diagnostic.help.is_none() && diagnostic.labels.is_empty();
            if told && diagnostic == first {
                continue;
            }
            out.push('\n');
            out.push_str(&text::write(diagnostic, sources, self.color));
        }
        if errors.diagnostics.len() > MAX_ERRORS {
            out.push_str(&format!("\n... and {} more\n", errors.diagnostics.len() - MAX_ERRORS));
        }
        Self::message(&out);
    }
}
