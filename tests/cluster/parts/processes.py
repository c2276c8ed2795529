#!/usr/bin/env python3
"""Every profile and value set installed by the real Helm on the real API server, and its pods run as real processes.

For each: all pods become ready by their own probes; Prometheus runs with exactly the flags of the manifest; every target that
it discovers is up and each job has one (shards together, and agents of nodes); nothing is logged as an error; the API refuses
nothing. And what the set's header wants.
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


def counts(texts):
    """`job=2` lines as {job: 2}."""
    return {name: int(number) for name, number in (text.split("=") for text in texts)}


def sharing(release, user):
    """The servers of a release that divide its targets among them: one per node, or shards; none if each has all."""
    own = [each for each in release.workloads() if any(lib.is_prometheus(container) for container in each["spec"]["template"]["spec"]["containers"])]
    return release.servers(user=user) if len(own) > 1 or own[0]["kind"] == "daemonset" else []


def check_targets(name, each, server, together):
    jobs = [config["job_name"] for config in server.config().get("scrape_configs") or []]
    wanted = counts(each.wants.get("want-targets", []))
    down = {text.split(": ")[0] for text in each.wants.get("want-down", [])}

    def problems():
        found, targets = [], server.targets()
        for job in jobs:
            own = targets.get(job, [])
            if job in wanted and len(own) != wanted[job]:
                found.append(f"{job}: {len(own)} targets: {[target['scrapeUrl'] for target in own]}, wanted {wanted[job]}")
            elif job not in wanted and not own and not any(other.targets().get(job) for other in together):
                found.append(f"{job}: no target")
            if job not in down:
                found += [f"{job}: {target['scrapeUrl']} is {target['health']}: {target['lastError']}" for target in own if target["health"] != "up"]
        return found

    lib.until(lambda: not problems(), 60, 0.5)
    left = problems()
    checks.ok(f"{name}: each of {len(jobs)} jobs has its targets, all up", not left, "\n".join(left))


def check_headers(name, each, server):
    for text in each.wants.get("want-query", []):
        with checks.guard(f"{name}: query {text}"):
            found = lib.until(lambda: server.query(text), 60, 0.5)  # noqa: B023
            checks.ok(f"{name}: query {text}", found, "no sample")
    for text in each.wants.get("want-config", []):
        config = server.data("/api/v1/status/config")["yaml"]
        checks.ok(f"{name}: the loaded configuration has {text}", text in config, config)
    for text in each.wants.get("want-flag", []):
        flag, _, value = text.partition("=")
        checks.equal(f"{name}: flag {flag}", server.flags().get(flag), value)
    for text in each.wants.get("want-runtime", []):
        field, _, value = text.partition("=")
        checks.equal(f"{name}: runtime {field}", str(server.data("/api/v1/status/runtimeinfo").get(field)), value)


def check_server(name, each, server, together):
    wrong = server.flags_not_in_force()
    checks.ok(f"{name}: all {len(lib.flags_of(server.container.spec))} flags are in force", not wrong, "\n".join(wrong))
    check_targets(name, each, server, together)
    checks.equal(f"{name}: the configuration is loaded", server.metric("prometheus_config_last_reload_successful"), 1)
    failures = server.metric("prometheus_sd_kubernetes_failures_total")
    if not each.want("want-denied"):
        checks.ok(f"{name}: discovery was refused nothing", not failures, f"{failures} failures")
    left = server.errors(each.wants.get("allow-error", []))
    checks.ok(f"{name}: nothing is logged as an error", not left, "\n".join(left[:5]))
    check_headers(name, each, server)


def check_set(made, node, each):
    namespace = each.namespace if each.is_profile or each.namespace != "monitoring" else f"set-{each.name}"[:63]
    release = Release(made, node, "prom", namespace, each.files, each.flags)
    made.namespace(namespace)
    for name in each.wants.get("needs", []):
        made.kubectl("apply", "-n", namespace, "-f", lib.HERE / f"objects/{name}.yaml")
    node.ignored = {(namespace, name) for name in each.wants.get("not-run", [])}
    try:
        release.install()
        release.ready(120)
        missing = each.wants.get("not-run", [])
        checks.ok(f"{each.name}: every pod is ready" + (f" (not run here: {', '.join(missing)})" if missing else ""), True)
        for server in release.servers(user=each.want("user")):
            check_server(f"{each.name} {server.pod.name}" if len(release.servers()) > 1 else each.name, each, server, sharing(release, each.want("user")))
    finally:
        release.uninstall("--ignore-not-found")
        release.gone(90)
        for claim in made.api.items(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"):
            made.api.delete(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{claim['metadata']['name']}")
        for name in each.wants.get("needs", []):
            made.kubectl("delete", "-n", namespace, "--ignore-not-found", "--wait=false", "-f", lib.HERE / f"objects/{name}.yaml")


def main():
    for name in ("prometheus", "promtool", "pushgateway", "node_exporter", "busybox"):
        lib.program(name)
    without_lts = not (lib.COMPONENTS / "bin/prometheus-lts").exists()
    lts = lib.versions()["PROMETHEUS_LTS"]
    made, node = nodes.start("processes")
    made.definitions()
    shop(made, node)
    for each in lib.value_sets():
        reason = each.want("no-process")
        if without_lts and f"prometheus:v{lts}" in each.render():
            reason = f"Prometheus {lts} is not built here (tests/cluster/install prometheus-lts)"
        if reason:
            print(f"     {each.name}: not run as processes: {reason}")
            continue
        with checks.guard(f"{each.name}: runs"):
            check_set(made, node, each)
    checks.finish()


main()
