"""Releases of the chart in a miniature cluster: install, wait until everything is ready, remove."""

import lib
from server import Web


class Release:
    def __init__(self, cluster, node, name, namespace, files=(), flags=()):
        self.cluster, self.node = cluster, node
        self.name, self.namespace = name, namespace
        self.files, self.flags = list(files), list(flags)

    def helm(self, verb, *more, files=None, flags=None, **options):
        words = [verb, self.name, lib.CHART, "-n", self.namespace]
        for file in self.files if files is None else files:
            words += ["-f", file]
        return self.cluster.helm(*words, *(self.flags if flags is None else flags), *more, **options)

    def install(self, *more):
        return self.helm("install", *more)

    def upgrade(self, *more, **options):
        return self.helm("upgrade", *more, **options)

    def uninstall(self, *more):
        return self.cluster.helm("uninstall", self.name, "-n", self.namespace, *more)

    # -- objects

    def path(self, group, kind=""):
        prefix = f"/apis/{group}" if "/" in group else f"/api/{group}"
        return f"{prefix}/namespaces/{self.namespace}/{kind}"

    def workloads(self):
        found = []
        for kind in ("deployments", "statefulsets", "daemonsets"):
            found += [{"kind": kind[:-1], **each} for each in self.cluster.api.items(self.path("apps/v1", kind))]
        return found

    def not_ready(self):
        """What is not ready yet, in words; empty if everything is."""
        waiting = []
        for each in self.workloads():
            status, spec = each.get("status", {}), each["spec"]
            if each["kind"] == "daemonset":
                wanted, ready = status.get("desiredNumberScheduled", -1), status.get("numberReady", 0)
                updated = status.get("updatedNumberScheduled", 0)
            else:
                wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
                updated = status.get("updatedReplicas", 0)
            if status.get("observedGeneration") != each["metadata"]["generation"] or ready != wanted or updated != wanted:
                waiting.append(f"{each['kind']}/{each['metadata']['name']}: {ready} of {wanted} ready, {updated} new")
            elif each["kind"] != "daemonset" and status.get("replicas", 0) != wanted:
                waiting.append(f"{each['kind']}/{each['metadata']['name']}: {status.get('replicas')} pods of {wanted}")
        return waiting

    def ready(self, seconds=90):
        """Waits until all workloads are ready; raises with the reason and the logs if they are not."""
        if lib.until(lambda: not self.not_ready(), seconds, 0.3):
            return self
        problems = self.not_ready()
        for pod in self.node.pods_of(self.namespace):
            for each in pod.init + pod.containers:
                probe = getattr(each, "prober", None)
                problems.append(f"{pod.name}/{each.name}: {each.waiting or pod.phase} {each.message} {probe.last if probe else ''} {pod.message}")
        raise RuntimeError("not ready\n" + "\n".join(problems) + "\n" + self.node.logs(self.namespace))

    def gone(self, seconds=60):
        """Waits until no pod of the namespace runs. Pods of hooks, which are done, stay."""

        def running():
            pods = self.cluster.api.items(self.path("v1", "pods"))
            return [pod for pod in pods if pod["status"].get("phase") not in ("Succeeded", "Failed")]

        return lib.until(lambda: not running(), seconds)

    # -- pods

    def pods(self, program=None):
        """Pods that run, in order of their names; of one program if asked."""
        found = sorted(self.node.pods_of(self.namespace), key=lambda pod: pod.name)
        return [pod for pod in found if program is None or any(program_of(each.spec) == program for each in pod.containers)]

    def servers(self, user=None, client=None):
        """A client for each running Prometheus."""
        return [Web(pod, user=user, client=client) for pod in self.pods() if any(lib.is_prometheus(each.spec) for each in pod.containers)]

    def server(self, user=None, client=None):
        return self.servers(user, client)[0]

    def web(self, program, user=None, client=None):
        pod = self.pods(program)[0]
        (container,) = [each for each in pod.containers if program_of(each.spec) == program]
        return Web(pod, container, user, client)


def program_of(spec):
    return spec["image"].split("@")[0].rsplit("/", 1)[-1].split(":")[0]


def shop(cluster, node):
    """Makes the users' pods and Services of objects/shop.yaml and waits until they run."""
    text = (lib.HERE / "objects/shop.yaml").read_text()
    cluster.namespace("shop")
    cluster.apply(text)

    def running():
        pods = cluster.api.items("/api/v1/namespaces/shop/pods")
        return all(pod["status"].get("phase") in ("Running", "Succeeded") for pod in pods) and len(pods) == text.count("kind: Pod\n")

    if not lib.until(running, 60):
        raise RuntimeError("the pods of shop do not run\n" + node.logs("shop"))
    address = node.pod("shop", "api").network.ip6
    path = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/six"
    cluster.api.patch(path, {"endpoints": [{"addresses": [address], "conditions": {"ready": True}}]})
