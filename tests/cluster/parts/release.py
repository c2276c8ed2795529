#!/usr/bin/env python3
"""The life of a release under the real Helm: install, test, upgrade, rollback, uninstall, reinstall over the kept claim, a second one."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import node as nodes
from releases import Release, shop

cluster.enter()
checks = lib.Checks()

# Changes between revisions that a user makes first; each must be possible on a running release, both ways.
UPGRADES = {
    "external labels": ["--set", "config.externalLabels.cluster=a"],
    "pushgateway and node-exporter on": ["--set", "pushgateway.enabled=true,nodeExporter.enabled=true"],
    "resources": ["--set", "server.resources.limits.memory=3Gi"],
    "log level": ["--set", "server.logLevel=debug"],
    "service port": ["--set", "server.service.port=80"],
}


def claims(made, namespace):
    found = made.api.items(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims")
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in found}


def mark(server):
    """The time of the oldest sample that the server still has of itself."""
    found = server.query("min_over_time(timestamp(prometheus_build_info)[1d:5s])")
    return min(value for _, value in found) if found else None


def check_life(made, node, name, flags):
    namespace = "life-" + name.lower()
    made.namespace(namespace)
    release = Release(made, node, "prom", namespace, flags=flags)
    result = release.helm("install", "--wait", "--timeout", "10m")
    checks.ok(f"{name}: install waits until all is ready", not release.not_ready(), release.not_ready)
    release.ready()
    manifest = made.helm("get", "manifest", "prom", "-n", namespace).stdout
    template = made.helm("template", "prom", lib.CHART, "-n", namespace, *flags, "--no-hooks").stdout
    checks.ok(f"{name}: the manifest of the release is what template prints", manifest.strip() == template.strip(), "they differ")
    check_tests(made, node, name, release)
    server = release.server()
    first = lib.until(lambda: mark(server), 60)
    checks.ok(f"{name}: it scrapes itself", first)

    for title, change in UPGRADES.items():
        with checks.guard(f"{name}: upgrade, {title}"):
            release.helm("upgrade", flags=[*flags, *change])
            release.ready()
            checks.ok(f"{name}: upgrade, {title}", True)
    with checks.guard(f"{name}: rollback"):
        made.helm("rollback", "prom", "1", "-n", namespace)
        release.ready()
        back = made.helm("get", "manifest", "prom", "-n", namespace).stdout
        checks.ok(f"{name}: rollback to the first revision", back == manifest, "the manifest differs")
        oldest = mark(release.server())
        checks.ok(f"{name}: samples of before are still there", oldest and oldest <= first, f"oldest {oldest}, before {first}")

    before = claims(made, namespace)
    result = release.uninstall()
    checks.ok(f"{name}: uninstall", release.gone(), "pods are left")
    kept = claims(made, namespace)
    checks.ok(f"{name}: the claim is kept", kept and kept.items() <= before.items(), (before, kept))
    left = [lib.key(each) for each in leftovers(made, namespace)]
    checks.ok(f"{name}: nothing else is left", not left, left)
    release.helm("install")
    release.ready()
    checks.ok(f"{name}: reinstalled over the same claim", kept.items() <= claims(made, namespace).items(), claims(made, namespace))
    oldest = lib.until(lambda: mark(release.server()), 30)
    checks.ok(f"{name}: with the samples of before", oldest and oldest <= first, f"oldest {oldest}, before {first}")
    return release


# What promtool refuses and the chart cannot see: fields and expressions of texts that it passes on.
FAULTY = {
    "an expression": {"rules": {"groups": {"own": {"groups": [{"name": "own", "rules": [{"record": "own:up", "expr": "sum(up"}]}]}}}},
    "a field of the configuration": {"config": {"raw": "scrape_configs: [{job_name: x, nonsense: true}]"}, "rbac": {"create": False}},
}


def check_validate(made, node):
    """`config.validate`: promtool stops an installation and an upgrade with a faulty file, and what runs stays as it is."""
    namespace, folder = "life-validate", lib.scratch("release-values")
    made.namespace(namespace)
    on = ["--set", "config.validate.enabled=true,rules.builtin.enabled=true"]
    release = Release(made, node, "prom", namespace, flags=on)
    files = {}
    for title, values in FAULTY.items():
        files[title] = lib.write_json(folder / f"{title.replace(' ', '-')}.json", values)
    for title, file in files.items():
        flags = ["--set", "config.validate.enabled=true"]
        text = release.helm("install", "--timeout", "3m", files=[file], flags=flags, check=False)
        checks.ok(f"validate: {title} stops an installation", text.returncode == 1 and "validate" in text.stderr, text.stderr)
        found = [lib.key(each) for each in release.workloads()]
        checks.equal(f"validate: {title}: nothing was installed", found, [])
        release.uninstall()
    release.install("--timeout", "3m")
    release.ready()
    checks.ok("validate: good files are installed", bool(release.server().data("/api/v1/rules")["groups"]))
    before, pod = release.server().config(), release.server().pod.name
    for title, file in files.items():
        text = release.helm("upgrade", "--timeout", "3m", files=[file], flags=["--set", "config.validate.enabled=true"], check=False)
        checks.ok(f"validate: {title} stops an upgrade", text.returncode == 1 and "validate" in text.stderr, text.stderr)
        checks.ok(f"validate: {title}: the server runs on with what it had", not release.not_ready() and release.server().config() == before and release.server().pod.name == pod, release.not_ready)
    release.upgrade("--timeout", "3m", flags=[*on, "--set", "config.externalLabels.cluster=a"])
    release.ready()
    made.helm("rollback", "prom", "1", "-n", namespace, "--timeout", "3m")
    release.ready()
    checks.ok("validate: a good upgrade and a rollback pass", True)
    left = [each["metadata"]["name"] for each in made.api.items(release.path("batch/v1", "jobs"))]
    checks.equal("validate: no Job is left", left, [])
    release.uninstall()
    release.gone()


def leftovers(made, namespace):
    """Objects of the release that uninstall has left, apart from claims, and what Kubernetes makes in every namespace."""
    found = []
    for (_, kind), (prefix, plural, has_namespace) in cluster.kinds_of(made.api).items():
        if kind in ("Event", "Lease", "PersistentVolumeClaim", "Secret", "PersistentVolume", "Namespace", "Node") or "metrics" in prefix:
            continue
        path = f"{prefix}/namespaces/{namespace}/{plural}" if has_namespace else f"{prefix}/{plural}"
        try:
            items = made.api.items(path)
        except cluster.Refused:
            continue
        for each in items:
            each["kind"] = kind
            labels = each["metadata"].get("labels") or {}
            hook = "helm.sh/hook" in (each["metadata"].get("annotations") or {})
            if labels.get("app.kubernetes.io/managed-by") == "Helm" and not hook and (has_namespace or namespace in each["metadata"]["name"]):
                found.append(each)
    return found


def check_tests(made, node, name, release):
    """`helm test`: the chart's own tests, whose pods run for real."""
    hooks = lib.objects(made.helm("get", "hooks", release.name, "-n", release.namespace).stdout)
    tests = [each for each in hooks if "test" in (each["metadata"].get("annotations") or {}).get("helm.sh/hook", "").split(",")]
    if not tests:
        print(f"     {name}: the chart has no helm tests yet")
        return
    result = made.helm("test", release.name, "-n", release.namespace, "--timeout", "10m", check=False)
    checks.ok(f"{name}: helm test passes", result.returncode == 0, lambda: result.stdout + result.stderr + node.logs(release.namespace))


def check_deployment(made, node):
    release = check_life(made, node, "Deployment", [])
    # A second release beside it, in the same namespace and in another one.
    for title, other in (("in the same namespace", Release(made, node, "second", release.namespace)), ("in another namespace", Release(made, node, "prom", "life-other"))):
        made.namespace(other.namespace)
        with checks.guard(f"a second release {title}"):
            other.install()
            other.ready()
            checks.ok(f"a second release {title}", len(other.servers()) >= 1)
            release.ready()
            other.uninstall()
            made.helm("upgrade", "prom", lib.CHART, "-n", release.namespace)
            checks.ok(f"and the first one is unharmed when the one {title} goes", not release.not_ready(), release.not_ready)
    release.uninstall()


def check_stateful_set(made, node):
    check_life(made, node, "StatefulSet", ["--set", "server.replicas=2"]).uninstall()


CASES = {"deployment": check_deployment, "validate": check_validate, "statefulset": check_stateful_set}


def main():
    made, node = nodes.start("release")
    shop(made, node)
    for name, check in CASES.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        with checks.guard(f"{name}: life of a release"):
            check(made, node)
    checks.finish()


main()
