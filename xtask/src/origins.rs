//! Measures how many values in rendered charts have a known origin.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use promchart::render::Trace;
use promchart::source::Sources;
use promchart::stages;
use promchart::system::{Disk, System};

#[path = "../../tests/support/perturbed.rs"]
mod perturbed;
#[path = "../../tests/support/shares.rs"]
mod shares;

/// The number of values changed in each chart, unless `--changes` says otherwise.
const CHANGES: usize = 150;

/// The maximum number of misses shown for each chart.
const SHOWN: usize = 12;
/// The number of renders for measuring the time.
const TIMES: u32 = 3;

/// Measures charts and prints a line for each: `[--changes=NUMBER] CHART...`.
///
/// # Errors
/// If the number is none. A chart that does not render is reported on its line.
pub(crate) fn measure(arguments: &[&str]) -> Result<(), String> {
    let mut most = CHANGES;
    for chart in arguments {
        if let Some(number) = chart.strip_prefix("--changes=") {
            most = number
                .parse()
                .map_err(|_| format!("--changes={number}: expected a number"))?;
            continue;
        }
        let path = Path::new(chart);
        match shares::measure(path, &[]) {
            Err(error) => println!("{chart}: {}", error.lines().next().unwrap_or_default()),
            Ok(found) => {
                let [plain, traced] = times(path);
                println!(
                    "{chart}: origin {:.2} % of {}, keys {:.2} % of {}, values {:.2} % of {}; plain {plain:.0?}, traced {traced:.0?} ({:.2} times as long), all asked {:.0?}",
                    found.origin.percent(),
                    found.origin.all,
                    found.keys.percent(),
                    found.keys.all,
                    found.values.percent(),
                    found.values.all,
                    traced.as_secs_f64() / plain.as_secs_f64(),
                    found.asking,
                );
                for miss in found.misses.iter().take(SHOWN) {
                    println!("  {miss}");
                }
                changes(path, most);
            }
        }
    }
    Ok(())
}

fn changes(chart: &Path, most: usize) {
    let found = match perturbed::measure(chart, &[], most) {
        Ok(found) => found,
        Err(error) => return println!("  {}", error.lines().next().unwrap_or_default()),
    };
    let share = |share: shares::Share| format!("{:.1} % of {}", share.percent(), share.all);
    println!(
        "  {} values changed: direct {}, composite {}, right {}, certain ones right {}",
        found.changed,
        share(found.direct),
        share(found.composite),
        share(found.right),
        share(found.certain),
    );
    for miss in found.misses.iter().take(SHOWN) {
        println!("    {miss}");
    }
}

/// The shortest times of a plain and a traced render, run alternately.
fn times(chart: &Path) -> [Duration; 2] {
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let mut least = [Duration::MAX; 2];
    for _ in 0..TIMES {
        for (least, trace) in least.iter_mut().zip([Trace::Off, Trace::On]) {
            let started = Instant::now();
            let request = shares::request(chart, &[], trace);
            drop(stages::run(&system, &request, &Sources::new()));
            *least = started.elapsed().min(*least);
        }
    }
    least
}
