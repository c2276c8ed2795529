"""Volumes of pods as folders, as the kubelet makes them: owners, modes, and files that change behind a link."""

import os
import pathlib
import shutil

import lib
from cluster import Refused


class Missing(Exception):
    """A ConfigMap, Secret, key or claim that a pod names does not exist (yet)."""


def get_object(api, namespace, kind, name, optional=False):
    found = api.find(f"/api/v1/namespaces/{namespace}/{kind}/{name}")
    if not found and not optional:
        raise Missing(f"{kind}/{name} not found")
    if found:
        found["kind"] = {"configmaps": "ConfigMap", "secrets": "Secret"}[kind]
    return found


def files_of_object(api, namespace, kind, source, name):
    """{path: (bytes, mode or None)} of a configMap or secret source."""
    found = get_object(api, namespace, kind, name, source.get("optional", False))
    data = lib.data_of(found) if found else {}
    if not source.get("items"):
        return {path: (content, None) for path, content in data.items()}
    files = {}
    for each in source["items"]:
        if each["key"] in data:
            files[each["path"]] = (data[each["key"]], each.get("mode"))
        elif not source.get("optional", False):
            raise Missing(f"{kind}/{name} has no key {each['key']}")
    return files


def field(pod, path):
    """The value of a fieldRef as text."""
    if "[" in path:
        path, name = path.rstrip("]").replace("'", "").replace('"', "").split("[")
        return pod["metadata"].get(path.split(".")[1], {}).get(name, "")
    value = pod
    for part in path.split("."):
        value = (value or {}).get(part)
    if isinstance(value, dict):
        return "".join(f'{name}="{text}"\n' for name, text in sorted(value.items()))
    return "" if value is None else str(value)


class Volume:
    """A volume of a pod at a folder of the machine."""

    def __init__(self, node, pod, spec, folder):
        self.node, self.pod, self.spec, self.folder = node, pod, spec, pathlib.Path(folder)
        self.name = spec["name"]
        self.group = pod["spec"].get("securityContext", {}).get("fsGroup")
        self.written = None
        self.read_only = False
        self.path = self.make()

    def make(self):
        spec = self.spec
        if "emptyDir" in spec:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o777)
            self.give(self.folder, 0o660)
            return self.folder
        if "hostPath" in spec:
            path = pathlib.Path(spec["hostPath"]["path"])
            if not path.exists():
                # What the machine lacks is kept below the part's folder: container runtimes make a missing directory.
                path = self.node.folder / "host" / str(path).lstrip("/")
                if spec["hostPath"].get("type") in (None, "", "DirectoryOrCreate"):
                    path.mkdir(parents=True, exist_ok=True)
                elif not path.exists():
                    raise Missing(f"hostPath {spec['hostPath']['path']} does not exist")
            return path
        if "persistentVolumeClaim" in spec:
            claim = spec["persistentVolumeClaim"]
            self.read_only = claim.get("readOnly", False)
            path = self.node.volume_of_claim(self.pod["metadata"]["namespace"], claim["claimName"])
            self.give(path, 0o660)
            return path
        self.folder.mkdir(parents=True, exist_ok=True)
        self.read_only = True
        self.refresh()
        return self.folder

    def give(self, path, mask):
        """Gives a volume to the fsGroup, as a driver with ownership support does."""
        if self.group is None or self.node.rootless:
            return
        for place in [path, *path.rglob("*")]:
            if place.is_symlink():
                continue
            mode = place.stat().st_mode
            os.chown(place, -1, self.group)
            place.chmod(mode | mask | (0o2110 if place.is_dir() else 0))

    def content(self):
        """{path: (bytes, mode)}; None for volumes whose content is not ours."""
        spec, namespace = self.spec, self.pod["metadata"]["namespace"]
        if "configMap" in spec:
            source, files = spec["configMap"], files_of_object(self.node.api, namespace, "configmaps", spec["configMap"], spec["configMap"].get("name"))
        elif "secret" in spec:
            source, files = spec["secret"], files_of_object(self.node.api, namespace, "secrets", spec["secret"], spec["secret"].get("secretName"))
        elif "downwardAPI" in spec:
            source, files = spec["downwardAPI"], self.downward(spec["downwardAPI"])
        elif "projected" in spec:
            source, files = spec["projected"], {}
            for each in source.get("sources", []):
                files.update(self.projection(each, namespace))
        else:
            return None
        mode = source.get("defaultMode", 0o644)
        return {path: (data, own or mode) for path, (data, own) in files.items()}

    def projection(self, source, namespace):
        if "configMap" in source:
            return files_of_object(self.node.api, namespace, "configmaps", source["configMap"], source["configMap"].get("name"))
        if "secret" in source:
            return files_of_object(self.node.api, namespace, "secrets", source["secret"], source["secret"].get("name"))
        if "downwardAPI" in source:
            return self.downward(source["downwardAPI"])
        if "serviceAccountToken" in source:
            wanted = source["serviceAccountToken"]
            return {wanted["path"]: (self.token(wanted).encode(), 0o600 if self.group is None else 0o640)}
        raise Missing(f"volume source {sorted(source)} is not known here")

    def token(self, wanted):
        """A token bound to the pod, as the kubelet asks for it; once per pod."""
        audience = wanted.get("audience")
        known = self.node.tokens.get((self.pod["metadata"]["uid"], audience))
        if not known:
            reference = {"kind": "Pod", "apiVersion": "v1", "name": self.pod["metadata"]["name"], "uid": self.pod["metadata"]["uid"]}
            spec = {"audiences": [audience] if audience else [], "expirationSeconds": 3600, "boundObjectRef": reference}
            path = f"/api/v1/namespaces/{self.pod['metadata']['namespace']}/serviceaccounts/{self.pod['spec'].get('serviceAccountName', 'default')}/token"
            request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
            known = self.node.api.create(path, request)["status"]["token"]
            self.node.tokens[self.pod["metadata"]["uid"], audience] = known
        return known

    def downward(self, source):
        return {each["path"]: (field(self.pod, each["fieldRef"]["fieldPath"]).encode(), each.get("mode")) for each in source.get("items", [])}

    def refresh(self):
        """Writes changed content: a new folder, then one rename of the link `..data`, as the kubelet does."""
        try:
            content = self.content()
        except (Missing, Refused):
            if self.written is None:
                raise
            return  # deleted since: the kubelet keeps what it has
        if content is None or content == self.written:
            return
        fresh = self.folder / f"..{os.urandom(6).hex()}"
        for path, (data, mode) in content.items():
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode)
        fresh.mkdir(exist_ok=True)
        for place in [fresh, *fresh.rglob("*")]:
            if place.is_dir():
                place.chmod(0o755)
        # Token files belong to the only user of the pod, everything else to the fsGroup.
        self.give(fresh, 0o440)
        if self.group is None and not self.node.rootless and "projected" in self.spec:
            users = {each.get("securityContext", {}).get("runAsUser", self.pod["spec"].get("securityContext", {}).get("runAsUser")) for each in self.pod["spec"]["containers"]}
            for path, (_, mode) in content.items():
                if mode == 0o600 and len(users) == 1 and None not in users:
                    os.chown(fresh / path, users.copy().pop(), -1)
                elif mode == 0o600:
                    (fresh / path).chmod(0o644)
        old = os.readlink(self.folder / "..data") if (self.folder / "..data").is_symlink() else None
        link = self.folder / "..data_tmp"
        link.symlink_to(fresh.name)
        link.rename(self.folder / "..data")
        tops = {path.split("/")[0] for path in content}
        for top in tops:
            if not (self.folder / top).is_symlink():
                (self.folder / top).symlink_to(f"..data/{top}")
        for place in self.folder.iterdir():
            if not place.name.startswith("..") and place.name not in tops:
                place.unlink()
        if old:
            shutil.rmtree(self.folder / old, ignore_errors=True)
        self.written = content
