//! `explore`: how many branches of charts their defaults take, and how many exploring does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use promchart::lint::Run;
use promchart::lint::explore::{BUDGET, Explored, measure};
use promchart::source::Sources;
use promchart::stages::Request;
use promchart::system::{Disk, System};
use promchart::values::Overrides;

/// Explores charts and prints what was reached of each, the average, and what kinds of branches are left. `--budget=N` is the number
/// of renders, `--left` lists the branches.
///
/// # Errors
/// A flag that is none.
pub(crate) fn report(arguments: &[&str]) -> Result<(), String> {
    let mut budget = BUDGET;
    let mut lists = false;
    let mut charts = Vec::new();
    for argument in arguments {
        if let Some(number) = argument.strip_prefix("--budget=") {
            budget = number.parse().map_err(|_| format!("{argument}: write a number"))?;
        } else if *argument == "--left" {
            lists = true;
        } else {
            charts.push(*argument);
        }
    }
    println!("branches  defaults  explored  refusing  renders  sets  seconds  chart");
    let mut rows = Vec::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for chart in charts {
        let start = Instant::now();
        let Some(explored) = explore(chart, budget) else {
            println!("nothing to explore: {chart}");
            continue;
        };
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{:8}  {:7.1}%  {:7.1}%  {:7.1}%  {:7}  {:4}  {seconds:7.1}  {chart}",
            explored.branches,
            percent(explored.plain, explored.branches),
            percent(explored.reached, explored.branches),
            percent(explored.refusing, explored.branches),
            explored.renders,
            explored.sets,
        );
        for branch in &explored.unreached {
            *reasons.entry(branch.reason).or_default() += 1;
            if lists {
                let way = if branch.is_else { "else of " } else { "" };
                println!("  {}: {way}{} ({})", branch.place, branch.head, branch.reason);
            }
        }
        if explored.branches > 0 {
            rows.push(explored);
        }
    }
    let average = |part: fn(&Explored) -> usize| {
        let sum: f64 = rows.iter().map(|row| percent(part(row), row.branches)).sum();
        sum / f64::from(u32::try_from(rows.len().max(1)).unwrap_or(u32::MAX))
    };
    println!(
        "{} charts with branches: on average {:.1} % taken by the defaults, {:.1} % by exploring",
        rows.len(),
        average(|row| row.plain),
        average(|row| row.reached)
    );
    let total = |part: fn(&Explored) -> usize| rows.iter().map(part).sum::<usize>();
    println!(
        "{} branches in all: {} taken by the defaults, {} by exploring",
        total(|row| row.branches),
        total(|row| row.plain),
        total(|row| row.reached)
    );
    for (reason, count) in reasons {
        println!("{count:6}  {reason}");
    }
    Ok(())
}

fn explore(chart: &str, budget: usize) -> Option<Explored> {
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let run = Run {
        name: "".into(),
        chart: chart.into(),
        request: Request::new(chart, "release", Overrides::default()),
        crds: Vec::new(),
        policies: Vec::new(),
    };
    measure(&system, &run, &Sources::new(), budget)
}

fn percent(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    100.0 * number(part) / number(whole.max(1))
}
