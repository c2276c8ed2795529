//! Random charts with subcharts, rendered by the real Helm and by promchart: aliases, conditions, tags, imports,
//! undeclared charts, global values.
//!
//! Compares the output, the exit code, the error and the log messages, in any order. A layout with different results is
//! shrunk and kept in `target/layouts/SEED/`.

mod draw;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use promchart::go::string::decode;
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;

use self::draw::Layout;
use crate::helm::{helm, root, template};
use crate::random::{Random, Tried, shrink};

/// The maximum number of Helm runs for shrinking a layout.
const SHRINK_RUNS: usize = 400;
/// The stack size of a render in bytes, as in the command.
const STACK_SIZE: usize = 512 << 20;
/// How often Helm is run again to check that its result is stable.
const REPEATS: usize = 4;

/// The result of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    output: String,
    /// Its lines on stderr, sorted.
    messages: Vec<String>,
}

/// Compares `count` layouts.
pub(crate) fn compare(count: usize, seed: u64) -> Result<(), String> {
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let worker = thread
        .spawn(move || Run::new(seed)?.compare(count))
        .map_err(|error| error.to_string())?;
    worker.join().map_err(|_| "the comparison panicked".to_owned())?
}

struct Run {
    seed: u64,
    helm: PathBuf,
    folder: PathBuf,
}

impl Run {
    fn new(seed: u64) -> Result<Self, String> {
        let folder = root().join("target/layouts").join(seed.to_string());
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        Ok(Self {
            seed,
            helm: helm()?,
            folder,
        })
    }

    fn compare(&self, count: usize) -> Result<(), String> {
        let (mut rendered, mut died, mut random, mut different) = (0, 0, 0, 0);
        for number in 0..count {
            let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64);
            let (layout, tape) = Layout::draw(Random::fresh(seed));
            let ours = ours(&layout);
            let Some(theirs) = self.theirs(&layout)? else {
                died += 1;
                if !ours.messages.iter().any(|line| line.starts_with("Error: ")) {
                    println!("{number}: Helm dies, promchart renders");
                    different += 1;
                }
                continue;
            };
            if ours == theirs {
                rendered += usize::from(!theirs.output.is_empty());
                continue;
            }
            if self.is_random(&layout, &ours, &theirs)? {
                random += 1;
                continue;
            }
            different += 1;
            self.keep(number, layout, tape)?;
        }
        println!(
            "{count} layouts (seed {}), {rendered} of them rendered: {different} differ; Helm dies of {died}, and gives something else \
             each time for {random} more",
            self.seed
        );
        if different > 0 {
            return Err(format!("{}: what differs", self.folder.display()));
        }
        Ok(())
    }

    /// Renders with Helm; none if it crashes.
    fn theirs(&self, layout: &Layout) -> Result<Option<Given>, String> {
        let folder = self.folder.join("chart");
        let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        for (name, text) in &layout.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(failed)?;
            fs::write(path, text).map_err(failed)?;
        }
        let before = ["demo".to_owned(), ".".to_owned()];
        let arguments: Vec<String> = before.iter().chain(&layout.arguments).cloned().collect();
        let output = template(&self.helm, &folder, &arguments)?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Ok(None);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Ok(Some(given(&String::from_utf8_lossy(&output.stdout), &stderr)))
    }

    /// Whether Helm's result varies, or sometimes equals promchart's.
    fn is_random(&self, layout: &Layout, ours: &Given, theirs: &Given) -> Result<bool, String> {
        for _ in 0..REPEATS {
            let again = self.theirs(layout)?;
            if again.as_ref() == Some(ours) || again.as_ref() != Some(theirs) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Shrinks a layout and writes it to its own folder.
    fn keep(&self, number: usize, layout: Layout, tape: Vec<u32>) -> Result<(), String> {
        let size = |layout: &Layout| {
            layout
                .files
                .iter()
                .map(|(name, text)| name.len() + text.len())
                .sum::<usize>()
        };
        let mut best = layout;
        shrink(tape, SHRINK_RUNS, |candidate| {
            let (drawn, used) = Layout::draw(Random::replay(candidate));
            if drawn == best || size(&drawn) > size(&best) {
                return Ok(Tried::PassedOver);
            }
            let ours = ours(&drawn);
            match self.theirs(&drawn)? {
                Some(theirs) if ours != theirs && !self.is_random(&drawn, &ours, &theirs)? => {
                    best = drawn;
                    Ok(Tried::Smaller(used))
                }
                _ => Ok(Tried::InVain),
            }
        })?;
        let theirs = self.theirs(&best)?;
        let folder = self.folder.join(format!("different-{number}"));
        let _ = fs::remove_dir_all(&folder);
        fs::rename(self.folder.join("chart"), &folder).map_err(|error| error.to_string())?;
        println!("{} {}", folder.display(), best.arguments.join(" "));
        println!("  Helm      {theirs:?}\n  promchart {:?}", ours(&best));
        Ok(())
    }
}

fn given(output: &str, messages: &str) -> Given {
    let mut messages: Vec<String> = messages
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    messages.sort();
    Given {
        output: output.trim().to_owned(),
        messages,
    }
}

/// Renders with promchart, in the form of Helm's output.
fn ours(layout: &Layout) -> Given {
    let mut system = Memory::new();
    for (name, text) in &layout.files {
        system = system.with_file(format!("chart/{name}"), text.as_bytes());
    }
    let mut overrides = Overrides::default();
    for pair in layout.arguments.chunks(2) {
        match pair {
            [flag, file] if flag == "-f" => overrides.files.push(format!("chart/{file}")),
            [flag, text] if flag == "--set" => overrides.set.push(text.clone()),
            _ => {}
        }
    }
    let request = Request::new("chart", "demo", overrides);
    let system: Arc<dyn System> = Arc::new(system);
    let sources = Sources::new();
    let outcome = stages::run(&system, &request, &sources);
    let mut messages = String::new();
    for diagnostic in &outcome.log.diagnostics {
        messages.push_str(&format!("{}\n", diagnostic.headline()));
    }
    let mut output = String::new();
    if let Some(error) = outcome.errors.diagnostics.first() {
        messages.push_str(&format!("Error: {}\n", error.headline()));
        if outcome.had_begun {
            messages.push_str("Use --debug flag to render out invalid YAML\n");
        }
    } else if let (Some(chart), Some(manifests)) = (&outcome.chart, &outcome.manifests) {
        let mut add = |path: &str, text: &str| output.push_str(&format!("---\n# Source: {path}\n{text}\n"));
        if layout.arguments.iter().any(|argument| argument == "--include-crds") {
            chart.crds().iter().for_each(|(path, file)| add(path, &file.text()));
        }
        manifests
            .objects
            .iter()
            .for_each(|object| add(&object.path, &object.text));
    }
    given(&String::from_utf8_lossy(&decode(&output)), &messages)
}
