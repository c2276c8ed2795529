//! Helm's first pass over the command line.
//!
//! Before it knows its subcommands, Helm has pflag parse the global flags and skip any other flag with the argument
//! that follows it, unless that begins with a dash. Values of other flags can therefore be taken for flags:
//! `--set -n=x` also sets the namespace. A second, complete pass follows; flags that it does not find keep their values.
//! Mirrors `newRootCmdWithConfig` of Helm's `pkg/cmd/root.go`.

use std::collections::VecDeque;

use gostd::boolean;

/// The global flags without a value.
pub(super) const SWITCHES: [&str; 10] = [
    "add-dir-header",
    "alsologtostderr",
    "debug",
    "kube-insecure-skip-tls-verify",
    "legacy-stderr-threshold-behavior",
    "logtostderr",
    "one-output",
    "skip-headers",
    "skip-log-headers",
    "help",
];

/// The global flags with a value.
const VALUES: [&str; 25] = [
    "alsologtostderrthreshold",
    "burst-limit",
    "color",
    "colour",
    "content-cache",
    "kube-apiserver",
    "kube-as-group",
    "kube-as-user",
    "kube-ca-file",
    "kube-context",
    "kube-tls-server-name",
    "kube-token",
    "kubeconfig",
    "log-backtrace-at",
    "log-dir",
    "log-file",
    "log-file-max-size",
    "namespace",
    "qps",
    "registry-config",
    "repository-cache",
    "repository-config",
    "stderrthreshold",
    "v",
    "vmodule",
];

/// Ends the pass: a request for help, or a flag that cannot be parsed.
struct Stop;

/// The flags found by the first pass that matter to a render.
pub(super) fn flags(arguments: &[String]) -> Vec<String> {
    let mut look = Look::default();
    // Flags found before the end are kept.
    let _ = look.read(arguments.iter().map(String::as_str).collect());
    let namespace = look.namespace.map(|name| format!("--namespace={name}"));
    let debug = look.debug.map(|debug| format!("--debug={debug}"));
    namespace.into_iter().chain(debug).collect()
}

#[derive(Default)]
struct Look<'a> {
    namespace: Option<&'a str>,
    debug: Option<bool>,
}

impl<'a> Look<'a> {
    fn read(&mut self, mut arguments: VecDeque<&'a str>) -> Result<(), Stop> {
        while let Some(argument) = arguments.pop_front() {
            match argument.strip_prefix('-') {
                None | Some("") => {}
                Some("-") => return Ok(()),
                Some(flags) => match flags.strip_prefix('-') {
                    Some(long) => self.long(long, &mut arguments)?,
                    None => self.short(flags, &mut arguments)?,
                },
            }
        }
        Ok(())
    }

    fn long(&mut self, text: &'a str, rest: &mut VecDeque<&'a str>) -> Result<(), Stop> {
        if text.starts_with(['-', '=']) {
            return Err(Stop);
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        match (name, value) {
            ("help", _) => Err(Stop),
            (_, Some(value)) => self.set(name, value),
            _ if SWITCHES.contains(&name) => self.set(name, "true"),
            _ if VALUES.contains(&name) => {
                let value = rest.pop_front().ok_or(Stop)?;
                self.set(name, value)
            }
            _ => {
                pass_over_value(rest);
                Ok(())
            }
        }
    }

    fn short(&mut self, letters: &'a str, rest: &mut VecDeque<&'a str>) -> Result<(), Stop> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let text = letters.as_str();
            let attached = text.strip_prefix('=').filter(|value| !value.is_empty());
            let name = match letter {
                'n' => "namespace",
                'v' => "v",
                'h' => return Err(Stop),
                _ if attached.is_some() => return Ok(()),
                _ => continue,
            };
            let value = match attached {
                Some(value) => value,
                None if !text.is_empty() => text,
                None => rest.pop_front().ok_or(Stop)?,
            };
            return self.set(name, value);
        }
        // Any number of unknown flags.
        pass_over_value(rest);
        Ok(())
    }

    fn set(&mut self, name: &str, value: &'a str) -> Result<(), Stop> {
        match name {
            "namespace" => self.namespace = Some(value),
            "debug" => self.debug = Some(boolean::parse(value).map_err(|_| Stop)?),
            _ if SWITCHES.contains(&name) => drop(boolean::parse(value).map_err(|_| Stop)?),
            _ => {}
        }
        Ok(())
    }
}

/// The argument after an unknown flag is skipped as its value, if it can be one.
fn pass_over_value(rest: &mut VecDeque<&str>) {
    if rest.front().is_some_and(|next| !next.starts_with('-')) {
        rest.pop_front();
    }
}
