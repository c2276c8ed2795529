#!/usr/bin/env python3
"""Agents, shards and receivers: what is sent arrives, through an outage too; shards are disjoint and complete; OTLP and native histograms."""

import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release, shop

cluster.enter()
checks = lib.Checks()
QUICK = ["--set", "config.global.scrape_interval=1s,config.global.scrape_timeout=1s,config.reload.interval=1s"]


def install(made, node, name, namespace, *flags, files=()):
    made.namespace(namespace)
    release = Release(made, node, name, namespace, files=files, flags=[*QUICK, *flags])
    release.install()
    return release.ready()


def remove(*releases):
    for each in releases:
        each.uninstall()
        each.gone()


def receiver(made, node, namespace):
    """A server that only receives."""
    jobs = ",".join(f"scrape.jobs.{name}.enabled=false" for name in ("apiserver", "kubelet", "cadvisor", "endpointslices", "pods", "prometheus"))
    return install(made, node, "receiver", namespace, "--set", f"receivers.remoteWrite.enabled=true,{jobs}")


def address(release):
    """URL of the receiving Service, from the manifest."""
    items = lib.objects(release.cluster.helm("get", "manifest", release.name, "-n", release.namespace).stdout)
    (service,) = [each for each in lib.of_kind(items, "Service") if each["metadata"]["labels"].get("app.kubernetes.io/component") == "server" and each["spec"].get("clusterIP") != "None"]
    return f"http://{service['metadata']['name']}.{release.namespace}.svc:{service['spec']['ports'][0]['port']}/api/v1/write"


def scale(made, release, replicas):
    for each in release.workloads():
        path = f"/apis/apps/v1/namespaces/{release.namespace}/{each['kind']}s/{each['metadata']['name']}"
        made.api.patch(path, {"spec": {"replicas": replicas}})


def times(server, expression, since):
    """Timestamps of all samples of one series since a moment."""
    span = int(time.time() - since) + 1
    found = server.data("/api/v1/query", query=f"{expression}[{span}s]")["result"]
    if len(found) != 1:
        raise RuntimeError(f"{expression}: {len(found)} series instead of one")
    return [stamp for stamp, _ in found[0]["values"]]


def check_agent(made, node):
    """An agent keeps what it can't send through an outage of the receiver, and goes on after a kill of its own process in one.

    A Prometheus that starts sends what it scrapes from then on: what was unsent before is in its log of writes, but is never
    sent (prometheus/prometheus#8809). values/agent.yaml says so.
    """
    store = receiver(made, node, "agent-store")
    flags = ["--set", f"server.mode=agent,remoteWrite.store.url={address(store)},config.externalLabels.cluster=edge"]
    agent = install(made, node, "agent", "agent-edge", *flags)
    series = 'up{job="prometheus",cluster="edge"}'
    checks.ok("agent: samples arrive", lib.until(lambda: store.server().query(series), 60))
    given = lib.flags_of(agent.server().container.spec)
    wrong = [name for name in given if name.startswith("storage.tsdb")]
    checks.ok("agent: has flags of agents alone", "agent" in given and not wrong, wrong)

    def outage(action):
        """Stops the receiver, does something, starts it again; returns when it began and when it ended."""
        began = time.time()
        scale(made, store, 0)
        store.gone()
        time.sleep(6)
        action()
        time.sleep(6)
        scale(made, store, 1)
        store.ready()
        return began, time.time()

    def arrived(first, last):
        """(all is there, in words) of the samples between two moments: one a second, a scrape that a busy machine left out aside."""
        stamps = [stamp for stamp in times(store.server(), series, first - 5) if first <= stamp <= last]
        edges = [first, *stamps, last]
        longest = max(later - earlier for earlier, later in zip(edges, edges[1:]))
        return longest < 3, f"{len(stamps)} samples in {last - first:.0f} s, the longest gap is {longest:.1f} s"

    began, ended = outage(lambda: None)
    lib.until(lambda: arrived(began - 3, ended)[0], 90, 1)
    kept, words = arrived(began - 3, ended)
    checks.ok(f"agent: an outage of the receiver leaves no gap: {words}", kept, words)

    process = agent.server().container
    scraping = []

    def kill():
        process.process.kill()
        lib.until(lambda: process.restarts == 1 and process.running, 30)
        agent.ready()
        lib.until(lambda: (agent.server().metric("prometheus_target_sync_length_seconds_count") or 0) > 0, 30)
        scraping.append(time.time() + 2)

    _, ended = outage(kill)
    lib.until(lambda: arrived(scraping[0], ended)[0], 90, 1)
    kept, words = arrived(scraping[0], ended)
    checks.ok(f"agent: killed in an outage, it sends what it scrapes from then on: {words}", kept, words)
    remove(agent, store)


def check_daemonset(made, node):
    """One agent a node, each with the targets of its node alone; together they have all."""
    store = receiver(made, node, "nodes-store")
    whole = install(made, node, "whole", "nodes-whole", "--set", "scrape.jobs.apiserver.enabled=false,scrape.jobs.prometheus.enabled=false,scrape.jobs.endpointslices.enabled=false")
    release = install(made, node, "agent", "nodes-agent", "--set", f"server.mode=agent,server.kind=DaemonSet,server.persistence.enabled=false,remoteWrite.store.url={address(store)},scrape.jobs.apiserver.enabled=false,scrape.jobs.endpointslices.enabled=false")
    checks.equal("daemonset: an agent on each node", sorted(each.pod.item["spec"]["nodeName"] for each in release.servers()), ["n1", "n2"])

    def of(servers, jobs):
        return [sorted(each["scrapeUrl"] for job in jobs for each in server.targets().get(job, [])) for server in servers]

    jobs = ["kubelet", "cadvisor", "pods"]
    lib.until(lambda: all(whole.server().targets().get(job) for job in jobs), 30)
    (all_targets,) = of(whole.servers(), jobs)
    checks.ok("daemonset: one server alone has targets of each job", all(whole.server().targets().get(job) for job in jobs), all_targets)
    lib.until(lambda: sorted(sum(of(release.servers(), jobs), [])) == all_targets, 30)
    parts = of(release.servers(), jobs)
    checks.equal("daemonset: together they have each target once", sorted(sum(parts, [])), all_targets)
    checks.ok("daemonset: each has its part", all(parts), parts)
    remove(release, whole, store)


def check_shards(made, node):
    """The union of all shards is what one server has; no target is in two; fixed targets are in one."""
    pushed = "pushgateway.enabled=true,nodeExporter.enabled=true"
    whole = install(made, node, "whole", "shards-whole", "--set", "pushgateway.enabled=true")
    sharded = install(made, node, "prom", "shards", "--set", f"server.shards=3,{pushed}")
    servers = sharded.servers()
    checks.equal("shards: three servers", len(servers), 3)
    jobs = ["kubelet", "cadvisor", "pods", "endpointslices", "apiserver"]

    def of(server):
        return sorted((job, each["scrapeUrl"]) for job in jobs for each in server.targets().get(job, []))

    lib.until(lambda: all(whole.server().targets().get(job) for job in jobs), 30)
    wanted = of(whole.server())
    lib.until(lambda: sorted(sum((of(each) for each in servers), [])) == wanted, 30)
    checks.equal("shards: together they have each target once", sorted(sum((of(each) for each in servers), [])), wanted)
    checks.ok("shards: no shard has all", max(len(of(each)) for each in servers) < len(wanted), [len(of(each)) for each in servers])
    with_gateway = [each for each in servers if each.targets().get("pushgateway")]
    checks.equal("shards: the Pushgateway is scraped by one", len(with_gateway), 1)
    labels = [each.config()["global"].get("external_labels", {}).get("shard") for each in servers]
    checks.ok("shards: each has its external label", None not in labels and len(set(labels)) == 3, labels)
    remove(sharded, whole)


def check_receivers(made, node):
    """A sample sent as OTLP is queried back, and a native histogram that was scraped."""
    release = install(made, node, "prom", "receivers", "--set", "receivers.otlp.enabled=true,receivers.remoteWrite.enabled=true,config.global.scrape_native_histograms=true")
    server = release.server()
    point = {"asDouble": 42, "timeUnixNano": str(time.time_ns())}
    metric = {"name": "answer", "gauge": {"dataPoints": [point]}}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    status, text = server.request("POST", "/api/v1/otlp/v1/metrics", json.dumps(body), {"Content-Type": "application/json"})
    checks.ok("receivers: OTLP is accepted", status in (200, 204), (status, text))
    found = lib.until(lambda: server.query('answer{job="shop"}'), 30)
    checks.ok("receivers: and queried back", found and found[0][1] == 42, found)
    count = lib.until(lambda: server.value("histogram_count(prometheus_http_request_duration_seconds{handler=\"/metrics\"}) > 0"), 60)
    checks.ok("receivers: a native histogram is queried back", count)
    remove(release)


CASES = {"agent": check_agent, "daemonset": check_daemonset, "shards": check_shards, "receivers": check_receivers}


def main():
    made, node = nodes.start("modes")
    shop(made, node)
    for name, check in CASES.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with checks.guard(f"{name}: runs"):
            check(made, node)
    checks.finish()


main()
