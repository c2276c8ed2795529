//! The arguments of `promchart certs`.

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::{LimitArguments, Reports, Target, Values};
use certs::KeyType;
use promql::duration;

/// The maximum lifetime of a certificate in days. More than a hundred years are a mistake.
const MAX_DAYS: i64 = 40_000;

/// `promchart certs [NAME] [CHART] --out DIR`
///
/// Creates a CA, a server certificate for each component of the release that has a Service, and a client certificate for the
/// Prometheus that scrapes them. Their names are those of the Services that the chart renders with these values. In a folder
/// with certificates, valid ones are kept and missing ones created; --renew replaces those that expire soon or lack a name.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Certs {
    #[command(subcommand)]
    pub(super) command: Option<CertsCommand>,
    #[command(flatten)]
    pub(super) issue: Issue,
}

#[derive(Debug, Subcommand)]
pub(super) enum CertsCommand {
    /// List and check a folder of certificates; exit code 1 if there are errors
    Check(Box<Check>),
}

/// promchart certs
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag is a bool")]
pub(super) struct Issue {
    /// The release name and the chart, or the chart alone, as for `template`
    #[arg(value_name = "NAME] [CHART", num_args = 0..)]
    pub(super) name_and_chart: Vec<String>,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
    /// The folder for ca.crt, ca.key, client.crt, client.key and COMPONENT/tls.crt, COMPONENT/tls.key
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    pub(super) out: Option<String>,
    /// `pem` writes files to --out; `secrets` prints Secrets as well, without the CA's key
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Pem, help_heading = "Output")]
    pub(super) format: Form,
    /// The names of the Secrets; fields are {release}, {component} and {workload}
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "{workload}-tls",
        help_heading = "Output"
    )]
    pub(super) secret_name_template: String,
    /// Print what would be done and write nothing
    #[arg(long, help_heading = "Output")]
    pub(super) dry_run: bool,
    /// The kind of new keys: ecdsa-p256, ecdsa-p384, rsa-2048, rsa-4096 or ed25519 [default: ecdsa-p256]
    #[arg(long, value_name = "TYPE", value_parser = key_type, help_heading = "Certificates")]
    pub(super) key_type: Option<KeyType>,
    /// Lifetime of certificates in days
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..MAX_DAYS as u64), help_heading = "Certificates")]
    pub(super) days: u64,
    /// Lifetime of a new CA in days
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = clap::value_parser!(u64).range(1..MAX_DAYS as u64), help_heading = "Certificates")]
    pub(super) ca_days: u64,
    /// The common name of a new CA
    #[arg(long, value_name = "NAME", conflicts_with = "ca_cert", value_parser = common_name, help_heading = "Certificates")]
    pub(super) ca_name: Option<String>,
    /// Sign with this CA: its certificate, and its chain, in PEM
    #[arg(long, value_name = "FILE", requires = "ca_key", help_heading = "Certificates")]
    pub(super) ca_cert: Option<String>,
    /// The private key of --ca-cert in PEM
    #[arg(long, value_name = "FILE", requires = "ca_cert", help_heading = "Certificates")]
    pub(super) ca_key: Option<String>,
    /// Replace certificates that expire soon or whose names have changed, and a CA that expires soon
    #[arg(long, requires = "out", help_heading = "Renewal")]
    pub(super) renew: bool,
    /// Renew certificates that expire within this time [default: 30d, or a third of --days if that is less]
    #[arg(long, value_name = "DURATION", value_parser = seconds, help_heading = "Renewal")]
    pub(super) renew_before: Option<u64>,
    /// Renew a CA that expires within this time [default: 90d, or a third of --ca-days if that is less]
    #[arg(long, value_name = "DURATION", value_parser = seconds, help_heading = "Renewal")]
    pub(super) ca_renew_before: Option<u64>,
    /// Renew all certificates except the CA's, even if they are valid
    #[arg(long, requires = "out", help_heading = "Renewal")]
    pub(super) reissue: bool,
    /// Keep the keys of renewed certificates
    #[arg(long, requires = "out", help_heading = "Renewal")]
    pub(super) reuse_key: bool,
    /// Create a new CA in addition to the old one; ca.crt then has both
    #[arg(long, requires = "out", conflicts_with = "ca_cert", help_heading = "Renewal")]
    pub(super) rotate_ca: bool,
    /// Remove CAs from ca.crt that have signed none of the certificates
    #[arg(long, requires = "out", help_heading = "Renewal")]
    pub(super) drop_old_ca: bool,
    /// Start over with a new CA and new certificates, overwriting existing files
    #[arg(long, requires = "out", help_heading = "Renewal")]
    pub(super) force: bool,
}

/// promchart certs check DIR
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The folder given as --out
    #[arg(value_name = "DIR")]
    pub(super) folder: String,
    /// The release name and the chart, or the chart alone, as for `template`
    #[arg(value_name = "NAME] [CHART", num_args = 0..)]
    pub(super) name_and_chart: Vec<String>,
    /// Check only expiry, keys and chains, not the names of a release
    #[arg(long, conflicts_with_all = ["name_and_chart", "san", "component", "cluster_domain"])]
    pub(super) expiry_only: bool,
    /// Fail if a certificate expires within this time
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = seconds)]
    pub(super) renew_before: u64,
    /// Fail if the CA expires within this time
    #[arg(long, value_name = "DURATION", default_value = "90d", value_parser = seconds)]
    pub(super) ca_renew_before: u64,
    #[command(flatten)]
    pub(super) names: Names,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
    #[command(flatten)]
    pub(super) reports: Reports,
}

/// Names.
#[derive(Debug, Args)]
#[command(next_help_heading = "Names")]
pub(super) struct Names {
    /// An additional name or address of a component, such as server=prom.example.org; repeatable
    #[arg(long, value_name = "COMPONENT=NAME|IP,..")]
    pub(super) san: Vec<String>,
    /// The domain of the cluster [default: global.clusterDomain of the values, else cluster.local]
    #[arg(long, value_name = "DOMAIN")]
    pub(super) cluster_domain: Option<String>,
    /// Only the certificates of these components; `client` is the client certificate
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',')]
    pub(super) component: Vec<String>,
}

/// The output of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Files in PEM
    Pem,
    /// Secrets of type kubernetes.io/tls on stdout
    Secrets,
}

fn key_type(text: &str) -> Result<KeyType, String> {
    let known = || KeyType::ALL.into_iter();
    known().find(|key_type| key_type.as_str() == text).ok_or_else(|| {
        let names: Vec<&str> = known().map(KeyType::as_str).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// A duration in Prometheus' format, in seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let nanoseconds = duration::parse(text).map_err(|error| format!("{error}; write 30d or 12h"))?;
    Ok(u64::try_from(nanoseconds / 1_000_000_000).unwrap_or_default())
}

fn common_name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err("a common name has 1 to 64 characters that can be printed".to_owned());
    }
    Ok(text.to_owned())
}
