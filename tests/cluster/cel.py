#!/usr/bin/env python3
"""Records what a real API server says of expressions of CEL, for tests that have no server.

    eval "$(tests/cluster/apiserver start --controllers)"
    tests/cluster/cel.py                      # all cases, in place
    tests/cluster/cel.py crates/cel/tests/cases/lists.txt

Three kinds of files, each told by its folder:

- crates/cel/tests/cases/*.txt: a line `$ EXPRESSION` for each case; behind it is written `= VALUE` (as `'%s'.format` prints it),
  `! ERROR` or `- WHY IT DOES NOT COMPILE`. The line `# spec: JSON` has what is in `object.spec`.
- crates/k8s/tests/cel/resources/*.yaml: CustomResourceDefinitions, then objects of theirs; NAME.json gets a verdict for each object.
- crates/k8s/tests/cel/policies/*.yaml: Namespaces, definitions, policies, bindings, objects labelled `setup: "true"`, then the objects that
  are tried; NAME.json gets a verdict for each.

Everything that is made on the server is deleted again.
"""

import json
import os
import pathlib
import re
import ssl
import sys
import time
import urllib.error
import urllib.request

from lib import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["crates/cel/tests/cases", "crates/k8s/tests/cel/resources", "crates/k8s/tests/cel/policies"]
GROUP = "cases.promchart.example"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"


class Server:
    """The API of the cluster of $KUBECONFIG, as its administrator."""

    def __init__(self, path):
        config = yaml.safe_load(pathlib.Path(path).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = cluster["server"]
        self.context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self.context.load_cert_chain(user["client-certificate"], user["client-key"])
        self.resources = {}

    def request(self, method, path, body=None, content="application/json"):
        """(status, body, warnings)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": content}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                return answer.status, json.load(answer), warnings(answer.headers)
        except urllib.error.HTTPError as answer:
            text = answer.read().decode()
            body = json.loads(text) if text.startswith("{") else {"message": text}
            return answer.code, body, warnings(answer.headers)

    def must(self, method, path, body=None):
        status, answer, _ = self.request(method, path, body)
        if status >= 300:
            raise SystemExit(f"{method} {path}: {answer.get('message', status)}")
        return answer

    def resource(self, api_version, kind):
        """(plural, whether it is in namespaces); waits for a definition to be served."""
        for _ in range(100):
            if (api_version, kind) in self.resources:
                return self.resources[api_version, kind]
            base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
            status, answer, _ = self.request("GET", base)
            for each in answer.get("resources", []) if status == 200 else []:
                if "/" not in each["name"]:
                    self.resources[api_version, each["kind"]] = (each["name"], each["namespaced"])
            if (api_version, kind) not in self.resources:
                time.sleep(0.1)
        raise SystemExit(f"{kind} of {api_version} is not served")

    def path(self, object):
        """The collection that an object belongs into."""
        api_version, kind = object["apiVersion"], object["kind"]
        plural, namespaced = self.resource(api_version, kind)
        base = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if namespaced:
            base += "/namespaces/" + object["metadata"].get("namespace", "default")
        return f"{base}/{plural}"

    def create(self, object):
        path = self.path(object)
        self.must("POST", path, object)
        return f"{path}/{object['metadata']['name']}"

    def delete(self, paths):
        for path in reversed(paths):
            self.request("DELETE", path)
        for path in paths:
            # Namespaces take a while, and nothing else is in them.
            for _ in range(100 if "/namespaces/" not in path or path.count("/") > 4 else 0):
                if self.request("GET", path)[0] == 404:
                    break
                time.sleep(0.1)
        self.resources.clear()


def warnings(headers):
    found = []
    for header in headers.get_all("Warning") or []:
        text = re.match(r'\d+ \S+ "(.*)"$', header)
        found.append(re.sub(r"\\(.)", r"\1", text[1]) if text else header)
    return found


def policy(name, expression, message, label):
    rules = [{"apiGroups": [GROUP], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": rules, "objectSelector": {"matchLabels": {"case": label}}},
            "validations": [{"expression": expression, "messageExpression": message, "message": "~"}],
        },
    }


def binding(name):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }


DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"cases.{GROUP}"},
    "spec": {
        "group": GROUP,
        "names": {"kind": "Case", "plural": "cases"},
        "scope": "Cluster",
        "versions": [{
            "name": "v1",
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }},
        }],
    },
}


def expressions(server, file):
    lines = [line for line in file.read_text().splitlines() if line[:2] not in ("= ", "! ", "- ") and line != "="]
    spec = next((json.loads(line[8:]) for line in lines if line.startswith("# spec: ")), {})
    cases = [line[2:] for line in lines if line.startswith("$ ")]
    verdicts, made = {}, [server.create(DEFINITION)]
    try:
        collection = f"/apis/{GROUP}/v1/cases"
        server.resource(f"{GROUP}/v1", "Case")
        waiting = []
        for number, expression in enumerate(cases):
            name = f"case-{number}"
            text = f"[{expression}].size() < 0"
            status, answer, _ = server.request("POST", f"{ADMISSION}/validatingadmissionpolicies", policy(name, text, f"'=' + '%s'.format([{expression}])", name))
            if status >= 300:
                causes = [cause["message"] for cause in answer["details"]["causes"]]
                reason = re.search(r"ERROR: [^:]+:\d+:\d+: ([^\n]*)", causes[0])
                verdicts[expression] = "- " + (reason[1] if reason else causes[0].splitlines()[0])
                continue
            made.append(f"{ADMISSION}/validatingadmissionpolicies/{name}")
            made.append(server.create(binding(name)))
            waiting.append((expression, name))
        for expression, name in waiting:
            object = {"apiVersion": f"{GROUP}/v1", "kind": "Case", "metadata": {"name": name, "labels": {"case": name}}, "spec": spec}
            for _ in range(100):
                status, answer, _ = server.request("POST", f"{collection}?dryRun=All", object)
                if status >= 300:
                    break
                time.sleep(0.1)
            else:
                raise SystemExit(f"no verdict: {expression}")
            message = answer["message"].split(" denied request: ", 1)[-1]
            failed = re.match(r"expression '.*' resulted in error: (.*)", message, re.S)
            if failed:
                message = "! " + failed[1]
            elif message == "~":
                message = "= (not printable)"
            else:
                message = message.replace("=", "= ", 1)
            verdicts[expression] = message.replace("\n", "\\n")
    finally:
        server.delete(made)
    out = []
    for line in lines:
        out.append(line)
        if line.startswith("$ "):
            out.append(verdicts[line[2:]])
    file.write_text("\n".join(out) + "\n")
    print(f"{file.relative_to(ROOT)}: {len(cases)} expressions")


SETUP = ["Namespace", "CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]


def objects(server, file):
    documents = [document for document in yaml.safe_load_all(file.read_text()) if document]
    is_setup = lambda document: document["kind"] in SETUP or document["metadata"].get("labels", {}).get("setup") == "true"
    setup = [document for document in documents if is_setup(document)]
    tried = [document for document in documents if not is_setup(document)]
    verdicts, made = [], []
    try:
        # Definitions first, policies last: what they would refuse is there by then.
        setup.sort(key=lambda document: (SETUP.index(document["kind"]) if document["kind"] in SETUP else 1.5))
        for document in setup:
            made.append(server.create(document))
        if any(document["kind"] == "ValidatingAdmissionPolicyBinding" for document in setup):
            ready(server, made)
        for document in tried:
            # Fields that nobody knows are dropped, as kubectl and Helm have it.
            status, answer, told = server.request("POST", server.path(document) + "?dryRun=All", document)
            verdict = {"object": f"{document['kind']} {document['metadata']['name']}", "status": status}
            if told:
                verdict["warnings"] = told
            if status >= 300:
                verdict["message"] = answer["message"]
                causes = answer.get("details", {}).get("causes", [])
                verdict["causes"] = [{key: cause[key] for key in ("field", "reason", "message") if key in cause} for cause in causes]
            verdicts.append(verdict)
    finally:
        server.delete(made)
    file.with_suffix(".json").write_text(json.dumps(verdicts, indent=2, ensure_ascii=False) + "\n")
    print(f"{file.relative_to(ROOT)}: {len(tried)} objects")


def ready(server, made):
    """Policies are in force some time after they are made: once one that is made last is, all are."""
    name = "ready"
    document = policy(name, "false", "'ready'", name)
    document["spec"]["matchConstraints"]["resourceRules"] = [
        {"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["configmaps"]}
    ]
    made.append(server.create(document))
    made.append(server.create(binding(name)))
    object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"case": name}}}
    for _ in range(100):
        if server.request("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", object)[0] >= 300:
            # What policies are about is watched on its own.
            time.sleep(1)
            return
        time.sleep(0.1)
    raise SystemExit("the policies are not in force")


def main():
    server = Server(os.environ.get("KUBECONFIG") or sys.exit("KUBECONFIG is not set: eval \"$(tests/cluster/apiserver start)\""))
    files = [pathlib.Path(path).resolve() for path in sys.argv[1:]]
    if not files:
        files = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.*") if path.suffix in (".txt", ".yaml"))
    for file in files:
        (expressions if file.suffix == ".txt" else objects)(server, file)


if __name__ == "__main__":
    main()
