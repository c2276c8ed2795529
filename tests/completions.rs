//! `promchart completions` and `promchart man`.

use std::process::Command;

use crate::support::{Case, scratch};

fn script(shell: &str) -> String {
    Case::new("completions").arg(shell).run().stdout()
}

#[test]
fn each_shell_has_completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = script(shell);
        assert!(script.contains("each-values"), "{shell} knows no --each-values");
    }
    assert_eq!(Case::new("completions").arg("tcsh").run().code, 2);
}

/// The completions that bash itself gives; skipped without bash.
#[expect(clippy::print_stderr, reason = "what was not checked is said")]
#[test]
fn bash_completes_commands_and_flags() {
    let folder = scratch("bash_completes");
    let file = folder.join("promchart.bash");
    std::fs::write(&file, script("bash")).unwrap();
    let completed = |words: &str, at: usize| {
        let asked = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD={at}; COMP_LINE='{words}'; COMP_POINT=${{#COMP_LINE}}; \
             _promchart promchart \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; echo \"${{COMPREPLY[*]}}\"",
            file.display()
        );
        let output = Command::new("bash").args(["-c", &asked]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commands) = completed("promchart te", 1) else {
        eprintln!("no bash here: not checked");
        return;
    };
    assert!(commands.split(' ').any(|word| word == "template"), "{commands}");
    let flags = completed("promchart template --each", 2).unwrap();
    assert_eq!(flags, "--each-values");
}

/// Asks fish for its completions; without a fish nothing is checked.
#[expect(clippy::print_stderr, reason = "what was not checked is said")]
#[test]
fn fish_completes_commands_and_flags() {
    let file = scratch("fish_completes").join("promchart.fish");
    std::fs::write(&file, script("fish")).unwrap();
    let completed = |line: &str| {
        let asked = format!("source {}; complete -C '{line}'", file.display());
        let output = Command::new("fish").args(["--no-config", "-c", &asked]).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(commands) = completed("promchart te") else {
        eprintln!("no fish here: not checked");
        return;
    };
    assert!(
        commands.contains("template\t") && commands.contains("test\t"),
        "{commands}"
    );
    let flags = completed("promchart template --each").unwrap();
    assert!(flags.starts_with("--each-values\t"), "{flags}");
}

#[test]
fn each_command_has_a_page() {
    let main = Case::new("man").run().stdout();
    assert!(
        main.starts_with(".ie \\n(.g") && main.contains(".TH promchart 1"),
        "{main}"
    );
    let template = Case::new("man").arg("template").run().stdout();
    assert!(
        template.contains(".TH promchart-template 1") && template.contains("output\\-dir"),
        "{template}"
    );
    let unknown = Case::new("man").arg("templat").run();
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("has no command `templat`"),
        "{}",
        unknown.stderr
    );
}
