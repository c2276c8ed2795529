"""A real API server for a part, and a client for it.

The part runs in namespaces of its own (`enter`): process ids, so that nothing outlives it; network, so that ports are free
and pods can have addresses; mounts. Within them the API server listens on ADDRESS and is advertised there, as in a cluster.
"""

import base64
import http.client
import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import urllib.parse

import lib
from lib import yaml

ADDRESS = "10.1.0.1"
MARK = "PROMCHART_CLUSTER_ENTERED"


def enter():
    """Runs the part anew inside namespaces of its own, unless it is there already."""
    if os.environ.get(MARK):
        lib.run("ip", "link", "set", "lo", "up")
        return
    for tool in ("unshare", "nsenter", "ip", "openssl"):
        if not lib.shutil.which(tool):
            lib.skip(f"needs the program {tool} (Debian: util-linux, iproute2, openssl)")
    words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        words[1:1] = ["--user", "--map-root-user"]
        os.environ["PROMCHART_CLUSTER_ROOTLESS"] = "1"
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        lib.skip("this machine permits no network and mount namespaces: run it as root")
    os.environ[MARK] = "1"
    # The shell is process 1: it collects orphans, and everything ends with it.
    os.execvp(words[0], [*words, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, *sys.argv])


class Refused(Exception):
    """An answer of the API server that is no success."""

    def __init__(self, status, body):
        self.status = status
        message = body.get("message", body) if isinstance(body, dict) else body
        super().__init__(f"{status}: {message}")


class Api:
    """The API over HTTP with the administrator's certificate, or with a token."""

    def __init__(self, kubeconfig, token=None):
        config = yaml.safe_load(pathlib.Path(kubeconfig).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        url = urllib.parse.urlsplit(cluster["server"])
        self.host, self.port, self.token = url.hostname, url.port, token
        self.context = ssl.create_default_context(cafile=cluster["certificate-authority"])
        if not token:
            self.context.load_cert_chain(user["client-certificate"], user["client-key"])
        self.local = threading.local()

    def request(self, method, path, body=None, kind="application/json"):
        headers = {"Accept": "application/json", "Content-Type": kind}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = http.client.HTTPSConnection(self.host, self.port, context=self.context, timeout=180)
                self.local.connection = connection
            try:
                connection.request(method, path, data, headers)
                answer = connection.getresponse()
                text = answer.read()
                break
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        try:
            result = json.loads(text)
        except ValueError:
            result = text.decode()
        if answer.status >= 300:
            raise Refused(answer.status, result)
        return result

    def get(self, path):
        return self.request("GET", path)

    def find(self, path):
        """The object, or None if there is none."""
        try:
            return self.get(path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def items(self, path):
        return self.get(path)["items"]

    def create(self, path, item):
        return self.request("POST", path, item)

    def patch(self, path, change, kind="application/merge-patch+json"):
        return self.request("PATCH", path, change, kind)

    def apply(self, path, item):
        return self.patch(f"{path}?fieldManager=tests&force=true", item, "application/apply-patch+yaml")

    def delete(self, path, **options):
        try:
            return self.request("DELETE", path, options or None)
        except Refused as refused:
            if refused.status != 404:
                raise


class Cluster:
    """etcd, kube-apiserver and, unless told otherwise, the controllers, in the part's own namespaces."""

    def __init__(self, folder, controllers=True):
        self.folder = pathlib.Path(folder)
        self.environment = {
            **os.environ,
            "PROMCHART_CLUSTER_RUN": str(self.folder / "cluster"),
            "PROMCHART_CLUSTER_ADDRESS": ADDRESS,
        }
        script = lib.HERE / "apiserver"
        home = pathlib.Path(lib.run(script, "path").stdout.strip())
        if not (home / ".built").exists():
            lib.skip(f"{home} has no kube-apiserver: tests/cluster/install apiserver builds it where Go is")
        # The bridge of network.py has this address; without it a local one does.
        if not any(ADDRESS in line for line in lib.run("ip", "-o", "addr").stdout.splitlines()):
            lib.run("ip", "addr", "add", f"{ADDRESS}/32", "dev", "lo")
        lib.run(script, "start", *(["--controllers"] if controllers else []), env=self.environment)
        self.kubeconfig = self.folder / "cluster/kubeconfig"
        self.environment["KUBECONFIG"] = str(self.kubeconfig)
        self.programs = home
        self.api = Api(self.kubeconfig)
        self.authority = self.folder / "cluster/pki/ca.crt"

    # -- commands

    def kubectl(self, *words, **options):
        return lib.run(self.programs / "kubectl", *words, env=self.environment, **options)

    def helm(self, *words, **options):
        environment = {**self.environment, "HELM_CACHE_HOME": str(self.folder / "helm"), "HELM_CONFIG_HOME": str(self.folder / "helm")}
        return lib.run(lib.helm(), *words, env=environment, **options)

    def namespace(self, name, **labels):
        """Makes a namespace and waits until pods can be made in it."""
        self.api.apply(f"/api/v1/namespaces/{name}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        lib.until(lambda: self.api.find(f"/api/v1/namespaces/{name}/serviceaccounts/default"))
        return name

    def definitions(self):
        """Makes the CustomResourceDefinitions that `install crds` has fetched, and waits until they are served."""
        applied = lambda: self.kubectl("apply", "--server-side", "-f", lib.program_folder("crds"), check=False).returncode == 0  # noqa: E731
        lib.until(applied, 60)
        self.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")

    def apply(self, text):
        return self.kubectl("apply", "-f", "-", stdin=text)

    # -- who did what

    def audit(self, user=None):
        """Events of the audit log, of one user if asked."""
        lines = (self.folder / "cluster/audit.log").read_text().splitlines()
        events = [json.loads(line) for line in lines if line.endswith("}")]
        return [event for event in events if user in (None, event["user"].get("username"))]


def kinds_of(api):
    """{(apiVersion, kind): (path prefix, plural, whether it has a namespace)} of all that the server serves."""
    found = {}
    versions = ["/api/v1"]
    for group in api.get("/apis")["groups"]:
        versions += [f"/apis/{version['groupVersion']}" for version in group["versions"]]
    for prefix in versions:
        for each in api.get(prefix)["resources"]:
            if "/" not in each["name"]:
                version = prefix.removeprefix("/apis/").removeprefix("/api/")
                found[version, each["kind"]] = prefix, each["name"], each["namespaced"]
    return found


def decode(text):
    return base64.b64decode(text)
