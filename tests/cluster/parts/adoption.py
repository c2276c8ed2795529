#!/usr/bin/env python3
"""The way of the profiles fst-manage: the old manifests applied with kubectl, adopted, fixed, and the way back.

The commands are read from the headers of the profiles, so that what is documented is what is run.
"""

import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release, shop

cluster.enter()
checks = lib.Checks()
NAMESPACE = "fst-manage"


def documented(profile):
    """The helm command of a profile's header, continued lines joined."""
    text = re.sub(r"\\\n#\s*", "", (lib.ROOT / f"values/{profile}.yaml").read_text())
    found = re.search(r"^#\s+helm (.+)$", text, re.MULTILINE)
    return shlex.split(found[1])


def workloads(api):
    found = {}
    for kind in ("deployments", "daemonsets"):
        for each in api.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/{kind}"):
            found[f"{kind}/{each['metadata']['name']}"] = each
    return found


def pods(api):
    return {each["metadata"]["uid"] for each in api.items(f"/api/v1/namespaces/{NAMESPACE}/pods")}


def replica_sets(api):
    found = api.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/replicasets")
    return {each["metadata"]["name"] for each in found if each["spec"]["replicas"]}


def templates(api):
    return {name: each["spec"]["template"] for name, each in workloads(api).items()}


def live(made, items):
    """The same of the objects in the cluster."""
    found = []
    for item in items:
        where = ["-n", item["metadata"]["namespace"]] if item["metadata"].get("namespace") else []
        group = item["apiVersion"].partition("/")[0] if "/" in item["apiVersion"] else ""
        kind = item["kind"] + (f".{item['apiVersion'].partition('/')[2]}.{group}" if group else "")
        text = made.kubectl("get", kind, item["metadata"]["name"], *where, "-o", "json").stdout
        found.append(lib.json.loads(text))
    return found


def strip(item):
    """An object without what the server and its history add."""
    meta = item["metadata"]
    for name in ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"):
        meta.pop(name, None)
    annotations = meta.get("annotations", {})
    for name in list(annotations):
        if name.startswith(("deployment.kubernetes.io/", "pv.kubernetes.io/", "volume.kubernetes.io/", "kubectl.kubernetes.io/", "deprecated.daemonset")):
            del annotations[name]
    if not annotations:
        meta.pop("annotations", None)
    item.pop("status", None)
    for name in ("clusterIP", "clusterIPs", "volumeName", "healthCheckNodePort"):
        item.get("spec", {}).pop(name, None) if isinstance(item.get("spec"), dict) else None
    item.pop("secrets", None)
    return item


def main():
    made, node = nodes.start("adoption")
    api = made.api
    shop(made, node)
    made.namespace(NAMESPACE)
    release = Release(made, node, "prometheus", NAMESPACE)

    # The old deployment, as its handbook makes it.
    made.kubectl("apply", *(word for path in sorted((lib.ROOT / "tests/fixtures/seed").glob("*.yaml")) for word in ("-f", path)))
    release.ready(120)
    before, sets, running = templates(api), replica_sets(api), pods(api)
    checks.equal("the old manifests run: two ReplicaSets, one DaemonSet", (len(sets), len(before)), (2, 3))

    # Adopted.
    command = documented("fst-manage")
    print("     helm " + " ".join(command))
    result = made.helm(*command, check=False)
    if not checks.ok("the documented command adopts them", result.returncode == 0, result.stderr):
        checks.finish()
    checks.ok("the pod templates are the same", templates(api) == before, lambda: f"{before}\n{templates(api)}")
    checks.equal("the same ReplicaSets", replica_sets(api), sets)
    lib.time.sleep(3)
    checks.equal("the same pods run on", pods(api), running)
    again = made.helm("upgrade", "prometheus", lib.CHART, "-n", NAMESPACE, "-f", lib.ROOT / "values/fst-manage.yaml", check=False)
    checks.ok("an upgrade without a change, with Helm's own way of applying, has no conflict", again.returncode == 0, again.stderr)
    checks.equal("and the same pods run on", pods(api), running)
    server = release.server()
    jobs = lib.until(lambda: server.targets(), 60) or {}
    checks.ok("the adopted server still scrapes", sum(len(each) for each in jobs.values()) > 0, jobs)

    # Fixed.
    command = documented("fst-manage-fixed")
    print("     helm " + " ".join(command))
    result = made.helm(*command, check=False)
    checks.ok("the documented command goes on to fst-manage-fixed", result.returncode == 0, result.stderr)
    with checks.guard("fst-manage-fixed becomes ready"):
        release.ready(120)
        checks.ok("fst-manage-fixed becomes ready", True)
    items = lib.objects(made.helm("get", "manifest", "prometheus", "-n", NAMESPACE).stdout)
    adopted = {lib.key(each): strip(each) for each in live(made, items)}

    # Back with an upgrade, as documented, and forth again.
    for profile in ("fst-manage", "fst-manage-fixed"):
        result = made.helm("upgrade", "prometheus", lib.CHART, "-n", NAMESPACE, "-f", lib.ROOT / f"values/{profile}.yaml", check=False)
        checks.ok(f"an upgrade to {profile}", result.returncode == 0, result.stderr)
        with checks.guard(f"{profile} becomes ready after it"):
            release.ready(120)
            checks.ok(f"{profile} becomes ready after it", True)
        checks.equal(f"{profile}: no workload names a ServiceAccount that is gone", orphans(made), {})
    check_rollback(made, release)

    # A new installation makes the same objects.
    release.uninstall()
    release.gone()
    for claim in api.items(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"):
        api.delete(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims/{claim['metadata']['name']}")
    lib.until(lambda: not api.items(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"))
    made.helm("install", "prometheus", lib.CHART, "-n", NAMESPACE, "-f", lib.ROOT / "values/fst-manage-fixed.yaml")
    fresh = {lib.key(each): strip(each) for each in live(made, items)}
    different = [name for name in fresh if fresh[name] != adopted.get(name)]
    detail = "\n".join(f"{name}\nadopted {adopted.get(name)}\nfresh   {fresh[name]}" for name in different)
    checks.ok(f"the {len(fresh)} adopted and fixed objects equal those of a new installation", not different and fresh, detail)
    checks.finish()


def orphans(made):
    """{workload: ServiceAccount} where the account does not exist."""
    accounts = {each["metadata"]["name"] for each in made.api.items(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts")}
    named = {name: each["spec"]["template"]["spec"].get("serviceAccountName", "default") for name, each in workloads(made.api).items()}
    return {name: account for name, account in named.items() if account not in accounts}


def check_rollback(made, release):
    """A rollback to the adopted revision, and an upgrade forth again."""
    result = made.helm("rollback", "prometheus", "1", "-n", NAMESPACE, check=False)
    checks.ok("a rollback to the adopted revision", result.returncode == 0, result.stderr)
    checks.equal("after it no workload names a ServiceAccount that is gone", orphans(made), {})
    with checks.guard("after it everything becomes ready"):
        release.ready(120)
        checks.ok("after it everything becomes ready", True)
    result = made.helm("upgrade", "prometheus", lib.CHART, "-n", NAMESPACE, "-f", lib.ROOT / "values/fst-manage-fixed.yaml", check=False)
    checks.ok("an upgrade forth again", result.returncode == 0, result.stderr)
    with checks.guard("after that everything becomes ready"):
        release.ready(120)
        checks.ok("after that everything becomes ready", True)


main()
