//! Command lines of kube-apiserver, parsed like its flag library (spf13/pflag) does.

use super::bench::Bench;
use super::flag::{Flag, Flags, Kind, kind, names};
use super::word::Word;
use diagnostics::Diagnostic;
use gostd::{boolean, quote::quote};
use source::Source;

/// Switches of the API server that are not checked. The next argument is not their value.
const OTHER_SWITCHES: &[&str] = &[
    "aggregator-reject-forwarding-redirect",
    "allow-privileged",
    "also-stdout",
    "alsologtostderr",
    "audit-log-compress",
    "contention-profiling",
    "disable-http2-serving",
    "emulation-forward-compatible",
    "enable-bootstrap-token-auth",
    "enable-garbage-collector",
    "enable-logs-handler",
    "enable-priority-and-fairness",
    "encryption-provider-config-automatic-reload",
    "log-json-split-stream",
    "log-text-split-stream",
    "logtostderr",
    "permit-address-sharing",
    "permit-port-sharing",
    "profiling",
    "runtime-config-emulation-forward-compatible",
    "service-account-extend-token-expiration",
    "service-account-lookup",
    "shutdown-send-retry-after",
    "watch-cache",
];

/// The maximum number of arguments read from a command line. The API server has about 200 flags.
const MAX_WORDS: usize = 2000;
/// The maximum number of reported arguments that are not flags.
const MAX_STRAYS: usize = 10;

/// The rule for command lines that the API server cannot parse.
const SYNTAX: &str = "apiserver-flag-syntax";

/// Parses the arguments of kube-apiserver as flags. Whatever pflag rejects is a finding. Such a flag still counts as
/// set if its meaning is clear, so that it is not also reported as missing.
pub(super) fn parse(bench: &mut Bench<'_>, words: &[Word], source: &Source) -> Flags {
    let mut flags = Flags::default();
    let mut strays = 0;
    if let Some(word) = words.get(MAX_WORDS) {
        bench.unchecked(
            "the rest of the command line",
            format!("it has more than {MAX_WORDS} words"),
            word.place,
            "",
        );
    }
    let mut words = words.iter().take(MAX_WORDS).peekable();
    while let Some(word) = words.next() {
        let text = &word.text;
        let Some(body) = text.strip_prefix("--").filter(|body| !body.is_empty()) else {
            strays += 1;
            if strays <= MAX_STRAYS {
                stray(bench, word, &mut flags, source);
            }
            continue;
        };
        let (written, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        let (written, value) = match written.split_once(char::is_whitespace) {
            Some((name, rest)) => {
                let value = value.map_or_else(|| rest.to_owned(), |value| format!("{rest}={value}"));
                one_word(bench, word, name, value.trim());
                (name, Some(value.trim().to_owned()))
            }
            None => (written, value),
        };
        let name = normal(bench, word, written);
        let mut flag = Flag {
            value_place: word.place,
            place: word.place,
            is_open: word.is_open,
            is_default: false,
            value: String::new(),
            name,
        };
        let is_switch = kind(&flag.name) == Some(Kind::Switch) || OTHER_SWITCHES.contains(&&*flag.name);
        match value {
            Some(value) => {
                flag.value_place = word.tail(text.len() - value.len(), source);
                flag.value = value;
            }
            None if is_switch => {
                "true".clone_into(&mut flag.value);
                if let Some(next) = words.next_if(|next| boolean::parse(&next.text).is_ok()) {
                    split_switch(bench, word, next, &flag.name);
                    flag.value.clone_from(&next.text);
                    flag.value_place = next.place;
                }
            }
            None => match words.next_if(|next| kind(&flag.name).is_some() || !next.text.starts_with('-')) {
                Some(next) => {
                    flag.value.clone_from(&next.text);
                    flag.value_place = next.place;
                    flag.is_open |= next.is_open;
                    swallowed(bench, &flag);
                }
                None if kind(&flag.name).is_some() => {
                    let message = format!("flag needs an argument: --{}", flag.name);
                    let help = "write `--flag=value`; kube-apiserver does not start without it";
                    bench.found(
                        format!("--{}", flag.name),
                        Diagnostic::error(SYNTAX, message).at(word.place).help(help),
                    );
                }
                // It may be a switch that is not in the tables.
                None => {}
            },
        }
        flags.push(flag);
    }
    flags
}

/// Reports a flag that took the next flag for its value: `--client-ca-file --tls-cert-file=x`.
fn swallowed(bench: &mut Bench<'_>, flag: &Flag) {
    if flag.value.starts_with("--") {
        let message = format!(
            "`--{}` has no value and takes the next argument, {}, for it",
            flag.name,
            quote(&flag.value)
        );
        let help = "write `--flag=value`";
        bench.found(
            format!("--{}", flag.name),
            Diagnostic::error(SYNTAX, message).at(flag.place).help(help),
        );
    }
}

/// Reports a flag and its value in one argument: `--authorization-mode RBAC`.
fn one_word(bench: &mut Bench<'_>, word: &Word, name: &str, value: &str) {
    let message =
        format!("`--{name}` and its value are one argument with a space in it: kube-apiserver reports an unknown flag");
    let help = format!("write `--{name}={value}`, or two list items");
    bench.found(
        format!("--{name}"),
        Diagnostic::error(SYNTAX, message).at(word.place).help(help),
    );
}

/// Reports a switch whose value is a separate argument: `--enable-aggregator-routing true`.
fn split_switch(bench: &mut Bench<'_>, word: &Word, next: &Word, name: &str) {
    let message = format!(
        "a switch takes its value with `=`: `{}` is an argument of its own, which kube-apiserver refuses",
        next.text
    );
    let help = format!("write `--{name}={}`", next.text);
    let found = Diagnostic::error(SYNTAX, message)
        .at(next.place)
        .label(word.place, "the switch")
        .help(help);
    bench.found(format!("--{name}"), found);
}

/// Handles an argument that does not begin with two dashes.
fn stray(bench: &mut Bench<'_>, word: &Word, flags: &mut Flags, source: &Source) {
    let text = &word.text;
    if word.is_open && !text.starts_with('-') {
        bench.unchecked(
            "the rest of the command line",
            format!("`{text}` is known at run time only"),
            word.place,
            "",
        );
        return;
    }
    let body = text.trim_start_matches(['-', '\u{2013}', '\u{2014}']);
    let (name, value) = body.split_once('=').unwrap_or((body, ""));
    let found = if text.starts_with(['-', '\u{2013}', '\u{2014}']) && kind(name).is_some() {
        flags.push(Flag {
            name: name.to_owned(),
            value: value.to_owned(),
            place: word.place,
            value_place: word.tail(text.len() - value.len(), source),
            is_open: word.is_open,
            is_default: false,
        });
        let dashes = &text[..text.len() - body.len()];
        let message = format!("`{dashes}{name}` must begin with two dashes: kube-apiserver does not start");
        Diagnostic::error(SYNTAX, message).help(format!("write `--{body}`"))
    } else if text.starts_with('-') && text.len() > 1 {
        // Shorthands such as `-v=2`.
        return;
    } else {
        let message = format!(
            "kube-apiserver takes no arguments but flags: it refuses {}",
            quote(text)
        );
        Diagnostic::error(SYNTAX, message).help("write a flag and its value as `--flag=value`")
    };
    bench.found("command line", found.at(word.place));
}

/// The name as pflag normalizes it, with dashes for underscores. A name close to a checked flag is reported as a typo.
fn normal(bench: &mut Bench<'_>, word: &Word, written: &str) -> String {
    let name = written.replace('_', "-");
    if kind(&name).is_some() {
        return name;
    }
    // Every other flag of the API server (1.37) differs in at least four letters from the checked flags.
    match suggest::typo(&name, names()) {
        Some(known) => {
            let message = format!("unknown flag: --{name}; kube-apiserver does not start");
            let help = format!("did you mean `--{known}`?");
            bench.found(
                format!("--{known}"),
                Diagnostic::error(SYNTAX, message).at(word.place).help(help),
            );
            known.to_owned()
        }
        _ => name,
    }
}
