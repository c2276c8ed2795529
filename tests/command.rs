//! `promchart template` where it differs from Helm: names, flags, randomness, post-renderers. The rest is in
//! `conformance`.

use crate::support::{Case, chart, scratch, write};

/// Renders a chart with one template and these arguments after its path.
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
        let name = match flag {
            "--dry-run=server" => flag,
            _ => flag.split('=').next().unwrap(),
        };
        // Helm warns about some of them.
        let error = run.stderr.lines().find(|line| !line.starts_with("Flag --")).unwrap();
        assert!(error.starts_with(&format!("Error: {name}: ")), "{}", run.stderr);
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
    // A list of nineteen random values, and then the time.
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
fn a_fault_at_a_long_character_is_shown_also_behind_a_byte_order_mark() {
    for (mark, column) in [("", 5), ("{{ \"\\ufeff\" }}", 19)] {
        let folder = chart("byte_order_mark", &format!("{mark}a: [é"), "");
        let run = Case::new("template").arg(".").dir(&folder).run();
        assert_eq!(run.code, 1, "{}", run.stderr);
        let place = format!("./templates/a.yaml:1:{column}\n");
        assert!(
            run.stderr.contains("YAML parse error on test/templates/a.yaml"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(&place), "{}", run.stderr);
    }
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

#[cfg(unix)]
#[test]
fn linked_files_and_folders_belong_to_the_chart() {
    use std::os::unix::fs::symlink;
    let folder = chart(
        "links",
        "all:{{ range $name, $_ := .Files.Glob \"**\" }} {{ $name }}{{ end }}",
        "",
    );
    write(&folder, ".helmignore", "ignored\n");
    write(&folder, "one/file", "");
    write(&folder, "ignored/file", "");
    symlink("one", folder.join("two")).unwrap();
    symlink("one/file", folder.join("three")).unwrap();
    symlink("one", folder.join("one/ignored")).unwrap();
    let run = Case::new("template").arg(".").dir(&folder).run();
    // Helm fails at a broken link, also at one that it would ignore.
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("one/ignored"), "{}", run.stderr);
    std::fs::remove_file(folder.join("one/ignored")).unwrap();
    let run = Case::new("template").arg(".").dir(&folder).run();
    assert!(
        run.stdout.contains("all: .helmignore one/file three two/file\n"),
        "{}",
        run.stdout
    );
    let told = run.stderr.matches("found symbolic link in path").count();
    assert_eq!(told, 2, "{}", run.stderr);
}

#[test]
fn a_chart_that_is_too_large_is_refused_at_the_first_file_beyond_the_limit() {
    let folder = chart("too_large", "a: b", "");
    for name in ["z1", "z2", "z3", "z4", "z5"] {
        let file = std::fs::File::create(folder.join(name)).unwrap();
        file.set_len(40 << 20).unwrap();
    }
    // With --include-crds nothing is read late.
    for flags in [&["."][..], &[".", "--include-crds"]] {
        let run = Case::new("template").args(flags).dir(&folder).run();
        let wanted = "error reading z3: chart exceeds maximum decompressed size of 104857600 bytes";
        assert!(run.stderr.contains(wanted), "{}", run.stderr);
        assert_eq!(run.code, 1);
    }
    for name in ["z3", "z4", "z5"] {
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    assert_eq!(Case::new("template").arg(".").dir(&folder).run().code, 0);
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

/// Helm appends hooks to existing files, even to those of an earlier run; it overwrites all others.
#[test]
fn hooks_are_added_to_files_that_are_there() {
    let folder = chart(
        "hooks_are_added",
        "kind: A\n---\nkind: B\nmetadata: {annotations: {helm.sh/hook: test}}\n",
        "",
    );
    write(
        &folder,
        "templates/hook.yaml",
        "kind: C\nmetadata: {annotations: {helm.sh/hook: test}}\n",
    );
    let run = || {
        let case = Case::new("template").args(["demo", ".", "--output-dir", "out"]);
        case.dir(&folder).run().stdout()
    };
    let written =
        "wrote out/test/templates/a.yaml\nwrote out/test/templates/a.yaml\nwrote out/test/templates/hook.yaml\n\n";
    let read = |name: &str| std::fs::read_to_string(folder.join("out/test/templates").join(name)).unwrap();
    let a = "---\n# Source: test/templates/a.yaml\nkind: A\n\n---\n# Source: test/templates/a.yaml\nkind: B\nmetadata: \
             {annotations: {helm.sh/hook: test}}\n\n";
    let hook = "---\n# Source: test/templates/hook.yaml\nkind: C\nmetadata: {annotations: {helm.sh/hook: test}}\n\n";
    assert_eq!(run(), written);
    assert_eq!((read("a.yaml").as_str(), read("hook.yaml").as_str()), (a, hook));
    assert_eq!(run(), written);
    assert_eq!((read("a.yaml"), read("hook.yaml")), (a.to_owned(), hook.repeat(2)));
}

/// Helm accepts flags before the subcommand, and an empty namespace overrides that of the environment.
#[test]
fn flags_may_stand_before_the_subcommand() {
    let folder = chart(
        "flags_before",
        "namespace: {{ .Release.Namespace }}\nx: {{ .Values.x }}\n",
        "",
    );
    let run = |arguments: &[&str]| {
        let case = Case::new(arguments[0]).env("HELM_NAMESPACE", "of-env");
        case.args(&arguments[1..]).dir(&folder).run().stdout()
    };
    let before = run(&["-n", "ns", "--debug", "--set", "x=1", "template", "demo", "."]);
    assert!(before.contains("namespace: ns\nx: 1\n"), "{before}");
    let both = run(&["--set=x=1", "-nns", "template", "demo", ".", "--set", "x=2"]);
    assert!(both.contains("namespace: ns\nx: 2\n"), "{both}");
    let empty = run(&["template", "demo", ".", "-n", ""]);
    assert!(empty.contains("namespace: default\n"), "{empty}");
}

#[test]
fn a_dash_among_values_files_is_the_standard_input() {
    let folder = chart("dash_among_files", "values: {{ toJson .Values }}", "");
    write(&folder, "v.yaml", "x: 3\n");
    let line = format!(
        "echo 'k: 5' | {} template demo . -f -,v.yaml",
        env!("CARGO_BIN_EXE_promchart")
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &line])
        .current_dir(&folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("values: {\"k\":5,\"x\":3}"), "{text}");
}

/// Bytes that are not UTF-8 become U+FFFD in values and stay unchanged in file names, as in Helm.
#[cfg(unix)]
#[test]
fn arguments_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let folder = chart("arguments_need_not_be_utf_8", "values: {{ toJson .Values }}", "");
    let text = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
    std::fs::write(folder.join(text(b"v\xff.yaml")), "file: 1\n").unwrap();
    let run = Case::new("template").args([
        text(b"demo"),
        text(b"."),
        text(b"--set"),
        text(b"z=a\xffb\xc3,\xff=1"),
        text(b"--set-literal"),
        text(b"l=\xe2\x82"),
        text(b"--set-json"),
        text(b"j=\"\xff\""),
        text(b"-f"),
        text(b"v\xff.yaml"),
    ]);
    let output = run.dir(&folder).run().stdout();
    let wanted = "values: {\"file\":1,\"j\":\"\u{FFFD}\",\"l\":\"\u{FFFD}\u{FFFD}\",\"z\":\"a\u{FFFD}b\u{FFFD}\",\"\u{FFFD}\":1}";
    assert!(output.contains(wanted), "{output}");
}

/// Two imports put a table into itself. Helm recurses until its stack overflows.
#[test]
fn imports_without_an_end_are_refused() {
    let folder = chart("imports_without_an_end", "values: {{ toJson .Values }}", "");
    let imports = "import-values: [{child: a, parent: .}, {child: a.k, parent: k.inner}]";
    let text =
        format!("apiVersion: v2\nname: test\nversion: 1.0.0\ndependencies:\n- name: s\n  version: '*'\n  {imports}\n");
    write(&folder, "Chart.yaml", text);
    write(
        &folder,
        "charts/s/Chart.yaml",
        "apiVersion: v2\nname: s\nversion: 1.0.0\n",
    );
    write(&folder, "charts/s/values.yaml", "a: {k: {v: 1}}\n");
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    assert_eq!((run.code, &*run.stdout), (1, ""), "{}", run.stderr);
    let wanted =
        "error[values-merge]: values that are imported from a subchart would hold themselves\n --> ./Chart.yaml:5:3";
    assert!(run.stderr.contains(wanted), "{}", run.stderr);
}

/// Aliases of aliases can turn a few charts into any number.
#[test]
fn copies_of_charts_are_counted() {
    let folder = chart("copies_of_charts", "a: b", "");
    for depth in 0..5 {
        let text = "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n".to_owned();
        let aliases = (0..12).map(|number| format!("- {{name: c, version: '*', alias: a{number}}}\n"));
        let text: String = std::iter::once(text).chain(aliases).collect();
        write(&folder, &format!("{}Chart.yaml", "charts/c/".repeat(depth)), text);
    }
    write(
        &folder,
        &format!("{}Chart.yaml", "charts/c/".repeat(5)),
        "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    );
    let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
    assert_eq!((run.code, &*run.stdout), (1, ""), "{}", run.stderr);
    let wanted = "dependencies with aliases make more than 8192 charts of this one";
    assert!(run.stderr.contains(wanted), "{}", run.stderr);
}

/// Of several URLs that a schema references, the first one in the file is named, in each run.
#[test]
fn the_first_address_of_a_schema_is_named() {
    let folder = chart("first_address", "a: b", "");
    let reference = |name: &str| format!("\"{name}\": {{\"$ref\": \"http://{name}.example/x.json#/definitions/y\"}}");
    let references: Vec<String> = ["k", "z", "a", "m", "b", "q"].map(reference).into();
    let schema = format!("{{\"properties\": {{{}}}}}", references.join(", "));
    write(&folder, "values.schema.json", schema);
    for _ in 0..8 {
        let run = Case::new("template").args(["demo", "."]).dir(&folder).run();
        assert_eq!(run.code, 1);
        assert!(
            run.stderr.contains("failing loading \"http://k.example/x.json\""),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("values.schema.json:1:31"), "{}", run.stderr);
    }
}
