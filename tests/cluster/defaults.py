#!/usr/bin/env python3
"""Records the objects that a real API server makes of given ones: what a policy sees, with defaults and without what Go leaves out.

    eval "$(tests/cluster/apiserver start --controllers)"
    tests/cluster/defaults.py                 # writes crates/k8s/tests/defaults/VERSION.json

The objects are those of crates/k8s/tests/verdicts/bases.yaml and of crates/k8s/tests/defaults/objects.yaml, created by a dry run. The test
crates/k8s/tests/defaults.rs compares `promchart_k8s::defaulted` with the answers. Recorded is how an answer differs from what was sent,
without what the server makes up: identifiers, times, addresses, ports, tokens, users, `status`.
"""

import copy
import json
import pathlib
import re

import yaml

from mutate import BASES, Loader, Server

FOLDER = BASES.parents[1] / "defaults"
MADE_UP = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"]
JOB_LABEL = re.compile(r"(batch\.kubernetes\.io/)?(controller-uid|job-name)$")


def own(obj):
    """The object without what the server makes up."""
    obj = copy.deepcopy(obj)
    obj.pop("status", None)
    for name in MADE_UP:
        obj["metadata"].pop(name, None)
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return obj
    if obj["kind"] in ("ResourceSlice", "DeviceTaintRule"):
        taints = [taint for device in spec.get("devices", []) for taint in device.get("taints", [])] + [spec.get("taint", {})]
        for taint in taints:
            taint.pop("timeAdded", None)
    if obj["kind"] == "Service":
        for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
            spec.pop(name, None)
        for port in spec.get("ports", []):
            port.pop("nodePort", None)
    if obj["kind"] == "CertificateSigningRequest":
        for name in ("username", "groups", "extra", "uid"):
            spec.pop(name, None)
    if obj["kind"] == "Job" and not spec.get("manualSelector"):
        spec.pop("selector", None)
        for metadata in (obj["metadata"], spec["template"].get("metadata", {})):
            labels = {name: text for name, text in metadata.pop("labels", {}).items() if not JOB_LABEL.match(name)}
            if labels:
                metadata["labels"] = labels
    if obj["kind"] == "Pod":
        # Old servers write these annotations of fields.
        annotations = obj["metadata"].get("annotations") or {}
        for name in [name for name in annotations if name.startswith("container.apparmor.security.beta.kubernetes.io/")]:
            del annotations[name]
        # The token of the ServiceAccount, in a volume with a random name.
        is_token = lambda item: item.get("name", "").startswith("kube-api-access-")
        for parent, name in [(spec, "volumes")] + [(each, "volumeMounts") for key in ("containers", "initContainers") for each in spec.get(key, [])]:
            items = [item for item in parent.pop(name, []) if not is_token(item)]
            if items:
                parent[name] = items
    return obj


def differences(sent, answer, path, sets, removes):
    """The smallest changes that make the answer of what was sent; lists of other lengths are set as a whole."""
    step = lambda key: path + "/" + str(key).replace("~", "~0").replace("/", "~1")
    if isinstance(sent, dict) and isinstance(answer, dict):
        removes += [step(key) for key in sent if key not in answer]
        for key, value in answer.items():
            if key in sent:
                differences(sent[key], value, step(key), sets, removes)
            else:
                sets[step(key)] = value
    elif isinstance(sent, list) and isinstance(answer, list) and len(sent) == len(answer):
        for index, pair in enumerate(zip(sent, answer)):
            differences(*pair, step(index), sets, removes)
    elif sent != answer or type(sent) is not type(answer):
        sets[path] = answer


def main():
    server, recorded, refused = Server(), [], []
    for file in (BASES, FOLDER / "objects.yaml"):
        for obj in yaml.load_all(file.read_text(encoding="utf-8"), Loader):
            if not server.knows(obj):
                continue
            obj = json.loads(json.dumps(obj))
            obj.pop("status", None)
            obj["metadata"].pop("namespace", None)
            path, plural, namespaced = server.resources[obj["apiVersion"], obj["kind"]]
            path += ("/namespaces/default/" if namespaced else "/") + plural
            answer = server.call("POST", f"{path}?dryRun=All", json.dumps(obj).encode(), "application/json")
            name = f"{obj['kind']}/{obj['metadata']['name']}"
            if answer.pop("code") >= 300:
                refused.append(f"{name}: {answer['message'][:200]}")
                continue
            if namespaced:
                obj["metadata"]["namespace"] = "default"
            sets, removes = {}, []
            differences(own(obj), own(answer), "", sets, removes)
            recorded.append({"object": name, "set": sets, "remove": removes})
    text = ",\n".join(json.dumps(line, ensure_ascii=False) for line in recorded)
    (FOLDER / f"{server.version}.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(f"Kubernetes {server.version}: {len(recorded)} objects recorded, {len(refused)} refused", *refused, sep="\n")


if __name__ == "__main__":
    main()
