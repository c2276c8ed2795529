"""What the parts of tests/cluster share: checks, rendering, objects, waiting."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMPONENTS = pathlib.Path(os.environ.get("PROMCHART_COMPONENTS", pathlib.Path.home() / ".cache/promchart-components"))
CHART = ROOT / "chart"
PATIENCE = float(os.environ.get("PROMCHART_CLUSTER_PATIENCE", "3"))


def use_yaml():
    """PyYAML, from this Python or from a virtual environment below the components, which is made on first use."""
    try:
        import yaml
    except ImportError:
        python = COMPONENTS / "python/bin/python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", COMPONENTS / "python"], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "PyYAML"], check=True)
        if pathlib.Path(sys.prefix) == COMPONENTS / "python":
            raise
        os.execv(python, [python, *sys.argv])
    return yaml


yaml = use_yaml()
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def skip(reason):
    """Ends the part as skipped."""
    print(f"skip {pathlib.Path(sys.argv[0]).stem}: {reason}")
    sys.exit(3)


def versions():
    """versions.env as a dictionary."""
    lines = (HERE / "versions.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def program(name):
    """The path of a component, e.g. `prometheus-3.16`; skips the part if it is not installed."""
    path = COMPONENTS / "bin" / name
    if not path.exists():
        skip(f"{path} is not there: tests/cluster/install builds it where Go is")
    return path.resolve()


def program_folder(name):
    """The path of a folder that `install` has made; skips the part if it is not there."""
    path = COMPONENTS / name
    if not path.exists():
        skip(f"{path} is not there: tests/cluster/install {name} makes it where Go is")
    return path.resolve()


# ---- checks -------------------------------------------------------------------------


class Checks:
    """Counts what holds and prints a line for each check."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.start = time.monotonic()

    def ok(self, name, holds, detail=""):
        """Records a check; `detail` is printed if it fails. Returns `holds` as a bool."""
        if callable(detail) and not holds:
            detail = detail()
        if holds:
            self.passed += 1
            print(f"ok   {name}", flush=True)
        else:
            self.failed.append(name)
            text = str(detail).strip()
            print(f"FAIL {name}" + ("" if not text else "\n     " + text.replace("\n", "\n     ")), flush=True)
        return bool(holds)

    def equal(self, name, found, wanted):
        return self.ok(name, found == wanted, f"found  {found!r}\nwanted {wanted!r}")

    @contextlib.contextmanager
    def guard(self, name):
        """An exception inside becomes one failed check instead of the end of the part."""
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self.ok(name, False, f"{type(error).__name__}: {error}")

    def finish(self):
        part = pathlib.Path(sys.argv[0]).stem
        print(f"{part}: {self.passed} passed, {len(self.failed)} failed, {time.monotonic() - self.start:.0f} s", flush=True)
        if not self.passed and not self.failed:
            sys.exit(f"{part}: no check was made")
        sys.exit(1 if self.failed else 0)


def run(*command, stdin=None, check=True, env=None, cwd=None, timeout=300):
    """Runs a command; returns its result with text output. With `check` a failure raises with its output."""
    result = subprocess.run(
        [str(word) for word in command],
        input=stdin,
        capture_output=True,
        text=True,
        env=env,
        cwd=cwd or ROOT,
        timeout=timeout,
    )
    if check and result.returncode:
        words = " ".join(str(word) for word in command)
        raise RuntimeError(f"{words}: exit code {result.returncode}\n{result.stdout}{result.stderr}")
    return result


def until(condition, seconds=60, every=0.2):
    """Calls `condition` until it returns something true, or the deadline; returns the last result.

    The deadline is for a quiet machine; PATIENCE times as long is waited before something fails.
    """
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        try:
            found = condition()
            error = None
        except Exception as raised:  # noqa: BLE001
            found, error = None, raised
        if found or time.monotonic() > deadline:
            if error:
                raise error
            return found
        time.sleep(every)


def scratch(name):
    """A folder for the part's files: below PROMCHART_CLUSTER_SCRATCH, or a temporary one that is removed at exit."""
    base = os.environ.get("PROMCHART_CLUSTER_SCRATCH")
    if base:
        path = pathlib.Path(base) / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    else:
        import atexit

        path = pathlib.Path(tempfile.mkdtemp(prefix=f"promchart-{name}-"))
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    path.chmod(0o755)
    return path


# ---- rendering ----------------------------------------------------------------------


def helm():
    """The real Helm: $HELM, or the one that .ci/install-helm has put somewhere."""
    places = [os.environ.get("HELM"), COMPONENTS / "bin/helm", ROOT / "target/helm/helm"]
    for place in places:
        if place and pathlib.Path(place).exists():
            return str(pathlib.Path(place).resolve())
    skip("no Helm: set HELM, or run tests/cluster/install helm")


def promchart():
    """promchart: $PROMCHART or the release build; None if there is none."""
    for place in [os.environ.get("PROMCHART"), ROOT / "target/release/promchart"]:
        if place and pathlib.Path(place).exists():
            return str(pathlib.Path(place).resolve())
    return None


def renderer():
    """The program that renders where either would do: promchart, which is faster, or Helm."""
    return promchart() or helm()


def render(files=(), *flags, release="prom", namespace="monitoring", tool=None):
    """The rendered text."""
    words = [tool or renderer(), "template", release, CHART, "-n", namespace]
    for file in files:
        words += ["-f", file]
    return run(*words, *flags).stdout


def objects(text):
    """The objects of a rendered text, with a ConfigMap's and Secret's data as text."""
    return [each for each in yaml.load_all(text, Loader) if each]


class ValueSet:
    """A values file: a profile of values/, or a file of tests/cluster/values, with expectations.

    Expectations are lines `# KEY: TEXT` of the comment at the beginning, after a first line that says what the file shows; those
    of a profile are in profiles/NAME.txt, a line `KEY: TEXT` each. README.md has the keys.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.name = self.path.stem
        self.is_profile = self.path.parent.name == "values" and self.path.parent.parent == ROOT
        self.wants = {}
        beside = HERE / "profiles" / f"{self.name}.txt"
        lines = [f"# {line}" for line in beside.read_text().splitlines()] if self.is_profile and beside.exists() else []
        for line in lines + ([] if self.is_profile else self.path.read_text().splitlines()):
            if not line.startswith("#"):
                break
            key, found, text = line.lstrip("# ").partition(": ")
            if found and key.replace("-", "").islower() and " " not in key:
                self.wants.setdefault(key, []).append(text.strip())

    def want(self, key, default=None):
        return self.wants.get(key, [default])[0]

    @property
    def files(self):
        return [*(ROOT / name for name in self.wants.get("with", [])), self.path]

    @property
    def flags(self):
        return [word for text in self.wants.get("flags", []) for word in text.split()]

    @property
    def namespace(self):
        """Of the file's header, or of `namespaceOverride`, as profiles with fixed names have it."""
        values = yaml.load(self.path.read_text(), Loader) or {}
        return self.want("namespace") or values.get("namespaceOverride") or "monitoring"

    def render(self, *flags, tool=None):
        return render(self.files, *self.flags, *flags, namespace=self.namespace, tool=tool)


def profiles():
    return [ValueSet(path) for path in sorted((ROOT / "values").glob("*.yaml"))]


def value_sets():
    """The profiles and the files of tests/cluster/values; arguments of the part select by a word of the name."""
    found = profiles() + [ValueSet(path) for path in sorted((HERE / "values").glob("*.yaml"))]
    words = sys.argv[1:]
    return [each for each in found if not words or any(word in each.name for word in words)]


# ---- objects ------------------------------------------------------------------------


def key(item):
    """kind namespace/name"""
    meta = item["metadata"]
    return f"{item['kind']} {meta.get('namespace', '-')}/{meta['name']}"


def of_kind(items, *kinds):
    return [each for each in items if each["kind"] in kinds]


def pod_templates(items):
    """(workload, pod template) of everything that makes pods."""
    for item in items:
        if item["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield item, item["spec"]["template"]
        elif item["kind"] == "Pod":
            yield item, item


def containers(template):
    spec = template["spec"]
    return spec.get("initContainers", []) + spec["containers"]


def flags_of(container):
    """Flags as {name: [values]} of the arguments, `--no-x` and `--x` as True."""
    found = {}
    for word in container.get("args", []):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found.setdefault(name, []).append(value if equals else True)
    return found


def expand(text, env):
    """Commands and arguments as a kubelet expands them: $(NAME) of the environment, $$ for a dollar; what is not known stays."""

    def value(match):
        if match[0] == "$$":
            return "$"
        return env.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", value, text)


def is_prometheus(container):
    """Runs Prometheus itself, judged by the image's name."""
    image = container["image"].split("@")[0]
    name = image.rsplit("/", 1)[-1].split(":")[0]
    return name == "prometheus" and not (container.get("command") or ["prometheus"])[0].endswith(("sh", "promtool"))


def version_of(container):
    """(major, minor, patch) of the image's tag; None if it has no such tag."""
    tag = container["image"].split("@")[0].rsplit("/", 1)[-1].partition(":")[2].removeprefix("v").split("-")[0]
    parts = tag.split(".")
    return tuple(int(part) for part in parts) if len(parts) == 3 and all(part.isdigit() for part in parts) else None


def data_of(item):
    """The files of a ConfigMap or Secret as {name: bytes}."""
    import base64

    files = {name: text.encode() for name, text in (item.get("stringData") or {}).items()}
    for name, text in (item.get("data") or {}).items():
        files.setdefault(name, base64.b64decode(text) if item["kind"] == "Secret" else text.encode())
    for name, text in (item.get("binaryData") or {}).items():
        files[name] = base64.b64decode(text)
    return files


def write_json(path, value):
    pathlib.Path(path).write_text(json.dumps(value))
    return path
