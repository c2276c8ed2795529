//! Service discovery: the fields of each `*_sd_configs` section. [`super::discovery_checks`] has the constraints
//! between them.

use super::discovery_checks as checks;
use super::discovery_clouds::{
    AWS, AZURE, DIGITALOCEAN, EC2, ECS, ELASTICACHE, GCE, HETZNER, IONOS, LIGHTSAIL, LINODE, MSK, OCI, OPENSTACK,
    OUTSCALE, OVHCLOUD, RDS, SCALEWAY, STACKIT, VULTR,
};
use super::discovery_fields::{FILTERS, PORT, REFRESH};
use super::http::{HTTP_FIELDS, TLS};
use super::schema::{Field, Struct, TEXTS, Ty, free};
use gostd::quote::quote;

static CONSUL: Struct = Struct {
    name: "consul.SDConfig",
    fields: &[
        &[
            ("server", Ty::Text),
            ("path_prefix", Ty::Text),
            ("token", Ty::Text),
            ("datacenter", Ty::Text),
            ("namespace", Ty::Text),
            ("partition", Ty::Text),
            ("tag_separator", Ty::Text),
            ("scheme", Ty::Text),
            ("username", Ty::Text),
            ("password", Ty::Text),
            ("allow_stale", Ty::Bool),
            REFRESH,
            ("services", TEXTS),
            ("tags", TEXTS),
            ("node_meta", Ty::TextMap),
            ("filter", Ty::Text),
            ("health_filter", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: checks::consul,
};
static DNS: Struct = Struct {
    name: "dns.SDConfig",
    fields: &[&[("names", TEXTS), REFRESH, ("type", Ty::Text), PORT]],
    check: checks::dns,
};
static DOCKER: Struct = Struct {
    name: "moby.DockerSDConfig",
    fields: &[
        &[
            ("host", Ty::Url),
            PORT,
            FILTERS,
            ("host_networking_host", Ty::Text),
            REFRESH,
            ("match_first_network", Ty::Bool),
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::required(check, sd, "host", "host missing");
        super::http::client(check, sd);
    },
};
static DOCKERSWARM: Struct = Struct {
    name: "moby.DockerSwarmSDConfig",
    fields: &[
        &[("host", Ty::Url), ("role", Ty::Text), PORT, FILTERS, REFRESH],
        HTTP_FIELDS,
    ],
    check: checks::dockerswarm,
};
static EUREKA: Struct = Struct {
    name: "eureka.SDConfig",
    fields: &[&[("server", Ty::Url), REFRESH], HTTP_FIELDS],
    check: checks::eureka,
};
static FILE: Struct = Struct {
    name: "file.SDConfig",
    fields: &[&[("files", TEXTS), REFRESH]],
    check: checks::file,
};
static HTTP: Struct = Struct {
    name: "http.SDConfig",
    fields: &[&[REFRESH, ("url", Ty::Url)], HTTP_FIELDS],
    check: |check, sd| {
        checks::http_url(check, sd);
        super::http::client(check, sd);
    },
};
const KUBERNETES_ROLE: Ty = Ty::Choice(checks::KUBERNETES_ROLES, |role| {
    format!("unknown Kubernetes SD role {}", quote(role))
});
static KUBERNETES: Struct = Struct {
    name: "kubernetes.SDConfig",
    fields: &[
        &[
            ("api_server", Ty::Url),
            ("role", KUBERNETES_ROLE),
            ("kubeconfig_file", Ty::Text),
            (
                "namespaces",
                Ty::Struct(&Struct {
                    name: "kubernetes.NamespaceDiscovery",
                    fields: &[&[("own_namespace", Ty::Bool), ("names", TEXTS)]],
                    check: free,
                }),
            ),
            (
                "selectors",
                Ty::List(&Ty::Struct(&Struct {
                    name: "kubernetes.SelectorConfig",
                    fields: &[&[("role", KUBERNETES_ROLE), ("label", Ty::Text), ("field", Ty::Text)]],
                    check: free,
                })),
            ),
            (
                "attach_metadata",
                Ty::Struct(&Struct {
                    name: "kubernetes.AttachMetadataConfig",
                    fields: &[&[
                        ("node", Ty::Bool),
                        ("namespace", Ty::Bool),
                        ("deployment", Ty::Bool),
                        ("job", Ty::Bool),
                        ("cronjob", Ty::Bool),
                    ]],
                    check: free,
                }),
            ),
        ],
        HTTP_FIELDS,
    ],
    check: checks::kubernetes,
};
static KUMA: Struct = Struct {
    name: "xds.KumaSDConfig",
    fields: &[
        &[
            REFRESH,
            ("fetch_timeout", Ty::Duration),
            ("server", Ty::Url),
            ("client_id", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: checks::kuma,
};
static MARATHON: Struct = Struct {
    name: "marathon.SDConfig",
    fields: &[
        &[
            ("servers", TEXTS),
            REFRESH,
            ("auth_token", Ty::Text),
            ("auth_token_file", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: checks::marathon,
};
static NOMAD: Struct = Struct {
    name: "nomad.SDConfig",
    fields: &[
        &[
            ("allow_stale", Ty::Bool),
            ("namespace", Ty::Text),
            REFRESH,
            ("region", Ty::Text),
            ("server", Ty::Text),
            ("tag_separator", Ty::Text),
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::not_blank(check, sd, "server", "nomad SD configuration requires a server address");
        super::http::client(check, sd);
    },
};
static PUPPETDB: Struct = Struct {
    name: "puppetdb.SDConfig",
    fields: &[
        &[
            REFRESH,
            ("url", Ty::Url),
            ("query", Ty::Text),
            ("include_parameters", Ty::Bool),
            PORT,
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::http_url(check, sd);
        checks::required(check, sd, "query", "query missing");
        super::http::client(check, sd);
    },
};
static TRITON: Struct = Struct {
    name: "triton.SDConfig",
    fields: &[&[
        ("account", Ty::Text),
        ("role", Ty::Text),
        ("dns_suffix", Ty::Text),
        ("endpoint", Ty::Text),
        ("groups", TEXTS),
        PORT,
        REFRESH,
        ("tls_config", Ty::Struct(&TLS)),
        ("version", Ty::Int),
    ]],
    check: checks::triton,
};
static UYUNI: Struct = Struct {
    name: "uyuni.SDConfig",
    fields: &[
        &[
            ("server", Ty::Url),
            ("username", Ty::Text),
            ("password", Ty::Text),
            ("entitlement", Ty::Text),
            ("separator", Ty::Text),
            REFRESH,
        ],
        HTTP_FIELDS,
    ],
    check: |check, sd| {
        checks::required(check, sd, "server", "Uyuni SD configuration requires server host");
        checks::required(check, sd, "username", "Uyuni SD configuration requires a username");
        checks::required(check, sd, "password", "Uyuni SD configuration requires a password");
        super::http::client(check, sd);
    },
};
const ZOOKEEPER: &[Field] = &[("servers", TEXTS), ("paths", TEXTS), ("timeout", Ty::Duration)];
static SERVERSET: Struct = Struct {
    name: "zookeeper.ServersetSDConfig",
    fields: &[ZOOKEEPER],
    check: |check, sd| checks::zookeeper(check, sd, "serverset"),
};
static NERVE: Struct = Struct {
    name: "zookeeper.NerveSDConfig",
    fields: &[ZOOKEEPER],
    check: |check, sd| checks::zookeeper(check, sd, "nerve"),
};

static STATIC: Struct = Struct {
    name: "targetgroup.Group",
    fields: &[&[("targets", TEXTS), ("labels", Ty::LabelMap)]],
    check: free,
};

/// The root of a file of `file_sd_configs`.
pub(super) static TARGETS: Ty = Ty::Full(&Ty::Struct(&STATIC), "nil target group item found");

/// A section: its key, the struct of its items, and the message for a null item.
macro_rules! section {
    ($key:literal, $of:ident) => {
        (
            $key,
            Ty::Full(&Ty::Struct(&$of), concat!("empty or null section in ", $key)),
        )
    };
}

/// All sections, as fields of `scrape_configs` and `alertmanagers`.
pub(super) const SECTIONS: &[Field] = &[
    section!("aws_sd_configs", AWS),
    section!("azure_sd_configs", AZURE),
    section!("consul_sd_configs", CONSUL),
    section!("digitalocean_sd_configs", DIGITALOCEAN),
    section!("dns_sd_configs", DNS),
    section!("docker_sd_configs", DOCKER),
    section!("dockerswarm_sd_configs", DOCKERSWARM),
    section!("ec2_sd_configs", EC2),
    section!("ecs_sd_configs", ECS),
    section!("elasticache_sd_configs", ELASTICACHE),
    section!("eureka_sd_configs", EUREKA),
    section!("file_sd_configs", FILE),
    section!("gce_sd_configs", GCE),
    section!("hetzner_sd_configs", HETZNER),
    section!("http_sd_configs", HTTP),
    section!("ionos_sd_configs", IONOS),
    section!("kubernetes_sd_configs", KUBERNETES),
    section!("kuma_sd_configs", KUMA),
    section!("lightsail_sd_configs", LIGHTSAIL),
    section!("linode_sd_configs", LINODE),
    section!("marathon_sd_configs", MARATHON),
    section!("msk_sd_configs", MSK),
    section!("nerve_sd_configs", NERVE),
    section!("nomad_sd_configs", NOMAD),
    section!("oci_sd_configs", OCI),
    section!("openstack_sd_configs", OPENSTACK),
    section!("outscale_sd_configs", OUTSCALE),
    section!("ovhcloud_sd_configs", OVHCLOUD),
    section!("puppetdb_sd_configs", PUPPETDB),
    section!("rds_sd_configs", RDS),
    section!("scaleway_sd_configs", SCALEWAY),
    section!("serverset_sd_configs", SERVERSET),
    section!("stackit_sd_configs", STACKIT),
    section!("static_configs", STATIC),
    section!("triton_sd_configs", TRITON),
    section!("uyuni_sd_configs", UYUNI),
    section!("vultr_sd_configs", VULTR),
];
