"""A client of the web APIs of Prometheus and Pushgateway in pods, as their rendered flags have set them up."""

import base64
import http.client
import json
import re
import ssl
import urllib.parse

import lib
from lib import yaml


UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000, "w": 604800000, "y": 31536000000}


def plain(value):
    """A flag's value in one form: Prometheus prints durations and sizes (powers of 1024) its own way."""
    if value is True:
        return "true"
    parts = re.findall(r"(\d+)(ms|[smhdwy])", value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(int(number) * UNITS[unit] for number, unit in parts)
    parts = re.findall(r"(\d+)([KMGTPE]?)i?B", value)
    if parts and re.fullmatch(r"(\d+[KMGTPE]?i?B)+", value):
        return sum(int(number) * 1024 ** " KMGTPE".index(unit or " ") for number, unit in parts)
    return value


class Web:
    """A component of a pod: where and how its web interface is reached follows from the pod alone."""

    def __init__(self, pod, container=None, user=None, client=None):
        self.pod, self.client = pod, client  # paths of certificate and key to show, for mutual TLS
        self.container = container or self.main()
        self.user = user
        flags = lib.flags_of(self.container.spec)
        address = flags.get("web.listen-address", [None])[-1]
        default = {"prometheus": 9090, "pushgateway": 9091}.get(self.program(), 9100)
        self.port = int(address.rsplit(":", 1)[1]) if address else default
        prefix = flags.get("web.route-prefix", [None])[-1]
        if prefix is None:
            prefix = urllib.parse.urlsplit(flags.get("web.external-url", [""])[-1]).path
        self.prefix = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self.tls = bool((self.web_config(flags) or {}).get("tls_server_config"))

    def program(self):
        return self.container.spec["image"].split("@")[0].rsplit("/", 1)[-1].split(":")[0]

    def main(self):
        for container in self.pod.containers:
            if lib.is_prometheus(container.spec):
                return container
        return self.pod.containers[0]

    def web_config(self, flags):
        if "web.config.file" not in flags:
            return None
        return yaml.safe_load(self.file(flags["web.config.file"][-1]))

    def file(self, path):
        """A file as the container sees it."""
        best = max((each for each in self.container.mounts() if path.startswith(each["target"])), key=lambda each: len(each["target"]))
        rest = path[len(best["target"]) :]
        with open(best["source"] + rest, "rb") as file:
            return file.read()

    @property
    def base(self):
        return f"{'https' if self.tls else 'http'}://{self.pod.ip}:{self.port}{self.prefix}"

    def request(self, method, path, body=None, headers=(), user=None, timeout=30):
        """(status, body) of a request below the route prefix. The certificate is not verified: parts about TLS do that."""
        headers = dict(headers)
        user = user or self.user
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        if self.tls:
            context = ssl._create_unverified_context()  # noqa: S323
            if self.client:
                context.load_cert_chain(*self.client)
            connection = http.client.HTTPSConnection(self.pod.ip, self.port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection(self.pod.ip, self.port, timeout=timeout)
        try:
            connection.request(method, self.prefix + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters, doseq=True) if parameters else ""
        status, body = self.request("GET", path + query)
        if status != 200:
            raise RuntimeError(f"{path}: status {status}: {body[:300]!r}")
        return body

    def data(self, path, **parameters):
        return json.loads(self.get(path, **parameters))["data"]

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        found = self.data("/api/v1/query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(each["metric"], float(each["value"][1]) if "value" in each else each["histogram"][1]) for each in found["result"]]

    def value(self, expression):
        found = self.query(expression)
        return found[0][1] if found else None

    def metric(self, name):
        """The sum of a metric of the component itself, from its /metrics; None if it is not there."""
        values = []
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith((name + " ", name + "{")):
                values.append(float(line.rsplit(" ", 1)[1]))
        return sum(values) if values else None

    def targets(self):
        """{job: [target]} of the active targets."""
        found = {}
        for target in self.data("/api/v1/targets", state="active")["activeTargets"]:
            found.setdefault(target["scrapePool"], []).append(target)
        return found

    def config(self):
        return yaml.load(self.data("/api/v1/status/config")["yaml"], lib.Loader)

    def flags(self):
        return self.data("/api/v1/status/flags")

    def flags_not_in_force(self):
        """Flags of the pod's spec that Prometheus reports otherwise, in words."""
        reported, wrong = self.flags(), []
        for flag, values in lib.flags_of(self.container.spec).items():
            if flag.startswith("no-") and flag not in reported:
                flag, values = flag.removeprefix("no-"), ["false"]
            found = reported.get(flag, "(not a flag)")
            # A flag that may be repeated is reported as [a b].
            if found.startswith("[") or len(values) > 1:
                same = sorted(found.strip("[]").split()) == sorted(str(value) for value in values)
            else:
                same = plain(found) == plain(values[-1])
            if not same:
                wrong.append(f"--{flag}: reported {found!r}, given {values!r}")
        return wrong

    def errors(self, allowed=()):
        """Lines of its log at level error, but for those that match a pattern."""
        lines = [line for line in self.container.log.read_text().splitlines() if re.search(r'level="?ERROR|"level":"ERROR"', line)]
        return [line for line in lines if not any(re.search(pattern, line) for pattern in allowed)]
