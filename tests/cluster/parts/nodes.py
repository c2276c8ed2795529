#!/usr/bin/env python3
"""node-exporter measures the node it runs on, listens on the node's address alone, and needs no process ids of the node."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release
from server import Web

cluster.enter()
checks = lib.Checks()


def families(web):
    return {line.split()[2] for line in web.get("/metrics").decode().splitlines() if line.startswith("# TYPE")}


def install(made, node, name, *flags):
    namespace = f"nodes-{name}"
    made.namespace(namespace)
    release = Release(made, node, "prom", namespace, flags=["--set", "nodeExporter.enabled=true", *flags])
    release.install()
    release.ready()
    return release


def main():
    made, node = nodes.start("nodes")
    release = install(made, node, "default")
    exporters = [Web(pod) for pod in release.pods("node-exporter")]
    checks.equal("one on each node", sorted(web.pod.item["spec"]["nodeName"] for web in exporters), ["n1", "n2"])
    web = exporters[0]
    text = web.get("/metrics").decode()
    (line,) = [each for each in text.splitlines() if each.startswith("node_filesystem_size_bytes{") and 'mountpoint="/"' in each]
    stat = os.statvfs("/")
    checks.equal('node_filesystem_size_bytes{mountpoint="/"} is what statvfs of the node says', float(line.rsplit(" ", 1)[1]), float(stat.f_blocks * stat.f_frsize))
    checks.equal("memory is the node's", value(text, "node_memory_MemTotal_bytes"), float(memory()))
    for each in exporters:
        host = each.pod.host
        listening = host.network.enter("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6").stdout.splitlines()
        addresses = {words[1].split(":")[0] for words in (line.split() for line in listening) if len(words) > 3 and words[3] == "0A" and words[1].endswith(f":{each.port:04X}")}
        wanted = "".join(f"{int(part):02X}" for part in reversed(host.network.ip4.split(".")))
        checks.equal(f"{host.name}: it listens on the node's address alone", addresses, {wanted})
    without = families(web)
    release.uninstall()
    release.gone()
    release = install(made, node, "host-pid", "--set", "nodeExporter.hostPID=true")
    with_pids = families(Web(release.pods("node-exporter")[0]))
    checks.equal("hostPID adds no metric", with_pids, without)
    release.uninstall()
    checks.finish()


def memory():
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no MemTotal")


def value(text, name):
    for line in text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return 0.0


main()
