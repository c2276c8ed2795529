#!/usr/bin/env python3
"""Pod Security Admission: what a namespace that enforces `restricted` admits of the chart, and what it refuses, and why."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib

cluster.enter()
checks = lib.Checks()
ENFORCE = "pod-security.kubernetes.io/enforce"
# What node-exporter needs of the node, and `restricted` forbids; nothing beyond it.
EXPECTED = {"host namespaces", "restricted volume types", "hostPath volumes", "hostPort"}


def verdict(made, namespace, workload, template, name):
    """None if the namespace admits the pod of a workload's template, else the server's message."""
    # Accounts and priority classes are other plugins' business, and would have to exist.
    spec = {key: value for key, value in template["spec"].items() if key not in ("serviceAccountName", "priorityClassName", "runtimeClassName")}
    spec["automountServiceAccountToken"] = False
    # The controller of a StatefulSet adds a volume for each claim that it makes.
    claims = [each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates") or []]
    spec["volumes"] = [*(spec.get("volumes") or []), *({"name": each, "persistentVolumeClaim": {"claimName": f"{each}-{name}"}} for each in claims)]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": template["metadata"].get("labels")}, "spec": spec}
    try:
        made.api.create(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)
        return None
    except cluster.Refused as refused:
        return str(refused)


def violations(message):
    """The names of the controls that a pod violates: `host namespaces (hostNetwork=true), hostPath volumes (...)`."""
    text, depth, plain = message.split('violates PodSecurity "', 1)[1].split(": ", 1)[1], 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0 and letter != ")":
            plain += letter
    return {part.strip() for part in plain.split(",") if part.strip()}


def component(template):
    labels = template["metadata"].get("labels", {})
    return labels.get("app.kubernetes.io/component") or labels.get("app")


def main():
    made = cluster.Cluster(lib.scratch("admission"))
    for level in ("privileged", "baseline", "restricted"):
        made.namespace(level, **{ENFORCE: level, ENFORCE + "-version": "latest"})
    own = [each for each in lib.value_sets() if not each.name.startswith("fst-manage") or each.name == "fst-manage-fixed"]
    seen = set()
    for each in own:
        with checks.guard(f"{each.name}: pods are judged"):
            for workload, template in lib.pod_templates(lib.objects(each.render())):
                name = f"{each.name} {workload['kind']}/{workload['metadata']['name']}"
                message = verdict(made, "restricted", workload, template, "pod")
                wanted = each.want("want-refused")
                kind = component(template)
                seen.add(kind)
                if kind == "node-exporter" and message:
                    found = violations(message)
                    checks.ok(f"{name}: restricted refuses nothing but the node's namespaces and volumes", found <= EXPECTED, message)
                elif wanted:
                    checks.ok(f"{name}: restricted refuses: {wanted}", message and wanted in message, message)
                else:
                    checks.ok(f"{name}: restricted admits", message is None, message)
                message = verdict(made, "privileged", workload, template, "pod")
                checks.ok(f"{name}: privileged admits", message is None, message)
    if not sys.argv[1:]:
        items = lib.objects(lib.render([], "--set", "pushgateway.enabled=true,nodeExporter.enabled=true"))
        for workload, template in lib.pod_templates(items):
            if component(template) == "node-exporter":
                message = verdict(made, "restricted", workload, template, "pod")
                checks.ok("node-exporter as it comes is refused by restricted", message and "host namespaces" in violations(message), message)
                message = verdict(made, "baseline", workload, template, "pod")
                checks.ok("and by baseline", message and "host namespaces" in violations(message), message)
        checks.ok("all components were judged", {"server", "pushgateway", "node-exporter"} <= seen, seen)
        check_release(made)
    checks.finish()


def check_release(made):
    """The release itself in a namespace that enforces: ReplicaSets make the pods, the DaemonSet can't."""
    made.helm("install", "prom", lib.CHART, "-n", "restricted", "--set", "pushgateway.enabled=true,nodeExporter.enabled=true")
    made.api.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"kubernetes.io/os": "linux"}}})
    ready = [{"type": "Ready", "status": "True", "lastHeartbeatTime": None, "lastTransitionTime": None, "reason": "x", "message": "x"}]
    made.api.patch("/api/v1/nodes/n1/status", {"status": {"conditions": ready, "allocatable": {"pods": "100", "cpu": "8", "memory": "8Gi"}}})

    def owners():
        return {pod["metadata"]["labels"].get("app.kubernetes.io/component") for pod in made.api.items("/api/v1/namespaces/restricted/pods")}

    lib.until(lambda: owners() == {"server", "pushgateway"}, 30)
    checks.equal("in a restricted namespace pods are made of", owners(), {"server", "pushgateway"})

    def refusal():
        events = made.api.items("/api/v1/namespaces/restricted/events")
        return [each["message"] for each in events if each["reason"] == "FailedCreate" and each["involvedObject"]["kind"] == "DaemonSet"]

    found = lib.until(refusal, 60)
    checks.ok("and node-exporter's are refused with the reason", found and 'violates PodSecurity "restricted:latest": host namespaces' in found[0], found)


main()
