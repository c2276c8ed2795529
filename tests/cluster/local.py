"""Releases without an API server: the objects that Helm renders, kept here, and their pods as real processes on loopback.

Containers, volumes and probes are those of node.py: images, users, read-only roots, files that change behind a link. There is no
discovery and no controller: each workload has one pod, and a job that would find node-exporter through the API server has its
address instead.
"""

import pathlib
import re
import threading
import time

import lib
import node as nodes
from cluster import Refused
from lib import yaml
from releases import program_of
from volumes import Missing, Volume

ADDRESS = "127.0.0.1"
KINDS = {"ConfigMap": "configmaps", "Secret": "secrets"}


class Store:
    """ConfigMaps and Secrets, found as node.py's volumes and environments ask an API server for them."""

    def __init__(self):
        self.objects = {}

    def put(self, namespace, *items):
        for item in items:
            self.objects[namespace, KINDS[item["kind"]], item["metadata"]["name"]] = item

    def find(self, path):
        namespace, kind, name = re.fullmatch(r"/api/v1/namespaces/([^/]+)/([^/]+)/([^/]+)", path).groups()
        found = self.objects.get((namespace, kind, name))
        return dict(found) if found else None


class Host:
    """What pods ask of a node."""

    def __init__(self, folder, rootless=False):
        self.api, self.folder, self.rootless, self.ignored = Store(), pathlib.Path(folder), rootless, set()


class Pod:
    """A pod of a workload."""

    count = 0

    def __init__(self, host, namespace, workload, names):
        Pod.count += 1
        template = workload["spec"]["template"]
        self.node, self.namespace, self.workload = host, namespace, workload
        self.name = self.uid = f"{workload['metadata']['name']}-{Pod.count}"
        self.item = {"metadata": {**template["metadata"], "name": self.name, "namespace": namespace, "uid": self.uid}, "spec": template["spec"]}
        self.ip, self.network_path, self.phase, self.message = ADDRESS, "/proc/self/ns/net", "Pending", ""
        self.folder = host.folder / "pods" / self.uid
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        (self.folder / "hosts").write_text(f"{ADDRESS} localhost {' '.join(names)}\n")
        (self.folder / "resolv.conf").write_text("")
        self.volumes = {}
        self.init, self.containers = [], [nodes.Container(self, each) for each in template["spec"]["containers"]]
        self.stopping = False
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()

    def with_status(self):
        return {**self.item, "status": {"podIP": ADDRESS, "hostIP": ADDRESS}}

    def live(self):
        while not self.stopping:
            try:
                for spec in self.item["spec"].get("volumes", []):
                    if spec["name"] not in self.volumes:
                        self.volumes[spec["name"]] = Volume(self.node, self.item, spec, self.folder / "volumes" / spec["name"])
                break
            except (Missing, Refused) as missing:
                self.message = str(missing)
                time.sleep(0.2)
        self.message = ""
        for container in self.containers:
            if not self.stopping:
                container.start()
        while not self.stopping:
            for container in self.containers:
                if container.running:
                    container.prober.ask()
                elif container.process is not None:
                    container.restarts += 1
                    time.sleep(min(0.5 * 2**container.restarts, 5))
                    container.start()
            for volume in self.volumes.values():
                if volume.written is not None:
                    volume.refresh()
            time.sleep(0.3)

    def stop(self):
        self.stopping = True
        self.thread.join(10)
        for container in self.containers:
            if container.running:
                container.process.terminate()
                container.process.wait(30)


class Release:
    """A release of the chart; the subset of releases.Release that needs no API server."""

    def __init__(self, folder, namespace, files, authority):
        self.folder, self.namespace, self.files, self.authority = pathlib.Path(folder), namespace, files, authority
        self.host = Host(self.folder)
        self.all = []

    def template(self):
        return lib.render(self.files, release="prom", namespace=self.namespace, tool=lib.helm())

    def put(self, *items):
        self.host.api.put(self.namespace, *items)

    def secret(self, name):
        return lib.data_of(self.host.api.find(f"/api/v1/namespaces/{self.namespace}/secrets/{name}"))

    def certificates(self):
        return lib.of_kind(lib.objects(self.template()), "Certificate")

    def apply(self):
        """Renders; objects are replaced at once, pods where their template has changed."""
        items = lib.objects(self.template())
        for item in lib.of_kind(items, "Certificate"):
            if not self.host.api.find(f"/api/v1/namespaces/{self.namespace}/secrets/{item['spec']['secretName']}"):
                self.put(self.authority.secret(item))
        self.put(*map(without_discovery, lib.of_kind(items, "ConfigMap", "Secret")))
        names = [f"{each['metadata']['name']}.{self.namespace}.svc" for each in lib.of_kind(items, "Service")]
        for workload, template in lib.pod_templates(lib.of_kind(items, "Deployment", "StatefulSet", "DaemonSet")):
            running = [pod for pod in self.all if pod.workload["metadata"]["name"] == workload["metadata"]["name"]]
            if running and running[0].item["spec"] == template["spec"]:
                continue
            for pod in running:
                pod.stop()
                self.all.remove(pod)
            self.all.append(Pod(self.host, self.namespace, workload, names))

    install = upgrade = apply

    def not_ready(self):
        waiting = []
        for pod in self.all:
            for each in pod.containers:
                if not (each.running and each.ready):
                    probe = getattr(each, "prober", None)
                    waiting.append(f"{pod.name}/{each.name}: {each.waiting} {each.message} {probe.last if probe else ''} {pod.message}")
        return waiting

    def ready(self, seconds=120):
        if lib.until(lambda: not self.not_ready(), seconds, 0.3):
            return self
        logs = [f"-- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-8:]) for path in (self.folder / "logs").glob("*")]
        raise RuntimeError("not ready\n" + "\n".join(self.not_ready() + logs))

    def pods(self, program=None):
        return [pod for pod in self.all if program is None or any(program_of(each.spec) == program for each in pod.containers)]

    def uninstall(self):
        for pod in self.all:
            pod.stop()
        self.all = []


def without_discovery(item):
    """prometheus.yml with node-exporter's address where the job would ask the API server for its pods."""
    for path in ("data", "stringData"):
        text = (item.get(path) or {}).get("prometheus.yml")
        if text:
            config = yaml.load(text, lib.Loader)
            for job in config["scrape_configs"]:
                if job["job_name"] == "node-exporter":
                    job.pop("kubernetes_sd_configs")
                    job.pop("relabel_configs")
                    job["static_configs"] = [{"targets": [f"{ADDRESS}:9100"]}]
            item[path]["prometheus.yml"] = yaml.safe_dump(config)
    return item
