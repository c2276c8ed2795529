#!/usr/bin/env python3
"""Every profile and value set rendered, and each file of Prometheus in it given to the real promtool.

No cluster and no process: this is the fast part. With Helm and promchart both there, their renders must be equal bytes.
"""

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import images
import lib
from certificates import Authority
from lib import yaml

checks = lib.Checks()
folder = lib.scratch("configs")
authority = Authority(folder / "authority")
TOOLS = [name for name in ("promtool", "promtool-lts") if (lib.COMPONENTS / "bin" / name).exists()]
SHELL = lib.COMPONENTS / "bin/busybox"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"


def files_of_source(items, namespace, source):
    """{path: bytes} of one volume source of ConfigMaps and Secrets; None if the object is not rendered."""
    for kind, field, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
        if field not in source:
            continue
        wanted = source[field].get(name) or source[field].get("name")
        for each in lib.of_kind(items, kind):
            if each["metadata"]["name"] == wanted and each["metadata"].get("namespace", namespace) == namespace:
                data = lib.data_of(each)
                chosen = source[field].get("items")
                return {entry["path"]: data[entry["key"]] for entry in chosen} if chosen else data
        return None
    return {}


def files_of_container(items, workload, template, container):
    """({path: bytes} below the container's mounts, names of objects that are not there)."""
    namespace = workload["metadata"].get("namespace")
    volumes = {each["name"]: each for each in template["spec"].get("volumes", [])}
    files, missing = {f"{TOKEN}/{name}": b"x" for name in ("token", "ca.crt", "namespace")}, []
    for mount in container.get("volumeMounts", []):
        volume = volumes.get(mount["name"], {})  # none: a volume of volumeClaimTemplates
        sources = volume.get("projected", {}).get("sources", [volume])
        for source in sources:
            found = files_of_source(items, namespace, source)
            if found is None:
                optional = any((source.get(kind) or {}).get("optional") for kind in ("configMap", "secret"))
                if not optional:
                    missing.append(f"{workload['kind']}/{workload['metadata']['name']} volume {volume['name']}: {source}")
                continue
            for path, data in found.items():
                sub = mount.get("subPath")
                if sub is None:
                    files[f"{mount['mountPath']}/{path}"] = data
                elif path == sub:
                    files[mount["mountPath"]] = data
    return files, missing


def files_of_init(items, workload, template, container):
    """{path: bytes} that init containers of the same image write for a container: their commands are run, as on a node n1."""
    found = {}
    empty = {each["name"] for each in template["spec"].get("volumes", []) if "emptyDir" in each}
    shared = {each["name"]: each["mountPath"] for each in container.get("volumeMounts", []) if each["name"] in empty}
    for init in template["spec"].get("initContainers", []):
        mounts = [each for each in init.get("volumeMounts", []) if each["name"] in shared]
        if not mounts or init["image"] != container["image"]:
            continue
        files, _ = files_of_container(items, workload, template, init)
        root = Root(files, SHELL, "busybox")
        for mount in mounts:
            (root.path / mount["mountPath"].lstrip("/")).mkdir(parents=True)
        env = {each["name"]: each.get("value", "n1") for each in init.get("env", [])}
        command = [lib.expand(word, env) for word in [*init["command"], *init.get("args", [])]]
        result = root.run("/busybox", "env", "-i", "PATH=/bin", *(f"{name}={value}" for name, value in env.items()), *command)
        if result.returncode:
            raise RuntimeError(f"init container {init['name']}: exit code {result.returncode}\n{result.stdout}{result.stderr}")
        for mount in mounts:
            base = root.path / mount["mountPath"].lstrip("/")
            for path in (each for each in base.rglob("*") if each.is_file()):
                found[f"{shared[mount['name']]}/{path.relative_to(base)}"] = path.read_bytes()
    return found


class Root:
    """A folder that a program, promtool unless told otherwise, sees as its root."""

    def __init__(self, files, tool, name="promtool"):
        self.path = folder / "root"
        shutil.rmtree(self.path, ignore_errors=True)
        (self.path / "tmp").mkdir(parents=True)
        for path, data in files.items():
            target = self.path / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        try:
            os.link(tool, self.path / name)
        except OSError:
            shutil.copy(tool, self.path / name)
        if name == "busybox":
            (self.path / "bin").mkdir()
            for applet in images.APPLETS:
                (self.path / "bin" / applet).symlink_to("/busybox")

    def run(self, *words):
        user = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
        command = [*user, "chroot", self.path, *words]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)

    def promtool(self, *words):
        return self.run("/promtool", *words)


def can_change_root():
    user = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]
    return subprocess.run([*user, "chroot", "/", "true"], capture_output=True, check=False).returncode == 0


def matching(files, patterns):
    return sorted(path for path in files if any(fnmatch.fnmatch(path, pattern) for pattern in patterns))


def tool_for(container):
    version = lib.version_of(container)
    lts = tuple(int(part) for part in lib.versions()["PROMETHEUS_LTS"].split("."))
    if version and version[:2] <= lts[:2] and (lib.COMPONENTS / "bin/promtool-lts").exists():
        return lib.program("promtool-lts")
    return lib.program("promtool")


def check_container(name, items, workload, template, container):
    files, missing = files_of_container(items, workload, template, container)
    flags = lib.flags_of(container)
    label = f"{name} {workload['kind']}/{workload['metadata']['name']}"
    if not checks.ok(f"{label}: the objects of its volumes are there", not missing, "\n".join(missing)):
        return
    if lib.is_prometheus(container) and any(each["image"] == container["image"] for each in template["spec"].get("initContainers", [])):
        if not SHELL.exists():
            print(f"     {label}: not checked: an init container writes its files, and there is no {SHELL} (tests/cluster/install busybox)")
            return
        files |= files_of_init(items, workload, template, container)
        unset = [path for path, data in files.items() if b"$(NODE_NAME)" in data and path in lib.flags_of(container).get("config.file", [])]
        checks.ok(f"{label}: its init container writes the node's name", not unset, unset)
    if lib.is_prometheus(container):
        tool = tool_for(container)
        root = Root(files, tool)
        path = flags.get("config.file", ["/etc/prometheus/prometheus.yml"])[-1]
        agent = ["--agent"] if "agent" in flags else []
        result = root.promtool("check", "config", *agent, "--lint=duplicate-rules", "--lint-fatal", path)
        which = tool.parent.name
        checks.ok(f"{label}: check config, {which}", result.returncode == 0, result.stdout + result.stderr)
        config = yaml.load(files.get(path, b""), lib.Loader) or {}
        rules = matching(files, config.get("rule_files") or [])
        if rules:
            result = root.promtool("check", "rules", "--lint=all", "--lint-fatal", *rules)
            checks.ok(f"{label}: check rules ({len(rules)} files), {which}", result.returncode == 0, result.stdout + result.stderr)
    else:
        root = None
    web = flags.get("web.config.file")
    if web:
        root = root or Root(files, lib.program("promtool"))
        result = root.promtool("check", "web-config", web[-1])
        checks.ok(f"{label}: check web-config", result.returncode == 0, result.stdout + result.stderr)


def check_set(each):
    with checks.guard(f"{each.name}: renders"):
        text = each.render(tool=lib.helm())
        if lib.promchart() and not each.want("random"):
            own = each.render(tool=lib.promchart())
            checks.ok(f"{each.name}: Helm and promchart render equal bytes", text == own, lambda: first_difference(text, own))
        items = lib.objects(text)
        for name in each.wants.get("needs", []):
            items += lib.objects((lib.HERE / f"objects/{name}.yaml").read_text())
        for item in items:
            item["metadata"].setdefault("namespace", each.namespace)
        items += [authority.secret(item) for item in lib.of_kind(items, "Certificate")]
        for workload, template in lib.pod_templates(items):
            for container in template["spec"]["containers"]:
                check_container(each.name, items, workload, template, container)


def first_difference(helm, own):
    for number, (left, right) in enumerate(zip(helm.splitlines(), own.splitlines()), 1):
        if left != right:
            return f"line {number}\nhelm      {left}\npromchart {right}"
    return "one is longer"


def check_rules_tests():
    """tests/cluster/rules/*.yaml are files of `promtool test rules` for the rules that a values file renders.

    The header names it (`# values: FILE`); `rule_files: [RULES]` stands for all rule files of the render.
    """
    for path in sorted((lib.HERE / "rules").glob("*.yaml")):
        header = re.search(r"^# values: (.+)$", path.read_text(), re.MULTILINE)
        with checks.guard(f"{path.name}: test rules"):
            items = lib.objects(lib.render([lib.ROOT / header[1]]))
            files, names = {}, []
            for workload, template in lib.pod_templates(items):
                for container in filter(lib.is_prometheus, template["spec"]["containers"]):
                    files, _ = files_of_container(items, workload, template, container)
                    config = files[lib.flags_of(container).get("config.file", ["/etc/prometheus/prometheus.yml"])[-1]]
                    names = matching(files, yaml.load(config, lib.Loader).get("rule_files") or [])
            text = path.read_text().replace("RULES", ", ".join(names))
            for tool in TOOLS:
                root = Root({**files, "/test.yaml": text.encode()}, lib.program(tool))
                result = root.promtool("test", "rules", "/test.yaml")
                checks.ok(f"{path.name}: test rules, {tool}", names and result.returncode == 0, result.stdout + result.stderr)


def check_versions():
    """The chart names the versions that are run here."""
    versions = lib.versions()
    chart = yaml.safe_load((lib.CHART / "Chart.yaml").read_text())
    checks.equal("appVersion of Chart.yaml is PROMETHEUS of versions.env", chart["appVersion"], versions["PROMETHEUS"])
    items = lib.objects(lib.render([], "--set", "pushgateway.enabled=true,nodeExporter.enabled=true"))
    for workload, template in lib.pod_templates(items):
        for container in template["spec"]["containers"]:
            name = container["image"].rsplit("/", 1)[-1].split(":")[0]
            wanted = versions.get(name.upper().replace("-", "_"))
            if wanted:
                checks.equal(f"image {name} is the version of versions.env", container["image"].rsplit(":", 1)[-1], f"v{wanted}")


def main():
    lib.program("promtool")
    if not can_change_root():
        lib.skip("promtool must see the files of the pod at their paths, and this user may not use chroot, not even in a user namespace")
    if "promtool-lts" not in TOOLS:
        print("     no promtool of the LTS here: values for it are given to the newest promtool")
    check_versions()
    for each in lib.value_sets():
        check_set(each)
    check_rules_tests()
    checks.finish()


main()
