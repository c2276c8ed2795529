#!/usr/bin/env python3
"""Rights of the server: each granted one is used, each other one is denied, and discovery with the real token finds what is there.

The API server decides (SubjectAccessReview) and tells who asked for what (audit log); the targets record what reached them.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release, shop

cluster.enter()
checks = lib.Checks()

# Jobs that each set of rights belongs to. Values name only jobs, so that the chart computes the rest.
CASES = {
    "default": {},
    "all jobs": {"pushgateway.enabled": "true", "nodeExporter.enabled": "true", "scrape.blackbox.address": "blackbox.shop.svc:9115", "scrape.jobs.services.enabled": "true", "scrape.jobs.ingresses.enabled": "true"},
    "pods alone": {f"scrape.jobs.{name}.enabled": "false" for name in ("apiserver", "kubelet", "cadvisor", "endpointslices")},
    "kubelet alone": {f"scrape.jobs.{name}.enabled": "false" for name in ("apiserver", "pods", "cadvisor", "endpointslices")},
    "endpointslices alone": {f"scrape.jobs.{name}.enabled": "false" for name in ("apiserver", "pods", "cadvisor", "kubelet")},
    "apiserver alone": {f"scrape.jobs.{name}.enabled": "false" for name in ("endpointslices", "pods", "cadvisor", "kubelet")},
    "kubelet through the API server": {"scrape.kubelet.via": "apiserver"},
    "two replicas": {"server.replicas": "2", **{f"scrape.jobs.{name}.enabled": "false" for name in ("apiserver", "pods", "cadvisor", "kubelet", "endpointslices")}},
}

# Never granted, whatever the jobs are: (verb, group, resource, subresource).
DENIED = [
    *((verb, "", "secrets", "") for verb in ("get", "list", "watch")),
    *((verb, "", "configmaps", "") for verb in ("get", "list", "watch")),
    *(("create", "", "pods", each) for each in ("", "exec", "attach", "portforward", "eviction")),
    ("get", "", "pods", "log"),
    ("delete", "", "pods", ""),
    ("get", "", "nodes", "stats"),
    ("get", "", "nodes", "log"),
    ("create", "", "nodes", "proxy"),
    *(("get", group, resource, "") for group, resource in (("", "nodes"), ("", "pods"), ("", "services"), ("discovery.k8s.io", "endpointslices"), ("networking.k8s.io", "ingresses"))),
    ("create", "", "serviceaccounts", "token"),
    ("impersonate", "", "users", ""),
    ("bind", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles", ""),
    ("patch", "apps", "deployments", ""),
    ("*", "*", "*", ""),
]


def account_of(items):
    """(namespace, name) of the server's ServiceAccount."""
    for workload, template in lib.pod_templates(items):
        if any(lib.is_prometheus(each) for each in template["spec"]["containers"]):
            return workload["metadata"]["namespace"], template["spec"]["serviceAccountName"]
    raise RuntimeError("no workload of Prometheus")


def grants(items, namespace, account):
    """{(scope namespace or None, verb, group, resource, subresource)} and {(verb, url)} of all bindings of the account."""
    resources, urls = set(), set()
    roles = {(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]): each for each in lib.of_kind(items, "ClusterRole", "Role")}
    for binding in lib.of_kind(items, "ClusterRoleBinding", "RoleBinding"):
        if not any((each.get("namespace", namespace), each["name"]) == (namespace, account) for each in binding["subjects"]):
            continue
        scope = binding["metadata"].get("namespace")
        role = roles[binding["roleRef"]["kind"], scope if binding["roleRef"]["kind"] == "Role" else None, binding["roleRef"]["name"]]
        for rule in role["rules"]:
            urls |= {(verb, url) for verb in rule["verbs"] for url in rule.get("nonResourceURLs", [])}
            for group in rule.get("apiGroups", []):
                for resource in rule.get("resources", []):
                    name, _, sub = resource.partition("/")
                    resources |= {(scope, verb, group, name, sub) for verb in rule["verbs"]}
    return resources, urls


def allowed(api, user, **attributes):
    spec = {"user": user, "groups": ["system:serviceaccounts", "system:authenticated"], **attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]


def review(api, user, scope, verb, group, resource, sub):
    attributes = {"namespace": scope, "verb": verb, "group": group, "resource": resource, "subresource": sub}
    return allowed(api, user, resourceAttributes={key: value for key, value in attributes.items() if value})


def check_reviews(name, api, user, resources, urls):
    refused = [each for each in sorted(resources, key=str) if not review(api, user, *each)]
    refused += [each for each in urls if not allowed(api, user, nonResourceAttributes={"verb": each[0], "path": each[1]})]
    checks.ok(f"{name}: the API server allows each of {len(resources) + len(urls)} granted rights", not refused, refused)
    granted = {each[1:] for each in resources}
    admitted = [each for each in DENIED if each not in granted and review(api, user, None, *each)]
    checks.ok(f"{name}: it denies all {len(DENIED)} others that were asked for", not admitted, admitted)
    urls_denied = [url for url in ("/api", "/logs", "/debug/pprof/", "/configz") if ("get", url) not in urls]
    admitted = [url for url in urls_denied if url != "/api" and allowed(api, user, nonResourceAttributes={"verb": "get", "path": url})]
    checks.ok(f"{name}: and paths other than those granted", not admitted, admitted)
    forbidden = [each for each in resources if each[2:4] == ("", "secrets") or "*" in each or (each[3:] == ("nodes", "proxy") and "API server" not in name)]
    checks.ok(f"{name}: no right on secrets, everything or nodes/proxy is granted", not forbidden, forbidden)


def used(made, user):
    """{(scope, verb, group, resource, subresource)}, {(verb, url)} and refusals of the audit log."""
    resources, urls, refusals = set(), set(), []
    for event in made.audit(user):
        code = event.get("responseStatus", {}).get("code", 0)
        reference = event.get("objectRef")
        if code in (401, 403):
            refusals.append(f"{event['verb']} {event['requestURI']}: {code}")
        if reference:
            resources.add((reference.get("namespace"), event["verb"], reference.get("apiGroup", ""), reference["resource"], reference.get("subresource", "")))
        else:
            urls.add((event["verb"], event["requestURI"].split("?")[0]))
    return resources, urls, refusals


def check_use(name, made, node, user, resources, urls):
    """Everything asked for is granted; everything granted is used, but `list`: client-go streams lists through watch."""

    def unused():
        asked, paths, _ = used(made, user)
        asked |= {(None, "get", "", "nodes", "metrics") for host in node.hosts.values() for _, status, who in host.kubelet.seen if who == user and status == 200}
        covered = {each for each in resources if each[1] != "list" and not any(each[1:] == one[1:] and each[0] in (None, one[0]) for one in asked)}
        return covered | {each for each in urls if each not in paths}

    lib.until(lambda: not unused(), 45, 1)
    asked, paths, refusals = used(made, user)
    checks.ok(f"{name}: the API server refused nothing", not refusals and asked, refusals[:5] or "nothing was asked for")
    beyond = [each for each in asked if not any(each[1:] == one[1:] and one[0] in (None, each[0]) for one in resources)]
    checks.ok(f"{name}: only what is granted was asked for", not beyond, beyond)
    checks.ok(f"{name}: each granted right was used (list apart)", not unused(), unused())


def check_case(made, node, name, values):
    namespace = "rights-" + name.lower().replace(" ", "-")
    made.namespace(namespace)
    flags = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    release = Release(made, node, "prom", namespace, flags=flags)
    for host in node.hosts.values():
        host.kubelet.seen.clear()
    release.install()
    release.ready()
    items = lib.objects(made.helm("get", "manifest", "prom", "-n", namespace).stdout)
    home, account = account_of(items)
    user = f"system:serviceaccount:{home}:{account}"
    resources, urls = grants(items, home, account)
    check_reviews(name, made.api, user, resources, urls)
    check_use(name, made, node, user, resources, urls)
    if name == "all jobs":
        check_discovery(made, node, release)
        check_silence(made, release)
    others = [each for each in made.api.items(f"/api/v1/namespaces/{namespace}/serviceaccounts") if each["metadata"]["name"] not in (account, "default")]
    for each in others:
        asked = made.audit(f"system:serviceaccount:{namespace}:{each['metadata']['name']}")
        checks.ok(f"{name}: the ServiceAccount {each['metadata']['name']} asked for nothing", not asked, asked[:2])
    release.uninstall()
    release.gone()


def check_discovery(made, node, release):
    """The exact targets of every job, both IP versions, and what reached them."""
    server = release.server()
    pod = {each: node.pod("shop", each) for each in ("web", "plain", "api")}
    gateway = release.pods("pushgateway")[0]
    exporters = release.pods("node-exporter")
    hosts = [host.network.ip4 for host in node.hosts.values()]
    probe = "http://blackbox.shop.svc:9115/probe?module=http_2xx&target="
    wanted = {
        "pods": [f"http://{pod['plain'].ip}:9103/metrics", f"http://{pod['web'].ip}:9102/m"],
        "endpointslices": [f"http://{pod['api'].ip}:8081/metrics?format=short", f"http://[{pod['api'].network.ip6}]:8081/metrics"],
        "kubelet": [f"https://{ip}:10250/metrics" for ip in hosts],
        "cadvisor": [f"https://{ip}:10250/metrics/cadvisor" for ip in hosts],
        "apiserver": [f"https://{cluster.ADDRESS}:6443/metrics"],
        "node-exporter": [f"http://{each.ip}:9100/metrics" for each in exporters],
        "prometheus": ["http://localhost:9090/metrics"],
        "services": [probe + "api.shop.svc%3A80"],
        "ingresses": [probe + "https%3A%2F%2Fshop.example.com%2Fcart"],
    }

    def found():
        return {job: sorted(each["scrapeUrl"] for each in targets) for job, targets in server.targets().items() if job in wanted}

    same = {job: sorted(urls) for job, urls in wanted.items()}
    lib.until(lambda: found() == same, 30, 0.5)
    for job, urls in same.items():
        checks.equal(f"targets of {job}", found().get(job), urls)
    gateways = [each["scrapeUrl"] for each in server.targets().get("pushgateway", [])]
    checks.ok("the pushgateway is scraped by its name or address", gateways and all(":9091/metrics" in url for url in gateways), (gateways, gateway.ip))
    expected = [job for job in wanted if job not in ("services", "ingresses")]

    def down():
        return [f"{job}: {each['lastError']}" for job in expected for each in server.targets().get(job, []) if each["health"] != "up"]

    lib.until(lambda: not down(), 60, 0.5)
    checks.ok("all of these are up", not down(), "\n".join(down()))
    for name, port in (("web", 9102), ("plain", 9103), ("api", 8081)):
        connection = cluster.http.client.HTTPConnection(pod[name].ip, port, timeout=10)
        connection.request("GET", "/requests")
        requests = [lib.json.loads(line) for line in connection.getresponse().read().splitlines()]
        with_token = [each for each in requests if "authorization" in each["headers"]]
        checks.ok(f"no token reaches {name} over plain HTTP ({len(requests)} requests)", requests and not with_token, with_token)


def check_silence(made, release):
    """Without one of its rights the server must not fall silent: the counter that alerts watch grows."""
    server = release.server()
    items = lib.objects(made.helm("get", "manifest", "prom", "-n", release.namespace).stdout)
    name = next(each["metadata"]["name"] for each in lib.of_kind(items, "ClusterRole") if any("ingresses" in rule.get("resources", []) for rule in each["rules"]))
    path = f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}"
    role = made.api.get(path)
    role["rules"] = [rule for rule in role["rules"] if "ingresses" not in rule.get("resources", [])]
    role["metadata"].pop("managedFields")
    made.api.request("PUT", path, role)
    # A watch that is open goes on until it ends; a fresh process asks anew.
    server.container.process.kill()
    release.ready()
    grown = lib.until(lambda: (server.metric("prometheus_sd_kubernetes_failures_total") or 0) > 0, 60, 0.5)
    checks.ok("a right taken away shows in prometheus_sd_kubernetes_failures_total", grown)


def main():
    made, node = nodes.start("rights")
    shop(made, node)
    made.apply((lib.HERE / "objects/probed.yaml").read_text())
    for name, values in CASES.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with checks.guard(f"{name}: runs"):
            check_case(made, node, name, values)
    checks.finish()


main()
