//! Developer tasks that need the real Helm, Prometheus' source, promtool or the network: `cargo run -p xtask -- TASK`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reads and writes files and tells what it did"
)]

mod difffuzz;
mod explore;
mod goldens;
mod helm;
mod keys;
mod kubernetes;
mod layouts;
mod migrate;
mod mutate;
mod operator;
mod origins;
mod prometheus;
mod random;
mod readme;
mod schemas;
mod values;

use std::process::ExitCode;

const USAGE: &str = "\
cargo run -p xtask -- TASK

goldens         write the goldens anew: what the real Helm prints for each profile and conformance case
goldens --check hold the goldens to what the real Helm prints, and write nothing
kubernetes-definitions
                write crates/k8s/data/definitions.txt anew from k8s-openapi; with `check`, compare only
kubernetes-descriptions
                write crates/k8s/data/descriptions.txt anew from k8s-openapi's documentation; with `check`, compare only
operator-definitions
                write crates/k8s/data/operator.txt anew from the Prometheus operator's source, a Go module
mutate          which of the faults of tests/suite/mutations the linter finds, and at which line: [KIND]
explore         how many branches of charts `lint --explore` takes: [--budget=RENDERS] [--left] CHART...
origins         how much of the output of charts leads back to templates and values: [--changes=NUMBER] CHART...
functions       write docs/functions.md anew
chart-readme    write the tables of values in chart/README.md anew
migrate-page    write docs/migrate.md anew
migrate-facts REPOSITORY
                render the community chart with the real Helm: write what tests/suite/migrate wants, and compare its ci files;
                REPOSITORY is a clone of prometheus-community/helm-charts
prometheus-testdata DIR
                run over config/testdata of Prometheus' source and the like: what is refused and what is accepted
promtool        ask the real promtool about tests/suite/prometheus; PROMCHART_PROMTOOL names it
chart-keys      see that each key of the chart's values changes the output or is refused by its name: [BEGINNING OF A KEY];
                needs target/release/promchart
random-values   compare Helm and promchart over random values of the chart's schema: [COUNT] [SEED]
layouts         compare Helm and promchart over random charts in charts, with aliases, conditions and imports: [COUNT] [SEED]
schemas         compare Helm and promchart over random JSON schemas with values: [COUNT] [SEED]
schema-suite DIR
                compare them over the official JSON-Schema-Test-Suite; DIR is its folder tests
schema-cases    write into tests/suite/schema/helm.json what the real Helm says of each case
difffuzz        compare Helm and promchart over random templates, values and --set flags: [COUNT] [SEED]

The real Helm is the one that PROMCHART_HELM names, or target/helm/helm (.ci/install-helm puts it there).
";

/// Runs a comparison with the given count and seed.
fn count_and_seed(numbers: &[&str], default: u64, compare: fn(usize, u64) -> Result<(), String>) -> Result<(), String> {
    let number = |at: usize, default: u64| numbers.get(at).map_or(Ok(default), |text| text.parse());
    match (number(0, default).map(usize::try_from), number(1, 1)) {
        (Ok(Ok(count)), Ok(seed)) if numbers.len() <= 2 => compare(count, seed),
        _ => Err(USAGE.to_owned()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["goldens"] => goldens::run(goldens::Mode::Write),
        ["goldens", "--check"] => goldens::run(goldens::Mode::Check),
        ["explore", ref charts @ ..] => explore::report(charts),
        ["origins", ref charts @ ..] => origins::measure(charts),
        ["kubernetes-definitions"] => kubernetes::definitions(false),
        ["kubernetes-definitions", "check"] => kubernetes::definitions(true),
        ["kubernetes-descriptions"] => kubernetes::descriptions(false),
        ["kubernetes-descriptions", "check"] => kubernetes::descriptions(true),
        ["operator-definitions"] => operator::definitions(),
        ["mutate"] => mutate::measure(None),
        ["mutate", kind] => mutate::measure(Some(kind)),
        ["functions"] => std::fs::write(helm::root().join("docs/functions.md"), promchart::functions::markdown())
            .map_err(|error| format!("docs/functions.md: {error}")),
        ["chart-readme"] => readme::write(),
        ["migrate-page"] => std::fs::write(helm::root().join("docs/migrate.md"), promchart::migrate::markdown())
            .map_err(|error| format!("docs/migrate.md: {error}")),
        ["migrate-facts", repository] => migrate::facts(repository),
        ["prometheus-testdata", folder] => prometheus::testdata(folder),
        ["promtool"] => prometheus::promtool(),
        ["chart-keys"] => keys::check(""),
        ["chart-keys", part] => keys::check(part),
        ["random-values"] => values::compare(200, 1),
        ["random-values", count] => count
            .parse()
            .map_err(|_| USAGE.to_owned())
            .and_then(|count| values::compare(count, 1)),
        ["random-values", count, seed] => match (count.parse(), seed.parse()) {
            (Ok(count), Ok(seed)) => values::compare(count, seed),
            _ => Err(USAGE.to_owned()),
        },
        ["difffuzz", ref numbers @ ..] => count_and_seed(numbers, 1000, difffuzz::compare),
        ["schemas", ref numbers @ ..] => count_and_seed(numbers, 2000, schemas::compare),
        ["schema-cases"] => schemas::record(),
        ["schema-suite", folder] => schemas::suite(folder),
        ["layouts", ref numbers @ ..] => count_and_seed(numbers, 500, layouts::compare),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
