//! How well the origins of rendered charts are known.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use promchart::pipeline;
use promchart::render::Trace;
use promchart::source::Sources;
use promchart::world::{Disk, World};

#[path = "../../tests/support/shares.rs"]
mod shares;

/// How many misses are shown of each chart.
const SHOWN: usize = 12;
/// How often a chart is rendered to see how long that takes.
const TIMES: u32 = 3;

/// Measures charts and prints a line for each.
///
/// # Errors
/// None: a chart that does not render is told of.
pub(crate) fn measure(charts: &[&str]) -> Result<(), String> {
    for chart in charts {
        let path = Path::new(chart);
        let started = Instant::now();
        match shares::measure(path, &[]) {
            Err(error) => println!("{chart}: {}", error.lines().next().unwrap_or_default()),
            Ok(found) => {
                let asking = started.elapsed();
                let plain = time(path, Trace::Off);
                let traced = time(path, Trace::On);
                println!(
                    "{chart}: origin {:.2} % of {}, keys {:.2} % of {}, values {:.2} % of {}; plain {plain:.0?}, traced {traced:.0?}, all asked {asking:.0?}",
                    found.origin.percent(),
                    found.origin.all,
                    found.keys.percent(),
                    found.keys.all,
                    found.values.percent(),
                    found.values.all,
                );
                for miss in found.misses.iter().take(SHOWN) {
                    println!("  {miss}");
                }
            }
        }
    }
    Ok(())
}

fn time(chart: &Path, trace: Trace) -> Duration {
    let world: Arc<dyn World> = Arc::new(Disk::default());
    let run = |_| {
        let started = Instant::now();
        drop(pipeline::run(
            &world,
            &shares::request(chart, &[], trace),
            &Sources::new(),
        ));
        started.elapsed()
    };
    (0..TIMES).map(run).min().unwrap_or_default()
}
