//! The command line: errors for bad input, and the effect of flags.

use crate::support::{Case, Run, chart, scratch, write};

/// Renders a chart with one template, which must fail.
#[track_caller]
fn refused(name: &str, template: &str, values: &str) -> Run {
    let folder = chart(name, template, values);
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    assert_eq!((run.code, &*run.stdout), (1, ""), "{}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

#[track_caller]
fn says(run: &Run, wanted: &[&str]) {
    for text in wanted {
        assert!(run.stderr.contains(text), "{text:?} is not in\n{}", run.stderr);
    }
}

#[test]
fn missing_chart() {
    let run = Case::new("template").args(["demo", "./no-such-chart"]).run();
    assert_eq!(run.code, 1);
    says(
        &run,
        &[
            "Error: path \"./no-such-chart\" not found",
            "give the folder of a chart or a packed chart",
        ],
    );
}

#[test]
fn folder_without_chart_yaml() {
    let folder = scratch("folder_without_chart_yaml");
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    assert_eq!(run.code, 1);
    says(
        &run,
        &[
            "Error: unable to detect chart at ",
            "error[chart-load]: Chart.yaml file is missing",
        ],
    );
}

#[test]
fn missing_values_file() {
    let run = Case::new("template")
        .args(["demo", "chart", "-f", "no-such.yaml"])
        .run();
    assert_eq!(run.code, 1);
    says(&run, &["Error: open no-such.yaml: no such file or directory"]);
}

#[test]
fn broken_values_file() {
    let folder = chart("broken_values_file", "a: b", "");
    write(&folder, "bad.yaml", "a: 1\nb: [1, 2\nc: 3\n");
    let run = Case::new("template")
        .args(["demo", ".", "-f", "bad.yaml"])
        .dir(&folder)
        .run();
    assert_eq!(run.code, 1);
    says(
        &run,
        &[
            "Error: failed to parse bad.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 2: \
             did not find expected ',' or ']'",
            "--> bad.yaml:",
        ],
    );
}

#[test]
fn values_file_that_is_no_mapping() {
    let folder = chart("values_file_that_is_no_mapping", "a: b", "");
    write(&folder, "list.yaml", "- 1\n");
    let run = Case::new("template")
        .args(["demo", ".", "-f", "list.yaml"])
        .dir(&folder)
        .run();
    says(
        &run,
        &[
            "cannot unmarshal array into Go value of type map[string]interface {}",
            "--> list.yaml:1:1",
        ],
    );
}

#[test]
fn wrong_type_and_unknown_key_at_once() {
    let folder = scratch("wrong_type_and_unknown_key_at_once");
    write(&folder, "v.yaml", "server:\n  replicas: many\n  retetnion: {}\n");
    let run = Case::new("template")
        .args(["prom", "chart", "-f"])
        .arg(folder.join("v.yaml"))
        .run();
    assert_eq!(run.code, 1);
    says(
        &run,
        &[
            "- at '/server/replicas': got string, want integer",
            "v.yaml:2:13",
            "unknown key server.retetnion",
            "v.yaml:3:3",
            "did you mean `retention`?",
        ],
    );
}

#[test]
fn wrong_value_of_a_flag_is_shown_in_the_flag() {
    let run = Case::new("template")
        .args(["prom", "chart", "--set", "server.replicas=x"])
        .run();
    says(&run, &["got string, want integer", "--> --set server.replicas=x:1:17"]);
}

#[test]
fn all_unknown_functions_of_all_files() {
    let folder = chart(
        "all_unknown_functions_of_all_files",
        "a: {{ qoute .x }}\nb: {{ nosuch 1 }}\n",
        "",
    );
    write(&folder, "templates/b.yaml", "{{ toYmal .Values }}");
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    assert_eq!(run.code, 1);
    says(
        &run,
        &[
            "Error: parse error at (test/templates/b.yaml:1): function \"toYmal\" not defined",
            "did you mean `toYaml`?",
            "--> ./templates/b.yaml:1:4",
            "did you mean `quote`?",
            "--> ./templates/a.yaml:1:7",
            "function \"nosuch\" not defined",
            "--> ./templates/a.yaml:2:7",
        ],
    );
}

#[test]
fn unclosed_action() {
    let run = refused("unclosed_action", "a: 1\nb: {{ .Values.x\n", "");
    says(
        &run,
        &[
            "Error: parse error at (test/templates/a.yaml:3): unclosed action started at test/templates/a.yaml:2",
            "2 | b: {{ .Values.x\n  |    -- opened here",
        ],
    );
}

#[test]
fn missing_end() {
    let run = refused("missing_end", "{{ if .a }}\nb: 1\n{{ range .c }}\n{{ end }}\n", "");
    says(
        &run,
        &[
            "Error: parse error at (test/templates/a.yaml:5): unexpected EOF",
            "1 | {{ if .a }}\n  | ----------- opened here",
        ],
    );
}

#[test]
fn nil_pointer() {
    let run = refused("nil_pointer", "a: {{ .Values.image.tag.name }}", "image: {}\n");
    says(
        &run,
        &[
            "Error: test/templates/a.yaml:1:13\n  executing \"test/templates/a.yaml\" at <.Values.image.tag.name>:\n    nil \
             pointer evaluating interface {}.name",
            "--> ./templates/a.yaml:1:7",
        ],
    );
}

#[test]
fn errors_of_several_files() {
    let folder = chart("errors_of_several_files", "{{ .Values.a.b }}", "");
    write(&folder, "templates/b.yaml", "{{ fail \"no\" }}");
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    says(
        &run,
        &[
            "Error: execution error at (test/templates/b.yaml:1:3): no",
            "--> ./templates/b.yaml:1:4",
            "--> ./templates/a.yaml:1:4",
        ],
    );
}

#[test]
fn error_in_an_included_template_names_the_way_there() {
    let run = refused(
        "error_in_an_included_template",
        "{{ define \"inner\" }}\n{{ .x.y.z }}\n{{ end }}\n{{ include \"inner\" . }}\n",
        "",
    );
    says(
        &run,
        &[
            "--> ./templates/a.yaml:2:4",
            "::: ./templates/a.yaml:4:4",
            "called from here",
        ],
    );
}

#[test]
fn rendered_text_that_is_no_yaml() {
    let run = refused("rendered_text_that_is_no_yaml", "a: [1\nb: 2\n", "");
    says(
        &run,
        &[
            "Error: YAML parse error on test/templates/a.yaml: error converting YAML to JSON: yaml: line 1: did not find \
             expected ',' or ']'\n\nUse --debug flag to render out invalid YAML\n",
        ],
    );
}

#[test]
fn debug_prints_text_that_is_no_yaml() {
    let folder = chart("debug_prints_text_that_is_no_yaml", "a: [1\n", "");
    let run = Case::new("template").args(["demo", ".", "--debug"]).dir(&folder).run();
    assert_eq!(
        (run.code, &*run.stdout),
        (1, "---\n# Source: test/templates/a.yaml\na: [1\n")
    );
}

#[test]
fn endless_include() {
    let run = refused(
        "endless_include",
        "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}",
        "",
    );
    says(
        &run,
        &[
            "rendering template has a nested reference name: x: unable to execute template",
            "--> ./templates/a.yaml:1:",
        ],
    );
}

#[test]
fn endless_template() {
    let run = refused(
        "endless_template",
        "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}",
        "",
    );
    says(&run, &["exceeded maximum template depth", "--> ./templates/a.yaml:1:"]);
}

#[test]
fn endless_tpl() {
    let run = refused("endless_tpl", "{{ tpl .Values.t . }}", "t: '{{ tpl .Values.t . }}'\n");
    says(&run, &["exceeded maximum template depth"]);
}

#[test]
fn template_that_prints_ten_gigabytes() {
    let template = "{{ range until 100000 }}{{ range until 1000 }}{{ repeat 100 \"x\" }}{{ end }}{{ end }}";
    let run = refused("template_that_prints_ten_gigabytes", template, "");
    says(&run, &["the render takes more than", "--> ./templates/a.yaml:1:"]);
}

#[test]
fn texts_that_fill_the_memory() {
    let doubling = "{{ $x := \"xxxxxxxxxx\" }}{{ range until 100 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}";
    says(
        &refused("text_that_doubles", doubling, ""),
        &["bytes is too long", "--> ./templates/a.yaml:1:"],
    );
    let filling =
        "{{ $x := list }}{{ range until 100 }}{{ $x = append $x (repeat 8000000 \"x\") }}{{ end }}{{ len $x }}";
    let run = refused("texts_that_fill_the_memory", filling, "");
    says(&run, &["the render takes more than", "--> ./templates/a.yaml:1:"]);
}

#[test]
fn show_only_names_what_is_missing() {
    let run = Case::new("template")
        .args(["prom", "chart", "-s", "templates/nope.yaml"])
        .run();
    assert_eq!(run.code, 1);
    says(&run, &["Error: could not find template templates/nope.yaml in chart"]);
}

#[test]
fn unknown_flag_is_a_usage_error() {
    let run = Case::new("template").args(["prom", "chart", "--no-such-flag"]).run();
    assert_eq!(run.code, 2);
    says(&run, &["--no-such-flag"]);
}

#[test]
fn stdout_may_be_closed() {
    let stdout = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("{} template | head -1", env!("CARGO_BIN_EXE_promchart")))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&stdout.stderr), "");
}

/// Rendered text that is not valid YAML: the error names the line of the template, or the value.
#[test]
fn a_broken_manifest_leads_to_its_template_and_value() {
    let template = "kind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n  labels: {a: b\n";
    let run = refused("broken_manifest", template, "name: x\n");
    says(
        &run,
        &[
            "templates/a.yaml:4:",
            "labels: {a: b",
            "this is what came out",
            "[manifest-syntax]",
        ],
    );
    let template = "apiVersion: v1\nkind:\n  {{- toYaml .Values.kind | nindent 2 }}\n";
    let run = refused("broken_kind", template, "a: 1\nkind:\n  - Pod\n");
    says(
        &run,
        &[
            "json: cannot unmarshal array into Go struct field .kind of type string",
            "templates/a.yaml:3:",
            "{{- toYaml .Values.kind | nindent 2 }}",
            "values.yaml:3:",
            "the value is set here",
        ],
    );
}

/// The traced render that finds the origin of an error may need more memory than the first one; that must not be an
/// error of its own.
#[test]
fn a_trace_too_large_for_memory_is_given_up() {
    let template = "{{ range until 1000 }}{{ $x := until 10000 }}{{ end }}kind: A\nlabels: {a: b\n";
    let run = refused("large_trace", template, "");
    // Without a trace, the error stays at the rendered text.
    says(&run, &["[manifest-syntax]", "templates/a.yaml:3:1"]);
}

/// nil on the way to a field: the error names the key that is nil, or the table that lacks it.
#[test]
fn a_nil_pointer_leads_to_the_values() {
    let run = refused("nil_key", "a: {{ .Values.server.disk.size }}\n", "server:\n  disk:\n");
    says(
        &run,
        &[
            "nil pointer evaluating interface {}.size",
            // Helm drops keys that a chart sets to null.
            "values.yaml:1:",
            "`disk` is not set in here",
            "set `server.disk`",
        ],
    );
    let run = refused(
        "missing_key",
        "a: {{ .Values.server.disk.size }}\n",
        "other: 1\nserver:\n  cpu: 1\n",
    );
    says(
        &run,
        &["values.yaml:2:", "`disk` is not set in here", "set `server.disk`"],
    );
    let run = refused(
        "nil_item",
        "{{ range .Values.servers }}a: {{ .disk.size }}\n{{ end }}",
        "servers:\n  - name: a\n    disk: {size: 1}\n  - name: b\n    disk: null\n",
    );
    says(
        &run,
        &[
            "nil pointer evaluating interface {}.size",
            "values.yaml:5:",
            "`disk` is nil",
        ],
    );
    let run = refused("missing_table", "a: {{ .Values.server.disk }}\n", "other: 1\n");
    says(&run, &["nil pointer evaluating interface {}.disk", "set `server`"]);
}
