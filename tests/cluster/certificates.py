"""A certificate authority of the tests, and a stand-in for cert-manager: it makes the Secrets of Certificate objects."""

import base64
import pathlib
import threading

import lib
from cluster import Refused

USAGES = {"server auth": "serverAuth", "client auth": "clientAuth"}
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.openssl("req", "-x509", *CURVE, "-days", "30", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=tests")

    @property
    def certificate(self):
        return self.folder / "ca.crt"

    def openssl(self, *words):
        lib.run("openssl", *words, cwd=self.folder)

    def issue(self, name, dns=(), ips=(), usages=("serverAuth", "clientAuth")):
        """(certificate, key) in PEM, for servers and clients unless told otherwise."""
        with self.lock:
            self.openssl("req", "-new", *CURVE, "-keyout", "own.key", "-out", "own.csr", "-subj", f"/CN={name}"[:60])
            names = [f"DNS:{each}" for each in dns] + [f"IP:{each}" for each in ips]
            lines = ["extendedKeyUsage=" + ",".join(usages)] + (["subjectAltName=" + ",".join(names)] if names else [])
            (self.folder / "extensions").write_text("\n".join(lines))
            ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-days", "30", "-extfile", "extensions"]
            self.openssl("x509", "-req", "-in", "own.csr", *ca, "-out", "own.crt")
            return (self.folder / "own.crt").read_text(), (self.folder / "own.key").read_text()

    def secret(self, certificate):
        """The Secret that cert-manager makes of a Certificate."""
        spec, meta = certificate["spec"], certificate["metadata"]
        name = spec.get("commonName") or (spec.get("dnsNames") or [meta["name"]])[0]
        usages = [USAGES[each] for each in spec.get("usages", []) if each in USAGES] or ["serverAuth", "clientAuth"]
        pair = self.issue(name, spec.get("dnsNames", []), spec.get("ipAddresses", []), usages)
        texts = {"tls.crt": pair[0], "tls.key": pair[1], "ca.crt": self.certificate.read_text()}
        data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        own = {"name": spec["secretName"]}
        if meta.get("namespace"):
            own["namespace"] = meta["namespace"]
        return {"apiVersion": "v1", "kind": "Secret", "metadata": own, "type": "kubernetes.io/tls", "data": data}


class Issuer:
    """Watches Certificates and makes a Secret for each that has none. `step` is called again and again."""

    PATH = "/apis/cert-manager.io/v1"

    def __init__(self, api, folder):
        self.api, self.authority = api, Authority(folder)
        self.served = False

    def step(self):
        if not self.served:
            self.served = self.api.find(self.PATH) is not None
            return
        for each in self.api.items(f"{self.PATH}/certificates"):
            namespace, name = each["metadata"]["namespace"], each["spec"]["secretName"]
            path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
            if not self.api.find(path):
                try:
                    self.api.apply(path, self.authority.secret(each))
                except Refused as refused:
                    if refused.status not in (403, 404):  # the namespace is being deleted
                        raise

    def renew(self, namespace, name):
        """Issues a Certificate's Secret anew."""
        (certificate,) = [each for each in self.api.items(f"{self.PATH}/namespaces/{namespace}/certificates") if each["spec"]["secretName"] == name]
        self.api.apply(f"/api/v1/namespaces/{namespace}/secrets/{name}", self.authority.secret(certificate))
