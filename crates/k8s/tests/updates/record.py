#!/usr/bin/env python3
"""Records what a real API server says of updates, for tests that have no server.

    eval "$(tests/cluster/apiserver start --controllers)"
    PATH="$(tests/cluster/apiserver path):$PATH" crates/k8s/tests/updates/record.py

Each case of cases.yaml is tried twice on a fresh object: as Helm 4 updates (server-side apply) and as Helm 3 does (a three-way
merge, which `kubectl apply` makes in the same way). verdicts.json has for each case the server's words, or "" where it takes the
update, and what is at the place that `see` names afterwards. Everything that is made is deleted again.
"""

import copy
import json
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3] / "tests/cluster"))

from cel import Server  # noqa: E402
from lib import yaml  # noqa: E402

NAMESPACE = "promchart-updates"
APPLY = "application/apply-patch+yaml"


def steps(pointer):
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def at(value, step):
    return value[int(step)] if isinstance(value, list) else value[step]


def change(value, sets, removes):
    for pointer, new in (sets or {}).items():
        *way, last = steps(pointer)
        place = value
        for step in way:
            place = at(place, step) if isinstance(place, list) else place.setdefault(step, {})
        if isinstance(place, list):
            place[int(last):int(last) + 1] = [new]
        elif new is None:
            place.pop(last, None)
        else:
            place[last] = new
    for pointer in removes or []:
        *way, last = steps(pointer)
        place = value
        for step in way:
            place = at(place, step)
        del place[int(last) if isinstance(place, list) else last]


def seen(object, pointer):
    for step in steps(pointer):
        try:
            object = at(object, step)
        except (KeyError, IndexError):
            return None
    return object


def words(message):
    """A refusal without the name of the object and the values, which Go prints."""
    message = re.sub(r"Invalid value: .*?: (?=[a-z ]*(field is immutable|cannot change|may not|may only|primary|must|can not|at least|Libraries))",
                     "Invalid value: ", message, flags=re.S)
    message = re.sub(r"^.*? is (invalid|forbidden): ", "", message, flags=re.S).strip()
    # What has changed in Go's structures follows some messages; addresses are drawn.
    message = re.sub(r"\n@@.*?(?=\n, |\Z)", "", message, flags=re.S)
    message = re.sub(r'"10\.0\.\d+\.\d+"', '"10.0.0.1"', message)
    if message.startswith("* "):
        message = "[" + ", ".join(line.removeprefix("* ") for line in message.split("\n")) + "]"
    return message


def kubectl(*arguments, given):
    return subprocess.run(["kubectl", *arguments, "-f", "-"], input=json.dumps(given), capture_output=True, text=True)


def gone(server, path):
    server.request("DELETE", path + "?gracePeriodSeconds=0&propagationPolicy=Background")
    for _ in range(100):
        status, found, _ = server.request("GET", path)
        if status == 404:
            return
        if found.get("metadata", {}).get("finalizers"):
            server.request("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        time.sleep(0.05)
    raise SystemExit(f"{path} does not go away")


def settled(server, path, object):
    if object["kind"] == "CustomResourceDefinition":
        for _ in range(200):
            found = server.must("GET", path)
            if any(c["type"] == "Established" and c["status"] == "True" for c in found.get("status", {}).get("conditions") or []):
                return
            time.sleep(0.05)


def tried(server, case, old, new, apply):
    path = server.path(old) + "/" + old["metadata"]["name"]
    if apply:
        status, answer, _ = server.request("PATCH", path + "?fieldManager=helm&force=true", old, APPLY)
        made = answer.get("message", "") if status >= 300 else ""
    else:
        made = kubectl("apply", given=old).stderr
        made = "" if "rror" not in made else made
    if made:
        raise SystemExit(f"{case}: the old object is refused: {made}")
    settled(server, path, old)
    if case.get("status"):
        server.must_patch(path + "/status", {"status": case["status"]})
    if apply:
        status, answer, _ = server.request("PATCH", path + "?fieldManager=helm&force=true", new, APPLY)
        verdict = words(answer.get("message", "")) if status >= 300 else ""
    else:
        run = kubectl("apply", given=new)
        verdict = words(run.stderr) if run.returncode else ""
    result = {"verdict": verdict}
    if case.get("see"):
        result["see"] = seen(server.must("GET", path), case["see"])
    gone(server, path)
    return result


def main():
    server = Server(os.environ["KUBECONFIG"])

    def must_patch(path, body):
        status, answer, _ = server.request("PATCH", path, body, "application/merge-patch+json")
        if status >= 300:
            raise SystemExit(f"{path}: {answer.get('message')}")

    server.must_patch = must_patch
    server.request("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for _ in range(200):
        if server.request("GET", f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default")[0] == 200:
            break
        time.sleep(0.05)
    bases = yaml.safe_load((HERE / "bases.yaml").read_text())
    cases = yaml.safe_load((HERE / "cases.yaml").read_text())
    verdicts = []
    for number, case in enumerate(cases):
        old = copy.deepcopy(bases[case["base"]])
        change(old, case.get("old"), None)
        new = copy.deepcopy(old)
        change(new, case.get("set"), case.get("remove"))
        _, namespaced = server.resource(old["apiVersion"], old["kind"])
        names = {}
        for object in (old, new):
            if namespaced:
                object["metadata"]["namespace"] = NAMESPACE
            else:
                names[object["metadata"]["name"]] = True
        verdict = {"case": number, "base": case["base"]}
        verdict["apply"] = tried(server, case, old, new, True)
        verdict["merge"] = tried(server, case, old, new, False)
        verdicts.append(verdict)
        print(number, case["base"], verdict["apply"], verdict["merge"] if verdict["merge"] != verdict["apply"] else "", flush=True)
    server.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")
    lines = ",\n".join(json.dumps(verdict) for verdict in verdicts)
    (HERE / "verdicts.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
