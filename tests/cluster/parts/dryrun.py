#!/usr/bin/env python3
"""Every object of every profile and value set, sent to the real API server as dry run: created and applied, without a warning.

Strict field validation makes an unknown or repeated field an error; a deprecated version or field is a warning.
"""

import http.client
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib

cluster.enter()
checks = lib.Checks()


class Sender:
    """Sends objects and keeps the server's warnings."""

    def __init__(self, made):
        self.api, self.kinds = made.api, cluster.kinds_of(made.api)

    def send(self, item, method):
        """Problems of one request: a refusal, or warnings."""
        meta = item["metadata"]
        if (item["apiVersion"], item["kind"]) not in self.kinds:
            return [f"{item['apiVersion']} {item['kind']} is not served"]
        prefix, plural, has_namespace = self.kinds[item["apiVersion"], item["kind"]]
        if has_namespace:
            prefix += f"/namespaces/{meta['namespace']}"
        elif "namespace" in meta:
            return ["has a namespace, and its kind has none"]
        path = f"{prefix}/{plural}"
        options = "dryRun=All&fieldValidation=Strict"
        if method == "POST":
            url, kind = f"{path}?{options}", "application/json"
        else:
            url, kind = f"{path}/{meta['name']}?{options}&fieldManager=helm&force=false", "application/apply-patch+yaml"
        connection = http.client.HTTPSConnection(self.api.host, self.api.port, context=self.api.context, timeout=60)
        connection.request(method, url, json.dumps(item), {"Content-Type": kind, "Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        problems = [value for name, value in answer.getheaders() if name.lower() == "warning"]
        if answer.status >= 300:
            problems.append(f"{answer.status}: {json.loads(body).get('message')}")
        return problems


def account(made, pod):
    name, namespace = pod["spec"].get("serviceAccountName", "default"), pod["metadata"]["namespace"]
    item = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
    made.api.apply(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}", item)


def main():
    made = cluster.Cluster(lib.scratch("dryrun"))
    made.definitions()
    sender, namespaces = Sender(made), set()
    for each in lib.value_sets():
        with checks.guard(f"{each.name}: is sent"):
            items = lib.objects(each.render(tool=lib.helm()))
            problems, sent = [], 0
            # A pod is admitted only if its ServiceAccount exists, so accounts are made before pods are sent.
            for item in sorted(items, key=lambda item: item["kind"] == "Pod"):
                meta, kind = item["metadata"], (item["apiVersion"], item["kind"])
                if sender.kinds.get(kind, (0, 0, False))[2]:
                    meta.setdefault("namespace", each.namespace)
                    if meta["namespace"] not in namespaces:
                        made.namespace(meta["namespace"])
                        namespaces.add(meta["namespace"])
                if item["kind"] == "Pod":
                    account(made, item)
                for method in ("POST", "PATCH"):
                    sent += 1
                    problems += [f"{method} {lib.key(item)}: {problem}" for problem in sender.send(item, method)]
            for item in lib.of_kind(items, "Pod"):
                name, namespace = item["spec"].get("serviceAccountName", "default"), item["metadata"]["namespace"]
                if name != "default":
                    made.api.delete(f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}")
            checks.ok(f"{each.name}: {sent} requests for {len(items)} objects without refusal or warning", sent and not problems, "\n".join(problems))
    checks.finish()


main()
