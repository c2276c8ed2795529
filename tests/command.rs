//! Where `promchart template` is its own: names, flags, chance, programs. What it shares with Helm is in `conformance`.

use crate::support::{Case, chart, scratch, write};

/// What a chart of one template renders with these arguments after its path.
fn rendered(name: &str, template: &str, arguments: &[&str]) -> String {
    let folder = chart(name, template, "");
    Case::new("template")
        .arg(".")
        .args(arguments)
        .dir(folder)
        .run()
        .stdout()
}

#[test]
fn release_names_where_none_is_given() {
    let name = "name: {{ .Release.Name }}";
    assert!(rendered("release_names", name, &[]).contains("name: release-name"));
    assert!(
        rendered(
            "release_names",
            name,
            &["--name-template", "{{ upper \"x\" | lower }}1"]
        )
        .contains("name: x1")
    );
    let built_in = Case::new("template").run().stdout();
    assert!(built_in.contains("app.kubernetes.io/instance: prom\n"));
}

#[test]
fn namespace_of_the_environment() {
    let folder = chart(
        "namespace_of_the_environment",
        "namespace: {{ .Release.Namespace }}",
        "",
    );
    let run = |arguments: &[&str]| {
        let case = Case::new("template").env("HELM_NAMESPACE", "of-env");
        case.arg(".").args(arguments).dir(&folder).run().stdout()
    };
    assert!(run(&[]).contains("namespace: of-env"));
    assert!(run(&["-n", "given"]).contains("namespace: given"));
}

#[test]
fn flags_that_need_a_cluster_or_a_network_are_refused() {
    let folder = chart("refused_flags", "a: b", "");
    let flags = [
        "--ca-file=x",
        "--cert-file=x",
        "--dependency-update",
        "--dry-run=server",
        "--enable-dns",
        "--insecure-skip-tls-verify",
        "--key-file=x",
        "--kube-apiserver=x",
        "--kube-as-group=x",
        "--kube-as-user=x",
        "--kube-ca-file=x",
        "--kube-context=x",
        "--kube-insecure-skip-tls-verify",
        "--kube-tls-server-name=x",
        "--kube-token=x",
        "--kubeconfig=x",
        "--pass-credentials",
        "--password=x",
        "--plain-http",
        "--repo=https://example.org",
        "--username=x",
        "--validate",
        "--verify",
    ];
    for flag in flags {
        let run = Case::new("template").args([".", flag]).dir(&folder).run();
        assert_eq!((run.code, &*run.stdout), (1, ""), "{flag}");
        let name = flag.split('=').next().unwrap();
        assert!(run.stderr.starts_with(&format!("Error: {name}")), "{}", run.stderr);
        assert!(run.stderr.contains(": promchart "), "{}", run.stderr);
    }
    for reference in [
        "oci://example.org/chart",
        "https://example.org/chart.tgz",
        "repository/chart",
        "chart-name",
    ] {
        let run = Case::new("template").args(["demo", reference]).dir(&folder).run();
        assert_eq!(run.code, 1);
        assert!(
            run.stderr.contains("get the chart with `helm pull` and give its path"),
            "{}",
            run.stderr
        );
    }
    let run = Case::new("template")
        .args([".", "-f", "https://example.org/values.yaml"])
        .dir(&folder)
        .run();
    assert!(run.stderr.contains("fetch the file first"), "{}", run.stderr);
}

#[test]
fn a_seed_repeats_chance() {
    let template = r#"
{{- $ca := genCA "ca" 1 }}
a: {{ list (randAlphaNum 8) (randAlpha 8) (randNumeric 8) (randAscii 8) (randBytes 8) (randInt 0 1000000) (shuffle "abcdefgh")
  uuidv4 (genPrivateKey "ecdsa") (genPrivateKey "ed25519") (genPrivateKey "rsa") (genPrivateKey "dsa") $ca.Cert $ca.Key
  (genSignedCert "x" nil nil 1 $ca).Cert (genSelfSignedCert "x" nil nil 1).Key (bcrypt "p") (htpasswd "u" "p")
  (encryptAES "k" "t") | toJson }}
now: {{ now | date "2006-01-02T15:04:05" }} {{ ago (toDate "2006-01-02" "2025-06-15") }}
"#;
    let folder = chart("a_seed_repeats_chance", template, "");
    let run = |seed: &str, epoch: &str| {
        let case = Case::new("template").env("SOURCE_DATE_EPOCH", epoch);
        case.args([".", "--seed", seed]).dir(&folder).run().stdout()
    };
    let first = run("7", "1750000000");
    assert!(first.contains("now: 2025-06-15T15:06:40"), "{first}");
    assert_eq!(first, run("7", "1750000000"));
    let other = run("8", "1750000000");
    let parts = |text: &str| -> Vec<String> { text.split(',').map(str::to_owned).collect() };
    let (first, other) = (parts(&first), parts(&other));
    // A list of nineteen random things, and then the time.
    for (at, (first, other)) in first.iter().zip(&other).enumerate().take(18) {
        assert_ne!(first, other, "the seed does not reach number {at}");
    }
    let run = Case::new("template")
        .env("SOURCE_DATE_EPOCH", "soon")
        .arg(".")
        .dir(&folder)
        .run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("SOURCE_DATE_EPOCH=soon"), "{}", run.stderr);
}

#[test]
fn post_renderer_keeps_what_it_does_not_change() {
    let odd =
        "kind:   ConfigMap\nmetadata:\n    name:  x   # why\n    labels: {a:   b}\ndata:\n    list:\n      -   1\n";
    let folder = chart("post_renderer_keeps", odd, "");
    let run = |arguments: &[&str]| {
        Case::new("template")
            .arg(".")
            .args(arguments)
            .dir(&folder)
            .env("PATH", "/usr/bin:/bin")
            .run()
    };
    assert_eq!(run(&["--post-renderer", "cat"]).stdout(), run(&[]).stdout());
    write(
        &folder,
        "render.sh",
        "#!/bin/sh\nsed \"s/why/$1/\"\necho '---'\necho 'kind: Added'\n",
    );
    let shell = [
        "--post-renderer",
        "sh",
        "--post-renderer-args",
        "./render.sh",
        "--post-renderer-args",
        "because",
    ];
    let changed = run(&shell).stdout();
    assert!(changed.contains(&odd.replace("why", "because")), "{changed}");
    assert!(
        changed.contains("---\n# Source: generated-by-postrender-1.yaml\nkind: Added\n"),
        "{changed}"
    );
    let missing = run(&["--post-renderer", "./no-such-program"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing
            .stderr
            .contains("failed to invoke post-renderer plugin \"./no-such-program\""),
        "{}",
        missing.stderr
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_a_circle_are_refused() {
    let folder = chart("links_in_a_circle", "a: b", "");
    std::os::unix::fs::symlink("..", folder.join("templates/up")).unwrap();
    let run = Case::new("template").arg(".").dir(&folder).run();
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("leads back to a folder above it"), "{}", run.stderr);
}

#[test]
fn property_names_are_reported_at_their_object() {
    let folder = chart("property_names", "a: b", "map: {z: 1}\n");
    write(
        &folder,
        "values.schema.json",
        r#"{"properties": {"map": {"propertyNames": {"pattern": "^k"}}}}"#,
    );
    let run = Case::new("template").arg(".").dir(&folder).run();
    let wanted = "- at '/map': invalid propertyName 'z'\n  - at '': 'z' does not match pattern '^k'\n";
    assert!(run.stderr.contains(wanted), "{}", run.stderr);
}

#[test]
fn switches_take_values_as_in_helm() {
    let folder = scratch("switches");
    let run = Case::new("template").args(["--is-upgrade=maybe"]).dir(&folder).run();
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("strconv.ParseBool: parsing \"maybe\": invalid syntax"),
        "{}",
        run.stderr
    );
}
