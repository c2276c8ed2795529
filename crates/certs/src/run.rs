//! Decides about one certificate after the other, and creates the new ones.

use super::authority::Authority;
use super::certificate::{Certificate, Usage, bundle, date};
use super::commit::{NewFile, PUBLIC};
use super::constraints::permits;
use super::issue::{self, DAY, Leaf};
use super::key::{KeyType, PrivateKey};
use super::options::Options;
use super::plan::{Action, Material, Plan, Planned};
use super::services::Wanted;
use super::store::{Found, PRIVATE, Pair, Store, paths};
use super::{CERTIFICATES, error};
use diagnostics::{Diagnostic, Report, Result};
use system::{System, SystemRng};

/// The state of a run.
pub(super) struct Run<'a> {
    pub(super) system: &'a dyn System,
    pub(super) store: &'a Store,
    pub(super) options: &'a Options,
    pub(super) authority: &'a Authority,
}

/// The decision about a certificate.
pub(super) enum Verdict {
    Keep(Vec<Certificate>, PrivateKey),
    Renew(String, Option<PrivateKey>),
    Create,
}

fn wrong(path: &str, why: &str) -> Box<Diagnostic> {
    error(
        format!("{path}: {why}"),
        "move it away or remove it; `--force` starts over and overwrites it",
    )
}

impl Run<'_> {
    pub(super) fn write_authority(&self, plan: &mut Plan) -> Result<()> {
        let authority = self.authority;
        let path = self.store.shown("ca.crt");
        let issuer = &authority.issuer;
        let action = match &self.store.bundle {
            Found::Missing => Action::Created,
            Found::Good(old) if bundle(old) == plan.bundle => Action::Kept,
            Found::Good(old) if !old.contains(&authority.bundle[0]) => Action::Renewed("a new CA".to_owned()),
            Found::Good(_) => Action::Renewed("other CAs are trusted".to_owned()),
            Found::Bad(_) => Action::Renewed("it was no certificate".to_owned()),
        };
        let signs = if authority.is_given { " signs (--ca-cert)," } else { "," };
        let detail = format!("CA `{}`{signs} until {}", issuer.subject(), date(issuer.not_after()));
        if action != Action::Kept {
            plan.files.push(NewFile {
                path: "ca.crt".to_owned(),
                text: plan.bundle.clone(),
                mode: PUBLIC,
            });
        }
        if authority.is_new
            && let Some(key) = &authority.key
        {
            plan.files.push(NewFile {
                path: "ca.key".to_owned(),
                text: pem(key)?,
                mode: PRIVATE,
            });
        }
        plan.steps.push(Planned { path, action, detail });
        Ok(())
    }

    /// The wanted certificate with only the names that the CA permits. A notice lists the names left out.
    pub(super) fn names(&self, wanted: &Wanted, notes: &mut Report) -> Result<Wanted> {
        let mut wanted = wanted.clone();
        let authority = self.authority;
        for signer in authority
            .intermediates
            .iter()
            .chain([&authority.issuer])
            .chain(&authority.bundle)
        {
            let unread = |why| error(format!("the CA `{}`: {why}", signer.subject()), "give another CA");
            let Some(constraints) = signer.name_constraints().map_err(unread)? else {
                continue;
            };
            let (permitted, refused) = std::mem::take(&mut wanted.names)
                .into_iter()
                .partition(|name| permits(&constraints, name));
            wanted.names = permitted;
            let refused: std::collections::BTreeSet<_> = refused;
            if refused.is_empty() {
                continue;
            }
            let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
            let message = format!(
                "`{}`: left out, because the name constraints of the CA `{}` do not permit them: {}",
                wanted.id,
                signer.subject(),
                refused.join(", ")
            );
            notes.push(Diagnostic::warning(CERTIFICATES, message).help("clients have to use the names that remain"));
        }
        if wanted.names.is_empty() && wanted.usage == Usage::Server {
            return Err(error(
                format!("`{}`: the CA's name constraints permit none of its names", wanted.id),
                "give a CA that may sign the names of Services, or names of its own with --san",
            ));
        }
        Ok(wanted)
    }

    /// Decides what to do with a certificate.
    pub(super) fn judge(&self, wanted: &Wanted) -> Result<Verdict> {
        let (certificate_path, key_path) = paths(&wanted.id);
        let (certificate_path, key_path) = (self.store.shown(&certificate_path), self.store.shown(&key_path));
        let Pair { chain, key } = self.store.pair(&wanted.id);
        if self.options.force {
            return Ok(match (chain.is_missing(), key) {
                (true, Found::Missing) => Verdict::Create,
                (_, Found::Good(key)) if self.options.reuse_key => Verdict::Renew("--force".to_owned(), Some(key)),
                _ => Verdict::Renew("--force".to_owned(), None),
            });
        }
        let chain = match chain {
            Found::Bad(error) => return Err(error),
            Found::Missing if key.is_missing() => return Ok(Verdict::Create),
            Found::Missing => return Err(wrong(&key_path, "a key without its certificate beside it")),
            Found::Good(chain) => chain,
        };
        if !self.is_ours(&chain) {
            let why = format!(
                "`{}` is signed by no CA of ca.crt, so it is not ours",
                chain[0].subject()
            );
            return Err(wrong(&certificate_path, &why));
        }
        let key = match key {
            Found::Bad(error) => return Err(error),
            Found::Good(key) if !chain[0].has_key(&key) => {
                return Err(wrong(&key_path, "the key does not match the certificate beside it"));
            }
            Found::Good(key) => Some(key),
            Found::Missing => None,
        };
        let Some(reason) = self.reason(wanted, &chain, key.as_ref()) else {
            return match key {
                Some(key) => Ok(Verdict::Keep(chain, key)),
                None => Ok(Verdict::Renew("its key is gone".to_owned(), None)),
            };
        };
        if !(self.options.renew || self.options.reissue) {
            return Err(error(
                format!("{certificate_path}: {reason}"),
                "run with --renew to replace it",
            ));
        }
        let kept = key.filter(|_| self.options.reuse_key);
        Ok(Verdict::Renew(reason, kept))
    }

    /// Whether a chain leads to a CA that was trusted so far, or is trusted now.
    fn is_ours(&self, chain: &[Certificate]) -> bool {
        let trusted = || self.store.authorities().iter().chain(&self.authority.bundle);
        for (at, certificate) in chain.iter().enumerate() {
            if trusted().any(|ca| certificate.is_signed_by(ca)) {
                return true;
            }
            if !chain.get(at + 1).is_some_and(|above| certificate.is_signed_by(above)) {
                break;
            }
        }
        false
    }

    /// The reason to replace one of our certificates; none if it is fine.
    fn reason(&self, wanted: &Wanted, chain: &[Certificate], key: Option<&PrivateKey>) -> Option<String> {
        let certificate = &chain[0];
        let options = self.options;
        if key.is_none() {
            return Some("its key is gone".to_owned());
        }
        if certificate.not_after() <= options.now {
            return Some(format!("it expired on {}", date(certificate.not_after())));
        }
        if certificate.not_after() < options.now.saturating_add(options.renew_before) {
            let days = (certificate.not_after() - options.now) / DAY;
            return Some(format!(
                "it expires in {days} days, on {}",
                date(certificate.not_after())
            ));
        }
        if *certificate.names() != wanted.names || !certificate.other_names().is_empty() {
            return Some(differences(wanted, certificate));
        }
        if !certificate.allows(wanted.usage) {
            return Some("its extended key usage is another one".to_owned());
        }
        if self.authority.is_given && !certificate.is_signed_by(&self.authority.issuer) {
            return Some("another CA than that of --ca-cert has signed it".to_owned());
        }
        let is_trusted = self.authority.bundle.iter().chain(&self.authority.intermediates);
        if !is_trusted
            .into_iter()
            .any(|ca| chain.iter().any(|certificate| certificate.is_signed_by(ca)))
        {
            return Some("the CA that has signed it is not trusted any more".to_owned());
        }
        if let (Some(key), Some(key_type)) = (key, options.key_type)
            && !key.is(key_type)
            && !options.reuse_key
        {
            return Some(format!("its key is {}, not {}", key.describe(), key_type.as_str()));
        }
        options.reissue.then(|| "--reissue".to_owned())
    }

    pub(super) fn carry_out(&self, wanted: &Wanted, verdict: Verdict, plan: &mut Plan) -> Result<()> {
        let (certificate_path, key_path) = paths(&wanted.id);
        let path = self.store.shown(&certificate_path);
        let (action, reused) = match verdict {
            Verdict::Keep(chain, key) => {
                let detail = detail(&chain[0], &key);
                let action = Action::Kept;
                plan.steps.push(Planned { path, action, detail });
                let material = Material {
                    certificate: bundle(&chain),
                    key: pem(&key)?,
                };
                plan.material.insert(wanted.id.clone(), material);
                return Ok(());
            }
            Verdict::Renew(reason, reused) => (Action::Renewed(reason), reused),
            Verdict::Create => (Action::Created, None),
        };
        let is_reused = reused.is_some();
        let (chain, key) = self.issue(wanted, reused, &path, &mut plan.notes)?;
        let material = Material {
            certificate: bundle(&chain),
            key: pem(&key)?,
        };
        plan.files.push(NewFile {
            path: certificate_path,
            text: material.certificate.clone(),
            mode: PUBLIC,
        });
        if !is_reused {
            plan.files.push(NewFile {
                path: key_path,
                text: material.key.clone(),
                mode: PRIVATE,
            });
        }
        let detail = detail(&chain[0], &key);
        plan.steps.push(Planned { path, action, detail });
        plan.material.insert(wanted.id.clone(), material);
        Ok(())
    }

    fn issue(
        &self,
        wanted: &Wanted,
        reused: Option<PrivateKey>,
        path: &str,
        notes: &mut Report,
    ) -> Result<(Vec<Certificate>, PrivateKey)> {
        let Some(signer) = &self.authority.key else {
            return Err(error(
                format!(
                    "{path} has to be made, and the CA's key is not in {}",
                    self.store.shown("ca.key")
                ),
                "give the CA with --ca-cert and --ca-key",
            ));
        };
        let options = self.options;
        let authority = self.authority;
        let ends = authority
            .intermediates
            .iter()
            .chain([&authority.issuer])
            .map(Certificate::not_after);
        let end = ends.min().unwrap_or_default();
        let not_after = options.now.saturating_add(options.days.saturating_mul(DAY));
        if not_after > end {
            let message = format!("{path}: valid until {} only, when its CA expires", date(end));
            let help = "give a CA that lasts longer, or fewer --days";
            notes.push(Diagnostic::warning(CERTIFICATES, message).help(help));
        }
        let made = || -> std::result::Result<_, String> {
            let key = match reused {
                Some(key) => key,
                None => PrivateKey::generate(
                    options.key_type.unwrap_or(KeyType::EcdsaP256),
                    &mut SystemRng(self.system),
                )?,
            };
            let leaf = Leaf {
                common_name: &wanted.common_name,
                usage: wanted.usage,
                names: &wanted.names,
                not_after: not_after.min(end),
            };
            let certificate = issue::leaf(self.system, &leaf, options.now, &key, (&authority.issuer, signer))?;
            Ok((certificate, key))
        };
        let (certificate, key) =
            made().map_err(|why| error(format!("{path}: {why}"), "change the flags that it names"))?;
        let chain = std::iter::once(certificate).chain(authority.intermediates.iter().cloned());
        Ok((chain.collect(), key))
    }
}

fn pem(key: &PrivateKey) -> Result<String> {
    key.to_pem().map_err(|why| error(why, "try another --key-type"))
}

fn detail(certificate: &Certificate, key: &PrivateKey) -> String {
    format!("{}, until {}", key.describe(), date(certificate.not_after()))
}

/// Describes how the names of a certificate differ from the wanted ones.
pub(super) fn differences(wanted: &Wanted, certificate: &Certificate) -> String {
    let list = |names: Vec<String>| names.join(", ");
    let missing: Vec<String> = wanted
        .names
        .difference(certificate.names())
        .map(ToString::to_string)
        .collect();
    let extra = certificate.names().difference(&wanted.names).map(ToString::to_string);
    let extra: Vec<String> = extra.chain(certificate.other_names().iter().cloned()).collect();
    match (missing.is_empty(), extra.is_empty()) {
        (false, true) => format!("it lacks the names {}", list(missing)),
        (true, _) => format!("it has names that it should not have: {}", list(extra)),
        (false, false) => format!(
            "it lacks the names {}, and should not have {}",
            list(missing),
            list(extra)
        ),
    }
}
