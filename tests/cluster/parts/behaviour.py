#!/usr/bin/env python3
"""What a running release does when something happens: pushes, changed and broken configurations, crashes, two replicas."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from lib import yaml
from releases import Release, shop

cluster.enter()
checks = lib.Checks()
QUICK = ["--set", "config.global.scrape_interval=1s,config.global.scrape_timeout=1s,config.global.evaluation_interval=1s,config.reload.interval=1s"]


def install(made, node, name, *flags):
    namespace = f"case-{name}"
    made.namespace(namespace)
    release = Release(made, node, "prom", namespace, flags=[*QUICK, *flags])
    release.install()
    return release.ready()


def remove(release):
    release.uninstall()
    release.gone()


def check_push(made, node):
    """A pushed group arrives with its own labels, and outlives restarts of the Pushgateway."""
    release = install(made, node, "push", "--set", "pushgateway.enabled=true")
    server, gateway = release.server(), release.web("pushgateway")
    status, body = gateway.request("PUT", "/metrics/job/backup/instance/db-1", b"backup_seconds 42\n")
    checks.ok("a push is accepted", status in (200, 202), (status, body))
    wanted = [({"__name__": "backup_seconds", "job": "backup", "instance": "db-1"}, 42.0)]

    def arrived():
        return [({key: value for key, value in labels.items() if key in wanted[0][0]}, number) for labels, number in server.query("backup_seconds")]

    lib.until(lambda: arrived() == wanted, 30)
    checks.equal("the pushed group keeps its job and instance", arrived(), wanted)
    made.api.delete(f"/api/v1/namespaces/{release.namespace}/pods/{gateway.pod.name}")
    lib.until(lambda: gateway.pod.stopping, 20)
    release.ready()
    lib.until(lambda: not gateway.pod.thread.is_alive(), 30)
    ended = node.ended[f"{release.namespace}/{gateway.pod.name}"]
    checks.ok("the Pushgateway ends within its grace period", ended and all(code == 0 and not killed for code, killed in ended.values()), ended)
    fresh = release.web("pushgateway")
    checks.ok("another pod has the group", fresh.pod.name != gateway.pod.name and b'backup_seconds{instance="db-1",job="backup"} 42' in fresh.get("/metrics"))
    status, _ = fresh.request("DELETE", "/metrics/job/backup/instance/db-1")
    checks.equal("a group can be deleted", status, 202)
    remove(release)


def configuration(made, release):
    """(path of the object, key, whether it is a Secret) of the configuration, from the pod."""
    server = release.server()
    path = lib.flags_of(server.container.spec)["config.file"][-1]
    folder, _, key = path.rpartition("/")
    (mount,) = [each for each in server.container.spec["volumeMounts"] if each["mountPath"] == folder]
    (volume,) = [each for each in server.pod.item["spec"]["volumes"] if each["name"] == mount["name"]]
    return f"/api/v1/namespaces/{release.namespace}/configmaps/{volume['configMap']['name']}", key


def check_reload(made, node):
    """A changed file is loaded; a bad one is kept out and shows; the same good text again sets it right."""
    release = install(made, node, "reload")
    server = release.server()
    path, key = configuration(made, release)
    good = made.api.get(path)["data"][key]
    loaded = "prometheus_config_last_reload_successful"
    checks.equal("at first the configuration is loaded", server.metric(loaded), 1)

    config = yaml.load(good, lib.Loader)
    config["scrape_configs"].append({"job_name": "added", "static_configs": [{"targets": ["localhost:9090"]}]})
    made.api.patch(path, {"data": {key: yaml.safe_dump(config)}})
    checks.ok("a new job is loaded without a restart", lib.until(lambda: "added" in server.targets(), 30), server.targets)
    before = server.config()
    made.api.patch(path, {"data": {key: "scrape_configs: [{job_name: x, nonsense: true}]"}})
    checks.ok("a bad file shows in the metric", lib.until(lambda: server.metric(loaded) == 0, 30), server.metric(loaded))
    checks.equal("and the old configuration stays in force", server.config(), before)
    made.api.patch(path, {"data": {key: yaml.safe_dump(config)}})
    checks.ok("the good text of before sets the metric back", lib.until(lambda: server.metric(loaded) == 1, 30), server.metric(loaded))
    checks.equal("in the same process", server.container.restarts, 0)
    # The test has written the ConfigMap, so the field is not Helm's alone.
    release.helm("upgrade", "--force-conflicts", flags=[*QUICK, "--set", "config.externalLabels.cluster=blue"])
    checks.ok("an upgrade that changes the configuration is loaded in place", lib.until(lambda: server.config()["global"].get("external_labels") == {"cluster": "blue"}, 30), server.config)
    remove(release)


def check_restart_mode(made, node):
    """With reload.mode restart a changed configuration replaces the pods."""
    release = install(made, node, "restart", "--set", "config.reload.mode=restart")
    before = release.server().pod.name
    release.helm("upgrade", flags=[*QUICK, "--set", "config.reload.mode=restart,config.externalLabels.cluster=blue"])
    release.ready()
    server = lib.until(lambda: [each for each in release.servers() if each.pod.name != before], 30)
    checks.ok("reload.mode restart: another pod runs", server)
    release.ready()
    checks.equal("reload.mode restart: with the new configuration", release.server().config()["global"].get("external_labels"), {"cluster": "blue"})
    remove(release)


def check_crash(made, node):
    """kill -9 loses nothing that was scraped; SIGTERM ends within the grace period."""
    release = install(made, node, "crash")
    server = release.server()
    expression = "count_over_time(prometheus_build_info[1h])"
    lib.until(lambda: (server.value(expression) or 0) >= 5, 60)
    last = time.time() - 1
    window = int(last)
    count = f"count_over_time(prometheus_build_info[1h] @ {window})"
    before = server.value(count)
    pid = server.container.pid
    server.container.process.kill()
    lib.until(lambda: server.container.restarts == 1 and server.container.pid != pid, 30)
    release.ready()
    checks.ok("after kill -9 the server is ready again by its own probes", server.container.restarts == 1)
    checks.ok(f"and no sample of before is lost ({before:.0f} samples)", before and server.value(count) >= before, server.value(count))
    replays = server.metric("prometheus_tsdb_wal_corruptions_total")
    checks.equal("and the log of writes is not damaged", replays, 0)
    pod = server.pod
    began = time.time()
    made.api.delete(f"/api/v1/namespaces/{release.namespace}/pods/{pod.name}")
    lib.until(lambda: not pod.thread.is_alive(), 60)
    ended = node.ended.get(f"{release.namespace}/{pod.name}")
    grace = pod.item["spec"]["terminationGracePeriodSeconds"]
    checks.ok(f"SIGTERM ends it within its {grace} s, in order", ended and all(code == 0 and not killed for code, killed in ended.values()) and time.time() - began < grace, ended)
    release.ready()
    checks.ok("and the next pod has the samples", (release.server().value(count) or 0) >= before)
    remove(release)


def check_replicas(made, node):
    """Two replicas scrape the same targets and differ in the external label `replica` alone."""
    release = install(made, node, "pair", "--set", "server.replicas=2")
    servers = release.servers()
    checks.equal("two servers run", len(servers), 2)
    checks.ok("on two nodes", len({each.pod.item["spec"]["nodeName"] for each in servers}) == 2)
    labels, targets = [], []
    for server in servers:
        lib.until(lambda: server.query('up{job="apiserver"}'), 30)  # noqa: B023
        text = server.get("/federate", **{"match[]": 'up{job="apiserver"}'}).decode()
        (line,) = [each for each in text.splitlines() if each.startswith("up{")]
        labels.append(dict(part.split("=", 1) for part in line[3 : line.rindex("}")].split(",")))
        wanted = server.targets()
        targets.append({job: sorted(each["scrapeUrl"] for each in own) for job, own in wanted.items() if job != "prometheus"})
    replicas = [each.pop("replica", None) for each in labels]
    checks.ok("their samples leave with distinct labels `replica`", None not in replicas and len(set(replicas)) == 2, replicas)
    checks.ok("and are otherwise the same", labels[0] == labels[1], labels)
    checks.ok("they scrape the same targets", targets[0] == targets[1] and targets[0], targets)
    for server in servers:
        own = lib.until(lambda: server.query('up{job="prometheus"} == 1'), 30)  # noqa: B023
        instances = {each[0].get("instance") for each in own or []}
        checks.ok(f"{server.pod.name}: instance tells the replicas of the job prometheus apart", len(instances) == len(own or []) and instances, instances)
    remove(release)


CASES = {"push": check_push, "reload": check_reload, "restart": check_restart_mode, "crash": check_crash, "replicas": check_replicas}


def main():
    made, node = nodes.start("behaviour")
    shop(made, node)
    for name, check in CASES.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with checks.guard(f"{name}: runs"):
            check(made, node)
    checks.finish()


main()
