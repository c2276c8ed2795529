//! Service discovery for cloud providers.

use super::discovery_checks as checks;
use super::discovery_fields::{FILTERS, PORT, REFRESH};
use super::http::{HTTP_FIELDS, TLS};
use super::schema::{Field, Struct, TEXTS, Ty};
use gostd::quote::quote;

const AWS_FIELDS: &[Field] = &[
    ("endpoint", Ty::Text),
    ("region", Ty::Text),
    ("access_key", Ty::Text),
    ("secret_key", Ty::Text),
    ("profile", Ty::Text),
    ("role_arn", Ty::Text),
    ("external_id", Ty::Text),
    REFRESH,
    PORT,
];
const CLUSTERS: &[Field] = &[("clusters", TEXTS), ("request_concurrency", Ty::Int)];

pub(super) static AWS: Struct = Struct {
    name: "aws.SDConfig",
    fields: &[
        AWS_FIELDS,
        &[
            (
                "role",
                Ty::Choice(&["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"], |role| {
                    format!("unknown AWS SD role {}", quote(role))
                }),
            ),
            FILTERS,
            ("clusters", TEXTS),
        ],
        HTTP_FIELDS,
    ],
    check: checks::aws,
};
pub(super) static EC2: Struct = Struct {
    name: "aws.EC2SDConfig",
    fields: &[AWS_FIELDS, &[FILTERS], HTTP_FIELDS],
    check: checks::ec2,
};
pub(super) static LIGHTSAIL: Struct = Struct {
    name: "aws.LightsailSDConfig",
    fields: &[AWS_FIELDS, HTTP_FIELDS],
    check: super::http::client,
};
pub(super) static ECS: Struct = Struct {
    name: "aws.ECSSDConfig",
    fields: &[AWS_FIELDS, CLUSTERS, HTTP_FIELDS],
    check: |check, sd| checks::clusters(check, sd, "ecs_sd"),
};
pub(super) static ELASTICACHE: Struct = Struct {
    name: "aws.ElasticacheSDConfig",
    fields: &[AWS_FIELDS, CLUSTERS, HTTP_FIELDS],
    check: |check, sd| checks::clusters(check, sd, "elasticache_sd"),
};
pub(super) static MSK: Struct = Struct {
    name: "aws.MSKSDConfig",
    fields: &[AWS_FIELDS, CLUSTERS, HTTP_FIELDS],
    check: |check, sd| checks::clusters(check, sd, "msk_sd"),
};
pub(super) static RDS: Struct = Struct {
    name: "aws.RDSSDConfig",
    fields: &[AWS_FIELDS, CLUSTERS, &[FILTERS], HTTP_FIELDS],
    check: |check, sd| checks::clusters(check, sd, "rds_sd"),
};
pub(super) static AZURE: Struct = Struct {
    name: "azure.SDConfig",
    fields: &[
        &[
            ("environment", Ty::Text),
            PORT,
            ("subscription_id", Ty::Text),
            ("tenant_id", Ty::Text),
            ("client_id", Ty::Text),
            ("client_secret", Ty::Text),
            REFRESH,
            ("authentication_method", Ty::Text),
            ("resource_group", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: checks::azure,
};
pub(super) static DIGITALOCEAN: Struct = Struct {
    name: "digitalocean.SDConfig",
    fields: &[
        &[
            REFRESH,
            PORT,
            (
                "role",
                Ty::Choice(&["droplets", "databases"], |role| {
                    format!("unknown DigitalOcean SD role {}", quote(role))
                }),
            ),
        ],
        HTTP_FIELDS,
    ],
    check: super::http::client,
};
pub(super) static GCE: Struct = Struct {
    name: "gce.SDConfig",
    fields: &[&[
        ("project", Ty::Text),
        ("zone", Ty::Text),
        ("filter", Ty::Text),
        REFRESH,
        PORT,
        ("tag_separator", Ty::Text),
    ]],
    check: |check, sd| {
        checks::required(check, sd, "project", "GCE SD configuration requires a project");
        checks::required(check, sd, "zone", "GCE SD configuration requires a zone");
    },
};
pub(super) static HETZNER: Struct = Struct {
    name: "hetzner.SDConfig",
    fields: &[
        &[
            REFRESH,
            PORT,
            (
                "role",
                Ty::Choice(&["robot", "hcloud"], |role| format!("unknown role {}", quote(role))),
            ),
            ("label_selector", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::role(check, sd, "role missing (one of: robot, hcloud)");
        super::http::client(check, sd);
    },
};
pub(super) static IONOS: Struct = Struct {
    name: "ionos.SDConfig",
    fields: &[&[("datacenter_id", Ty::Text), REFRESH, PORT], HTTP_FIELDS],
    check: |check, sd| {
        checks::required(check, sd, "datacenter_id", "datacenter id can't be empty");
        super::http::client(check, sd);
    },
};

pub(super) static LINODE: Struct = Struct {
    name: "linode.SDConfig",
    fields: &[
        &[REFRESH, PORT, ("tag_separator", Ty::Text), ("region", Ty::Text)],
        HTTP_FIELDS,
    ],
    check: super::http::client,
};
pub(super) static OCI: Struct = Struct {
    name: "oci.SDConfig",
    fields: &[
        &[
            ("auth", Ty::Text),
            ("tenancy", Ty::Text),
            ("user", Ty::Text),
            ("fingerprint", Ty::Text),
            ("key_file", Ty::Text),
            ("key_passphrase", Ty::Text),
            ("key_passphrase_file", Ty::Text),
            ("region", Ty::Text),
            ("compartments", TEXTS),
            PORT,
            REFRESH,
        ],
        HTTP_FIELDS,
    ],
    check: checks::oci,
};
pub(super) static OPENSTACK: Struct = Struct {
    name: "openstack.SDConfig",
    fields: &[&[
        ("identity_endpoint", Ty::Text),
        ("username", Ty::Text),
        ("userid", Ty::Text),
        ("password", Ty::Text),
        ("project_name", Ty::Text),
        ("project_id", Ty::Text),
        ("domain_name", Ty::Text),
        ("domain_id", Ty::Text),
        ("application_credential_name", Ty::Text),
        ("application_credential_id", Ty::Text),
        ("application_credential_secret", Ty::Text),
        (
            "role",
            Ty::Choice(&["hypervisor", "instance", "loadbalancer"], |role| {
                format!("unknown OpenStack SD role {}", quote(role))
            }),
        ),
        ("region", Ty::Text),
        REFRESH,
        PORT,
        ("all_tenants", Ty::Bool),
        ("tls_config", Ty::Struct(&TLS)),
        (
            "availability",
            Ty::Choice(&["public", "internal", "admin"], |given| {
                format!("unknown availability {given}, must be one of admin, internal or public")
            }),
        ),
    ]],
    check: |check, sd| {
        checks::role(check, sd, "role missing (one of: instance, hypervisor, loadbalancer)");
        checks::required(check, sd, "region", "openstack SD configuration requires a region");
    },
};
pub(super) static OUTSCALE: Struct = Struct {
    name: "outscale.SDConfig",
    fields: &[
        &[
            ("endpoint", Ty::Text),
            ("region", Ty::Text),
            ("access_key", Ty::Text),
            ("secret_key", Ty::Text),
            ("secret_key_file", Ty::Text),
            REFRESH,
            PORT,
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::given(check, sd, "region", "outscale SD configuration requires a region");
        checks::required(check, sd, "access_key", "outscale SD configuration requires access_key");
        checks::secret(check, sd);
        super::http::client(check, sd);
    },
};
pub(super) static OVHCLOUD: Struct = Struct {
    name: "ovhcloud.SDConfig",
    fields: &[&[
        ("endpoint", Ty::Text),
        ("application_key", Ty::Text),
        ("application_secret", Ty::Text),
        ("consumer_key", Ty::Text),
        REFRESH,
        ("service", Ty::Text),
    ]],
    check: checks::ovhcloud,
};
pub(super) static SCALEWAY: Struct = Struct {
    name: "scaleway.SDConfig",
    fields: &[
        &[
            ("project_id", Ty::Text),
            ("api_url", Ty::Text),
            ("zone", Ty::Text),
            ("access_key", Ty::Text),
            ("secret_key", Ty::Text),
            ("secret_key_file", Ty::Text),
            ("name_filter", Ty::Text),
            ("tags_filter", TEXTS),
            REFRESH,
            PORT,
            (
                "role",
                Ty::Choice(&["instance", "baremetal"], |role| {
                    format!("unknown role {}", quote(role))
                }),
            ),
        ],
        HTTP_FIELDS,
    ],
    check: checks::scaleway,
};
pub(super) static STACKIT: Struct = Struct {
    name: "stackit.SDConfig",
    fields: &[
        &[
            ("project", Ty::Text),
            REFRESH,
            PORT,
            ("region", Ty::Text),
            ("endpoint", Ty::Text),
            ("service_account_key", Ty::Text),
            ("private_key", Ty::Text),
            ("service_account_key_path", Ty::Text),
            ("private_key_path", Ty::Text),
            ("credentials_file_path", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: checks::stackit,
};
pub(super) static VULTR: Struct = Struct {
    name: "vultr.SDConfig",
    fields: &[&[REFRESH, PORT], HTTP_FIELDS],
    check: super::http::client,
};
