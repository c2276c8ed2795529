#!/usr/bin/env python3
"""TLS, passwords and client certificates on real processes: what is let in, what is refused, and what changes without a restart.

What Helm renders runs as real processes without an API server (local.py); pods become ready by their own probes, and Prometheus
has all three components as targets that are up. Certificates are made by openssl, with what the chart asks cert-manager for.
"""

import base64
import json
import pathlib
import re
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import cluster
import lib
import local
from certificates import Authority
from releases import program_of

cluster.enter()
warnings.simplefilter("ignore", DeprecationWarning)  # old TLS versions are what is tried
checks = lib.Checks()
PASSWORD, OTHER = "correct-horse", "battery-staple"
HASH = "$2a$10$xI7aW7uAsulkTyrCM8y3JONNSJOBKr8P9BC2w3CG8RfgLTQDoNX2q"
OTHER_HASH = "$2a$10$Ivdc9ichSEt2qfSsEEbB4ePTISB3uXz/JTPVt6Cc3l9kPzheBmqpO"
JOBS = {name: {"enabled": False} for name in ("apiserver", "kubelet", "cadvisor", "endpointslices", "pods")}
BASE = {
    "server": {"persistence": {"enabled": False}},
    "pushgateway": {"enabled": True, "persistence": {"enabled": False}},
    "nodeExporter": {"enabled": True, "hostMounts": {"enabled": False}},
    "scrape": {"jobs": JOBS},
    "config": {"global": {"scrape_interval": "2s", "scrape_timeout": "2s"}, "reload": {"interval": "5s"}},
}
AUTH = {"enabled": True, "users": {"prometheus": HASH}, "scrape": {"username": "prometheus", "passwordSecret": {"name": "scrape"}}}
MUTUAL = {"type": "RequireAndVerifyClientCert", "allowedSans": ["someone.example.com"]}
ISSUED = {"mode": "certManager", "certManager": {"issuerRef": {"name": "tests"}}}
PORTS = {"prometheus": 9090, "pushgateway": 9091, "node-exporter": 9100}
LTS = {"server": {"image": {"tag": "v" + lib.versions()["PROMETHEUS_LTS"]}}}


def secret(name, files):
    data = {path: base64.b64encode(content if isinstance(content, bytes) else content.encode()).decode() for path, content in files.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}


def merged(*parts):
    """Maps laid over each other."""
    result = {}
    for part in parts:
        for key, value in part.items():
            result[key] = merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return result


class Case:
    """A release in a namespace of its own."""

    all = []

    def __init__(self, folder, authority, name, *values):
        self.authority, self.name, self.namespace = authority, name, f"web-{name}"
        self.file = folder / f"{name}.yaml"
        self.write(*values)
        self.release = local.Release(folder / name, self.namespace, [self.file], authority)
        Case.all.append(self)
        self.put(secret("scrape", {"password": PASSWORD}))

    def write(self, *values):
        self.values = merged(BASE, *values)
        self.file.write_text(json.dumps(self.values))

    def put(self, *secrets):
        self.release.put(*secrets)

    def secret(self, name):
        return self.release.secret(name)

    # -- asking

    def pod(self, program):
        return self.release.pods(program)[0]

    def container(self, program):
        (found,) = [each for each in self.pod(program).containers if program_of(each.spec) == program]
        return found

    def client(self, verify=True):
        """A TLS context that trusts what the release's Secret says, and shows the release's client certificate if there is one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.trusted.decode())
        if self.shown:
            context.load_cert_chain(*self.shown)
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    trusted = b""
    shown = None

    def ask(self, program, path="/metrics", user=None, context=None, name=None, plain=False, body=None):
        """(status, body) of a request, over a connection of its own; the certificate must be for the Service's name."""
        pod = self.pod(program)
        connection = socket.create_connection((pod.ip, PORTS[program]), 10)
        if not plain:
            service = {"prometheus": "prom"}.get(program, f"prom-{program}")
            connection = (context or self.client()).wrap_socket(connection, server_hostname=name or f"{service}.{self.namespace}.svc")
        with connection:
            head = f"{'POST' if body else 'GET'} {path} HTTP/1.0\r\nHost: {pod.ip}\r\n"
            if user:
                head += f"Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n"
            if body:
                head += f"Content-Length: {len(body)}\r\n"
            connection.sendall((head + "\r\n" + (body or "")).encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2].decode(errors="replace")

    def server_certificate(self, program):
        pod = self.pod(program)
        with socket.create_connection((pod.ip, PORTS[program]), 10) as plain:
            with self.client(verify=False).wrap_socket(plain) as connection:
                return connection.getpeercert(binary_form=True)

    def targets(self, user=None, plain=False):
        """{job: [health]}, asked of Prometheus itself."""
        status, body = self.ask("prometheus", "/api/v1/targets?state=active", user=user, plain=plain)
        if status != 200:
            raise RuntimeError(f"targets: status {status}")
        found = {}
        for each in json.loads(body)["data"]["activeTargets"]:
            found.setdefault(each["scrapePool"], []).append(f"{each['health']} {each['lastError']}".strip())
        return found

    def all_up(self, user=None, plain=False, since=None):
        """Each job has targets, and all are up, by a scrape that began after `since`."""
        wanted = {"prometheus", "pushgateway", "node-exporter"}

        def up():
            found = self.targets(user, plain)
            return set(found) == wanted and all(each == "up" for each in sum(found.values(), []))

        if since:
            time.sleep(5)  # two intervals
        return lib.until(up, 40, 0.5)

    def restarts(self):
        return {(pod.uid, each.name, each.process.pid) for pod in self.release.pods() for each in pod.containers}

    def install(self):
        self.release.install()
        self.release.ready()


def refused(action):
    """Why a connection was refused; empty if it was not."""
    try:
        action()
        return ""
    except (ssl.SSLError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def probe_kinds(container):
    return {next(kind for kind in ("exec", "httpGet", "tcpSocket") if kind in container.spec[name]) for name in container.spec if name.endswith("Probe")}


def check_secrecy(case):
    """No password, in clear or in base64, and no hash outside Secrets."""
    text = case.release.template()
    outside = "\n---\n".join(part for part in text.split("\n---\n") if "\nkind: Secret\n" not in part)
    for word in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), HASH):
        checks.ok(f"{case.name}: {word[:8]}... is in no pod spec and no ConfigMap", word not in outside)


def check_refusals(case, has_auth, has_certificate, tls):
    user = f"prometheus:{PASSWORD}"
    for program in PORTS:
        name = f"{case.name} {program}"
        if has_auth:
            checks.equal(f"{name}: the right password", case.ask(program, user=user, plain=not tls)[0], 200)
            for wrong in (None, "prometheus:wrong", f"nobody:{PASSWORD}"):
                checks.equal(f"{name}: {wrong or 'no password'} is refused", case.ask(program, user=wrong, plain=not tls)[0], 401)
        if tls:
            checks.equal(f"{name}: HTTP on the port of HTTPS is refused", case.ask(program, user=user, plain=True)[0], 400)
            old = case.client(verify=False)
            old.set_ciphers("DEFAULT:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
            checks.ok(f"{name}: TLS 1.1 is refused", refused(lambda: case.ask(program, context=old)))
            checks.ok(f"{name}: the certificate is for no other name", "mismatch" in refused(lambda: case.ask(program, name="other.example.com")))
        if has_certificate:
            bare = ssl.create_default_context(cadata=case.trusted.decode())
            checks.ok(f"{name}: without a client certificate", refused(lambda: case.ask(program, context=bare, user=user)))
            stranger = Authority(case.authority.folder / f"stranger-{case.name}-{program}")
            for title, authority, san in (("of another CA", stranger, f"prom-client.{case.namespace}"), ("with another name", case.authority, "other.example.com")):
                pair = [authority.folder / "pair.crt", authority.folder / "pair.key"]
                for file, text in zip(pair, authority.issue("client", [san])):
                    file.write_text(text)
                context = ssl.create_default_context(cadata=case.trusted.decode())
                context.load_cert_chain(*pair)
                checks.ok(f"{name}: a client certificate {title} is refused", refused(lambda: case.ask(program, context=context, user=user)))


def check_probe(case):
    """The rendered command of the readiness probe: it succeeds, and fails while the server does not answer."""
    container = case.container("prometheus")
    command = container.spec["readinessProbe"]["exec"]["command"]
    result = container.execute(command, 15)
    checks.ok(f"{case.name}: the probe's command succeeds", result.returncode == 0, result.stdout + result.stderr)
    container.process.send_signal(signal.SIGSTOP)
    try:
        result = container.execute(command, 30)
        failed = result.returncode != 0
    except subprocess.TimeoutExpired:
        failed = True
    finally:
        container.process.send_signal(signal.SIGCONT)
    checks.ok(f"{case.name}: the probe's command fails while the server hangs", failed)
    dead = [re.sub(r":9090", ":9099", word) for word in command]
    checks.ok(f"{case.name}: the probe's command fails where nobody listens", container.execute(dead, 30).returncode != 0)
    lib.until(lambda: container.ready, 30)


def check_reload(case, user, plain=False):
    """A changed configuration arrives by itself, under TLS and passwords as without."""
    case.write(case.values, {"config": {"externalLabels": {"cluster": "reloaded"}}})
    before = case.restarts()
    case.release.upgrade()

    def arrived():
        status, body = case.ask("prometheus", "/api/v1/status/config", user=user, plain=plain)
        return status == 200 and "reloaded" in body

    checks.ok(f"{case.name}: a changed configuration arrives without a restart", lib.until(arrived, 60, 0.5) and before == case.restarts())


def check_push(case, user):
    wrong = case.ask("pushgateway", "/metrics/job/batch", user="prometheus:wrong", body="pushed 1\n")[0]
    right = case.ask("pushgateway", "/metrics/job/batch", user=user, body="pushed 42\n")[0]
    checks.equal(f"{case.name}: push with a wrong and the right password", (wrong, right), (401, 200))

    def arrived():
        body = case.ask("prometheus", "/api/v1/query?query=pushed", user=user)[1]
        return [each["value"][1] for each in json.loads(body)["data"]["result"]] == ["42"]

    checks.ok(f"{case.name}: what was pushed is in Prometheus", lib.until(arrived, 30, 0.5))


def check_rotation(case, user):
    """New certificates of a new CA, and a new password, while everything runs."""
    before = case.restarts()
    old = {program: case.server_certificate(program) for program in PORTS}
    fresh = Authority(case.authority.folder / f"rotated-{case.name}")
    case.put(*map(fresh.secret, case.release.certificates()))
    case.trust()
    for program in PORTS:
        new = lib.until(lambda: case.server_certificate(program) != old[program] and case.ask(program, user=user)[0] == 200, 30, 0.5)
        checks.ok(f"{case.name} {program}: a renewed certificate is shown", new)
    checks.ok(f"{case.name}: all targets are up with the new CA", case.all_up(user, since=time.time()), lambda: case.targets(user))
    second = f"prometheus:{OTHER}"
    case.write(case.values, {"web": {"basicAuth": {"users": {"prometheus": OTHER_HASH}}}})
    case.put(secret("scrape", {"password": OTHER}))
    case.release.upgrade()
    for program in PORTS:
        changed = lib.until(lambda: (case.ask(program, user=user)[0], case.ask(program, user=second)[0]) == (401, 200), 30, 0.5)
        checks.ok(f"{case.name} {program}: a changed password", changed)
    checks.ok(f"{case.name}: all targets are up with the new password", case.all_up(second, since=time.time()), lambda: case.targets(second))
    checks.ok(f"{case.name}: nothing was restarted", before == case.restarts(), (before, case.restarts()))
    checks.ok(f"{case.name}: the pods are still ready", not case.release.not_ready(), case.release.not_ready)


def trust(case, secret="prom-tls", client=None):
    """Takes CA and client certificate from the release's Secrets."""
    case.trusted = case.secret(secret)["ca.crt"]
    if client:
        data = case.secret(client)
        pair = [case.file.with_suffix(".crt"), case.file.with_suffix(".key")]
        pair[0].write_bytes(data["tls.crt"])
        pair[1].write_bytes(data["tls.key"])
        case.shown = pair


def check_full(start, name, *values):
    """TLS, passwords and client certificates, all of it."""
    user = f"prometheus:{PASSWORD}"
    case = start(name, {"web": {"tls": {**ISSUED, "clientAuth": MUTUAL}, "basicAuth": AUTH}}, *values)
    case.install()
    case.trust = lambda: trust(case, client="prom-client-tls")
    case.trust()
    checks.equal(f"{name}: probes", [probe_kinds(case.container(each)) for each in PORTS], [{"exec"}, {"tcpSocket"}, {"tcpSocket"}])
    checks.ok(f"{name}: all targets are up", case.all_up(user), lambda: case.targets(user))
    check_refusals(case, True, True, True)
    check_probe(case)
    check_push(case, user)
    check_secrecy(case)
    check_reload(case, user)
    check_rotation(case, user)


def check_tls(start):
    """TLS alone: the kubelet asks over HTTPS. Certificates of the user's, with the one documented name."""
    case = start("tls", {"web": {"tls": {"mode": "existing", "minVersion": "TLS13"}}})
    for component in ("prom", "prom-pushgateway", "prom-node-exporter"):
        certificate, key = case.authority.issue(component, [f"{component}.{case.namespace}.svc"])
        case.put(secret(f"{component}-tls", {"tls.crt": certificate, "tls.key": key, "ca.crt": case.authority.certificate.read_text()}))
    case.install()
    trust(case)
    checks.equal("tls: probes", [probe_kinds(case.container(each)) for each in PORTS], [{"httpGet"}] * 3)
    checks.ok("tls: all targets are up", case.all_up(), case.targets)
    check_refusals(case, False, False, True)
    older = case.client()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    for program in PORTS:
        checks.ok(f"tls {program}: TLS 1.2 is refused with minVersion TLS13", refused(lambda: case.ask(program, context=older)))
    check_reload(case, None)


def check_auth(start):
    """Passwords alone, Pushgateway below a path, node-exporter open."""
    path = {"externalUrl": "https://example.com/push"}
    case = start("auth", {"web": {"basicAuth": AUTH}, "pushgateway": path, "nodeExporter": {"web": {"basicAuth": {"enabled": False}}}})
    case.install()
    user = f"prometheus:{PASSWORD}"
    checks.equal("auth: probes", [probe_kinds(case.container(each)) for each in PORTS], [{"exec"}, {"tcpSocket"}, {"httpGet"}])
    checks.ok("auth: all targets are up", case.all_up(user, plain=True), lambda: case.targets(user, True))
    answers = [case.ask("pushgateway", each, user=user, plain=True)[0] for each in ("/push/metrics", "/metrics")]
    checks.equal("auth pushgateway: answers below its prefix alone", answers, [200, 404])
    answers = [case.ask(program, each, plain=True)[0] for program, each in (("prometheus", "/metrics"), ("pushgateway", "/push/metrics"), ("node-exporter", "/metrics"))]
    checks.equal("auth: without a password", answers, [401, 401, 200])
    check_probe(case)


def check_existing_file(start):
    """The whole web configuration in a Secret of the user's."""
    auth = {"enabled": True, "existingSecret": {"name": "web-files", "key": "with-tls.yml"}, "scrape": AUTH["scrape"]}
    case = start("file", {"web": {"tls": ISSUED, "basicAuth": auth}})
    case.put(*lib.objects((lib.HERE / "objects/passwords.yaml").read_text()))
    case.install()
    trust(case)
    user = f"prometheus:{PASSWORD}"
    checks.ok("file: all targets are up", case.all_up(user), lambda: case.targets(user))
    check_refusals(case, True, False, True)


def check_generated(start):
    """Certificates by Helm: an upgrade makes all of them new, and everything goes on."""
    case = start("generated", {"web": {"tls": {"mode": "generate", "clientAuth": {"type": "RequireAndVerifyClientCert"}}, "basicAuth": AUTH}})
    case.install()
    user = f"prometheus:{PASSWORD}"
    trust(case, client="prom-client-tls")
    checks.ok("generated: all targets are up", case.all_up(user), lambda: case.targets(user))
    before, first = case.restarts(), case.trusted
    case.release.upgrade()
    trust(case, client="prom-client-tls")
    checks.ok("generated: an upgrade makes a new CA", first != case.trusted)
    checks.ok("generated: all targets are up after it", case.all_up(user, since=time.time()), lambda: case.targets(user))
    checks.ok("generated: nothing was restarted", before == case.restarts())


def check_hardened(folder, authority):
    """The header of values/hardened.yaml: its files are saved, and what its commands make is made."""
    header = re.match(r"(#.*\n)+", (lib.ROOT / "values/hardened.yaml").read_text())[0]
    lines = [line[2:] if line.startswith("# ") else "" for line in header.splitlines()]
    blocks, block = [], []
    for line in [*lines, ""]:
        if line.startswith("     "):
            block.append(line[5:])
        elif block:
            blocks.append("\n".join(block) + "\n")
            block = []
    (web,) = [each for each in blocks if "tls_server_config" in each]
    (commands,) = [each for each in blocks if "create namespace" in each]
    files = {"web-config.yml": web.replace("prometheus: HASH", f"prometheus: {HASH}").replace("admin: HASH", f"admin: {OTHER_HASH}"), "password": PASSWORD}
    (install,) = [shlex.split(line) for line in lines if line.startswith("  helm install")]
    checks.equal("hardened: the command", install[:4] + install[-2:], ["helm", "install", "prom", "./chart", "-f", "values/hardened.yaml"])
    case = Case.__new__(Case)
    case.name, case.namespace, case.authority = "hardened", install[install.index("--namespace") + 1], authority
    # Data on a claim needs a provisioner; the kubelets and the API server are not here.
    change = folder / "hardened.yaml"
    change.write_text(json.dumps({"server": {"persistence": {"enabled": False}}, "pushgateway": {"persistence": {"enabled": False}}, "scrape": {"jobs": JOBS}}))
    case.release = local.Release(folder / "hardened", case.namespace, [lib.ROOT / "values/hardened.yaml", change], authority)
    Case.all.append(case)
    for words in map(shlex.split, commands.splitlines()):
        if "secret" in words:
            name, file = words[words.index("generic") + 1], words[-1].removeprefix("--from-file=")
            case.put(secret(name, {file: files[file]}))
    case.install()
    trust(case)
    for user in (f"prometheus:{PASSWORD}", f"admin:{OTHER}"):
        answers = [case.ask(program, user=user)[0] for program in ("prometheus", "pushgateway")]
        checks.equal(f"hardened: {user.split(':')[0]} is let in", answers, [200, 200])
    checks.equal("hardened: without a password", [case.ask(program)[0] for program in ("prometheus", "pushgateway")], [401, 401])
    older = case.client()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    checks.ok("hardened: TLS 1.2 is refused", refused(lambda: case.ask("prometheus", context=older)))

    def up():
        found = case.targets(f"prometheus:{PASSWORD}")
        return found == {"prometheus": ["up"], "pushgateway": ["up"]}

    checks.ok("hardened: server and Pushgateway are up", lib.until(up, 90, 1), lambda: case.targets(f"prometheus:{PASSWORD}"))


def main():
    for name in ("prometheus", "promtool", "pushgateway", "node_exporter", "busybox"):
        lib.program(name)
    folder = lib.scratch("secured")
    authority = Authority(folder / "authority")

    def start(name, *values):
        return Case(folder, authority, name, *values)

    cases = {
        "full": lambda: check_full(start, "full"),
        "full with the LTS": lambda: check_full(start, "full-lts", LTS),
        "tls": lambda: check_tls(start),
        "auth": lambda: check_auth(start),
        "file": lambda: check_existing_file(start),
        "generated": lambda: check_generated(start),
        "hardened": lambda: check_hardened(folder, authority),
    }
    if not (lib.COMPONENTS / "bin/prometheus-lts").exists():
        print("     no Prometheus of the LTS here: its case is left out")
        del cases["full with the LTS"]
    for title, check in cases.items():
        if sys.argv[1:] and not any(word in title for word in sys.argv[1:]):
            continue
        with checks.guard(title):
            try:
                check()
            finally:
                for case in Case.all:
                    case.release.uninstall()
                Case.all.clear()
    checks.finish()


main()
