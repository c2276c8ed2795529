//! The command line: from arguments to an exit code. Only this module prints.

mod args;
mod arguments;
mod certs;
mod completions;
mod coverage;
mod diff;
mod each_values;
mod explain;
mod fix;
mod helm_flags;
mod lint;
mod lower;
mod migrate;
mod output;
mod output_dir;
mod preflight;
mod preliminary;
mod printed;
mod request;
mod schema;
mod template;
mod test;
mod test_lint;
mod watch;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::FromArgMatches;

use self::args::{Arguments, Command};
use self::output::Output;
use system::{Disk, Late, Seeded, System};

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Success without findings.
    Clean,
    /// There are findings, or the render failed.
    Failed,
    /// The run could not be made as requested.
    Usage,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Failed => 1,
            Self::Usage => 2,
        }
    }
}

/// Runs promchart with the arguments of the process. `memory_gauge` returns the bytes of memory in use.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>, memory_gauge: Option<fn() -> usize>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let command = args::command_for(&arguments);
    let arguments = arguments::canonical(&command, arguments);
    let arguments = match command
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches))
    {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are not errors; they go to stdout. A closed stdout is ignored.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Clean };
        }
    };
    let fixed_now = match fixed_now(&Disk::default()) {
        Ok(now) => now,
        Err(error) => {
            Output::message(&format!("Error: {error}\n"));
            return Exit::Usage;
        }
    };
    let disk = |late| -> Arc<dyn System> {
        Arc::new(Disk {
            memory_gauge,
            fixed_now,
            seeded: arguments.seed.map(|seed| Mutex::new(Seeded::new(seed))),
            late,
        })
    };
    let new_system = || disk(None);
    let system = new_system();
    // Renders that are compared must differ only in their values.
    let now = fixed_now.unwrap_or_else(|| system.now());
    let still_world = || -> Arc<dyn System> {
        Arc::new(Disk {
            memory_gauge,
            fixed_now: Some(now),
            seeded: Some(Mutex::new(Seeded::new(arguments.seed.unwrap_or_default()))),
            late: None,
        })
    };
    let color = arguments.color.unwrap_or_default();
    let output = Output::new(color, std::io::stderr().is_terminal(), &*system);
    // Reports are results: they go to stdout.
    let report = Output::new(color, std::io::stdout().is_terminal(), &*system);
    let seed = arguments.seed;
    let is_seeded = seed.is_some();
    match arguments.command {
        Command::Template(arguments) => {
            let system = if template::may_read_late(&arguments) {
                disk(Some(Late::default()))
            } else {
                system
            };
            template::run(&system, &new_system, &arguments, output)
        }
        Command::Lint(arguments) => lint::run(&system, &arguments, report),
        Command::Validate(arguments) => lint::validate(&system, &arguments, report),
        Command::Preflight(arguments) => preflight::run(&system, &arguments, report),
        Command::Certs(arguments) => certs::run(&system, &arguments, is_seeded, output, report),
        Command::Explain(arguments) => explain::run(&still_world, &arguments, output),
        Command::Lower(arguments) => lower::run(&*system, &arguments, output),
        Command::Migrate(arguments) => migrate::run(&system, &arguments, output),
        Command::Diff(arguments) => {
            let new_system = |seed: u64, now: Duration| -> Arc<dyn System> {
                Arc::new(Disk {
                    memory_gauge,
                    fixed_now: Some(now),
                    seeded: Some(Mutex::new(Seeded::new(seed))),
                    late: None,
                })
            };
            diff::run(&system, &new_system, seed, &arguments, output, report)
        }
        Command::Test(arguments) => test::run(&system, &arguments, report),
        Command::Schema(arguments) => schema::run(&*system, &arguments, output),
        Command::Completions(arguments) => completions::completions(&arguments),
        Command::Man(arguments) => completions::man(&arguments, output),
    }
}

/// The time that `SOURCE_DATE_EPOCH` sets the clock to, in seconds since 1970: <https://reproducible-builds.org/specs/>.
fn fixed_now(system: &dyn System) -> Result<Option<Duration>, String> {
    const NAME: &str = "SOURCE_DATE_EPOCH";
    match system.variable(NAME).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => match value.parse() {
            Ok(seconds) => Ok(Some(Duration::from_secs(seconds))),
            Err(error) => Err(format!("{NAME}={value}: {error}; it must be seconds since 1970-01-01")),
        },
    }
}
