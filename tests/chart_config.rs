//! Rules, credentials and user-supplied configurations in the chart.

use promchart::yaml::Node;

use crate::support::{Case, Run, read, scratch, write};

/// A render of the chart with a values file.
fn render(name: &str, values: &str) -> Run {
    let folder = scratch(&format!("chart-config-{name}"));
    write(&folder, "values.yaml", values);
    Case::new("template")
        .args(["prom", "chart", "-n", "monitoring", "-f"])
        .arg(folder.join("values.yaml"))
        .run()
}

fn parse(text: &str) -> Node {
    let sources = promchart::source::Sources::new();
    let source = promchart::source::Source::new("x", promchart::source::SourceKind::Made, text.as_bytes().to_vec());
    let file = sources.add(source);
    let source = sources.get(file);
    promchart::yaml::parse(&source, file, 0..text.len()).unwrap().node
}

/// The rendered objects of a kind.
fn objects(stream: &str, kind: &str) -> Vec<Node> {
    promchart::manifest::split(stream)
        .into_iter()
        .map(|(_, text)| parse(text))
        .filter(|node| text_at(node, &["kind"]) == kind)
        .collect()
}

fn text_at<'a>(node: &'a Node, path: &[&str]) -> &'a str {
    node.at(path.iter().copied()).and_then(Node::as_str).unwrap_or("")
}

/// The entries of a map of texts below an object.
fn entries(node: &Node, field: &str) -> Vec<(String, String)> {
    let Some(map) = node.at([field]).and_then(Node::as_map) else {
        return Vec::new();
    };
    map.iter()
        .map(|(key, entry)| (key.to_string(), entry.node.as_str().unwrap().to_owned()))
        .collect()
}

/// A rule file of the values with `count` rules of about a kilobyte each.
fn rule_file(name: &str, count: usize) -> String {
    let mut text = format!("    {name}:\n      groups:\n        - name: {name}\n          rules:\n");
    for number in 0..count {
        let filler = "x".repeat(900);
        text.push_str(&format!(
            "            - record: {name}:rule:{number}\n              expr: vector({number})\n              labels: {{filler: {filler}}}\n"
        ));
    }
    text
}

#[test]
fn rules_are_spread_below_one_mebibyte() {
    let files: String = ["a", "b", "c", "d"].map(|name| rule_file(name, 400)).concat();
    let stream = render("spread", &format!("rules:\n  groups:\n{files}")).stdout();
    let mut seen = Vec::new();
    let mut maps = 0;
    for map in objects(&stream, "ConfigMap") {
        let name = text_at(&map, &["metadata", "name"]);
        if !name.starts_with("prom-rules") {
            continue;
        }
        maps += 1;
        let data = entries(&map, "data");
        let size: usize = data.iter().map(|(_, text)| text.len()).sum();
        assert!(size < 1 << 20, "{name} has {size} bytes");
        // Each is mounted.
        assert!(
            stream.contains(&format!("- configMap:\n                name: {name}\n")),
            "{name}"
        );
        seen.extend(data.into_iter().map(|(key, _)| key));
    }
    seen.sort();
    assert_eq!(seen, ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]);
    assert_eq!(maps, 2);
}

#[test]
fn a_rule_file_that_no_config_map_holds_is_named() {
    let run = render("large", &format!("rules:\n  groups:\n{}", rule_file("large", 1100)));
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("rules.groups.large: the file large.yaml has "),
        "{}",
        run.stderr
    );
}

#[test]
fn templates_of_prometheus_pass_as_they_are() {
    let summary = "{{ $labels.instance }} of {{ .ExternalLabels.cluster }}: {{ $value | humanize }} {{- /* \\n */ -}}";
    let values = format!(
        "rules:\n  groups:\n    a:\n      groups:\n        - name: a\n          rules:\n            - alert: A\n              \
         expr: up == 0\n              annotations:\n                summary: '{summary}'\n"
    );
    let stream = render("verbatim", &values).stdout();
    let map = objects(&stream, "ConfigMap")
        .into_iter()
        .find(|map| text_at(map, &["metadata", "name"]) == "prom-rules")
        .unwrap();
    let (name, text) = entries(&map, "data").remove(0);
    assert_eq!(name, "a.yaml");
    let file = parse(&text);
    let groups = file.at(["groups"]).and_then(Node::as_list).unwrap();
    let rules = groups[0].at(["rules"]).and_then(Node::as_list).unwrap();
    assert_eq!(text_at(&rules[0], &["annotations", "summary"]), summary);
}

/// A configuration that contains a credential becomes a Secret; one that names a file with it does not.
#[test]
fn credentials_in_the_configuration_make_it_a_secret() {
    let remote = |more: &str| format!("remoteWrite:\n  a:\n    url: https://a.example.com/write\n{more}");
    let cases = [
        ("ConfigMap", String::new()),
        ("ConfigMap", remote("    auth: {basic: {username: u, passwordSecret: {name: s, key: password}}}\n")),
        ("ConfigMap", remote("    auth: {bearer: {secret: {name: s, key: token}}}\n")),
        ("ConfigMap", remote("    headers: {X-Scope-OrgID: shop}\n")),
        ("ConfigMap", remote("    config: {tls_config: {ca_file: /a, cert_file: /b, key_file: /c}}\n")),
        ("Secret", remote("    headers: {X-Api-Key: abc}\n")),
        ("Secret", remote("    headers: {X-Auth-Token: abc}\n")),
        ("Secret", remote("    config: {basic_auth: {username: u, password: p}}\n")),
        ("Secret", remote("    config: {sigv4: {access_key: a, secret_key: b}}\n")),
        ("Secret", remote("    config: {authorization: {credentials: abc}}\n")),
        ("Secret", "remoteWrite:\n  a:\n    url: https://user:pass@a.example.com/write\n".to_owned()),
        (
            "Secret",
            "rbac: {mode: custom}\nconfig:\n  raw: |\n    remote_write: [{url: 'https://a', basic_auth: {username: u, password: p}}]\n".to_owned(),
        ),
    ];
    for (number, (kind, values)) in cases.iter().enumerate() {
        let stream = render(&format!("secret-{number}"), values).stdout();
        let found: Vec<&str> = ["ConfigMap", "Secret"]
            .into_iter()
            .filter(|kind| {
                objects(&stream, kind)
                    .iter()
                    .any(|object| text_at(object, &["metadata", "name"]) == "prom-config")
            })
            .collect();
        assert_eq!(found, [*kind], "{values}");
    }
}

/// Prometheus 3.11 and later read retention from the file; without a generated file it must be in the flags.
#[test]
fn retention_is_where_prometheus_finds_it() {
    let own =
        "rbac: {mode: custom}\nconfig:\n  raw: 'scrape_configs: []'\nserver:\n  retention: {time: 3d, size: 1GB}\n";
    let made = "server:\n  retention: {time: 3d, size: 1GB}\n";
    for tag in ["v3.5.3", "v3.16.0"] {
        let image = format!("  image: {{tag: {tag}}}\n");
        for (name, values, in_file) in [("own", own, false), ("made", made, tag == "v3.16.0")] {
            let stream = render(&format!("retention-{name}-{tag}"), &format!("{values}{image}")).stdout();
            let flags = stream.contains("- --storage.tsdb.retention.time=3d\n")
                && stream.contains("- --storage.tsdb.retention.size=1GB\n");
            let file = stream.contains("retention:\n          size: 1GB\n          time: 3d\n");
            assert_eq!((flags, file), (!in_file, in_file), "{name} {tag}");
        }
    }
}

/// An Alertmanager behind a Service is discovered with a Role in its namespace, and no other rights.
#[test]
fn rights_for_alertmanagers_are_in_their_namespace() {
    let values = "scrape: {builtin: false, jobs: {}}\nalerting:\n  alertmanagers:\n    main:\n      service: {name: alertmanager, namespace: alerts}\n";
    let off = "apiserver kubelet cadvisor endpointslices pods prometheus"
        .split(' ')
        .map(|job| format!("--set=scrape.jobs.{job}.enabled=false"));
    let folder = scratch("chart-config-alertmanagers");
    write(&folder, "values.yaml", values);
    let stream = Case::new("template")
        .args(["prom", "chart", "-n", "monitoring", "-f"])
        .arg(folder.join("values.yaml"))
        .args(off)
        .run()
        .stdout();
    assert!(objects(&stream, "ClusterRole").is_empty());
    let roles = objects(&stream, "Role");
    assert_eq!(roles.len(), 1);
    assert_eq!(text_at(&roles[0], &["metadata", "namespace"]), "alerts");
    let resources: Vec<String> = roles[0]
        .at(["rules"])
        .and_then(Node::as_list)
        .unwrap()
        .iter()
        .flat_map(|rule| rule.at(["resources"]).and_then(Node::as_list).unwrap().iter())
        .map(|resource| resource.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(resources, ["pods", "services", "endpointslices"]);
    assert!(stream.contains("automountServiceAccountToken: true"));
}

/// `helm lint` checks values.yaml unmerged, including its nulls.
#[test]
fn the_values_obey_their_schema_as_they_stand() {
    let run = Case::new("validate").args(["chart", "-f", "chart/values.yaml"]).run();
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// The examples contain valid combinations of values.
#[test]
fn the_examples_of_the_readme_render() {
    let readme = read("chart/README.md");
    let examples: Vec<&str> = readme
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(examples.len() >= 5, "{}", examples.len());
    for (number, example) in examples.iter().enumerate() {
        let run = render(&format!("readme-{number}"), example);
        assert_eq!(run.code, 0, "{example}\n{}", run.stderr);
    }
}

/// A faulty expression is reported in the user's values, not at the chart's template.
#[test]
fn faults_of_rules_are_shown_in_the_values_file() {
    let folder = scratch("chart-config-faulty-rule");
    let values = "rules:\n  groups:\n    shop:\n      groups:\n        - name: shop\n          rules:\n            - alert: ShopDown\n              \
                  expr: rate(http_requests_total{job=\"shop\"}) > 0\n";
    write(&folder, "values.yaml", values);
    let path = folder.join("values.yaml");
    let run = Case::new("lint").args(["chart", "-f"]).arg(&path).run();
    let output = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(run.code, 1, "{output}");
    assert!(output.contains("promql-type"), "{output}");
    assert!(output.contains(&format!("--> {}:8:", path.display())), "{output}");
}
