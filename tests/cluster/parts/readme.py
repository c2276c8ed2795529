#!/usr/bin/env python3
"""The paths of chart/README.md (install, adopt, migrate, upgrade, scale out, secure) and the headers of profiles, followed to the letter.

The commands are those of the console blocks, in their order, in a folder with `chart` and `values` as a clone of this repository has
them; files that the text says to save are saved. A section that says another number of commands than were followed fails. What is not
as it stands there:
- the release old-prometheus is one of `community/`, a chart that stands in for the community's, with its names and keys;
- HASH in the header of hardened.yaml is what `htpasswd` prints, made once and written below;
- what a path begins with (an installation, old manifests, a StatefulSet) is made first, by a command of the README where it has one.
"""

import base64
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release, shop
from texts import README, Reader, header, section

cluster.enter()
checks = lib.Checks()
# `htpasswd -nBC 10 prometheus` with correct-horse, and `htpasswd -nBC 10 admin` with battery-staple.
PASSWORDS = {"prometheus": "correct-horse", "admin": "battery-staple"}
HASHES = {
    "prometheus": "$2a$10$xI7aW7uAsulkTyrCM8y3JONNSJOBKr8P9BC2w3CG8RfgLTQDoNX2q",
    "admin": "$2a$10$Ivdc9ichSEt2qfSsEEbB4ePTISB3uXz/JTPVt6Cc3l9kPzheBmqpO",
}
USER = f"prometheus:{PASSWORDS['prometheus']}"
JOBS = ("apiserver", "kubelet", "cadvisor", "endpointslices", "pods")  # that discover


def follow(title):
    return Reader(title, *section(title))


def installed(reader, namespace="monitoring"):
    """The first command of the path "Install", as what another path begins with."""
    reader.given(section("Install")[0][0])
    return Release(Reader.made, Reader.node, "prom", namespace).ready(120)


def clean(*namespaces):
    """Removes releases and namespaces, so that the next path begins with an empty cluster."""
    made = Reader.made
    for namespace in namespaces:
        for release in json.loads(made.helm("list", "--namespace", namespace, "--output", "json").stdout):
            made.helm("uninstall", release["name"], "--namespace", namespace)
        made.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=300s", timeout=400)


# ---- what is looked at --------------------------------------------------------------


def kinds(text):
    return sorted(each["kind"] for each in lib.objects(text))


def pods(release):
    """{name: (uid, restarts)}"""
    found = release.cluster.api.items(release.path("v1", "pods"))
    return {
        each["metadata"]["name"]: (each["metadata"]["uid"], sum(one["restartCount"] for one in each["status"].get("containerStatuses", [])))
        for each in found
        if each["status"].get("phase") == "Running"
    }


def claims(release):
    """{name: (uid, size that it has)}"""
    found = release.cluster.api.items(release.path("v1", "persistentvolumeclaims"))
    return {each["metadata"]["name"]: (each["metadata"]["uid"], each["status"].get("capacity", {}).get("storage")) for each in found}


def answers(server, expression):
    """Whether a query has a result, after some time."""
    return lib.until(lambda: server.query(expression), 60)


def oldest(server):
    """The time of the oldest sample that the server has of itself."""
    found = server.query("min_over_time(timestamp(prometheus_build_info)[1d:5s])")
    return min(value for _, value in found) if found else None


def targets(server, jobs=JOBS):
    found = server.targets()
    return sorted((job, each["scrapeUrl"]) for job in jobs for each in found.get(job, []))


def ready(title, release):
    with checks.guard(f"{title}: everything becomes ready"):
        release.ready(120)
        checks.ok(f"{title}: everything becomes ready", True)


# ---- the paths ----------------------------------------------------------------------


def install():
    reader = follow("Install")
    release = Release(Reader.made, Reader.node, "prom", "monitoring")
    reader.step("helm install")
    wanted = ["ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "PersistentVolumeClaim", "Service", "ServiceAccount"]
    checks.equal("Install: seven objects, as named", kinds(reader.given("helm get manifest prom --namespace monitoring")), wanted)
    logs = reader.step("helm test", "--logs")
    checks.ok("Install: helm test shows two tests that succeeded", logs.count("Succeeded") == 2 and logs.count("POD LOGS") == 2, logs)
    ready("Install", release)
    checks.ok("Install: a query answers", answers(release.server(), 'up{job="apiserver"} == 1'))
    reader.step("helm upgrade", "pushgateway.enabled", "nodeExporter.enabled")
    ready("Install: both components", release)
    found = lib.until(lambda: len(up := release.server().query('up{job=~"pushgateway|node-exporter"} == 1')) == 3 and up, 60)
    checks.ok("Install: Pushgateway and a node-exporter of each node are up", found, lambda: release.server().query("up"))
    clean("monitoring")

    reader.step("kubectl create namespace monitoring")
    reader.step("promchart template", "kubectl apply")
    ready("Install: without Helm", release)
    checks.ok("Install: without Helm a query answers", answers(release.server(), 'up{job="apiserver"} == 1'))
    reader.done()
    reader.given("promchart template prom ./chart --namespace monitoring --no-hooks | kubectl delete --namespace monitoring --filename -")
    clean("monitoring")


def adopt():
    reader = follow("Adopt running manifests")
    made = Reader.made
    made.namespace("fst-manage")
    release = Release(made, Reader.node, "prometheus", "fst-manage")
    made.kubectl("apply", *(word for path in sorted((lib.ROOT / "tests/fixtures/seed").glob("*.yaml")) for word in ("-f", path)))
    release.ready(120)
    before = pods(release)
    reader.step("helm upgrade --install --take-ownership", "values/fst-manage.yaml")
    lib.time.sleep(5)
    checks.equal("Adopt: the same pods run on, none was restarted", pods(release), before)
    owners = {name: each["metadata"]["annotations"].get("meta.helm.sh/release-name") for name, each in objects(release).items()}
    checks.ok("Adopt: all objects are the release's", len(owners) >= 7 and set(owners.values()) == {"prometheus"}, owners)
    checks.ok("Adopt: the server still scrapes", answers(release.server(), "up == 1"))
    names = set(objects(release))
    reader.step("helm upgrade", "values/fst-manage-fixed.yaml")
    ready("Adopt: fixed", release)
    checks.ok("Adopt: no pod is one of before", not {uid for uid, _ in before.values()} & {uid for uid, _ in pods(release).values()})
    checks.ok("Adopt: every object of before is still there", names <= set(objects(release)), (names, set(objects(release))))
    checks.equal("Adopt: data are on two volumes", sorted(claims(release)), ["prometheus-data", "pushgateway-data"])
    reader.done()
    # "leads back, and an upgrade forth again"
    for command in re.findall(r"`(helm rollback [^`]+)`", README.read_text().partition("## Adopt")[2].partition("\n## ")[0]):
        reader.given(f"{command} --namespace fst-manage")
        ready(f"Adopt: {command}", release)
    reader.given("helm upgrade prometheus ./chart --namespace fst-manage --values values/fst-manage-fixed.yaml")
    ready("Adopt: forth again", release)
    clean("fst-manage")


def objects(release):
    """Services, ConfigMaps, ServiceAccounts and workloads of a namespace, but for what Kubernetes makes."""
    found = {}
    for group, kind in (("v1", "services"), ("v1", "configmaps"), ("v1", "serviceaccounts"), ("apps/v1", "deployments"), ("apps/v1", "daemonsets")):
        for each in release.cluster.api.items(release.path(group, kind)):
            if each["metadata"]["name"] not in ("default", "kube-root-ca.crt"):
                each["metadata"].setdefault("annotations", {})
                found[f"{kind}/{each['metadata']['name']}"] = each
    return found


OLD = """
alertmanager: {enabled: false}
kube-state-metrics: {enabled: false}
prometheus-node-exporter: {enabled: false}
server:
  retention: 20d
  global: {scrape_interval: 2s, scrape_timeout: 2s, external_labels: {cluster: shop}}
  persistentVolume: {size: 4Gi}
serverFiles:
  alerting_rules.yml:
    groups:
      - name: shop
        rules:
          - {alert: ShopDown, expr: 'up{job="shop"} == 0', for: 5m}
extraScrapeConfigs: |
  - job_name: shop
    static_configs: [{targets: ["old-prometheus-server.monitoring.svc:80"]}]
"""


def migrate():
    reader = follow("Migrate from prometheus-community/prometheus")
    (reader.place / "community.yaml").write_text(OLD)
    reader.given(f"helm install old-prometheus {lib.HERE / 'community'} --namespace monitoring --create-namespace --values community.yaml")
    release = Release(Reader.made, Reader.node, "old-prometheus", "monitoring")
    release.ready(120)
    first = lib.until(lambda: oldest(release.server()), 60)
    before, service = claims(release), Reader.made.api.get(release.path("v1", "services/old-prometheus-server"))
    reader.step("helm get values old-prometheus", "> old.yaml")
    reader.step("promchart migrate old.yaml", "> new.yaml")
    new = (reader.place / "new.yaml").read_text()
    told = ("annotate persistentvolumeclaim old-prometheus-server helm.sh/resource-policy=keep", "helm upgrade old-prometheus CHART")
    checks.ok("Migrate: new.yaml says the same at its top", all(text in new for text in told), new[:1500])
    reader.step("kubectl", "annotate persistentvolumeclaim old-prometheus-server")
    reader.step("helm upgrade old-prometheus ./chart", "--values new.yaml")
    ready("Migrate", release)
    chart = json.loads(reader.given("helm list --namespace monitoring --output json"))[0]["chart"]
    checks.ok("Migrate: the release is one of this chart", chart.startswith("prom-"), chart)
    checks.equal("Migrate: the claim is the same", claims(release).get("old-prometheus-server"), before["old-prometheus-server"])
    after = Reader.made.api.get(release.path("v1", "services/old-prometheus-server"))
    same = [(each["metadata"]["uid"], each["spec"]["clusterIP"], [port["port"] for port in each["spec"]["ports"]]) for each in (service, after)]
    checks.equal("Migrate: the Service keeps its address and port", same[1], same[0])
    server = release.server()
    found = lib.until(lambda: oldest(server), 30)
    checks.ok("Migrate: samples of before are there", first and found and found <= first, f"oldest {found}, before {first}")
    checks.ok("Migrate: the job of old.yaml is scraped", answers(server, 'up{job="shop"} == 1'), server.targets)
    config = server.config()["global"]
    checks.equal("Migrate: interval and external label of old.yaml", (config["scrape_interval"], config["external_labels"]["cluster"]), ("2s", "shop"))
    rules = server.data("/api/v1/rules")["groups"]
    checks.ok("Migrate: the alert of old.yaml is loaded", any(rule["name"] == "ShopDown" for group in rules for rule in group["rules"]), rules)
    checks.ok("Migrate: and its retention", "20d" in json.dumps([server.data("/api/v1/status/runtimeinfo"), server.config()]))
    reader.done()
    clean("monitoring")


def upgrade():
    reader = follow("Upgrade")
    made = Reader.made
    release = installed(reader)
    manifest = reader.given("helm get manifest prom --namespace monitoring")
    reader.step("helm upgrade", "config.validate.enabled=true")
    ready("Upgrade", release)
    # Helm 3 creates the Job, Helm 4 applies it.
    events = [(each["verb"], each.get("objectRef", {}).get("namespace"), each.get("objectRef", {}).get("resource")) for each in made.audit()]
    validated = {("create", "monitoring", "jobs"), ("patch", "monitoring", "jobs")} & set(events)
    checks.ok("Upgrade: promtool looked at the configuration, in a Job", validated, lambda: sorted(set(map(str, events))))
    reader.step("helm rollback prom")
    checks.ok("Upgrade: rolled back to what was", reader.given("helm get manifest prom --namespace monitoring") == manifest)
    ready("Upgrade: rolled back", release)
    reader.given("helm upgrade prom ./chart --namespace monitoring --reset-then-reuse-values --set server.persistence.size=12Gi")
    grown = lib.until(lambda: claims(release)["prom-data"][1] == "12Gi", 60)
    checks.ok("Upgrade: a Deployment's claim grows", grown, lambda: claims(release))

    reader.given("helm upgrade prom ./chart --namespace monitoring --reset-then-reuse-values --set server.kind=StatefulSet")
    release.ready(120)
    before, old = pods(release), claims(release)
    refused = reader.shell("helm upgrade prom ./chart --namespace monitoring --reset-then-reuse-values --set server.persistence.size=20Gi")
    checks.ok("Upgrade: a StatefulSet's claim templates cannot be changed", immutable(refused), refused.stderr)
    reader.step("kubectl", "delete statefulset prom --cascade=orphan")
    lib.time.sleep(2)
    checks.equal("Upgrade: its pod runs on without it", pods(release), before)
    reader.step("helm upgrade", "server.persistence.size=20Gi")
    ready("Upgrade: a new StatefulSet", release)
    lib.time.sleep(3)
    checks.equal("Upgrade: the new StatefulSet adopts the pod", (pods(release), owners(release)), (before, ["StatefulSet"]))
    checks.equal("Upgrade: the claim keeps its size", claims(release), old)
    reader.step("kubectl", "patch persistentvolumeclaim data-prom-0")
    grown = lib.until(lambda: claims(release)["data-prom-0"] == (old["data-prom-0"][0], "20Gi"), 60)
    checks.ok("Upgrade: and grows once it is patched", grown, lambda: claims(release))

    selector = "helm upgrade prom ./chart --namespace monitoring --reset-then-reuse-values --set server.selectorLabels.app=prometheus"
    refused = reader.shell(selector)
    checks.ok("Upgrade: a selector cannot be changed", immutable(refused), refused.stderr)
    first = lib.until(lambda: oldest(release.server()), 60)
    reader.step("kubectl", "delete statefulset prom")
    reader.step("helm upgrade", "server.selectorLabels.app=prometheus")
    ready("Upgrade: another selector", release)
    labels = made.api.get(release.path("apps/v1", "statefulsets/prom"))["spec"]["selector"]["matchLabels"]
    checks.equal("Upgrade: the selector is the new one", labels, {"app": "prometheus"})
    checks.equal("Upgrade: the claim is kept", claims(release)["data-prom-0"][0], old["data-prom-0"][0])
    found = lib.until(lambda: oldest(release.server()), 60)
    checks.ok("Upgrade: with its samples", first and found and found <= first, (first, found))
    reader.done()

    # What promtool looks at first.
    faulty = {"name": "shop", "rules": [{"alert": "Faulty", "expr": "up{"}]}
    (reader.place / "faulty.yaml").write_text(json.dumps({"rules": {"groups": {"shop": {"groups": [faulty]}}}}))
    refused = reader.shell("helm upgrade prom ./chart --namespace monitoring --reset-then-reuse-values --set config.validate.enabled=true --values faulty.yaml")
    checks.ok("Upgrade: a faulty rule stops an upgrade", refused.returncode and "hook" in refused.stderr, refused.stdout + refused.stderr)
    names = sorted(each["metadata"]["name"] for each in made.api.items(release.path("v1", "configmaps")))
    checks.ok("Upgrade: before any object of the release has changed", not any("rules" in each and "validate" not in each for each in names), names)
    clean("monitoring")


def immutable(result):
    """Whether a command failed because a StatefulSet cannot be changed so, in the words of any version."""
    return result.returncode != 0 and re.search("field is immutable|updates to statefulset spec", result.stderr)


def owners(release):
    found = release.cluster.api.items(release.path("v1", "pods"))
    return [owner["kind"] for each in found if each["status"].get("phase") == "Running" for owner in each["metadata"].get("ownerReferences", [])]


def scale():
    reader = follow("Scale out")
    release = installed(reader)
    whole = lib.until(lambda: targets(release.server()), 60)
    reader.step("helm upgrade", "server.replicas=2")
    ready("Scale out: replicas", release)
    servers = release.servers()
    checks.equal("Scale out: two servers", len(servers), 2)
    lib.until(lambda: all(targets(each) == whole for each in servers), 60)
    checks.equal("Scale out: both scrape the same", [targets(each) for each in servers], [whole, whole])
    labels = {each.config()["global"]["external_labels"]["replica"] for each in servers}
    checks.equal("Scale out: they differ in the label replica", len(labels), 2)
    checks.equal("Scale out: claims of their own beside that of the Deployment", sorted(claims(release)), ["data-prom-0", "data-prom-1", "prom-data"])
    reader.step("helm upgrade", "server.replicas=1", "server.shards=2")
    ready("Scale out: shards", release)
    servers = release.servers()
    checks.equal("Scale out: two shards", sorted(each["metadata"]["name"] for each in release.workloads()), ["prom", "prom-shard-1"])
    lib.until(lambda: sorted(sum(map(targets, servers), [])) == whole, 60)
    checks.equal("Scale out: together they have each target once", sorted(sum(map(targets, servers), [])), whole)
    checks.ok("Scale out: each has its part", len(servers) == 2 and all(map(targets, servers)), [len(targets(each)) for each in servers])
    found = [answers(each, f'up{{job="{targets(each)[0][0]}"}}') for each in servers]
    checks.ok("Scale out: each answers for what it has", all(found), found)
    reader.done()
    clean("monitoring")


class Asker:
    """Asks a pod of a release over TLS, by the name of its Service, with a CA that it trusts."""

    def __init__(self, release, program, port, service, authority):
        self.pod, self.port = release.pods(program)[0], port
        self.name = f"{service}.{release.namespace}.svc"
        self.context = ssl.create_default_context(cafile=str(authority))

    def get(self, path, user=None, plain=False):
        """(status, body)"""
        connection = socket.create_connection((self.pod.ip, self.port), 10)
        if not plain:
            connection = self.context.wrap_socket(connection, server_hostname=self.name)
        client = http.client.HTTPConnection(self.name)
        client.sock = connection
        headers = {"Authorization": "Basic " + base64.b64encode(user.encode()).decode()} if user else {}
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        return answer.status, answer.read().decode(errors="replace")


def refusals(title, asker, path, users):
    for user in users:
        checks.equal(f"{title}: {user.split(':')[0]} with the password", asker.get(path, user)[0], 200)
    wrong = [asker.get(path, user)[0] for user in (None, "prometheus:wrong", f"nobody:{PASSWORDS['prometheus']}")]
    checks.equal(f"{title}: no password, a wrong one and a wrong user are refused", wrong, [401, 401, 401])
    checks.equal(f"{title}: HTTP is refused", asker.get(path, users[0], plain=True)[0], 400)
    other, asker.name = asker.name, "other.example.com"
    try:
        asker.get(path, users[0])
        checks.ok(f"{title}: the certificate is for no other name", False)
    except ssl.SSLCertVerificationError as error:
        checks.ok(f"{title}: the certificate is for no other name", "mismatch" in str(error), error)
    asker.name = other


def secure():
    reader = follow("Secure")
    release = installed(reader)
    # A release with all components: the second command of "Install" that changes it.
    reader.given(next(command for command in section("Install")[0] if "pushgateway.enabled" in command))
    release.ready(120)
    reader.step("create secret generic prom-scrape")
    reader.step("helm get values prom", "> live.yaml")
    reader.step("promchart certs", "kubectl apply")
    reader.step("helm upgrade", "values-web.yaml")
    ready("Secure", release)
    authority = reader.place / "pki/ca.crt"
    servers = {"prometheus": (9090, "prom", "/api/v1/query?query=up"), "pushgateway": (9091, "prom-pushgateway", "/metrics"), "node-exporter": (9100, "prom-node-exporter", "/metrics")}
    for program, (port, service, path) in servers.items():
        refusals(f"Secure: {program}", Asker(release, program, port, service, authority), path, [USER])
    server = release.server(user=USER)
    checks.ok("Secure: it uses TLS", server.tls)

    def up():
        found = server.query('up{job=~"prometheus|pushgateway|node-exporter"} == 1')
        return len(found) == 4 and all(each["scrapeUrl"].startswith("https:") for each in server.targets()["node-exporter"])

    checks.ok("Secure: server, Pushgateway and both node-exporters are scraped over TLS", lib.until(up, 90, 1), lambda: server.query("up"))
    logs = reader.step("helm test", "--logs")
    checks.ok("Secure: helm test shows three tests that succeeded", logs.count("Succeeded") == 3, logs)
    policies = [each["metadata"]["name"] for each in Reader.made.api.items(release.path("networking.k8s.io/v1", "networkpolicies"))]
    checks.equal("Secure: NetworkPolicies are there", sorted(policies), ["prom", "prom-pushgateway"])
    reader.done()
    clean("monitoring")


# ---- headers of profiles ------------------------------------------------------------


def fixed_anew():
    """The second command of fst-manage-fixed; `adoption` runs the others of both profiles."""
    commands, files = header("fst-manage-fixed")
    reader = Reader("fst-manage-fixed.yaml", [each for each in commands if each.startswith("helm install")], files)
    reader.step("helm install prometheus", "--create-namespace")
    release = Release(Reader.made, Reader.node, "prometheus", "fst-manage")
    ready("fst-manage-fixed.yaml", release)
    checks.ok("fst-manage-fixed.yaml: a query answers", answers(release.server(), "up == 1"))
    reader.done()
    clean("fst-manage")


def hardened():
    """All of hardened.yaml: `secured` has its effects without an API server, this one the commands with it."""
    Reader.made.definitions()
    commands, files = header("hardened")
    for user, text in HASHES.items():
        files["web-config.yml"] = files["web-config.yml"].replace(f"{user}: HASH", f"{user}: {text}")
    files["password"] = PASSWORDS["prometheus"]
    reader = Reader("hardened.yaml", commands, files)
    reader.step("kubectl create namespace monitoring")
    reader.step("kubectl label namespace monitoring", "enforce=restricted")
    reader.step("apply -f issuer.yaml")
    reader.step("prom-web-config", "--from-file=web-config.yml")
    reader.step("prom-scrape", "--from-file=password")
    reader.step("helm install prom", "values/hardened.yaml")
    release = Release(Reader.made, Reader.node, "prom", "monitoring")
    ready("hardened.yaml", release)
    text = reader.given("kubectl --namespace monitoring get secret prom-tls --output jsonpath='{.data.ca\\.crt}'")
    authority = reader.place / "ca.crt"
    authority.write_bytes(base64.b64decode(text))
    users = [f"{user}:{password}" for user, password in PASSWORDS.items()]
    refusals("hardened.yaml: prometheus", Asker(release, "prometheus", 9090, "prom", authority), "/api/v1/query?query=up", users)
    refusals("hardened.yaml: pushgateway", Asker(release, "pushgateway", 9091, "prom-pushgateway", authority), "/metrics", users)
    checks.ok("hardened.yaml: both are up", lib.until(lambda: len(release.server(user=USER).query('up{job=~"prometheus|pushgateway"} == 1')) == 2, 90, 1))
    reader.done()
    clean("monitoring")


PATHS = {
    "install": install,
    "adopt": adopt,
    "migrate": migrate,
    "upgrade": upgrade,
    "scale": scale,
    "secure": secure,
    "fixed": fixed_anew,
    "hardened": hardened,
}


def main():
    if not lib.promchart():
        lib.skip("no promchart: set PROMCHART, or cargo build --release")
    made, node = nodes.start("readme")
    shop(made, node)
    folder = made.folder / "reader"
    (folder / "bin").mkdir(parents=True)
    for name, program in (("helm", lib.helm()), ("kubectl", made.programs / "kubectl"), ("promchart", lib.promchart())):
        (folder / "bin" / name).symlink_to(program)
    homes = {f"HELM_{kind}_HOME": str(folder / f"helm-{kind.lower()}") for kind in ("CACHE", "CONFIG", "DATA")}
    Reader.checks, Reader.made, Reader.node, Reader.folder = checks, made, node, folder
    Reader.environment = {**made.environment, **homes, "HOME": str(folder), "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    for name, path in PATHS.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with checks.guard(f"{name}: the path is followed to its end"):
            try:
                path()
            except BaseException:
                clean("monitoring", "fst-manage")
                raise
    checks.finish()


main()
