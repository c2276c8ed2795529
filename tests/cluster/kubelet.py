"""The kubelet's port 10250 of a miniature node: metrics paths with the kubelet's own authentication and authorization.

Tokens are reviewed by the API server (its own certificate is known), and the path is authorized by it with the kubelet's own mapping (`nodes/metrics`,
`nodes/stats`, `nodes/log`, else `nodes/proxy`), as `--authentication-token-webhook` and `--authorization-mode=Webhook` do. What it
answers is a handful of series in the form of the real ones. The certificate is self-signed, as kubeadm leaves it.
"""

import ctypes
import http.server
import os
import ssl
import threading

import lib

CLONE_NEWNET = 0x40000000

METRICS = """# TYPE kubelet_running_pods gauge
kubelet_running_pods %d
"""
CADVISOR = """# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="app",cpu="total",id="/kubepods/pod1/app",image="registry/app:1",name="x",namespace="shop",pod="app-1"} 12
container_cpu_usage_seconds_total{container="",cpu="total",id="/system.slice/ssh.service",image="",name="",namespace="",pod=""} 3
# TYPE container_tasks_state gauge
container_tasks_state{container="app",id="/kubepods/pod1/app",image="registry/app:1",name="x",namespace="shop",pod="app-1",state="running"} 1
"""


class Kubelet:
    """HTTPS on the node's address; `seen` has (path, status, user) of each request."""

    def __init__(self, node, host):
        self.node, self.host, self.seen = node, host, []
        base = node.folder / f"kubelet-{host.name}"
        names = f"subjectAltName=IP:{host.network.ip4},DNS:{host.name}"
        lib.run(
            *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(),
            *("-keyout", f"{base}.key", "-out", f"{base}.crt", "-subj", f"/CN={host.name}", "-addext", names),
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{base}.crt", f"{base}.key")
        context.load_verify_locations(node.cluster.authority)
        context.verify_mode = ssl.CERT_OPTIONAL
        ready = threading.Event()
        threading.Thread(target=self.serve, args=(context, ready), daemon=True).start()
        if not ready.wait(20):
            raise RuntimeError(f"the kubelet port of {host.name} did not open")

    def serve(self, context, ready):
        # A thread may be in another network namespace than its process; sockets stay where they are made.
        handle = os.open(self.host.network.path, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        kubelet = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                kubelet.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # clients that did not wait for the answer

        server = Server((self.host.network.ip4, 10250), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        ready.set()
        server.serve_forever()

    def answer(self, request):
        path = request.path.split("?")[0]
        status, user = self.authorize(path, request.headers.get("Authorization", ""), request.connection.getpeercert())
        text = ""
        if status == 200:
            text = {"/metrics": METRICS % len(self.node.pods), "/metrics/cadvisor": CADVISOR}.get(path, "# TYPE up_to_date gauge\nup_to_date 1\n")
        self.seen.append((path, status, user))
        request.send_response(status)
        request.send_header("Content-Type", "text/plain; version=0.0.4")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text.encode())

    def authorize(self, path, header, certificate):
        if certificate:  # of the cluster's CA: the API server, for its proxy
            return 200, dict(part[0] for part in certificate["subject"])["commonName"]
        if not header.startswith("Bearer "):
            return 401, None
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": header.removeprefix("Bearer ")}}
        status = self.node.api.create("/apis/authentication.k8s.io/v1/tokenreviews", review)["status"]
        if not status.get("authenticated"):
            return 401, None
        user = status["user"]
        kind = {"metrics": "metrics", "stats": "stats", "logs": "log"}.get(path.split("/")[1], "proxy")
        attributes = {"verb": "get", "version": "v1", "resource": "nodes", "subresource": kind, "name": self.host.name}
        spec = {"user": user["username"], "groups": user["groups"], "resourceAttributes": attributes}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        allowed = self.node.api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["allowed"]
        return (200 if allowed else 403), user["username"]
