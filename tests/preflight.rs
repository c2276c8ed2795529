//! `promchart preflight`: each file in `tests/fixtures/preflight/cases/` is a node with a change, and what is found there.
//!
//! Comments at the top of a case:
//!
//! ```text
//! # node: kubeadm                the folder of nodes/ that is copied to root/
//! # drop: --tls-cert-file        lines of the node's manifest (or of `in: PATH`) that are left out
//! # edit: OLD => NEW             a text in it that is replaced; \n is a line break
//! # in: etc/resolv.conf          the file that the next drops and edits are about
//! # copy: spare/x.crt PATH       a file that is put into the node
//! # link: PATH TARGET            a symbolic link
//! # remove: PATH                 a file or folder that is taken away
//! # mode: 644 PATH               permissions; keys have 600
//! # args: --strict               more arguments
//! # stdin                        the manifest comes from the standard input
//! # exit: 1                      the exit code
//! # error: words                 what stderr says
//! # want: SEVERITY RULE [MARKED] words     each error and warning, with the text that its place marks; infos if one likes
//! # ok: SUBJECT | words          a check that passed
//! # unchecked: SUBJECT | words   a check that was not made
//! ```
//!
//! A file with more than comments is the manifest itself and is passed as FILE. The time is 2026-06-01.

use std::path::Path;

use serde_json::Value as Json;

use crate::support::{Case, Run, names, read, root, scratch, write};

const FOLDER: &str = "tests/fixtures/preflight";
/// 2026-06-01T00:00:00Z
const NOW: &str = "1780272000";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
            if from.extension().is_some_and(|extension| extension == "key") {
                mode(&to, "600");
            }
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path, octal: &str) {
    use std::os::unix::fs::PermissionsExt;
    let mode = u32::from_str_radix(octal, 8).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    std::fs::write(path, change(text)).unwrap();
}

/// A case, set up in a folder of its own.
struct Fixture {
    folder: std::path::PathBuf,
    arguments: Vec<String>,
    stdin: bool,
    exit: i32,
    errors: Vec<String>,
    wants: Vec<String>,
    passed: Vec<String>,
    unchecked: Vec<String>,
}

/// `test` separates the folders of parallel tests.
fn fixture(test: &str, name: &str) -> Fixture {
    let text = read(format!("{FOLDER}/cases/{name}"));
    let folder = scratch(&format!("preflight/{test}/{name}"));
    let node = folder.join("root");
    std::fs::create_dir_all(&node).unwrap();
    let has_body = text.lines().any(|line| !line.starts_with('#') && !line.is_empty());
    let mut fixture = Fixture {
        folder: folder.clone(),
        arguments: vec!["--root".to_owned(), "root".to_owned()],
        stdin: false,
        exit: 0,
        errors: Vec::new(),
        wants: Vec::new(),
        passed: Vec::new(),
        unchecked: Vec::new(),
    };
    if has_body {
        write(&folder, "manifest.yaml", &text);
        fixture.arguments.push("manifest.yaml".to_owned());
    }
    let mut file = node.join("etc/kubernetes/manifests/kube-apiserver.yaml");
    for line in text.lines().map_while(|line| line.strip_prefix("# ")) {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.trim();
        let words: Vec<&str> = value.split_whitespace().collect();
        match key {
            "node" => copy(&root().join(FOLDER).join("nodes").join(value), &node),
            "in" => file = node.join(value),
            "drop" => edit(&file, |text| {
                let kept: Vec<&str> = text.lines().filter(|line| !line.contains(value)).collect();
                assert!(kept.len() < text.lines().count(), "{name}: nothing to drop: {value}");
                kept.join("\n") + "\n"
            }),
            "edit" => edit(&file, |text| {
                let (old, new) = value.split_once(" => ").unwrap();
                let old = old.replace("\\n", "\n");
                assert!(text.contains(&old), "{name}: nothing to edit: {old}");
                text.replacen(&old, &new.replace("\\n", "\n"), 1)
            }),
            "copy" => {
                let to = node.join(words[1]);
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(root().join(FOLDER).join(words[0]), &to).unwrap();
                mode(&to, "600");
            }
            #[cfg(unix)]
            "link" => {
                let to = node.join(words[0]);
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                let _ = std::fs::remove_file(&to);
                std::os::unix::fs::symlink(words[1], to).unwrap();
            }
            "remove" => {
                let path = node.join(value);
                let done = if path.is_dir() {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
                done.unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
            }
            "mode" => mode(&node.join(words[1]), words[0]),
            "args" => fixture.arguments.extend(words.into_iter().map(str::to_owned)),
            "stdin" => {
                fixture.stdin = true;
                fixture.arguments.retain(|argument| argument != "manifest.yaml");
                fixture.arguments.push("-".to_owned());
            }
            "exit" => fixture.exit = value.parse().unwrap(),
            "error" => fixture.errors.push(value.to_owned()),
            "want" => fixture.wants.push(value.to_owned()),
            "ok" => fixture.passed.push(value.to_owned()),
            "unchecked" => fixture.unchecked.push(value.to_owned()),
            // A sentence that explains the case.
            _ => assert!(line.contains(' '), "{name}: {line}"),
        }
    }
    let expectations = [&fixture.errors, &fixture.wants, &fixture.passed, &fixture.unchecked];
    let clean = text.lines().any(|line| line.contains("--strict"));
    assert!(
        clean || expectations.iter().any(|list| !list.is_empty()),
        "{name} expects nothing"
    );
    assert!(
        has_body || text.lines().all(|line| line.starts_with("# ")),
        "{name}: a line that is no comment"
    );
    fixture
}

fn run(fixture: &Fixture, more: &[&str]) -> Run {
    let mut case = Case::new("preflight")
        .args(&fixture.arguments)
        .args(more)
        .env("SOURCE_DATE_EPOCH", NOW)
        .dir(&fixture.folder);
    if fixture.stdin {
        case = case.stdin(std::fs::File::open(fixture.folder.join("manifest.yaml")).unwrap());
    }
    case.run()
}

/// The text of a span, up to the end of its first line.
fn marked(fixture: &Fixture, place: &Json) -> String {
    let name = place["file"].as_str().unwrap_or_default();
    let name = if name == "<stdin>" { "manifest.yaml" } else { name };
    let bytes = std::fs::read(fixture.folder.join(name)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let number = |key: &str| usize::try_from(place[key].as_u64().unwrap_or(1)).unwrap();
    let line: Vec<char> = text
        .lines()
        .nth(number("line") - 1)
        .unwrap_or_default()
        .chars()
        .collect();
    let end = if number("endLine") == number("line") {
        number("endColumn") - 1
    } else {
        line.len()
    };
    line[(number("column") - 1).min(line.len())..end.min(line.len())]
        .iter()
        .collect()
}

/// The differences between a case and its run.
fn check(name: &str) -> Vec<String> {
    let fixture = fixture("cases", name);
    let run = run(&fixture, &["--format", "json"]);
    let mut wrong = Vec::new();
    let mut complain = |text: String| wrong.push(format!("{name}: {text}"));
    if run.code != fixture.exit {
        complain(format!("exit code {}, not {}: {}", run.code, fixture.exit, run.stderr));
    }
    for words in &fixture.errors {
        if !run.stderr.contains(words) {
            complain(format!("{words:?} is not in {}", run.stderr));
        }
    }
    if run.code == 2 {
        if fixture.errors.is_empty() {
            complain("no `error:`".to_owned());
        }
        return wrong;
    }
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let mut found: Vec<(String, String)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default();
            let head = format!(
                "{} {} [{}]",
                text("severity"),
                text("rule"),
                marked(&fixture, &finding["place"])
            );
            (head, format!("{}; {}", text("message"), text("help")))
        })
        .collect();
    for want in &fixture.wants {
        let (head, words) = match want.split_once("] ") {
            Some((head, words)) => (format!("{head}]"), words),
            None => (want.clone(), ""),
        };
        match found
            .iter()
            .position(|(own, text)| *own == head && text.contains(words))
        {
            Some(at) => {
                found.remove(at);
            }
            None => complain(format!("not found: {want}")),
        }
    }
    for (head, text) in found.iter().filter(|(head, _)| !head.starts_with("info ")) {
        complain(format!("found: {head} {text}"));
    }
    let checks = report["checks"].as_array().unwrap();
    for (state, wanted) in [("ok", &fixture.passed), ("not checked", &fixture.unchecked)] {
        for want in wanted {
            let (subject, words) = want.split_once(" | ").unwrap_or((want, ""));
            let is_wanted = |check: &Json| {
                let text = |key: &str| check[key].as_str().unwrap_or_default();
                text("subject") == subject && text("state") == state && text("detail").contains(words)
            };
            if !checks.iter().any(is_wanted) {
                let own: Vec<String> = checks
                    .iter()
                    .filter(|check| check["subject"] == subject)
                    .map(ToString::to_string)
                    .collect();
                complain(format!("no check is {state}: {want}\n    {}", own.join("\n    ")));
            }
        }
    }
    wrong
}

#[test]
fn each_case() {
    let cases = names(format!("{FOLDER}/cases"));
    assert!(cases.len() >= 40, "{}", cases.len());
    let wrong: Vec<String> = cases.iter().flat_map(|name| check(name)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_format() {
    let fixture = fixture("each_format", "many.yaml");
    for format in ["text", "json", "sarif", "junit", "github", "gitlab"] {
        let run = run(&fixture, &["--format", format]);
        assert_eq!((run.code, &*run.stderr), (1, ""), "{format}");
        insta::assert_snapshot!(format!("preflight_{format}"), run.stdout);
    }
}

#[test]
fn json_is_what_its_schema_says() {
    let schema: Json = serde_json::from_str(&read("schema/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in ["many.yaml", "kubeadm-good.yaml", "laptop.yaml"] {
        let run = run(&fixture("json", name), &["--format", "json"]);
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn no_manifest_is_a_usage_error_of_one_sentence() {
    let folder = scratch("preflight_nothing");
    let run = Case::new("preflight").args(["--root", "."]).dir(&folder).run();
    assert_eq!((run.code, &*run.stdout), (2, ""));
    let first = run.stderr.lines().next().unwrap();
    assert_eq!(
        first,
        "Error: no kube-apiserver manifest found: tried ./opt/kubernetes/manifests/kube-apiserver.manifest and \
         ./etc/kubernetes/manifests/kube-apiserver.yaml"
    );
}

#[test]
fn wrong_flags_are_usage_errors() {
    for (arguments, wanted) in [
        (
            &["--expires-within", "soon"][..],
            "--expires-within soon: this is no time",
        ),
        (&["--expires-within", "-1h"], "this is no time"),
        (&["--expires-within", "99999999999d"], "this is no time"),
        (&["--cluster-domain", "a..b"], "this is no DNS domain"),
        (
            &["--ignore", "certificate-expires"],
            "did you mean `certificate-expired`?",
        ),
        (&["--fail-on", "loud"], "loud"),
        (&["--format", "xml"], "there is no format xml"),
        (&["-", "-"], "`-` is given twice"),
        (&["--resolv-conf", "a", "--no-resolv-conf"], "cannot be used with"),
        (&["no-such-file"], "cannot read no-such-file: no such file or directory"),
        (&["tests"], "tests is a folder"),
        (&["/dev/null"], "is a pipe or a device"),
    ] {
        let equals: Vec<String> = match arguments {
            [flag, value] if flag.starts_with("--") && !value.starts_with("--") => vec![format!("{flag}={value}")],
            _ => arguments.iter().map(|&argument| argument.to_owned()).collect(),
        };
        let run = Case::new("preflight").args(equals).run();
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(wanted), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn reports_go_to_files_too() {
    let fixture = fixture("reports_go_to_files_too", "many.yaml");
    let run = run(
        &fixture,
        &["--quiet", "--output", "junit=a.xml", "--output", "sarif=a.sarif"],
    );
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (1, "", ""));
    let junit = std::fs::read_to_string(fixture.folder.join("a.xml")).unwrap();
    assert!(
        junit.contains("<skipped>") || junit.contains("was not checked"),
        "{junit}"
    );
    assert!(
        std::fs::read_to_string(fixture.folder.join("a.sarif"))
            .unwrap()
            .contains("\"2.1.0\"")
    );
}

#[test]
fn explain_tells_of_the_rules() {
    let page = Case::new("explain").arg("certificate-names").run().stdout();
    assert!(page.contains("The serving certificate lacks a name"), "{page}");
    assert!(page.contains("Family: preflight. Default: error."), "{page}");
    let all = Case::new("explain").run().stdout();
    assert!(
        all.lines()
            .any(|line| line.starts_with("key-permissions ") && line.contains("preflight")),
        "{all}"
    );
    let wrong = Case::new("explain").arg("certificate-name").run();
    assert!(
        wrong.stderr.contains("did you mean `certificate-names`?"),
        "{}",
        wrong.stderr
    );
}

/// The example of the documentation is what the command prints.
#[test]
fn the_document_shows_what_is_printed() {
    let document = read("docs/preflight.md");
    let block = document.split("```console\n$ ").nth(1).expect("a console block");
    let (session, _) = block.split_once("```").unwrap();
    let (command, printed) = session.split_once('\n').unwrap();
    let fixture = fixture("the_document_shows_what_is_printed", "many.yaml");
    let shown = run(&fixture, &[]).stdout;
    assert_eq!(command, "promchart preflight --root root");
    assert_eq!(printed.trim_end(), shown.trim_end(), "run it and put its output there");
}
