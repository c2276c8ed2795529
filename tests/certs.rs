//! `promchart certs`: certificates that are kept, created, renewed and refused. `.ci/certificates` and
//! `tests/cluster/certs` check them with openssl and real servers.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::support::{Case, Run, root, scratch, write};

/// 2027-01-15.
const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

/// A run of `promchart certs` at a number of days after [`NOW`].
fn certs(day: u64, arguments: &[&str]) -> Run {
    let now = (NOW + day * DAY).to_string();
    Case::new("certs").env("SOURCE_DATE_EPOCH", &now).args(arguments).run()
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(scratch(&format!("certs-{name}")).join("pki"))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// A run over the folder.
    fn run(&self, day: u64, arguments: &[&str]) -> Run {
        let mut all = vec!["-n", "monitoring", "--out", self.path()];
        all.extend(arguments);
        certs(day, &all)
    }

    /// All files with their content and permission bits.
    fn files(&self) -> Vec<(String, Vec<u8>, u32)> {
        let mut found = Vec::new();
        walk(&self.0, &self.0, &mut found);
        found.sort();
        found
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, ..)| name).collect()
    }

    /// A run that must be refused with this message, and change nothing.
    #[track_caller]
    fn refuses(&self, day: u64, arguments: &[&str], words: &[&str]) {
        let before = self.files();
        let run = self.run(day, arguments);
        says(&run, 1, words);
        assert!(self.files() == before, "files have changed:\n{}", run.stderr);
    }
}

fn walk(top: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>, u32)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let metadata = std::fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            walk(top, &path, found);
        } else {
            let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
            let mode = metadata.permissions().mode() & 0o777;
            found.push((name, std::fs::read(&path).unwrap_or_default(), mode));
        }
    }
}

#[track_caller]
fn says(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    for word in words {
        let is_there = run.stderr.contains(word) || run.stdout.contains(word);
        assert!(is_there, "{word:?} is not in\n{}{}", run.stdout, run.stderr);
    }
}

fn fixture(name: &str) -> String {
    root().join("tests/fixtures/certs").join(name).display().to_string()
}

/// The names of a component's certificate, as `check` prints them.
fn names_of(folder: &Folder, component: &str) -> String {
    let run = certs(0, &["check", folder.path(), "--expiry-only"]);
    let line = run
        .stdout
        .lines()
        .find(|line| line.contains(&format!("/{component}/tls.crt")));
    let (_, names) = line.expect("a line").split_once(" days left  ").expect("a table");
    names.to_owned()
}

#[test]
fn a_new_folder_has_all_files_with_their_permissions() {
    let folder = Folder::new("new");
    let run = folder.run(0, &["--set", "pushgateway.enabled=true"]);
    says(
        &run,
        0,
        &[
            "created",
            "client.crt",
            "CA `prom CA ",
            "until 2037-01-12",
            "ECDSA P-256, until 2028-01-15",
        ],
    );
    let modes: Vec<(String, u32)> = folder.files().into_iter().map(|(name, _, mode)| (name, mode)).collect();
    let modes: Vec<(&str, u32)> = modes.iter().map(|(name, mode)| (&**name, *mode)).collect();
    let wanted = [
        ("ca.crt", 0o644),
        ("ca.key", 0o600),
        ("client.crt", 0o644),
        ("client.key", 0o600),
        ("pushgateway/tls.crt", 0o644),
        ("pushgateway/tls.key", 0o600),
        ("server/tls.crt", 0o644),
        ("server/tls.key", 0o600),
    ];
    assert_eq!(modes, wanted);
    for inner in ["", "server"] {
        let mode = std::fs::metadata(folder.0.join(inner)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{inner}");
    }
    let before = folder.files();
    says(
        &folder.run(100, &["--set", "pushgateway.enabled=true"]),
        0,
        &["kept", "nothing to do"],
    );
    says(
        &folder.run(100, &["--renew", "--set", "pushgateway.enabled=true"]),
        0,
        &["nothing to do"],
    );
    assert_eq!(folder.files(), before);
}

#[test]
fn names_are_those_of_the_services() {
    let folder = Folder::new("names");
    let arguments = [
        "--set",
        "pushgateway.enabled=true",
        "--set",
        "server.kind=StatefulSet",
        "--san",
        "server=Prom.Example.org,10.1.2.3",
        "--cluster-domain",
        "k8s.example.",
    ];
    says(&folder.run(0, &arguments), 0, &[]);
    assert_eq!(
        names_of(&folder, "pushgateway"),
        "localhost prom-pushgateway prom-pushgateway.monitoring prom-pushgateway.monitoring.svc \
         prom-pushgateway.monitoring.svc.k8s.example 127.0.0.1 ::1"
    );
    assert_eq!(
        names_of(&folder, "server"),
        "*.prom-headless *.prom-headless.monitoring *.prom-headless.monitoring.svc *.prom-headless.monitoring.svc.k8s.example \
         localhost prom prom-headless prom-headless.monitoring prom-headless.monitoring.svc \
         prom-headless.monitoring.svc.k8s.example prom.example.org prom.monitoring prom.monitoring.svc \
         prom.monitoring.svc.k8s.example 10.1.2.3 127.0.0.1 ::1"
    );
    // The same flags cause no error; others do.
    let mut check = vec!["check", folder.path(), "-n", "monitoring"];
    check.extend(arguments);
    says(&certs(0, &check), 0, &["nothing found"]);
    let run = certs(0, &["check", folder.path(), "-n", "other"]);
    says(
        &run,
        1,
        &[
            "error[certificate-names]",
            "it lacks the names",
            "prom.other.svc.cluster.local",
        ],
    );
    says(&run, 1, &["pushgateway/tls.crt is of no component of the release"]);
}

/// The chart mounts the printed Secrets, and requests no other names for its own certificates.
#[test]
fn secrets_and_names_are_those_of_the_chart() {
    let values = [
        "-n",
        "monitoring",
        "--set",
        "fullnameOverride=watch,pushgateway.enabled=true,nodeExporter.enabled=true,server.kind=StatefulSet",
        "--set",
        "server.externalUrl=https://prom.example.org:8443/x,server.fullnameOverride=main,pushgateway.service.name=push",
        "--set",
        "web.tls.clientAuth.type=RequireAndVerifyClientCert",
    ];
    let render = |more: &[&str]| {
        Case::new("template")
            .args(["rel", "chart"])
            .args(values)
            .args(more)
            .run()
            .stdout()
    };
    let folder = Folder::new("chart");
    let existing = ["--set", "web.tls.mode=existing"];
    let run = folder.run(
        0,
        &[&["rel", "chart", "--format", "secrets"], &values[2..], &existing].concat(),
    );
    says(&run, 0, &[]);
    let made: Vec<&str> = run
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("  name: "))
        .collect();
    let rendered = render(&existing);
    let mounted = |name: &str| {
        rendered
            .lines()
            .any(|line| line.trim().trim_start_matches("- ").ends_with(&format!("ame: {name}")))
    };
    assert_eq!(made.len(), 4, "{made:?}");
    for name in made {
        assert!(mounted(name), "{name} is mounted nowhere in\n{rendered}");
    }
    // cert-manager's Certificates: one after the other, with their names.
    let issued = render(&[
        "--set",
        "web.tls.mode=certManager,web.tls.certManager.issuerRef.name=ca",
    ]);
    let mut compared = 0;
    for document in issued
        .split("\n---\n")
        .filter(|document| document.contains("\nkind: Certificate\n"))
    {
        let component = document
            .lines()
            .find_map(|line| line.trim().strip_prefix("app.kubernetes.io/component: "))
            .unwrap();
        let is_client = document.contains("client auth");
        let list = |key: &str| {
            let lines = document.lines().skip_while(|line| line.trim() != key).skip(1);
            let items = lines.map_while(|line| line.trim().strip_prefix("- "));
            items
                .map(|item| item.trim_matches(['"', '\'']).to_owned())
                .collect::<Vec<_>>()
        };
        let table = certs(0, &["check", folder.path(), "--expiry-only"]).stdout;
        let file = if is_client {
            "/client.crt".to_owned()
        } else {
            format!("/{component}/tls.crt")
        };
        let line = table
            .lines()
            .find(|line| line.contains(&file))
            .unwrap_or_else(|| panic!("{file} in\n{table}"));
        let ours: Vec<&str> = line.split_once(" days left  ").unwrap().1.split(' ').collect();
        for name in list("dnsNames:").iter().chain(&list("ipAddresses:")) {
            assert!(ours.contains(&&**name), "{file} lacks {name}: {line}");
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}

/// Shards have separate Services and one certificate, as do variants of node-exporter.
#[test]
fn shards_share_a_certificate() {
    let folder = Folder::new("shards");
    let variants = "nodeExporter.variants={\"gpu\":{\"nodeSelector\":{\"gpu\":\"true\"}}}";
    let values = [
        "rel",
        "chart",
        "--set",
        "server.shards=2,nodeExporter.enabled=true,nodeExporter.service.name=nodes",
        "--set-json",
        variants,
    ];
    let run = folder.run(0, &[&values[..], &["--format", "secrets"]].concat());
    says(
        &run,
        0,
        &[
            "  name: rel-prom-tls\n",
            "  name: rel-prom-node-exporter-tls\n",
            "  name: rel-prom-client-tls\n",
        ],
    );
    assert_eq!(run.stdout.matches("kind: Secret").count(), 3, "{}", run.stdout);
    let names = names_of(&folder, "server");
    for name in ["rel-prom.monitoring.svc", "rel-prom-shard-1.monitoring.svc"] {
        assert!(names.split(' ').any(|own| own == name), "{names}");
    }
}

/// Any chart: Services without the label, of other kinds, with addresses; subcharts with the same component.
#[test]
fn names_of_any_chart() {
    let service = |name: &str, labels: &str, spec: &str| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  labels: {{{labels}}}\nspec: {{{spec}}}\n"
        )
    };
    let template = [
        service(
            "plain",
            "",
            "clusterIP: 10.0.0.7, externalIPs: [192.0.2.1], loadBalancerIP: 192.0.2.2",
        ),
        service("alias", "", "type: ExternalName, externalName: example.org"),
        service(
            "a",
            "app.kubernetes.io/component: metrics, app.kubernetes.io/name: one",
            "",
        ),
        service(
            "b",
            "app.kubernetes.io/component: metrics, app.kubernetes.io/name: two",
            "",
        ),
        service("lonely", "", "clusterIP: None"),
    ]
    .concat();
    let chart = crate::support::chart("certs-any-chart", &template, "");
    let folder = Folder::new("any");
    let chart = chart.to_str().unwrap();
    says(&folder.run(0, &["rel", chart]), 0, &[]);
    let names = folder.names();
    let folders: Vec<&str> = names.iter().filter_map(|name| name.strip_suffix("/tls.key")).collect();
    assert_eq!(folders, ["lonely", "one-metrics", "plain", "two-metrics"]);
    assert_eq!(
        names_of(&folder, "plain"),
        "localhost plain plain.monitoring plain.monitoring.svc plain.monitoring.svc.cluster.local 10.0.0.7 127.0.0.1 192.0.2.1 \
         192.0.2.2 ::1"
    );
    // Without a StatefulSet there are no names of pods.
    assert!(!names_of(&folder, "lonely").contains('*'));
    let run = folder.run(0, &["rel", chart, "--san", "plian=x", "--component", "nope"]);
    says(
        &run,
        1,
        &[
            "the release has no component `plian`",
            "did you mean `plain`?",
            "--san plian=x:1:7",
        ],
    );
    says(
        &run,
        1,
        &[
            "--component: the release has no component `nope`",
            "there are: lonely, one-metrics",
        ],
    );
    let empty = crate::support::chart("certs-empty-chart", "", "");
    says(
        &folder.run(0, &["rel", empty.to_str().unwrap()]),
        1,
        &["the chart renders no Service"],
    );
}

#[test]
fn a_certificate_near_its_end_is_renewed_if_asked_for() {
    let folder = Folder::new("renewal");
    says(&folder.run(0, &[]), 0, &[]);
    let words = [
        "server/tls.crt: it expires in 20 days, on 2028-01-15",
        "client.crt: it expires",
        "run with --renew",
    ];
    folder.refuses(345, &[], &words);
    says(
        &certs(345, &["check", folder.path(), "--expiry-only"]),
        1,
        &["expires in 20 days", "certificate-expiry"],
    );
    says(
        &certs(334, &["check", folder.path(), "--expiry-only"]),
        0,
        &["31 days left", "nothing found"],
    );
    let (certificate, key) = (folder.read("server/tls.crt"), folder.read("server/tls.key"));
    let authority = (folder.read("ca.crt"), folder.read("ca.key"));
    let run = folder.run(345, &["--renew", "--dry-run"]);
    says(&run, 0, &["renewed", "it expires in 20 days", "nothing was written"]);
    assert_eq!(folder.read("server/tls.crt"), certificate);
    says(
        &folder.run(345, &["--renew", "--reuse-key"]),
        0,
        &["renewed", "kept     "],
    );
    assert_ne!(folder.read("server/tls.crt"), certificate);
    assert_eq!(folder.read("server/tls.key"), key);
    says(&folder.run(1000, &["--renew"]), 0, &["it expired on 2028-12-"]);
    assert_ne!(folder.read("server/tls.key"), key);
    assert_eq!((folder.read("ca.crt"), folder.read("ca.key")), authority);
    // Requests are fulfilled or refused.
    says(
        &folder.run(1000, &["--renew", "--key-type", "rsa-2048"]),
        0,
        &["RSA 2048", "its key is ECDSA P-256, not rsa-2048"],
    );
    says(&folder.run(1000, &["--reissue"]), 0, &["(--reissue)"]);
}

#[test]
fn other_names_need_a_renewal_and_new_components_do_not() {
    let folder = Folder::new("other-names");
    says(&folder.run(0, &[]), 0, &[]);
    let server = folder.read("server/tls.crt");
    says(
        &folder.run(0, &["--set", "pushgateway.enabled=true"]),
        0,
        &["created", "pushgateway/tls.crt"],
    );
    assert_eq!(folder.read("server/tls.crt"), server);
    folder.refuses(
        0,
        &["--san", "server=prom.example.org"],
        &["it lacks the names prom.example.org", "--renew"],
    );
    says(
        &folder.run(0, &["--san", "server=prom.example.org", "--renew"]),
        0,
        &["renewed"],
    );
    folder.refuses(0, &[], &["it has names that it should not have: prom.example.org"]);
    says(&folder.run(0, &["--component", "client"]), 0, &["nothing to do"]);
}

#[test]
fn foreign_files_stay() {
    let folder = Folder::new("foreign");
    write(&folder.0, "server/tls.crt", "mine\n");
    folder.refuses(0, &[], &["server/tls.crt: it holds no certificate in PEM", "--force"]);
    write(&folder.0, "server/tls.crt", std::fs::read(fixture("root.crt")).unwrap());
    folder.refuses(0, &[], &["`root` is signed by no CA of ca.crt, so it is not ours"]);
    says(&folder.run(0, &["--force"]), 0, &["renewed"]);
    let good = folder.read("server/tls.key");
    write(&folder.0, "server/tls.key", std::fs::read(fixture("p521.key")).unwrap());
    folder.refuses(
        0,
        &["--renew"],
        &["server/tls.key: the key does not match the certificate beside it"],
    );
    write(&folder.0, "server/tls.key", good);
    write(&folder.0, "ca.key", std::fs::read(fixture("root.key")).unwrap());
    folder.refuses(0, &["--renew"], &["ca.key belongs to none of the certificates in"]);
    std::fs::remove_file(folder.0.join("ca.crt")).unwrap();
    folder.refuses(0, &["--renew"], &["ca.key is there, its certificate", "is not"]);
    says(
        &certs(0, &["check", folder.path(), "--expiry-only"]),
        1,
        &["ca.crt is missing", "ca.key belongs to no certificate"],
    );
}

#[test]
fn links_folders_and_huge_files_are_in_the_way() {
    let folder = Folder::new("links");
    let outside = scratch("certs-outside");
    write(&outside, "victim", "victim");
    std::fs::create_dir_all(folder.0.join("server")).unwrap();
    symlink(outside.join("victim"), folder.0.join("server/tls.key")).unwrap();
    symlink("nowhere", folder.0.join("ca.key")).unwrap();
    for force in [&[][..], &["--force"]] {
        folder.refuses(
            0,
            force,
            &[
                "server/tls.key is a symbolic link",
                "ca.key is a symbolic link that leads nowhere",
            ],
        );
    }
    std::fs::remove_file(folder.0.join("server/tls.key")).unwrap();
    std::fs::remove_dir(folder.0.join("server")).unwrap();
    symlink(&outside, folder.0.join("server")).unwrap();
    std::fs::remove_file(folder.0.join("ca.key")).unwrap();
    std::fs::create_dir(folder.0.join("ca.crt")).unwrap();
    folder.refuses(
        0,
        &["--force"],
        &["server is a file or a symbolic link", "ca.crt is no regular file"],
    );
    assert_eq!(std::fs::read(outside.join("victim")).unwrap(), b"victim");
    let huge = Folder::new("huge");
    write(&huge.0, "ca.crt", vec![b'a'; (1 << 20) + 1]);
    huge.refuses(0, &[], &["ca.crt is larger than 1 MiB"]);
}

#[test]
fn folders_that_cannot_be_written() {
    says(
        &certs(0, &["--out", "/proc/promchart-certs"]),
        1,
        &["cannot make the folder /proc/promchart-certs", "nothing was changed"],
    );
    says(&certs(0, &["--out", "Cargo.toml"]), 1, &["Cargo.toml"]);
    // A refused run leaves no files.
    let folder = Folder::new("refused");
    says(
        &folder.run(
            0,
            &["--ca-cert", &fixture("no-ca.crt"), "--ca-key", &fixture("no-ca.key")],
        ),
        1,
        &[],
    );
    assert!(!folder.0.exists());
}

#[test]
fn one_run_at_a_time() {
    let folder = Folder::new("lock");
    says(&folder.run(0, &[]), 0, &[]);
    let lock = std::fs::File::open(&folder.0).unwrap();
    lock.try_lock().unwrap();
    folder.refuses(345, &["--renew"], &["another `promchart certs` is writing to"]);
    drop(lock);
    says(&folder.run(345, &["--renew"]), 0, &["renewed"]);
}

/// A killed run: before the new files are complete they are ignored, after that they are put in place.
#[test]
fn interrupted_runs() {
    let folder = Folder::new("interrupted");
    says(&folder.run(0, &["--set", "pushgateway.enabled=true"]), 0, &[]);
    let all = folder.files();
    // After half of the moves: the server's key is in place, its certificate is not.
    write(
        &folder.0,
        ".promchart-certs.ready/server/tls.crt",
        folder.read("server/tls.crt"),
    );
    write(
        &folder.0,
        ".promchart-certs.ready/pushgateway/tls.key",
        folder.read("pushgateway/tls.key"),
    );
    std::fs::remove_file(folder.0.join("server/tls.crt")).unwrap();
    write(&folder.0, "pushgateway/tls.key", "old");
    write(&folder.0, ".promchart-certs-00/server/tls.crt", "half");
    says(
        &certs(0, &["check", folder.path(), "--expiry-only"]),
        1,
        &["a run of `promchart certs` was interrupted"],
    );
    says(
        &folder.run(0, &["--set", "pushgateway.enabled=true"]),
        0,
        &["files of an interrupted run were put in place", "nothing to do"],
    );
    let contents = |files: Vec<(String, Vec<u8>, u32)>| {
        files
            .into_iter()
            .map(|(name, text, _)| (name, text))
            .collect::<Vec<_>>()
    };
    assert_eq!(contents(folder.files()), contents(all));
}

#[test]
fn a_ca_of_the_user() {
    for name in ["root", "rsa", "p521", "ed25519"] {
        let folder = Folder::new(&format!("user-{name}"));
        let ca = [
            "--ca-cert",
            &fixture(&format!("{name}.crt")),
            "--ca-key",
            &fixture(&format!("{name}.key")),
        ];
        let run = folder.run(0, &ca);
        says(&run, 0, &[&format!("CA `{name}` signs (--ca-cert)")]);
        assert_eq!(run.stderr.contains("has no key usage"), name == "rsa", "{}", run.stderr);
        assert!(!folder.names().contains(&"ca.key".to_owned()));
        // The CA's key is needed only for new certificates.
        says(&folder.run(0, &[]), 0, &["nothing to do"]);
        folder.refuses(345, &["--renew"], &["the CA's key is not in", "--ca-cert and --ca-key"]);
        let mut renew = vec!["--renew"];
        renew.extend(ca);
        says(&folder.run(345, &renew), 0, &["renewed"]);
        says(
            &certs(345, &["check", folder.path(), "-n", "monitoring"]),
            0,
            &["nothing found"],
        );
    }
    let folder = Folder::new("user-bad");
    let refuses = |day, certificate: &str, key: &str, words: &[&str]| {
        folder.refuses(
            day,
            &["--ca-cert", &fixture(certificate), "--ca-key", &fixture(key)],
            words,
        );
    };
    refuses(
        0,
        "no-sign.crt",
        "no-sign.key",
        &["no-sign.crt: `no-sign` cannot sign certificates: its key usage lacks keyCertSign"],
    );
    refuses(
        0,
        "no-ca.crt",
        "no-ca.key",
        &["it is no CA: its basic constraints do not say CA:TRUE"],
    );
    refuses(
        0,
        "root.crt",
        "rsa.key",
        &["the key of --ca-key (RSA 2048) belongs to none of its certificates"],
    );
    refuses(
        0,
        "root.crt",
        "encrypted.key",
        &["encrypted.key: the private key is encrypted", "openssl pkey"],
    );
    refuses(0, "root.key", "root.key", &["root.key: it holds no certificate in PEM"]);
    refuses(0, "root.crt", "root.crt", &["root.crt: it holds no private key in PEM"]);
    refuses(0, "nope.crt", "root.key", &["nope.crt: no such file"]);
    refuses(0, "", "root.key", &["is no regular file"]);
    refuses(40_000, "root.crt", "root.key", &["the CA `root` expired on 2126-"]);
    // Before it was made.
    let run = Case::new("certs")
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .args(["--format", "secrets"]);
    let run = run
        .args(["--ca-cert", &fixture("root.crt"), "--ca-key", &fixture("root.key")])
        .run();
    says(&run, 1, &["is not valid before", "check the clock"]);
}

/// Replacing a CA of our own: both are trusted until the old one is dropped.
#[test]
fn from_one_ca_to_another() {
    let folder = Folder::new("change-over");
    says(&folder.run(0, &[]), 0, &[]);
    let old = folder.read("ca.crt");
    let root = fixture("root.crt");
    let key = fixture("root.key");
    let ca = ["--ca-cert", &root, "--ca-key", &key];
    folder.refuses(
        0,
        &ca,
        &["ca.key is the key of another CA than that of --ca-cert", "rm "],
    );
    std::fs::remove_file(folder.0.join("ca.key")).unwrap();
    folder.refuses(0, &ca, &["another CA than that of --ca-cert has signed it"]);
    let with = |flags: &[&'static str]| [&ca[..], flags].concat();
    folder.refuses(
        0,
        &with(&["--renew", "--drop-old-ca"]),
        &["has signed", "run with --reissue first"],
    );
    says(
        &folder.run(0, &with(&["--renew"])),
        0,
        &["renewed", "(a new CA)", "replace every copy of ca.crt"],
    );
    assert!(folder.read("ca.crt").ends_with(&old));
    says(&folder.run(0, &with(&["--drop-old-ca"])), 0, &["renewed"]);
    assert!(!folder.read("ca.crt").contains(&old));
}

#[test]
fn a_ca_with_name_constraints_below_a_root() {
    let folder = Folder::new("constraints");
    let ca = [
        "--ca-cert",
        &fixture("chain.crt"),
        "--ca-key",
        &fixture("intermediate.key"),
    ];
    let run = folder.run(0, &ca);
    says(
        &run,
        0,
        &["left out, because the name constraints of the CA `intermediate` do not permit them: prom, prom.monitoring"],
    );
    assert_eq!(
        names_of(&folder, "server"),
        "localhost prom.monitoring.svc.cluster.local 127.0.0.1"
    );
    // Servers send the intermediate, clients trust the root.
    assert_eq!(folder.read("server/tls.crt").matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(
        folder.read("ca.crt"),
        std::fs::read_to_string(fixture("root.crt")).unwrap()
    );
    says(&folder.run(0, &ca), 0, &["nothing to do"]);
    let other = Folder::new("constraints-other");
    let run = certs(0, &[&["-n", "elsewhere", "--out", other.path()], &ca[..]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let alone = [
        "--ca-cert",
        &fixture("intermediate.crt"),
        "--ca-key",
        &fixture("intermediate.key"),
    ];
    let folder = Folder::new("constraints-alone");
    says(
        &folder.run(0, &alone),
        0,
        &["does not hold the root that `intermediate` comes from"],
    );
}

/// The CA is replaced long before it expires: for some time both are trusted, and its certificates stay.
#[test]
fn the_ca_near_its_end() {
    let folder = Folder::new("rotation");
    says(&folder.run(0, &["--ca-days", "400"]), 0, &[]);
    says(
        &folder.run(320, &["--ca-days", "400"]),
        0,
        &["the CA `prom CA", "expires on 2028-02-19", "run with --renew"],
    );
    let (old, server) = (folder.read("ca.crt"), folder.read("server/tls.crt"));
    says(
        &folder.run(320, &["--renew"]),
        0,
        &[
            "a new CA, `prom CA",
            "ca.crt holds both",
            "replace every copy of ca.crt",
            "kept     ",
        ],
    );
    assert!(folder.read("ca.crt").ends_with(&old) && folder.read("ca.crt").len() > old.len());
    assert_eq!(folder.read("server/tls.crt"), server);
    says(
        &certs(320, &["check", folder.path(), "-n", "monitoring"]),
        0,
        &["nothing found"],
    );
    folder.refuses(320, &["--drop-old-ca"], &["has signed", "--reissue"]);
    says(&folder.run(345, &["--renew"]), 0, &["renewed"]);
    assert!(folder.read("ca.crt").ends_with(&old));
    says(&folder.run(345, &["--drop-old-ca"]), 0, &["kept"]);
    assert!(!folder.read("ca.crt").contains(&old));
    // An expired CA is of no use.
    let expired = Folder::new("expired");
    says(&expired.run(0, &[]), 0, &[]);
    let old = expired.read("ca.crt");
    expired.refuses(
        4000,
        &[],
        &["the CA `prom CA", "expired on 2037-01-12", "run with --renew"],
    );
    says(
        &expired.run(4000, &["--renew"]),
        0,
        &["the old one is expired", "it expired on"],
    );
    assert!(!expired.read("ca.crt").contains(&old));
    // When asked for.
    says(&expired.run(4000, &["--rotate-ca"]), 0, &["a new CA"]);
    says(&expired.run(4000, &["--force"]), 0, &["a new CA", "(--force)"]);
}

#[test]
fn a_certificate_does_not_outlast_its_ca() {
    let folder = Folder::new("outlast");
    says(&folder.run(0, &["--ca-days", "400"]), 0, &[]);
    let run = folder.run(100, &["--reissue", "--ca-renew-before", "1d"]);
    says(&run, 0, &["valid until 2028-02-19 only, when its CA expires"]);
    for flags in [
        &["--days", "20", "--renew-before", "30d"][..],
        &["--ca-days", "20"],
        &["--ca-days", "400", "--ca-renew-before", "1y2w4w"],
        &["--ca-days", "500", "--ca-renew-before", "500d"],
        &["--days", "0"],
        &["--days", "99999"],
        &["--key-type", "dsa"],
        &["--renew-before", "soon"],
        &["--ca-cert", "x"],
        &["--ca-cert", "x", "--ca-key", "x", "--rotate-ca"],
        &["--san", "prom.example.org"],
        &["--san", "server=a_b"],
        &["--cluster-domain", "a..b"],
        &["--ca-name", ""],
        &["--secret-name-template", "{name}"],
    ] {
        let run = folder.run(100, flags);
        assert_eq!(run.code, 2, "{flags:?}: {}", run.stderr);
    }
    for flags in [
        &[][..],
        &["--format", "secrets", "--renew"],
        &["check"],
        &["check", "no-such-folder", "--expiry-only"],
    ] {
        assert_eq!(certs(0, flags).code, 2, "{flags:?}");
    }
}

#[test]
fn secrets_have_all_but_the_key_of_the_ca() {
    let folder = Folder::new("secrets");
    let run = folder.run(0, &["--format", "secrets", "--set", "pushgateway.enabled=true"]);
    says(&run, 0, &["created"]);
    let secrets: Vec<&str> = run.stdout.split("---\n").skip(1).collect();
    assert_eq!(secrets.len(), 3);
    let decoded = |secret: &str, key: &str| {
        let line = secret
            .lines()
            .find_map(|line| line.strip_prefix(&format!("  {key}: ")).map(str::to_owned));
        promchart::go::base64::decode(line.expect(key).as_bytes()).unwrap()
    };
    for (secret, (name, files)) in secrets.iter().zip([
        ("prom-pushgateway-tls", ["pushgateway/tls.crt", "pushgateway/tls.key"]),
        ("prom-tls", ["server/tls.crt", "server/tls.key"]),
        ("prom-client-tls", ["client.crt", "client.key"]),
    ]) {
        assert!(
            secret.contains(&format!("  name: {name}\n  namespace: monitoring\n")),
            "{secret}"
        );
        assert!(secret.contains("type: kubernetes.io/tls\n"));
        assert_eq!(decoded(secret, "ca.crt"), folder.read("ca.crt").into_bytes());
        assert_eq!(decoded(secret, "tls.crt"), folder.read(files[0]).into_bytes());
        assert_eq!(decoded(secret, "tls.key"), folder.read(files[1]).into_bytes());
        assert_eq!(
            secret.matches(": ").count() - secret.matches("kubernetes.io/").count(),
            8 - 1
        );
    }
    let key = folder.read("ca.key");
    assert!(!run.stdout.contains(&promchart::go::base64::encode(key.as_bytes())));
    // Without a folder the certificates are printed, with a notice.
    let run = certs(
        0,
        &["--format", "secrets", "--secret-name-template", "{release}-{component}"],
    );
    says(
        &run,
        0,
        &[
            "name: prom-server\n",
            "name: prom-client\n",
            "the CA's key is kept nowhere",
        ],
    );
    says(
        &certs(0, &["--format", "secrets", "--secret-name-template", "x"]),
        1,
        &["would share the Secret `x`"],
    );
    says(
        &certs(0, &["--format", "secrets", "--secret-name-template", "X{component}"]),
        1,
        &["is no name for a Secret"],
    );
}

#[test]
fn check_tells_of_all_that_is_wrong() {
    let folder = Folder::new("check");
    let secret = Folder::new("check-secret");
    says(&secret.run(0, &[]), 0, &[]);
    says(&folder.run(0, &["--set", "pushgateway.enabled=true"]), 0, &[]);
    let check = |arguments: &[&str]| certs(0, &[&["check", folder.path(), "-n", "monitoring"], arguments].concat());
    says(&check(&["--set", "pushgateway.enabled=true"]), 0, &["nothing found"]);
    std::fs::set_permissions(folder.0.join("server/tls.key"), std::fs::Permissions::from_mode(0o640)).unwrap();
    says(
        &check(&["--set", "pushgateway.enabled=true"]),
        0,
        &["server/tls.key may be read by others: its mode is 0640"],
    );
    write(&folder.0, "pushgateway/tls.key", folder.read("server/tls.key"));
    std::fs::remove_file(folder.0.join("client.crt")).unwrap();
    write(&folder.0, "server/tls.crt", std::fs::read(fixture("root.crt")).unwrap());
    let run = check(&[
        "--set",
        "pushgateway.enabled=true",
        "--set",
        "nodeExporter.enabled=true",
        "--format",
        "json",
    ]);
    for word in [
        "pushgateway/tls.key does not match the certificate beside it",
        "client.crt is missing",
        "`root` is signed by no CA of ca.crt",
        "node-exporter/tls.crt is missing",
        "certificate-chain",
    ] {
        assert!(run.code == 1 && run.stdout.contains(word), "{word}\n{}", run.stdout);
    }
    // A mounted Secret: links to a folder with a date.
    let mounted = scratch("certs-mounted");
    for (name, file) in [
        ("ca.crt", "ca.crt"),
        ("tls.crt", "client.crt"),
        ("tls.key", "client.key"),
    ] {
        let text = std::fs::read_to_string(secret.0.join(file)).unwrap();
        write(&mounted, &format!("..2026/{name}"), text);
        symlink(format!("..data/{name}"), mounted.join(name)).unwrap();
    }
    symlink("..2026", mounted.join("..data")).unwrap();
    let mounted = mounted.to_str().unwrap();
    says(
        &certs(0, &["check", mounted, "--expiry-only"]),
        0,
        &["tls.crt  until 2028-01-15", "its mode is 0644", "1 warning found"],
    );
    says(
        &certs(345, &["check", mounted, "--expiry-only"]),
        1,
        &["tls.crt expires in 20 days"],
    );
    says(
        &certs(0, &["check", mounted, "-n", "monitoring", "--component", "client"]),
        0,
        &["prom-client.monitoring"],
    );
    says(
        &certs(0, &["check", mounted, "-n", "monitoring", "--component", "server"]),
        1,
        &["it lacks the names", "does not allow"],
    );
    let quiet = check(&["--quiet"]);
    assert_eq!((quiet.code, &*quiet.stdout), (1, ""));
}

/// A seed makes the keys predictable; the output says so.
#[test]
fn seeds_are_warned_of() {
    let run = || {
        let run = certs(0, &["--format", "secrets", "--seed", "7"]);
        says(&run, 0, &["--seed", "anyone who knows the number"]);
        run.stdout
    };
    assert_eq!(run(), run());
    let other = certs(0, &["--format", "secrets"]).stdout;
    assert_ne!(other, certs(0, &["--format", "secrets"]).stdout);
}

/// The sessions of docs/certs.md, one after the other in one folder. A line `...` stands for any lines; the CA's name has digits of
/// its key.
#[test]
fn the_document_shows_what_happens() {
    let folder = scratch("certs-document");
    let document = crate::support::read("docs/certs.md");
    let mut sessions: Vec<(u64, String, Vec<String>)> = Vec::new();
    let (mut is_inside, mut day) = (false, 0);
    for line in document.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_inside = language == "console";
        } else if !is_inside {
        } else if let Some(later) = line.strip_prefix("# ") {
            day = later.strip_suffix(" days later").unwrap().parse().unwrap();
        } else if let Some(command) = line.strip_prefix("$ promchart certs ") {
            sessions.push((day, command.to_owned(), Vec::new()));
        } else {
            sessions.last_mut().unwrap().2.push(line.to_owned());
        }
    }
    assert!(sessions.len() >= 6);
    for (day, command, wanted) in sessions {
        let now = (NOW + day * DAY).to_string();
        let case = Case::new("certs").dir(&folder).env("SOURCE_DATE_EPOCH", &now);
        let run = case.args(command.split(' ')).run();
        let mut printed = run.stdout + &run.stderr;
        while let Some(at) = printed.find("prom CA ").map(|at| at + "prom CA ".len()) {
            printed.replace_range(at - "prom CA ".len()..at + 8, "prom-CA 5d87f642");
        }
        let printed = printed.replace("prom-CA", "prom CA");
        let mut rest = &*printed;
        let mut may_skip = false;
        for line in wanted {
            if line == "..." {
                may_skip = true;
                continue;
            }
            let line = format!("{line}\n");
            let at = rest
                .find(&line)
                .unwrap_or_else(|| panic!("{command}: {line} is not in\n{printed}"));
            assert!(may_skip || at == 0, "{command}: before {line} comes\n{rest}");
            rest = &rest[at + line.len()..];
            may_skip = false;
        }
        assert!(may_skip || rest.is_empty(), "{command}: {rest}");
    }
}
