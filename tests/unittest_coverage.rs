//! `promchart test --coverage`: what it says of the chart in `tests/unittest/coverage/`, whose lines and branches were counted by hand.

use std::path::PathBuf;

use crate::support::{Case, Run, copy, read, root, scratch};

const FOLDER: &str = "tests/unittest/coverage";

fn fresh(name: &str) -> PathBuf {
    let folder = scratch(name);
    copy(&root().join(FOLDER).join("chart"), &folder.join("chart"));
    folder
}

fn test(folder: &PathBuf, arguments: &[&str]) -> Run {
    Case::new("test").arg("chart").args(arguments).dir(folder).run()
}

/// What is said of the coverage.
fn table(run: &Run) -> &str {
    run.stdout.split_once("\n### Coverage").map_or("", |(_, table)| table)
}

#[test]
fn the_table_names_lines_and_branches() {
    let folder = fresh("coverage-table");
    let run = test(&folder, &["--coverage"]);
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let wanted = read(format!("{FOLDER}/table.txt"));
    assert_eq!(format!("### Coverage{}", table(&run)), wanted);
    assert!(
        read("docs/test.md").contains(wanted.trim_end()),
        "docs/test.md has another table"
    );
    // Without the flag nothing is said of it.
    assert_eq!(table(&test(&folder, &[])), "");
}

#[test]
fn renders_with_values_files_count_as_well() {
    let folder = fresh("coverage-values");
    let run = test(&folder, &["--coverage-values", "ci/*-values.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        format!("### Coverage{}", table(&run)),
        read(format!("{FOLDER}/values.txt"))
    );
    let run = test(&folder, &["--coverage-values", "ci/none.yaml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no values file ci/none.yaml"), "{}", run.stderr);
    // A render that fails is told, and counts as far as it came.
    std::fs::write(folder.join("chart/ci/bad-values.yaml"), "tls: true\n").unwrap();
    let run = test(&folder, &["--coverage-values", "ci/bad-values.yaml"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("With chart/ci/bad-values.yaml:"), "{}", run.stderr);
    assert!(run.stderr.contains("tls needs hosts"), "{}", run.stderr);
}

#[test]
fn too_little_fails_with_a_sentence() {
    let folder = fresh("coverage-least");
    let run = test(&folder, &["--coverage-min", "55.5", "--coverage-min-branches", "33.3%"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = test(&folder, &["--coverage-min", "55.6"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        "Error: 55.5% of the lines of chart shop were run (20 of 36), and --coverage-min wants 55.6%\n"
    );
    let run = test(&folder, &["--coverage-min-branches", "34"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("33.3% of the branches of chart shop were taken (5 of 15)"),
        "{}",
        run.stderr
    );
    for (flag, value) in [
        ("--coverage-min", "101"),
        ("--coverage-min", "x"),
        ("--coverage-output", "pdf=x"),
    ] {
        assert_eq!(test(&folder, &[flag, value]).code, 2, "{flag} {value}");
    }
    assert_eq!(test(&folder, &["--coverage-output", "lcov"]).code, 2);
}

#[test]
fn reports_for_other_programs_have_the_same_counts() {
    let folder = fresh("coverage-reports");
    let run = test(
        &folder,
        &[
            "--coverage-output",
            "lcov=out/lcov.info",
            "--coverage-output",
            "cobertura=out/cobertura.xml",
            "--coverage-output",
            "html=out/pages",
        ],
    );
    assert_eq!((run.code, &*run.stderr), (0, ""));
    let written = |name: &str| std::fs::read_to_string(folder.join("out").join(name)).unwrap();
    assert_eq!(written("lcov.info"), read(format!("{FOLDER}/lcov.info")));
    let cobertura = written("cobertura.xml");
    let (before, after) = cobertura.split_once(" version=\"0").unwrap();
    let (_, after) = after.split_once("\">").unwrap();
    assert_eq!(
        format!("{before} version=\"\" timestamp=\"\">{after}"),
        read(format!("{FOLDER}/cobertura.xml"))
    );
    let index = written("pages/index.html");
    assert!(
        index.contains("<a href=\"shop-templates_ingress.yaml.html\">templates/ingress.yaml</a>"),
        "{index}"
    );
    assert!(index.contains("55.5% (20/36)"), "{index}");
    let page = written("pages/shop-templates_deployment.yaml.html");
    for line in [
        "<tr class=\"part\" id=L6><td class=n>6<td class=n>2\u{d7}<td>  {{- with .Values.annotations }}<td class=b>with .Values.annotations: always empty</tr>",
        "<tr class=\"not\" id=L7><td class=n>7<td class=n>0\u{d7}<td>  annotations:<td class=b></tr>",
        "<tr class=\"\" id=L9><td class=n>9<td class=n><td>  {{- end }}<td class=b></tr>",
        "<tr class=\"run\" id=L12><td class=n>12<td class=n>1\u{d7}<td>  replicas: {{ .Values.replicas }}<td class=b></tr>",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    // A template's text is no markup.
    let helpers = written("pages/shop-templates__helpers.tpl.html");
    assert!(helpers.contains("define &#34;shop.name&#34;"), "{helpers}");
}
