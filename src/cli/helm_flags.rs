//! Flags of `helm template` that have no use in a render without cluster and network.
//!
//! Command lines written for Helm must keep working. Flags that have no effect in Helm either are accepted; so are
//! deprecated ones, with Helm's warning. Flags that need a cluster or a network are refused with a message that says
//! what to use instead. Each flag has one row.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use gostd::{boolean, csv, duration, float, int, quote::quote};

/// The values that a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// None, or `=true` or `=false`.
    Switch,
    /// A value.
    Value,
    /// None, or `=VALUE`.
    Perhaps,
}

/// The treatment of a flag.
#[derive(Clone, Copy)]
enum Fate {
    /// It has no effect.
    Accepted,
    /// It has no effect, and Helm warns that it is deprecated.
    Deprecated(&'static str),
    /// It has no effect if the value is valid; the function returns Helm's warning or error for the value.
    Checked(fn(&str) -> Result<Option<String>, String>),
    /// The same, but Helm checks the value only after parsing the whole command line.
    CheckedLate(fn(&str) -> Result<Option<String>, String>),
    /// It is not supported; with the alternative.
    Refused(&'static str),
    /// The same for a flag that Helm has deprecated, with Helm's warning.
    RefusedDeprecated(&'static str, &'static str),
}

struct Flag {
    name: &'static str,
    short: Option<char>,
    takes: Takes,
    fate: Fate,
}

const fn flag(name: &'static str, takes: Takes, fate: Fate) -> Flag {
    Flag {
        name,
        short: None,
        takes,
        fate,
    }
}

const NO_CLUSTER: &str = "promchart never talks to a cluster; describe it with --kube-version and --api-versions";
const NO_SERVER: &str =
    "promchart never talks to a cluster; pipe the output to `kubectl apply --dry-run=server -f -` to have it checked";
const NO_NETWORK: &str = "promchart fetches nothing; get the chart with `helm pull` and give its path";
const NO_NOTES: &str = "this flag has no effect for 'helm template' and will be removed in Helm 5";

use Fate::{Accepted, Checked, CheckedLate, Deprecated, Refused, RefusedDeprecated};
use Takes::{Perhaps, Switch, Value};

#[rustfmt::skip]
const FLAGS: &[Flag] = &[
    flag("add-dir-header", Switch, Accepted),
    flag("alsologtostderr", Switch, Accepted),
    flag("alsologtostderrthreshold", Value, Accepted),
    flag("atomic", Switch, Deprecated("use --rollback-on-failure instead")),
    flag("burst-limit", Value, Checked(burst_limit)),
    flag("ca-file", Value, Refused(NO_NETWORK)),
    flag("cert-file", Value, Refused(NO_NETWORK)),
    flag("content-cache", Value, Accepted),
    flag("create-namespace", Switch, Accepted),
    flag("dependency-update", Switch, Refused("promchart fetches nothing; run `helm dependency build CHART` first")),
    flag("description", Value, Accepted),
    flag("devel", Switch, Accepted),
    flag("disable-openapi-validation", Switch, Accepted),
    flag("dry-run", Perhaps, CheckedLate(dry_run)),
    flag("enable-dns", Switch, Refused("promchart resolves no names; getHostByName gives an empty text, as in Helm without this flag")),
    flag("force", Switch, Deprecated("use --force-replace instead")),
    flag("force-conflicts", Switch, Accepted),
    flag("force-replace", Switch, Accepted),
    flag("hide-notes", Switch, Deprecated(NO_NOTES)),
    flag("insecure-skip-tls-verify", Switch, Refused(NO_NETWORK)),
    flag("key-file", Value, Refused(NO_NETWORK)),
    flag("keyring", Value, Accepted),
    flag("kube-apiserver", Value, Refused(NO_CLUSTER)),
    flag("kube-as-group", Value, Refused(NO_CLUSTER)),
    flag("kube-as-user", Value, Refused(NO_CLUSTER)),
    flag("kube-ca-file", Value, Refused(NO_CLUSTER)),
    flag("kube-context", Value, Refused(NO_CLUSTER)),
    flag("kube-insecure-skip-tls-verify", Switch, Refused(NO_CLUSTER)),
    flag("kube-tls-server-name", Value, Refused(NO_CLUSTER)),
    flag("kube-token", Value, Refused(NO_CLUSTER)),
    flag("kubeconfig", Value, Refused(NO_CLUSTER)),
    Flag { name: "labels", short: Some('l'), takes: Value, fate: Checked(labels) },
    flag("legacy-stderr-threshold-behavior", Switch, Accepted),
    flag("log-backtrace-at", Value, Accepted),
    flag("log-dir", Value, Accepted),
    flag("log-file", Value, Accepted),
    flag("log-file-max-size", Value, Accepted),
    flag("logtostderr", Switch, Accepted),
    flag("one-output", Switch, Accepted),
    flag("pass-credentials", Switch, Refused(NO_NETWORK)),
    flag("password", Value, Refused(NO_NETWORK)),
    flag("plain-http", Switch, Refused(NO_NETWORK)),
    flag("qps", Value, Checked(queries)),
    flag("registry-config", Value, Accepted),
    flag("render-subchart-notes", Switch, Deprecated(NO_NOTES)),
    flag("replace", Switch, Accepted),
    flag("repo", Value, Refused(NO_NETWORK)),
    flag("repository-cache", Value, Accepted),
    flag("repository-config", Value, Accepted),
    flag("rollback-on-failure", Switch, Accepted),
    flag("server-side", Switch, Accepted),
    flag("skip-crds", Switch, Accepted),
    flag("skip-headers", Switch, Accepted),
    flag("skip-log-headers", Switch, Accepted),
    flag("stderrthreshold", Value, Accepted),
    flag("take-ownership", Switch, Accepted),
    flag("timeout", Value, Checked(timeout)),
    flag("username", Value, Refused(NO_NETWORK)),
    Flag { name: "v", short: Some('v'), takes: Value, fate: Accepted },
    flag("validate", Switch, RefusedDeprecated(NO_SERVER, "use '--dry-run=server' instead")),
    flag("verify", Switch, Refused("promchart checks no signatures; run `helm verify CHART` first")),
    flag("version", Value, Accepted),
    flag("vmodule", Value, Accepted),
    flag("wait", Perhaps, Checked(wait)),
    flag("wait-for-jobs", Switch, Accepted),
];

/// Mutually exclusive flags, in the order in which Helm checks them, with Helm's names for them.
const EXCLUSIVE: [([&str; 2], &str); 3] = [
    (["force", "force-conflicts"], "[force force-conflicts]"),
    (["force-replace", "force-conflicts"], "[force-conflicts force-replace]"),
    (["validate", "dry-run"], "[dry-run validate]"),
];

/// The value of a flag of kind [`Takes::Perhaps`] that is given without one.
const UNSET: &str = "unset";

fn dry_run(value: &str) -> Result<Option<String>, String> {
    let only = || {
        format!(
            "invalid dry-run value ({}). Must be \"server\" or \"client\"",
            quote(value)
        )
    };
    match value {
        UNSET => Ok(Some(
            "level=WARN msg=\"--dry-run is deprecated and should be replaced with '--dry-run=client'\"".to_owned(),
        )),
        "client" => Ok(None),
        "server" => Err(format!("--dry-run=server: {NO_SERVER}")),
        "none" => Err(only()),
        _ => match boolean::parse(value) {
            Ok(true) => Ok(Some(format!(
                "level=WARN msg=\"boolean '--dry-run={value}' flag is deprecated and must be replaced with '--dry-run=client'\""
            ))),
            Ok(false) => Err(only()),
            Err(_) => Err(format!(
                "invalid dry-run value ({}). Must be \"none\", \"server\", or \"client\"",
                quote(value)
            )),
        },
    }
}

fn wait(value: &str) -> Result<Option<String>, String> {
    let old = |with: &str| {
        format!(
            "level=WARN msg=\"--wait={value} is deprecated (boolean value) and can be replaced with --wait={with}\""
        )
    };
    match value {
        UNSET | "watcher" | "legacy" | "hookOnly" => Ok(None),
        "true" => Ok(Some(old("watcher"))),
        "false" => Ok(Some(old("hookOnly"))),
        _ => Err(invalid(
            value,
            "--wait",
            &format!(
                "invalid wait input {}. Valid inputs are watcher, hookOnly, and legacy",
                quote(value)
            ),
        )),
    }
}

fn burst_limit(value: &str) -> Result<Option<String>, String> {
    match int::parse_int(value, 0) {
        Ok(_) => Ok(None),
        Err(error) => {
            let error = format!("strconv.ParseInt: parsing {}: {error}", quote(value));
            Err(invalid(value, "--burst-limit", &error))
        }
    }
}

fn queries(value: &str) -> Result<Option<String>, String> {
    // The value exceeds the range of a `float32`.
    const TOO_LARGE: f64 = 3.402_823_567_797_336_6e38;
    match float::parse(value) {
        Ok(number) if number.is_finite() && number.abs() >= TOO_LARGE => {
            let error = format!("strconv.ParseFloat: parsing {}: value out of range", quote(value));
            Err(invalid(value, "--qps", &error))
        }
        Ok(_) => Ok(None),
        Err(error) => Err(invalid(value, "--qps", &error.message(value))),
    }
}

fn timeout(value: &str) -> Result<Option<String>, String> {
    match duration::parse(value) {
        Ok(_) => Ok(None),
        Err(error) => Err(invalid(value, "--timeout", &error)),
    }
}

/// Labels are a comma-separated list of `key=value`, and must not be those that Helm sets itself.
fn labels(value: &str) -> Result<Option<String>, String> {
    const RESERVED: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];
    let wrong = |error: &str| invalid(value, "-l, --labels", error);
    let pairs = match value.matches('=').count() {
        0 => return Err(wrong(&format!("{value} must be formatted as key=value"))),
        1 => vec![value.trim_matches('"').to_owned()],
        _ => csv::record(value).map_err(|error| wrong(&error))?,
    };
    for pair in pairs {
        let Some((key, _)) = pair.split_once('=') else {
            return Err(wrong(&format!("{pair} must be formatted as key=value")));
        };
        if RESERVED.contains(&key) {
            return Err(format!(
                "user supplied labels contains system reserved label name. System labels: [{}]",
                RESERVED.join(" ")
            ));
        }
    }
    Ok(None)
}

/// Helm's error for an invalid value of a flag.
pub(super) fn invalid(value: &str, flag: &str, error: &str) -> String {
    format!("invalid argument {} for \"{flag}\" flag: {error}", quote(value))
}

/// The given flags, in the order of the command line.
#[derive(Clone, Default)]
pub(super) struct HelmFlags {
    given: Vec<(&'static Flag, String)>,
}

impl HelmFlags {
    /// Parses each given flag and logs Helm's warnings about its value.
    ///
    /// # Errors
    /// The error of the first flag that cannot be parsed.
    pub(super) fn read(&self, remark: &mut dyn FnMut(String)) -> Result<(), String> {
        for (flag, value) in &self.given {
            if flag.takes == Switch {
                boolean::parse(value).map_err(|error| invalid(value, &flag.long(), &error))?;
            }
            if let Checked(check) = flag.fate {
                check(value)?.into_iter().for_each(&mut *remark);
            }
        }
        Ok(())
    }

    /// Logs Helm's warnings about deprecated flags, after all flags have been parsed.
    pub(super) fn deprecations(&self) -> impl Iterator<Item = String> {
        self.given.iter().filter_map(|(flag, _)| match flag.fate {
            Deprecated(instead) | RefusedDeprecated(_, instead) => {
                Some(format!("Flag --{} has been deprecated, {instead}", flag.name))
            }
            _ => None,
        })
    }

    /// Checks for mutually exclusive flags.
    ///
    /// # Errors
    /// Helm's error for the first ones.
    pub(super) fn check_groups(&self) -> Result<(), String> {
        for (group, set) in EXCLUSIVE {
            if group.iter().all(|name| self.last(name).is_some()) {
                let group = group.join(" ");
                return Err(format!(
                    "if any flags in the group [{group}] are set none of the others can be; {set} were all set"
                ));
            }
        }
        Ok(())
    }

    /// Checks the values that Helm checks last, and refuses unsupported flags. The last value of a repeated flag
    /// counts.
    ///
    /// # Errors
    /// The error of the first flag that is refused.
    pub(super) fn check_values(&self, remark: &mut dyn FnMut(String)) -> Result<(), String> {
        for (at, (flag, value)) in self.given.iter().enumerate() {
            if self.given[at + 1..].iter().any(|(later, _)| later.name == flag.name) {
                continue;
            }
            let is_off = match flag.takes {
                Switch => boolean::parse(value) == Ok(false),
                Value => value.is_empty(),
                Perhaps => false,
            };
            match flag.fate {
                CheckedLate(check) => check(value)?.into_iter().for_each(&mut *remark),
                Refused(instead) | RefusedDeprecated(instead, _) if !is_off => {
                    return Err(format!("--{}: {instead}", flag.name));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The value of a flag, if it was given.
    fn last(&self, name: &str) -> Option<&str> {
        let mut given = self.given.iter().rev();
        given.find(|(flag, _)| flag.name == name).map(|(_, value)| &**value)
    }
}

impl Flag {
    fn long(&self) -> String {
        format!("--{}", self.name)
    }

    fn argument(&self) -> Arg {
        let argument = Arg::new(self.name).long(self.name).hide(true).action(ArgAction::Append);
        let argument = match self.short {
            Some(short) => argument.short(short),
            None => argument,
        };
        match self.takes {
            Value => argument.value_name("VALUE"),
            Switch => argument
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true"),
            Perhaps => argument
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value(UNSET),
        }
    }
}

impl std::fmt::Debug for HelmFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.given.iter().map(|(flag, value)| (flag.name, value)))
            .finish()
    }
}

impl FromArgMatches for HelmFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let mut given = Vec::new();
        for flag in FLAGS {
            let values = matches.get_many::<String>(flag.name).into_iter().flatten();
            let indices = matches.indices_of(flag.name).into_iter().flatten();
            given.extend(indices.zip(values).map(|(at, value)| (at, flag, value.clone())));
        }
        given.sort_by_key(|(at, ..)| *at);
        self.given = given.into_iter().map(|(_, flag, value)| (flag, value)).collect();
        Ok(())
    }
}

impl clap::Args for HelmFlags {
    fn augment_args(command: Command) -> Command {
        command.args(FLAGS.iter().map(Flag::argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
