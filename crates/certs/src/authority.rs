//! Chooses the signing CA: the user's, the one in the folder, or a new one.

use super::certificate::{Certificate, Fitness, date};
use super::error;
use super::issue::{self, DAY};
use super::key::{KeyType, PrivateKey};
use super::options::Options;
use super::store::{Found, Store};
use diagnostics::{Diagnostic, Report, Result};
use system::{System, SystemRng};

/// A CA given by the user.
pub struct Given {
    /// The file of its certificate, for messages.
    pub path: String,
    /// Its certificate, and the certificates of its issuers.
    pub chain: Vec<Certificate>,
    /// Its private key.
    pub key: PrivateKey,
}

/// The signing CA and the trust bundle.
pub(super) struct Authority {
    pub(super) issuer: Certificate,
    /// The certificates from the issuer's own up to below the root. Servers send them in the handshake.
    pub(super) intermediates: Vec<Certificate>,
    /// The signing key; none if all certificates are kept and nothing has to be signed.
    pub(super) key: Option<PrivateKey>,
    /// The CAs that clients trust: `ca.crt`.
    pub(super) bundle: Vec<Certificate>,
    /// Whether the key has to be written to disk.
    pub(super) is_new: bool,
    /// Whether the user gave the CA.
    pub(super) is_given: bool,
}

/// Checks that a CA can sign now; `path` is its file, for messages.
fn check(path: &str, certificate: &Certificate, now: u64) -> Result<()> {
    let subject = certificate.subject();
    if let Fitness::Unfit(why) = certificate.fitness() {
        return Err(error(
            format!("{path}: `{subject}` cannot sign certificates: {why}"),
            "give a CA whose certificate has CA:TRUE and keyCertSign",
        ));
    }
    if certificate.not_before() > now {
        let message = format!(
            "{path}: `{subject}` is not valid before {}",
            date(certificate.not_before())
        );
        return Err(error(message, "check the clock of this machine"));
    }
    Ok(())
}

fn expired(path: &str, certificate: &Certificate, help: &str) -> Box<Diagnostic> {
    let (subject, day) = (certificate.subject(), date(certificate.not_after()));
    error(format!("{path}: the CA `{subject}` expired on {day}"), help)
}

/// Finds the CA, or creates one. Notices for the user are added to `notes`.
pub(super) fn find(
    system: &dyn System,
    store: &Store,
    given: Option<Given>,
    options: &Options,
    notes: &mut Report,
) -> Result<Authority> {
    if let Found::Bad(error) = &store.bundle
        && !options.force
    {
        return Err(error.clone());
    }
    if let Found::Bad(error) = &store.ca_key
        && !options.force
    {
        return Err(error.clone());
    }
    match given {
        Some(given) => with_given(store, given, options, notes),
        None => of_store(system, store, options, notes),
    }
}

fn with_given(store: &Store, given: Given, options: &Options, notes: &mut Report) -> Result<Authority> {
    let Given { path, chain, key } = given;
    let Some(issuer) = chain.iter().find(|certificate| certificate.has_key(&key)).cloned() else {
        let message = format!(
            "{path}: the key of --ca-key ({}) belongs to none of its certificates",
            key.describe()
        );
        return Err(error(message, "give the certificate and the key of one CA"));
    };
    check(&path, &issuer, options.now)?;
    if issuer.not_after() <= options.now {
        return Err(expired(&path, &issuer, "give the renewed certificate of the CA"));
    }
    if !issuer.has_key_usage() {
        let message = format!(
            "{path}: `{}` has no key usage: strict clients (Python since 3.13) refuse what it signs",
            issuer.subject()
        );
        let help = "give a CA whose certificate has the key usage keyCertSign";
        notes.push(Diagnostic::warning(super::CERTIFICATES, message).help(help));
    }
    if !store.ca_key.is_missing() && store.ca_key.good().is_none_or(|own| !issuer.has_key(own)) {
        let own = store.shown("ca.key");
        return Err(error(
            format!("{own} is the key of another CA than that of --ca-cert"),
            format!("remove it (`rm {own}`) to change over to the CA of --ca-cert"),
        ));
    }
    let mut intermediates = Vec::new();
    let mut top = issuer.clone();
    while !top.is_root() {
        intermediates.push(top.clone());
        let above = chain
            .iter()
            .find(|above| top.is_signed_by(above) && !intermediates.contains(above));
        match above {
            Some(above) => top = above.clone(),
            None => break,
        }
    }
    let mut bundle: Vec<Certificate> = chain
        .iter()
        .filter(|certificate| certificate.is_root())
        .cloned()
        .collect();
    if !bundle.contains(&top) {
        let message = format!(
            "{path} does not hold the root that `{}` comes from: ca.crt has `{}`, which Go trusts but OpenSSL does not",
            issuer.subject(),
            top.subject()
        );
        let help = "append the root's certificate to the file";
        notes.push(Diagnostic::warning(super::CERTIFICATES, message).help(help));
        bundle.insert(0, top);
    }
    keep_old(store, &mut bundle, options)?;
    if !store.authorities().contains(&bundle[0]) {
        tell_of_change(store, &issuer, &bundle, notes);
    }
    Ok(Authority {
        issuer,
        intermediates,
        key: Some(key),
        bundle,
        is_new: false,
        is_given: true,
    })
}

/// Adds a notice if the signing CA is not one that clients trust already: what the user has to do next.
fn tell_of_change(store: &Store, issuer: &Certificate, bundle: &[Certificate], notes: &mut Report) {
    if store.authorities().is_empty() {
        return;
    }
    let is_kept = store.authorities().iter().any(|old| bundle.contains(old));
    let kept = if is_kept {
        "ca.crt holds both, so that certificates of either are trusted"
    } else {
        "the old one is expired or dropped"
    };
    let message = format!("a new CA, `{}`: {kept}", issuer.subject());
    let help =
        "replace every copy of ca.crt (Secrets, trust bundles, clients) before certificates of the new CA are in use";
    notes.push(Diagnostic::warning(super::CERTIFICATES, message).help(help));
}

/// Keeps the CAs that were trusted so far in the bundle, because certificates signed by them are in use.
fn keep_old(store: &Store, bundle: &mut Vec<Certificate>, options: &Options) -> Result<()> {
    for old in store.authorities() {
        let is_expired = old.not_after() <= options.now;
        if bundle.contains(old) || is_expired {
            continue;
        }
        if !options.drop_old_ca {
            bundle.push(old.clone());
            continue;
        }
        let signs = |(_, pair): &(&String, &super::store::Pair)| {
            pair.chain
                .good()
                .is_some_and(|chain| chain.iter().any(|certificate| certificate.is_signed_by(old)))
        };
        if let Some((id, _)) = store.pairs.iter().find(signs).filter(|_| !options.force) {
            let (certificate, _) = super::store::paths(id);
            return Err(error(
                format!(
                    "--drop-old-ca: `{}` has signed {}",
                    old.subject(),
                    store.shown(&certificate)
                ),
                "run with --reissue first, roll the new certificates out, then drop the old CA",
            ));
        }
    }
    Ok(())
}

fn of_store(system: &dyn System, store: &Store, options: &Options, notes: &mut Report) -> Result<Authority> {
    let path = store.shown("ca.crt");
    let Some(own) = store.own_authority().filter(|_| !options.force) else {
        if !options.force {
            refuse_strangers(store, options)?;
            // Without the CA's key, existing certificates can be kept but not renewed.
            if let Some(issuer) = signer_of_pairs(store) {
                return without_key(store, issuer, options);
            }
        }
        return new(system, store, options, notes);
    };
    let is_expired = own.not_after() <= options.now;
    if is_expired && !(options.renew || options.rotate_ca) {
        let help = "run with --renew: a new CA is made, and every copy of ca.crt has to be replaced by the new one";
        return Err(expired(&path, own, help));
    }
    let ends_soon = own.not_after() < options.now.saturating_add(options.ca_renew_before);
    if options.rotate_ca || is_expired || ends_soon && options.renew {
        return new(system, store, options, notes);
    }
    check(&path, own, options.now)?;
    if ends_soon {
        let message = format!(
            "{path}: the CA `{}` expires on {}",
            own.subject(),
            date(own.not_after())
        );
        let help = "run with --renew: a new CA is made beside it, and every copy of ca.crt has to be replaced";
        notes.push(Diagnostic::warning(super::CERTIFICATES, message).help(help));
    }
    let mut bundle = vec![own.clone()];
    keep_old(store, &mut bundle, options)?;
    Ok(Authority {
        issuer: own.clone(),
        intermediates: Vec::new(),
        key: store.ca_key.good().cloned(),
        bundle,
        is_new: false,
        is_given: false,
    })
}

/// Fails if the existing files conflict with creating a new CA.
fn refuse_strangers(store: &Store, options: &Options) -> Result<()> {
    let (bundle, key) = (store.shown("ca.crt"), store.shown("ca.key"));
    match (&store.bundle, &store.ca_key) {
        (Found::Missing, Found::Good(_)) => Err(error(
            format!("{key} is there, its certificate {bundle} is not"),
            "put the certificate back, or move the key away to start with a new CA",
        )),
        (Found::Good(_), Found::Good(_)) => Err(error(
            format!("{key} belongs to none of the certificates in {bundle}"),
            "put the right key or certificate back; `--force` starts over with a new CA",
        )),
        (Found::Good(_), _) if options.rotate_ca || signer_of_pairs(store).is_none() => Err(error(
            format!("{bundle} is there, its key {key} is not"),
            "give the CA with --ca-cert and --ca-key; `--force` starts over with a new CA",
        )),
        _ => Ok(()),
    }
}

fn signer_of_pairs(store: &Store) -> Option<&Certificate> {
    let chains = || store.pairs.values().filter_map(|pair| pair.chain.good()).flatten();
    store
        .authorities()
        .iter()
        .find(|ca| chains().any(|certificate| certificate.is_signed_by(ca)))
}

fn without_key(store: &Store, issuer: &Certificate, options: &Options) -> Result<Authority> {
    let mut bundle = store.authorities().to_vec();
    bundle.retain(|certificate| certificate.not_after() > options.now);
    if bundle.is_empty() {
        let help = "give the renewed CA with --ca-cert and --ca-key";
        return Err(expired(&store.shown("ca.crt"), issuer, help));
    }
    Ok(Authority {
        issuer: issuer.clone(),
        intermediates: Vec::new(),
        key: None,
        bundle,
        is_new: false,
        is_given: false,
    })
}

fn new(system: &dyn System, store: &Store, options: &Options, notes: &mut Report) -> Result<Authority> {
    let made = || -> std::result::Result<(Certificate, PrivateKey), String> {
        let key = PrivateKey::generate(options.key_type.unwrap_or(KeyType::EcdsaP256), &mut SystemRng(system))?;
        let name = match &options.ca_name {
            Some(name) => name.clone(),
            // The key's identifier in the name distinguishes several CAs of one release, for people and for programs
            // that look up an issuer by name.
            None => {
                let release: String = options.release.chars().take(50).collect();
                format!("{release} CA {}", issue::short_id(&key)?)
            }
        };
        let not_after = options.now.saturating_add(options.ca_days.saturating_mul(DAY));
        Ok((issue::authority(system, &name, options.now, not_after, &key)?, key))
    };
    let (issuer, key) = made().map_err(|why| {
        error(
            format!("no CA can be made: {why}"),
            "try another --key-type or --ca-days",
        )
    })?;
    let mut bundle = vec![issuer.clone()];
    keep_old(store, &mut bundle, options)?;
    tell_of_change(store, &issuer, &bundle, notes);
    Ok(Authority {
        issuer,
        intermediates: Vec::new(),
        key: Some(key),
        bundle,
        is_new: true,
        is_given: false,
    })
}
