"""The images that the node knows: which program each has, and what its Dockerfile says of user, folder and arguments."""

import pathlib
import re
import shutil
import sys

import lib

NOBODY = 65534


def image(entrypoint, arguments=(), user=NOBODY, cwd="/", folders=(), programs=(), shell=True):
    return {
        "entrypoint": list(entrypoint),
        "arguments": list(arguments),
        "user": user,
        "cwd": cwd,
        "folders": list(folders),
        "programs": dict(programs),
        "shell": shell,
    }


def built(name, version=None):
    """A component below PROMCHART_COMPONENTS: of the version, else of the newest one with the same minor, else the newest."""
    folder = lib.COMPONENTS
    exact = folder / f"{name}-{version}" / name
    if version and exact.exists():
        return exact
    link = folder / "bin" / f"{name}-{'.'.join((version or '').split('.')[:2])}"
    link = link if link.exists() else folder / "bin" / name
    return link.resolve() if link.exists() else None


def find(reference):
    """What to run for an image reference; None if the node has no program for it.

    `userland`: its programs are the machine's own, in a root of its own. `machine`: it sees the machine's whole file system.
    Tags without a build of their own run the newest build: the node prints which one it took.
    """
    path = reference.split("@")[0]
    name, _, tag = path.rsplit("/", 1)[-1].partition(":")
    version = re.sub(r"-.*$", "", tag.removeprefix("v"))
    shell = "distroless" not in tag
    if name == "prometheus":
        programs = {"/bin/prometheus": built("prometheus", version), "/bin/promtool": built("promtool", version)}
        arguments = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
        found = image(["/bin/prometheus"], arguments, cwd="/prometheus", folders=["/etc/prometheus", "/prometheus"], programs=programs, shell=shell)
    elif name == "pushgateway":
        found = image(["/bin/pushgateway"], cwd="/pushgateway", folders=["/pushgateway"], programs={"/bin/pushgateway": built("pushgateway", version)})
    elif name in ("node-exporter", "node_exporter"):
        found = image(["/bin/node_exporter"], programs={"/bin/node_exporter": built("node_exporter", version)}, shell=shell)
    elif name == "alertmanager":
        arguments = ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]
        programs = {"/bin/alertmanager": built("alertmanager", version)}
        found = image(["/bin/alertmanager"], arguments, cwd="/alertmanager", folders=["/etc/alertmanager", "/alertmanager"], programs=programs)
    elif name == "kubectl":
        # build/server-image/kubectl of Kubernetes: the program alone.
        found = image(["/bin/kubectl"], user=0, programs={"/bin/kubectl": kubectl()}, shell=False)
    elif name == "curl":
        if not shutil.which("curl"):
            return None
        found = image(["curl"], user=100, shell=False)
        found["userland"] = True
    elif name == "busybox":
        found = image(["sh"], user=0)
    elif name == "target":
        # tests/cluster/target.py with the Python that runs this; it needs the machine's file system.
        found = image([sys.executable, str(lib.HERE / "target.py")], user=0)
        found["machine"] = True
    else:
        return None
    if found["shell"]:
        found["programs"]["/bin/busybox"] = busybox()
    if any(program is None for program in found["programs"].values()):
        return None
    return found


def kubectl():
    script = lib.HERE / "apiserver"
    path = pathlib.Path(lib.run(script, "path").stdout.strip()) / "kubectl"
    return path if path.exists() else None


def busybox():
    path = lib.COMPONENTS / "bin/busybox"
    return pathlib.Path(path).resolve() if path.exists() else None


# Of the busybox image, those that scripts of tests and hooks are likely to use.
APPLETS = "sh wget cat cmp echo ls grep sed awk tr head tail sleep test [ true false date sort uniq cut wc mkdir rm cp mv env id stat find printf base64 nc ps kill expr seq xargs tee mktemp basename dirname ln chmod touch".split()
