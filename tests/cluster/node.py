"""Two miniature nodes: what a scheduler, a kubelet, a volume provisioner and kube-proxy do, as far as tests need it.

Pods of the API server become processes: the real programs, from images.py, with the arguments, environment, files, user,
capabilities and read-only root that the pod's spec says, in a network namespace of their own. Probes are asked for real, and
the pods' status is written back, so that everything that waits for readiness waits for the real thing.

Not here: images, cgroups (limits are not enforced), seccomp, NetworkPolicies, node ports, pod affinity.
"""

import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback

import images
import lib
import probes
from certificates import Issuer
from cluster import Refused
from kubelet import Kubelet
from network import DOMAIN, NAMESERVER, Network
from volumes import Missing, Volume, field, get_object


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Container:
    """A container of a pod: its process and how it fares."""

    def __init__(self, pod, spec, init=False):
        self.pod, self.spec, self.init = pod, spec, init
        self.name = spec["name"]
        self.process = None
        self.restarts = 0
        self.started = self.ready = False
        self.waiting = "ContainerCreating"
        self.message = ""
        self.began = None
        self.code = None
        self.killed = False
        self.log = pod.node.folder / "logs" / f"{pod.namespace}_{pod.name}_{self.name}_{pod.uid}.log"

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def context(self, name, default=None):
        own = self.spec.get("securityContext") or {}
        whole = self.pod.item["spec"].get("securityContext") or {}
        return own.get(name, whole.get(name, default))

    def start(self):
        """Makes the file system and starts the process."""
        found = images.find(self.spec["image"])
        if found is None and (self.pod.namespace, self.name) in self.pod.node.ignored:
            self.waiting, self.ready, self.started = "NotRunHere", True, True
            return
        if found is None:
            self.waiting, self.message = "ErrImagePull", f"no program for image {self.spec['image']} here"
            return
        user = self.context("runAsUser", found["user"])
        if self.context("runAsNonRoot") and user == 0:
            self.waiting, self.message = "CreateContainerConfigError", "container has runAsNonRoot and image will run as root"
            return
        spec = self.sandbox(found, user)
        path = lib.write_json(self.folder / "spec.json", spec)
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, lib.HERE / "sandbox.py", path], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.began, self.code, self.waiting, self.killed = time.time(), None, "", False
        self.started = self.ready = False
        self.prober = probes.Prober(self)

    @property
    def folder(self):
        return self.pod.folder / self.name

    def sandbox(self, found, user):
        root = self.folder / "root"
        if root.exists():
            shutil.rmtree(root)  # a container that restarts has a fresh file system
        for name in ("etc", "tmp", "bin", *(each.lstrip("/") for each in found["folders"])):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "tmp").chmod(0o1777)
        for each in found["folders"]:
            if not self.pod.node.rootless:
                os.chown(root / each.lstrip("/"), images.NOBODY, images.NOBODY)
            (root / each.lstrip("/")).chmod(0o775)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n")
        (root / "etc/group").write_text("root:x:0:\nnobody:x:65534:\n")
        (root / "dev").mkdir(exist_ok=True)
        for name, target in (("stdin", 0), ("stdout", 1), ("stderr", 2), ("fd", "")):
            (root / "dev" / name).symlink_to(f"/proc/self/fd/{target}")
        mounts = []
        for target, program in found["programs"].items():
            mounts.append({"source": str(program), "target": target, "read_only": True})
            if target == "/bin/busybox":
                for applet in images.APPLETS:
                    (root / "bin" / applet).symlink_to("busybox")
        if found.get("userland"):
            for name in ("bin", "sbin", "lib", "lib64", "usr"):
                if os.path.exists(f"/{name}"):
                    mounts.append({"source": os.path.realpath(f"/{name}"), "target": f"/{name}", "read_only": True})
        if found.get("machine"):
            root = pathlib.Path("/")
        for name in ("hosts", "resolv.conf"):
            mounts.append({"source": str(self.pod.folder / name), "target": f"/etc/{name}"})
        mounts += self.mounts()
        env = self.environment()
        command = [lib.expand(word, env) for word in self.spec.get("command") or found["entrypoint"]]
        arguments = self.spec.get("args")
        if arguments is None:
            arguments = [] if self.spec.get("command") else found["arguments"]
        group = self.context("runAsGroup", user if user == images.NOBODY else 0)
        extra = (self.pod.item["spec"].get("securityContext") or {}).get("supplementalGroups", [])
        whole = (self.pod.item["spec"].get("securityContext") or {}).get("fsGroup")
        capabilities = (self.spec.get("securityContext") or {}).get("capabilities") or {}
        return {
            "root": str(root),
            "network": self.pod.network_path,
            "hostname": self.pod.item["spec"].get("hostname", self.pod.name)[:63],
            "mounts": mounts if not found.get("machine") else [],
            "read_only_root": bool((self.spec.get("securityContext") or {}).get("readOnlyRootFilesystem")) and not found.get("machine"),
            "argv": command + [lib.expand(word, env) for word in arguments],
            "env": {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": self.pod.name, **env},
            "cwd": self.spec.get("workingDir") or found["cwd"],
            "uid": user,
            "gid": group,
            "groups": [*extra, *([whole] if whole is not None else [])],
            "drop_capabilities": "ALL" in capabilities.get("drop", []) and not capabilities.get("add"),
            "no_new_privileges": (self.spec.get("securityContext") or {}).get("allowPrivilegeEscalation") is False,
            "rootless": self.pod.node.rootless,
        }

    def mounts(self):
        found = []
        for each in self.spec.get("volumeMounts", []):
            volume = self.pod.volumes[each["name"]]
            source = pathlib.Path(volume.path)
            sub = each.get("subPath") or lib.expand(each.get("subPathExpr", ""), self.environment())
            if sub:
                source = source / sub
                if not source.exists():
                    source.mkdir(parents=True)
                    volume.give(source, 0o660)
                source = source.resolve()
            found.append({"source": str(source), "target": each["mountPath"], "read_only": bool(each.get("readOnly") or volume.read_only)})
        return sorted(found, key=lambda each: each["target"].count("/"))

    def environment(self):
        env, api, namespace = {}, self.pod.node.api, self.pod.namespace
        env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"] = "10.0.0.1", "443"
        for source in self.spec.get("envFrom", []):
            for kind, name in (("configmaps", "configMapRef"), ("secrets", "secretRef")):
                if name in source:
                    item = get_object(api, namespace, kind, source[name]["name"], source[name].get("optional", False))
                    for key, data in (lib.data_of(item) if item else {}).items():
                        env[source.get("prefix", "") + key] = data.decode()
        for each in self.spec.get("env", []):
            source = each.get("valueFrom")
            if not source:
                env[each["name"]] = lib.expand(each.get("value", ""), env)
            elif "fieldRef" in source:
                env[each["name"]] = field(self.pod.with_status(), source["fieldRef"]["fieldPath"])
            elif "resourceFieldRef" in source:
                kind, name = source["resourceFieldRef"]["resource"].split(".")
                env[each["name"]] = str(self.spec.get("resources", {}).get(kind, {}).get(name, "0"))
            else:
                kind, ref = ("secrets", source["secretKeyRef"]) if "secretKeyRef" in source else ("configmaps", source["configMapKeyRef"])
                item = get_object(api, namespace, kind, ref["name"], ref.get("optional", False))
                data = lib.data_of(item) if item else {}
                if ref["key"] in data:
                    env[each["name"]] = data[ref["key"]].decode()
                elif not ref.get("optional", False):
                    raise Missing(f"{kind}/{ref['name']} has no key {ref['key']}")
        return env

    def execute(self, command, timeout=10):
        """Runs a command inside the container, as an exec probe does."""
        words = [sys.executable, lib.HERE / "sandbox.py", self.folder / "spec.json", *command]
        return subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def status(self):
        state = {"waiting": {"reason": self.waiting or "ContainerCreating", "message": self.message}}
        if self.running:
            state = {"running": {"startedAt": now()}}
        elif self.code is not None:
            state = {"terminated": {"exitCode": max(self.code, 0) or (128 - self.code if self.code < 0 else 0), "reason": "Completed" if self.code == 0 else "Error"}}
        return {
            "name": self.name,
            "image": self.spec["image"],
            "imageID": self.spec["image"],
            "ready": self.ready if not self.init else self.code == 0 or self.ready,
            "started": self.started,
            "restartCount": self.restarts,
            "state": state,
        }


class Pod:
    """A pod on a node, in a thread of its own."""

    def __init__(self, node, item):
        self.node, self.item = node, item
        self.namespace, self.name, self.uid = (item["metadata"][each] for each in ("namespace", "name", "uid"))
        self.folder = node.folder / "pods" / self.uid
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self.network = None
        self.volumes = {}
        self.init = [Container(self, each, True) for each in item["spec"].get("initContainers", [])]
        self.containers = [Container(self, each) for each in item["spec"]["containers"]]
        self.phase = "Pending"
        self.initialised = False
        self.stopping = False
        self.reported = None
        self.message = ""
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()

    @property
    def path(self):
        return f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"

    @property
    def host(self):
        return self.node.hosts[self.item["spec"]["nodeName"]]

    @property
    def uses_host(self):
        return self.item["spec"].get("hostNetwork", False)

    @property
    def network_path(self):
        return (self.host.network if self.uses_host else self.network).path

    @property
    def ip(self):
        return (self.host.network if self.uses_host else self.network).ip4 if (self.network or self.uses_host) else None

    def with_status(self):
        return {**self.item, "status": {"podIP": self.ip, "hostIP": self.host.network.ip4}}

    def live(self):
        try:
            if not self.uses_host:
                self.network = self.node.network.namespace()
            self.report()
            self.prepare()
            if self.initialise():
                self.serve()
        except Exception:  # noqa: BLE001
            self.message = traceback.format_exc()
            print(f"node: {self.namespace}/{self.name}: {self.message}", file=sys.stderr)
        finally:
            self.end()

    def prepare(self):
        """Volumes; waits for what does not exist yet, as a kubelet does."""
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n" + (f"{self.ip} {self.name}\n" if self.ip else ""))
        search = f"{self.namespace}.svc.{DOMAIN} svc.{DOMAIN} {DOMAIN}"
        (self.folder / "resolv.conf").write_text(f"nameserver {NAMESERVER}\nsearch {search}\noptions ndots:5\n")
        while not self.stopping:
            try:
                for spec in self.item["spec"].get("volumes", []):
                    if spec["name"] not in self.volumes:
                        self.volumes[spec["name"]] = Volume(self.node, self.item, spec, self.folder / "volumes" / spec["name"])
                for container in self.init + self.containers:
                    container.environment()
                return
            except (Missing, Refused) as missing:
                self.message = str(missing)
                for container in self.containers:
                    container.waiting, container.message = "CreateContainerConfigError", str(missing)
                self.report()
                time.sleep(0.3)

    def initialise(self):
        """Init containers, one after the other. True if all did their work."""
        for container in self.init:
            sidecar = container.spec.get("restartPolicy") == "Always"
            container.start()
            while not self.stopping and (container.running or container.process is None):
                container.prober.ask() if container.running else time.sleep(0.5)
                if sidecar and container.started:
                    break
                time.sleep(0.1)
                self.report()
            if self.stopping:
                return False
            if not sidecar:
                container.code = container.process.returncode
                if container.code and self.item["spec"].get("restartPolicy") == "Never":
                    self.phase = "Failed"
                    self.report()
                    self.wait_for_deletion()
                    return False
        self.initialised = True
        return not self.stopping

    def serve(self):
        policy = self.item["spec"].get("restartPolicy", "Always")
        sidecars = [each for each in self.init if each.spec.get("restartPolicy") == "Always"]
        for container in self.containers:
            container.start()
        refreshed = time.time()
        while not self.stopping:
            for container in self.containers + sidecars:
                if container.running:
                    container.prober.ask()
                elif container.process is not None and container.code is None:
                    container.code = container.process.returncode
                    container.ready = container.started = False
                    self.report()
                    if policy == "Always" or (policy == "OnFailure" and container.code):
                        time.sleep(min(0.5 * 2**container.restarts, 5))
                        container.restarts += 1
                        container.start()
            if any(each.running for each in self.containers):
                self.phase = "Running"
            elif all(each.code is not None for each in self.containers) and policy != "Always":
                self.phase = "Failed" if any(each.code for each in self.containers) else "Succeeded"
            self.report()
            if self.phase in ("Failed", "Succeeded"):
                return self.wait_for_deletion()
            if time.time() - refreshed > 1:
                for volume in self.volumes.values():
                    if volume.written is not None:
                        volume.refresh()
                refreshed = time.time()
            time.sleep(0.2)

    def wait_for_deletion(self):
        while not self.stopping:
            time.sleep(0.1)

    def report(self):
        """Writes the status if it has changed."""
        conditions = {
            "PodScheduled": True,
            "Initialized": self.initialised,
            "ContainersReady": self.phase == "Running" and all(each.ready for each in self.containers),
            "Ready": self.phase == "Running" and all(each.ready for each in self.containers),
        }
        status = {
            "phase": self.phase,
            "conditions": [{"type": kind, "status": str(value), "lastTransitionTime": now()} for kind, value in conditions.items()],
            "hostIP": self.host.network.ip4,
            "hostIPs": [{"ip": self.host.network.ip4}],
            "containerStatuses": [each.status() for each in self.containers],
            "initContainerStatuses": [each.status() for each in self.init],
            "message": self.message[:500],
        }
        if self.ip:
            both = self.host.network if self.uses_host else self.network
            status |= {"podIP": self.ip, "podIPs": [{"ip": both.ip4}, {"ip": both.ip6}]}
        shape = json.dumps([conditions, self.phase, self.ip, self.message, [(c.waiting, c.running, c.ready, c.restarts, c.code) for c in self.init + self.containers]])
        if shape == self.reported:
            return
        self.reported = shape
        try:
            status["startTime"] = self.item["metadata"]["creationTimestamp"]
            self.node.api.patch(f"{self.path}/status", {"status": status})
        except Refused as refused:
            if refused.status != 404:
                print(f"node: status of {self.namespace}/{self.name}: {refused}", file=sys.stderr)

    def end(self):
        """SIGTERM, the grace period, SIGKILL; then the object goes, if it is being deleted."""
        grace = self.item["spec"].get("terminationGracePeriodSeconds", 30)
        grace = self.item["metadata"].get("deletionGracePeriodSeconds", grace)
        every = [each for each in self.containers + self.init if each.running]
        for container in every:
            hook = (container.spec.get("lifecycle") or {}).get("preStop", {}).get("exec")
            if hook:
                container.execute(hook["command"], timeout=grace or 1)
            container.process.send_signal(signal.SIGTERM)
        deadline = time.time() + grace
        for container in every:
            try:
                container.process.wait(max(0.1, deadline - time.time()))
            except subprocess.TimeoutExpired:
                container.killed = True
                container.process.kill()
                container.process.wait()
        self.node.ended[f"{self.namespace}/{self.name}"] = {each.name: (each.process.returncode, each.killed) for each in every}
        if self.network:
            self.network.close()
        if self.stopping:
            self.node.api.delete(self.path, gracePeriodSeconds=0, preconditions={"uid": self.uid})
        shutil.rmtree(self.folder, ignore_errors=True)


class Host:
    """A node object with a network namespace and a kubelet's ports."""

    def __init__(self, node, name, labels=None):
        self.name = name
        self.network = node.network.namespace()
        self.labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", **(labels or {})}
        item = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": self.labels}}
        node.api.create("/api/v1/nodes", item)
        resources = {"cpu": "64", "memory": "256Gi", "pods": "500"}
        addresses = [{"type": "InternalIP", "address": self.network.ip4}, {"type": "InternalIP", "address": self.network.ip6}, {"type": "Hostname", "address": name}]
        self.kubelet = Kubelet(node, self)
        status = {
            "capacity": resources,
            "allocatable": resources,
            "addresses": addresses,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "lastHeartbeatTime": now(), "lastTransitionTime": now()}],
        }
        node.api.patch(f"/api/v1/nodes/{name}/status", {"status": status})

    def renew(self, api):
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self.name}}
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lease["spec"] = {"holderIdentity": self.name, "leaseDurationSeconds": 40, "renewTime": stamp}
        api.apply(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{self.name}", lease)


class Node:
    """All nodes of the miniature cluster, and the loop that follows the API server."""

    def __init__(self, cluster, network, folder, names=("n1", "n2")):
        self.cluster, self.api, self.network = cluster, cluster.api, network
        self.folder = pathlib.Path(folder)
        self.rootless = bool(os.environ.get("PROMCHART_CLUSTER_ROOTLESS"))
        self.pods, self.tokens, self.ended, self.disks = {}, {}, {}, {}
        self.ignored = set()  # (namespace, container) that count as ready although there is no program for them
        self.issuer = Issuer(self.api, self.folder / "authority")
        cluster.namespace("kube-node-lease")
        storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "standard"}}
        storage["metadata"]["annotations"] = {"storageclass.kubernetes.io/is-default-class": "true"}
        storage |= {"provisioner": "tests.promchart/folder", "reclaimPolicy": "Delete", "allowVolumeExpansion": True}
        self.api.create("/apis/storage.k8s.io/v1/storageclasses", storage)
        self.hosts = {name: Host(self, name) for name in names}
        for host in self.hosts.values():
            host.renew(self.api)
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        renewed = time.time()
        while True:
            try:
                self.step()
                if time.time() - renewed > 8:
                    for host in self.hosts.values():
                        host.renew(self.api)
                    renewed = time.time()
            except Exception as error:  # noqa: BLE001
                print(f"node: {type(error).__name__}: {error}", file=sys.stderr)
            time.sleep(0.25)

    def step(self):
        pods = self.api.items("/api/v1/pods")
        services = self.api.items("/api/v1/services")
        slices = self.api.items("/apis/discovery.k8s.io/v1/endpointslices")
        self.network.update(services, slices, pods)
        self.provide()
        self.issuer.step()
        seen = set()
        for item in pods:
            uid = item["metadata"]["uid"]
            seen.add(uid)
            if not item["spec"].get("nodeName"):
                self.schedule(item, pods)
            elif uid not in self.pods:
                if item["metadata"].get("deletionTimestamp"):
                    self.api.delete(f"/api/v1/namespaces/{item['metadata']['namespace']}/pods/{item['metadata']['name']}", gracePeriodSeconds=0)
                elif item["spec"]["nodeName"] in self.hosts and item["status"].get("phase") == "Pending":
                    self.pods[uid] = Pod(self, item)
            elif item["metadata"].get("deletionTimestamp"):
                self.pods[uid].item["metadata"] = item["metadata"]
                self.pods[uid].stopping = True
        for uid in set(self.pods) - seen:
            self.pods.pop(uid).stopping = True

    # -- scheduling

    def schedule(self, item, pods):
        """Binds a pod to a node that its selector and required node affinity admit, away from its siblings."""
        spec = item["spec"]
        fitting = [host for host in self.hosts.values() if admits(spec, host)]
        if not fitting:
            return
        owner = [each["uid"] for each in item["metadata"].get("ownerReferences", [])]
        load = {host.name: 0 for host in fitting}
        for other in pods:
            same = [each["uid"] for each in other["metadata"].get("ownerReferences", [])] == owner
            if same and other["spec"].get("nodeName") in load:
                load[other["spec"]["nodeName"]] += 1
        target = min(fitting, key=lambda host: load[host.name]).name
        item["spec"]["nodeName"] = target
        meta = {"name": item["metadata"]["name"], "namespace": item["metadata"]["namespace"]}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": meta, "target": {"apiVersion": "v1", "kind": "Node", "name": target}}
        try:
            self.api.create(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/binding", binding)
        except Refused as refused:
            if refused.status not in (404, 409):
                raise

    # -- volumes of claims

    def provide(self):
        """Makes a volume for each claim that has none, and forgets volumes whose claim is gone."""
        for claim in self.api.items("/api/v1/persistentvolumeclaims"):
            meta, spec = claim["metadata"], claim["spec"]
            if claim["status"].get("phase") == "Pending" and meta["uid"] not in self.disks:
                path = self.folder / "disks" / meta["uid"]
                path.mkdir(parents=True)
                self.disks[meta["uid"]] = path
                volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pv-{meta['uid']}"}}
                volume["spec"] = {
                    "capacity": {"storage": spec["resources"]["requests"]["storage"]},
                    "accessModes": spec["accessModes"],
                    "persistentVolumeReclaimPolicy": "Retain",
                    "storageClassName": spec.get("storageClassName") or "",
                    "hostPath": {"path": str(path)},
                    "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
                }
                self.api.create("/api/v1/persistentvolumes", volume)
            elif claim["status"].get("phase") == "Bound" and meta["uid"] in self.disks:
                wanted, has = spec["resources"]["requests"]["storage"], claim["status"]["capacity"]["storage"]
                if wanted != has:
                    self.api.patch(f"/api/v1/persistentvolumes/pv-{meta['uid']}", {"spec": {"capacity": {"storage": wanted}}})
                    self.api.patch(f"/api/v1/namespaces/{meta['namespace']}/persistentvolumeclaims/{meta['name']}/status", {"status": {"capacity": {"storage": wanted}}})

    def volume_of_claim(self, namespace, name):
        claim = self.api.find(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}")
        if not claim:
            raise Missing(f"persistentvolumeclaim {name} not found")
        if claim["status"].get("phase") != "Bound":
            raise Missing(f"persistentvolumeclaim {name} is not bound")
        return self.disks[claim["metadata"]["uid"]]

    # -- for tests

    def pod(self, namespace, name):
        for pod in self.pods.values():
            if (pod.namespace, pod.name) == (namespace, name):
                return pod
        return None

    def pods_of(self, namespace, **labels):
        found = [pod for pod in self.pods.values() if pod.namespace == namespace and not pod.stopping]
        return [pod for pod in found if labels.items() <= pod.item["metadata"].get("labels", {}).items()]

    def logs(self, namespace):
        """The ends of all logs of a namespace, to explain a failure."""
        text = ""
        for path in sorted((self.folder / "logs").glob(f"{namespace}_*")):
            text += f"-- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-8:]) + "\n"
        return text


def admits(spec, host):
    if not (spec.get("nodeSelector") or {}).items() <= host.labels.items():
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if not affinity:
        return True

    def matches(term):
        rules = [(host.labels.get(each["key"]), each) for each in term.get("matchExpressions", [])]
        rules += [(host.name, each) for each in term.get("matchFields", [])]
        for value, each in rules:
            values, operator = each.get("values", []), each["operator"]
            holds = {"In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None}.get(operator, False)
            if not holds:
                return False
        return True

    return any(matches(term) for term in affinity["nodeSelectorTerms"])


def start(name, **options):
    """A cluster with two nodes for a part: (cluster, node)."""
    folder = lib.scratch(name)
    network = Network()
    import cluster

    made = cluster.Cluster(folder)
    return made, Node(made, network, folder, **options)
