#!/usr/bin/env python3
"""Samples that come from elsewhere: remote write with a password from a Secret, OTLP, native histograms, exemplars; read back.

Two releases: `store` receives, asks for a password and keeps; `edge` scrapes itself, writes to it and reads from it.
"""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from lib import yaml
from releases import Release

cluster.enter()
checks = lib.Checks()
NAMESPACE = "receivers"
# bcrypt of "secret".
HASH = "$2a$10$gBNfXdMkpuVBoNb2EH3ZBOD1.VE97npAwoyb0LaoW/ErrczCyW3Ri"
QUICK = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "5s", "scrape_native_histograms": True}
JOBS = {name: {"enabled": False} for name in ("apiserver", "kubelet", "cadvisor", "endpointslices", "pods")}

STORE = {
    "config": {"global": QUICK, "reload": {"interval": "1s"}},
    "scrape": {"jobs": JOBS},
    "server": {"exemplars": {"enabled": True}, "tsdb": {"outOfOrderTimeWindow": "30m"}},
    "web": {
        "basicAuth": {
            "enabled": True,
            "users": {"edge": HASH},
            "scrape": {"username": "edge", "passwordSecret": {"name": "remote", "key": "password"}},
        }
    },
    "receivers": {
        "remoteWrite": {"enabled": True, "protobufMessages": ["io.prometheus.write.v2.Request"]},
        "otlp": {"enabled": True, "config": {"promote_resource_attributes": ["service.name"]}},
    },
}
AUTH = {"basic": {"usernameSecret": {"name": "remote", "key": "username"}, "passwordSecret": {"name": "remote", "key": "password"}}}
EDGE = {
    "config": {"global": QUICK, "externalLabels": {"cluster": "edge"}, "reload": {"interval": "1s"}},
    "scrape": {"jobs": JOBS},
    "remoteWrite": {
        "store": {
            "url": "http://store-prom:9090/api/v1/write",
            "protobufMessage": "io.prometheus.write.v2.Request",
            "auth": AUTH,
            "sendNativeHistograms": True,
            "queue": {"batch_send_deadline": "1s", "max_shards": 2},
            "writeRelabelConfigs": [{"source_labels": ["__name__"], "regex": "go_.*", "action": "drop"}],
        }
    },
    "remoteRead": {
        "store": {
            "url": "http://store-prom:9090/api/v1/read",
            "auth": AUTH,
            "readRecent": True,
            "requiredMatchers": {"service_name": "shop"},
            "config": {"filter_external_labels": False},
        }
    },
    "rules": {"builtin": {"enabled": True}},
}


def values(folder, name, content):
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def secret(made, password):
    made.apply(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "remote", "namespace": NAMESPACE},
                "stringData": {"username": "edge", "password": password},
            }
        )
    )


def check_remote_write(made, edge, store):
    up = 'up{cluster="edge",job="prometheus"}'
    found = lib.until(lambda: store.query(up), 60, 0.5)
    checks.ok("a scraped sample arrives by remote write 2.0, with the password of the Secret", found and found[0][1] == 1, found)
    count = 'histogram_count(prometheus_http_request_duration_seconds{cluster="edge",handler="/metrics"})'
    found = lib.until(lambda: [each for each in store.query(count) if each[1] > 0], 60, 0.5)
    checks.ok("so does a native histogram", found, store.query('count({cluster="edge"})'))
    checks.equal("what writeRelabelConfigs drops does not", store.query('count({cluster="edge",__name__=~"go_.*"})'), [])
    checks.equal("the server counts no failure", edge.metric("prometheus_remote_storage_samples_failed_total"), 0)
    # A changed password is used without a restart.
    pods = {pod.uid for pod in edge.pod.node.pods_of(NAMESPACE)}
    secret(made, "wrong")
    failed = lib.until(lambda: edge.metric("prometheus_remote_storage_samples_failed_total"), 90, 0.5)
    checks.ok("with a wrong password in the Secret samples are refused", failed, failed)
    secret(made, "secret")
    before = time.time()
    fresh = f'timestamp({up}) > {before + 2:.0f}'
    checks.ok("with the right one again they arrive", lib.until(lambda: store.query(fresh), 120, 0.5), store.query(f"timestamp({up})"))
    checks.equal("and no pod was replaced", {pod.uid for pod in edge.pod.node.pods_of(NAMESPACE)}, pods)
    checks.equal("nor a container restarted", edge.container.restarts, 0)


def otlp(store, user="edge:secret"):
    """Sends a gauge, and an exponential histogram with an exemplar."""
    now = time.time_ns()
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    gauge = {"name": "shop.orders.open", "gauge": {"dataPoints": [{"timeUnixNano": str(now), "asDouble": 17}]}}
    point = {
        "startTimeUnixNano": str(now - 10**9),
        "timeUnixNano": str(now),
        "count": "6",
        "sum": 12.5,
        "scale": 2,
        "zeroCount": "1",
        "positive": {"offset": 1, "bucketCounts": ["2", "3"]},
        "exemplars": [{"timeUnixNano": str(now), "asDouble": 1.5, "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}],
    }
    histogram = {"name": "shop.latency", "unit": "s", "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": [point]}}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [gauge, histogram]}]}]}
    return store.request("POST", "/api/v1/otlp/v1/metrics", json.dumps(body), {"Content-Type": "application/json"}, user=user)


def check_otlp(edge, store):
    status, body = otlp(store)
    checks.ok("OTLP is taken", status == 200, f"{status} {body}")
    found = lib.until(lambda: store.query('shop_orders_open{service_name="shop"}'), 30)
    checks.ok("its gauge can be queried, with a resource attribute as label", found and found[0][1] == 17, found)
    found = lib.until(lambda: store.query('histogram_count(shop_latency_seconds{service_name="shop"})'), 30)
    checks.ok("its exponential histogram is a native histogram", found and found[0][1] == 6, found)
    found = store.data("/api/v1/query_exemplars", query="shop_latency_seconds", start=time.time() - 300, end=time.time() + 60)
    traces = [each["labels"].get("trace_id") for series in found for each in series["exemplars"]]
    checks.equal("its exemplar is kept", traces, ["0af7651916cd43dd8448eb211c80319c"])
    checks.equal("without the right password it is refused", otlp(store, "edge:wrong")[0], 401)
    checks.equal("a server without receivers has no such path", otlp(edge)[0], 404)
    found = lib.until(lambda: edge.query('shop_orders_open{service_name="shop"}'), 30)
    checks.ok("the other server reads it back through remoteRead", found and found[0][1] == 17, found)


def check_rules(release, folder, edge):
    groups = edge.data("/api/v1/rules")["groups"]
    names = {group["name"] for group in groups}
    checks.ok("the builtin rules for remote write are loaded", "prometheus-remote-write" in names, names)
    sick = [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"]
    checks.equal("none of them fails", sick, [])
    active = {each["labels"]["alertname"] for each in edge.data("/api/v1/alerts")["alerts"]}
    others = {name for name in active if not name.startswith("PrometheusRemoteWrite")}
    checks.equal("and none is pending but those of the refused samples", others, set())
    # A changed rule arrives without a restart.
    own = {"groups": [{"name": "own", "rules": [{"record": "own:up", "expr": "sum(up)"}]}]}
    more = {"rules": {"groups": {"own": own}, "overrides": {"PrometheusRestarting": {"enabled": False}}}}
    release.upgrade(files=[*release.files, values(folder, "rules", more)])
    lib.until(lambda: edge.query("own:up"), 120, 0.5)
    checks.ok("a rule that is added is evaluated", edge.query("own:up"), edge.data("/api/v1/rules"))
    names = {rule["name"] for group in edge.data("/api/v1/rules")["groups"] for rule in group["rules"]}
    checks.ok("an alert that is switched off is gone", "PrometheusRestarting" not in names and "PrometheusTargetsDown" in names, names)
    checks.equal("and no container was restarted", edge.container.restarts, 0)


def main():
    made, node = nodes.start("receivers")
    made.namespace(NAMESPACE)
    folder = lib.scratch("receivers-values")
    secret(made, "secret")
    store = Release(made, node, "store", NAMESPACE, [values(folder, "store", STORE)])
    edge = Release(made, node, "edge", NAMESPACE, [values(folder, "edge", EDGE)])
    text = lib.render(edge.files, release="edge", namespace=NAMESPACE, tool=lib.helm())
    checks.ok("the password is nowhere in the manifests", "secret" not in [word.strip("\"',") for word in text.split()], text)
    store.install()
    edge.install()
    edge.ready(120)
    servers = {each.pod.name.split("-")[0]: each for each in edge.servers()}
    servers["store"].user = "edge:secret"
    with checks.guard("remote write"):
        check_remote_write(made, servers["edge"], servers["store"])
    with checks.guard("OTLP"):
        check_otlp(servers["edge"], servers["store"])
    with checks.guard("rules"):
        check_rules(edge, folder, servers["edge"])
    checks.finish()


main()
