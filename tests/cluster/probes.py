"""Probes of a container, asked for real: HTTP, TCP and commands.

Startup and readiness probes are asked every half second instead of in their period, so that tests need not wait; a failing
startup probe still has all of its time (period x threshold). Liveness probes keep their own pace.
"""

import http.client
import socket
import ssl
import subprocess
import time

QUICK = 0.5


class Prober:
    """Asks the probes of one run of a container, whenever `ask` is called and one is due."""

    def __init__(self, container):
        self.container = container
        self.due = {}
        self.bad = {"startupProbe": 0, "readinessProbe": 0, "livenessProbe": 0}
        self.last = {}

    def ask(self):
        container = self.container
        if not container.started:
            if self.answers("startupProbe"):
                container.started = True
            elif self.hopeless():
                container.message = f"startup probe failed: {self.last.get('startupProbe')}"
                container.process.kill()
            return
        ready = self.answers("readinessProbe")
        if ready is not None:
            container.ready = ready
        if self.answers("livenessProbe") is False:
            probe = container.spec["livenessProbe"]
            if self.bad["livenessProbe"] >= probe.get("failureThreshold", 3):
                container.message = f"liveness probe failed: {self.last.get('livenessProbe')}"
                container.process.terminate()

    def hopeless(self):
        probe = self.container.spec["startupProbe"]
        patience = probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
        return time.time() - self.container.began > patience

    def answers(self, kind):
        """True or False if the probe was due (or there is none, which is a yes), None if it was not."""
        probe = self.container.spec.get(kind)
        if not probe:
            return True
        now = time.time()
        if kind == "livenessProbe":
            first, period = self.container.began + probe.get("initialDelaySeconds", 0), probe.get("periodSeconds", 10)
        else:
            first, period = 0, QUICK
        if now < self.due.get(kind, first):
            return None
        self.due[kind] = now + period
        try:
            problem = self.try_once(probe)
        except (OSError, http.client.HTTPException, subprocess.TimeoutExpired) as error:
            problem = f"{type(error).__name__}: {error}"
        self.last[kind] = problem
        self.bad[kind] = self.bad[kind] + 1 if problem else 0
        return not problem

    def try_once(self, probe):
        """None if the probe succeeds, else what was wrong."""
        timeout = max(probe.get("timeoutSeconds", 1), 1)
        if "exec" in probe:
            result = self.container.execute(probe["exec"]["command"], timeout)
            return None if result.returncode == 0 else f"exit code {result.returncode}: {result.stdout[-300:]}{result.stderr[-300:]}"
        if "httpGet" in probe:
            get = probe["httpGet"]
            host, port = get.get("host") or self.container.pod.ip, self.port(get["port"])
            if get.get("scheme", "HTTP") == "HTTPS":
                context = ssl._create_unverified_context()  # noqa: S323 - as a kubelet does
                connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
            else:
                connection = http.client.HTTPConnection(host, port, timeout=timeout)
            headers = {each["name"]: each["value"] for each in get.get("httpHeaders", [])}
            connection.request("GET", get.get("path", "/"), headers=headers)
            status = connection.getresponse().status
            connection.close()
            return None if 200 <= status < 400 else f"{get.get('path', '/')}: status {status}"
        if "tcpSocket" in probe:
            tcp = probe["tcpSocket"]
            socket.create_connection((tcp.get("host") or self.container.pod.ip, self.port(tcp["port"])), timeout).close()
            return None
        return f"a probe of {sorted(probe)} is not known here"

    def port(self, port):
        if isinstance(port, int):
            return port
        for each in self.container.spec.get("ports", []):
            if each.get("name") == port:
                return each["containerPort"]
        raise OSError(f"no port is named {port}")
