//! Further table rows: kinds that cluster administrators write rather than charts. Sorted by definition.

use super::Format::{self, NotEmpty, Range, Text, TextOrEmpty};
use super::lists::{Keyed, keyed};
use super::unions::{Union, at_most_one};
use crate::formats::names;

const SUBDOMAIN_OR_EMPTY: Format = TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain);
const LABEL_1035: Format = Text("bad-name", "a DNS-1035 label", names::label_1035);
const LABEL: Format = Text("bad-name", "a DNS label", names::label);
const KIND: Format = Text("bad-name", "a kind (a DNS-1035 label, whatever its case)", names::kind);
const DRIVER: Format = Text("bad-name", "the name of a driver", names::driver);
const NOT_NEGATIVE: Format = Range(0, i64::MAX);
const POSITIVE: Format = Range(1, i64::MAX);
const FILLED: Format = Text("missing-required-field", "a name", filled);

/// Checks that a text is not empty.
fn filled(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(())
}

/// Definitions, field, format.
pub(super) const FIELDS: &[(&[&str], &str, Format)] = &[
    (&["apiextensions.v1.CustomResourceColumnDefinition"], "name", FILLED),
    (
        &["apiextensions.v1.CustomResourceDefinitionNames"],
        "categories",
        LABEL_1035,
    ),
    (&["apiextensions.v1.CustomResourceDefinitionNames"], "kind", KIND),
    (
        &["apiextensions.v1.CustomResourceDefinitionNames"],
        "listKind",
        TextOrEmpty("bad-name", "a kind (a DNS-1035 label, whatever its case)", names::kind),
    ),
    (
        &["apiextensions.v1.CustomResourceDefinitionNames"],
        "plural",
        LABEL_1035,
    ),
    (
        &["apiextensions.v1.CustomResourceDefinitionNames"],
        "shortNames",
        LABEL_1035,
    ),
    (
        &["apiextensions.v1.CustomResourceDefinitionNames"],
        "singular",
        TextOrEmpty("bad-name", "a DNS-1035 label", names::label_1035),
    ),
    (
        &["apiextensions.v1.CustomResourceDefinitionSpec"],
        "group",
        Text("bad-name", "a group (a domain)", names::domain),
    ),
    (&["apiextensions.v1.CustomResourceDefinitionSpec"], "versions", NotEmpty),
    (
        &["apiextensions.v1.CustomResourceDefinitionVersion"],
        "name",
        LABEL_1035,
    ),
    (
        &["apiextensions.v1.WebhookConversion"],
        "conversionReviewVersions",
        NotEmpty,
    ),
    (
        &["apiregistration.v1.APIServiceSpec"],
        "groupPriorityMinimum",
        Range(1, 20000),
    ),
    (
        &["apiregistration.v1.APIServiceSpec"],
        "versionPriority",
        Range(1, 1000),
    ),
    (
        &["certificates.v1.CertificateSigningRequestSpec"],
        "expirationSeconds",
        Range(600, i64::MAX),
    ),
    (&["coordination.v1.LeaseSpec"], "leaseDurationSeconds", POSITIVE),
    (&["coordination.v1.LeaseSpec"], "leaseTransitions", NOT_NEGATIVE),
    (
        &["core.v1.NodeSpec"],
        "podCIDR",
        TextOrEmpty("bad-ip", "a block of addresses", crate::formats::network::cidr),
    ),
    (
        &["flowcontrol.v1.ExemptPriorityLevelConfiguration"],
        "lendablePercent",
        Range(0, 100),
    ),
    (
        &["flowcontrol.v1.ExemptPriorityLevelConfiguration"],
        "nominalConcurrencyShares",
        NOT_NEGATIVE,
    ),
    (
        &["flowcontrol.v1.FlowSchemaSpec"],
        "matchingPrecedence",
        Range(0, 10000),
    ),
    (
        &["flowcontrol.v1.LimitedPriorityLevelConfiguration"],
        "borrowingLimitPercent",
        NOT_NEGATIVE,
    ),
    (
        &["flowcontrol.v1.LimitedPriorityLevelConfiguration"],
        "lendablePercent",
        Range(0, 100),
    ),
    (
        &["flowcontrol.v1.LimitedPriorityLevelConfiguration"],
        "nominalConcurrencyShares",
        NOT_NEGATIVE,
    ),
    (
        &["flowcontrol.v1.PriorityLevelConfigurationReference"],
        "name",
        SUBDOMAIN_OR_EMPTY,
    ),
    (&["flowcontrol.v1.QueuingConfiguration"], "handSize", NOT_NEGATIVE),
    (
        &["flowcontrol.v1.QueuingConfiguration"],
        "queueLengthLimit",
        NOT_NEGATIVE,
    ),
    (&["flowcontrol.v1.QueuingConfiguration"], "queues", Range(0, 10_000_000)),
    (&["node.v1.RuntimeClass"], "handler", LABEL),
    (
        &[
            "resource.v1.OpaqueDeviceConfiguration",
            "resource.v1beta1.OpaqueDeviceConfiguration",
            "resource.v1beta2.OpaqueDeviceConfiguration",
        ],
        "driver",
        DRIVER,
    ),
    (
        &["storage.v1.CSIDriverSpec"],
        "nodeAllocatableUpdatePeriodSeconds",
        Range(10, i64::MAX),
    ),
    (&["storage.v1.TokenRequest"], "expirationSeconds", Range(600, 1 << 32)),
    (&["storage.v1.VolumeNodeResources"], "count", NOT_NEGATIVE),
];

pub(super) const UNIONS: &[Union] = &[at_most_one(
    "resource.v1.DeviceConstraint",
    &["matchAttribute", "distinctAttribute"],
)];

pub(super) const LISTS: &[Keyed] = &[
    keyed(
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        "matchConditions",
        &["name"],
    ),
    keyed("storage.v1.CSINodeSpec", "drivers", &["name"]),
];
