#!/usr/bin/env python3
"""Mutates objects one field at a time and compares promchart's verdicts with an API server's.

    eval "$(tests/cluster/apiserver start --controllers)"
    cargo build -p promchart-k8s --example verdicts
    tests/cluster/mutate.py --count 5000 [--seed 1] [FILE...]

FILEs hold objects in YAML, as `promchart template CHART` prints them; without any, those of crates/k8s/tests/verdicts/bases.yaml are used.
Each mutant differs from an object that the server takes in one change: a field is deleted, retyped, emptied, out of
range, given a text of another kind, doubled, misspelt or moved, or a field of the server's own schema (OpenAPI) is added
with generated content. It is sent as Helm 4 sends it (server-side apply, dry run, strict fields) and read by
`crates/k8s` (examples/verdicts.rs). A MISS is refused by the server and no error here, a FALSE alarm the reverse.
Refusals that depend on the cluster's state (STATE) are counted apart. The same seed gives the same mutants.

`--crds FILE...` creates the CustomResourceDefinitions of these files on the server and deletes them at the end; mutated are
then custom resources only: those of the FILEs, and for each served version some that are generated from its schema until the server takes them.

`--causes` also compares the fields: each field that the server complains of and of which nothing is said here.
`--only KIND` restricts the objects, `--record FILE` writes different mutants of bases.yaml with the server's verdicts, for
crates/k8s/tests/verdicts.rs, which needs no server.
"""
import argparse
import collections
import copy
import http.client
import json
import os
import pathlib
import random
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

import yaml

HERE = pathlib.Path(__file__).parent
BASES = HERE.parents[1] / "crates/k8s/tests/verdicts/bases.yaml"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Times and `=` are texts, as for Kubernetes."""


for tag in ("timestamp", "value"):
    Loader.add_constructor(f"tag:yaml.org,2002:{tag}", lambda loader, node: node.value)

# What the server refuses because of what is in the cluster, or of how it was started.
STATE = re.compile(
    r"serviceaccount .* not found|error looking up service account|no PriorityClass with name|not in the valid range"
    r"|failed to allocate|already allocated|not configured on this cluster|not configured for dual-stack|namespaces? .* not found"
    r"|RuntimeClass .*not found|runtimeclass.* not found|unable to (get|create)|already exists|the object has been modified"
    r"|request is not allowed to|no API token found|is being terminated|UID in precondition|Limit is 3|does not match the namespace"
    r"|provided port is (already allocated|not in the valid range)|PriorityClass .* already marked|not found, resource|"
    r"(pods|nodes) .* is forbidden: (error|node)|StorageClass|attempting to grant RBAC permissions|the server could not find the requested resource"
    r"|admin access to devices requires|client: "
)
# What promchart refuses although the server takes it, because no kubelet, scheduler or controller could act on it.
KEPT = re.compile(
    r"^bad-image |is not allowed here.*emptyDir|^bad-ip \S+hostIP|^int-range \S+nodePort"
    r"|^(bad-label|bad-selector|invalid-enum-value) spec\.metrics\[|^bad-label spec\.(jobTemplate|volumeClaimTemplates\[\d+\])\.metadata"
    r"|^bad-selector \S+ `[GL]t` needs one value|^invalid-enum-value \S+emptyDir\.medium"
    # A dry run does not get to where these are refused.
    r"|^field-conflict metadata\.(managedFields|uid) "
    # Fields of features that are off unless they are asked for, which the server drops.
    r"|^\S+ \S*(schedulingGroup|partitionTypeAttribute|skipNodeOperations|compatibilityGroups|httpGet\.(host|protocol)|bindMountOptions|grpc\.mode)\b"
    r"|^field-conflict \S+runAsUser the user 0 is root"
)

TEXTS = [
    "", " ", "a", "web", "A", "Bad_Name", "a..b", "-a", "a-", ".a", "a.", "a.b", "a/b", "a/b/c", "/a", "/a/../b", "../x", "a/../b", "a b", "x" * 64,
    "x" * 254, "1", "0", "-1", "*", "*.a", "é", "80", "10%", "101%", "-5%", "1.2.3.4", "::1", "fe80::1", "127.0.0.1", "10.0.0.0/8", "10.0.0.1/8",
    "01.2.3.4", "0.0.0.0", "224.0.0.1", "169.254.1.1", "::ffff:1.2.3.4", "http://a", "https://a.example.com/x", "https://a/b?c#d", "5x", "1e3", "100m",
    "1.5Gi", "-1Gi", "1Gi", "None", "true", "null", "kubernetes.io/x", "x.k8s.io/y", "example.com/Name", "example.com/_x", "example.com/", "/x",
    "k8s.io", "a_b", "A-B", "a:b", "a,b", "a\nb", "$(A)", "metadata.name", "metadata.labels['a']", "spec.nodeName", "status.podIP", "limits.cpu",
    "requests.memory", "cpu", "memory", "nvidia.com/gpu", "hugepages-2Mi", "2026-01-01T00:00:00Z", "2026-13-01", "MS4=", "not base64!", "v1",
    "apps/v1", "true == true", "self", "1 +", "object.metadata.name", "{.spec.x}", ".spec.x", "xyz", "foo-bar-baz", "a" * 40 + "." + "b" * 40,
]
NUMBERS = [0, 1, -1, 2, 3, 100, 101, 443, 511, 512, 600, 1000, 1801, 3601, 32767, 65535, 65536, 86401, 100001, 2147483647, -2147483648, 2147483648, 1 << 33, (1 << 63) - 1]
RETYPED = [True, False, 0, 1, 1.5, "a", "1", "true", [], ["a"], [1], {}, {"a": "b"}, None, [None], [{}], [[]], {"a": None}, {"a": 1}]


class Server:
    """A client of the API over one connection that stays open."""

    def __init__(self):
        with open(os.environ["KUBECONFIG"], encoding="utf-8") as file:
            config = yaml.safe_load(file)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.url = urllib.parse.urlparse(cluster["server"])
        self.tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self.tls.load_cert_chain(user["client-certificate"], user["client-key"])
        self.connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.tls)
        self.discover()
        version = self.call("GET", "/version")
        self.version = f"{version['major']}.{version['minor'].rstrip('+')}"

    def discover(self):
        """Reads which kinds are served."""
        self.resources = {}
        paths = ["/api/v1"]
        for group in self.call("GET", "/apis")["groups"]:
            paths += ["/apis/" + version["groupVersion"] for version in group["versions"]]
        for path in paths:
            for resource in self.call("GET", path).get("resources", []):
                if "/" not in resource["name"] and "create" in resource["verbs"] and "patch" in resource["verbs"]:
                    version = path.split("/", 2)[2]
                    self.resources[version, resource["kind"]] = path, resource["name"], resource["namespaced"]

    def call(self, method, path, body=None, kind=None):
        headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            text = response.read()
        except http.client.HTTPException:  # A handler of the server panicked.
            self.connection.close()
            return {"code": 0, "message": "client: the connection was closed"}
        answer = json.loads(text) if text[:1] == b"{" else {"message": text.decode(errors="replace")}
        answer["code"] = response.status
        return answer

    def knows(self, obj):
        return isinstance(obj, dict) and (str(obj.get("apiVersion")), str(obj.get("kind"))) in self.resources

    def verdict(self, obj, apply=True):
        """What the server says against an object ("" if nothing), and the fields that it names."""
        if not self.knows(obj):
            return "client: no such kind", []
        path, plural, namespaced = self.resources[obj["apiVersion"], obj["kind"]]
        meta = obj.get("metadata") if isinstance(obj.get("metadata"), dict) else {}
        quoted = lambda part: urllib.parse.quote(str(part), safe="")
        if namespaced:
            path += f"/namespaces/{quoted(meta.get('namespace') or 'default')}"
        path += "/" + plural
        query = "?dryRun=All&fieldValidation=Strict&fieldManager=mutate"
        body = json.dumps(obj).encode()
        if meta.get("name") and apply:
            answer = self.call("PATCH", f"{path}/{quoted(meta['name'])}{query}&force=true", body, "application/apply-patch+yaml")
        else:
            answer = self.call("POST", path + query, body, "application/json")
        if answer["code"] in (200, 201):
            return "", []
        causes = [(cause.get("field", ""), cause.get("message", "")) for cause in (answer.get("details") or {}).get("causes") or []]
        return f"{answer['code']}: {answer.get('message')}", causes


class Custom:
    """CustomResourceDefinitions that are on the server while this runs."""

    PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    def __init__(self, server, files):
        self.server, self.made, self.all, self.schemas = server, [], [], {}
        for file in files:
            for definition in yaml.load_all(pathlib.Path(file).read_text(encoding="utf-8"), Loader):
                if isinstance(definition, dict) and definition.get("kind") == "CustomResourceDefinition":
                    self.create(json.loads(json.dumps(definition)), file)
        for _ in range(600):
            server.discover()
            if self.schemas.keys() <= server.resources.keys():
                break
            time.sleep(0.1)
        # A version is served a little before it takes objects.
        time.sleep(1)

    def create(self, definition, file):
        name = definition["metadata"]["name"]
        answer = self.server.call("POST", self.PATH, json.dumps(definition).encode(), "application/json")
        if answer["code"] >= 300:
            print(f"not created: {file}: {name}: {answer['message'][:200]}", file=sys.stderr)
            return
        self.made.append(name)
        self.all.append(definition)
        spec = definition["spec"]
        for version in spec["versions"]:
            if version.get("served"):
                kind = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                self.schemas[kind] = version["schema"]["openAPIV3Schema"]

    def delete(self):
        for name in self.made:
            self.server.call("DELETE", f"{self.PATH}/{name}")

    def objects(self, schema, seed, wanted=2, tries=150):
        """Generated objects that the server takes."""
        for (version, kind), of in self.schemas.items():
            chance, found = random.Random(f"{seed} {version} {kind}"), 0
            for number in range(tries):
                rest = {key: value for key, value in of.items() if key != "required"}
                rest["properties"] = {name: below for name, below in of.get("properties", {}).items() if name not in ("apiVersion", "kind", "metadata", "status")}
                rest["required"] = [name for name in rest["properties"] if name == "spec" or name in of.get("required", [])]
                generated = schema.generate(chance, rest) if rest["properties"] else {}
                obj = {"apiVersion": version, "kind": kind, "metadata": {"name": f"generated-{number}"}, **generated}
                if not self.server.verdict(obj)[0]:
                    found += 1
                    yield f"{version}:{kind}/{number}", obj
                if found == wanted:
                    break


class Linter:
    """One process of examples/verdicts.rs, which is asked line by line."""

    def __init__(self, program, version, crds):
        command = [program, version] + ([crds] if crds else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def verdict(self, obj):
        self.process.stdin.write(json.dumps(obj).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the linter ended at {json.dumps(obj)}")
        return json.loads(line)


class Whole:
    """`promchart lint` on a chart with one object, for what crates/k8s leaves to the linter's other rules."""

    def __init__(self, program, version):
        self.program, self.version = program, version
        self.chart = pathlib.Path(tempfile.mkdtemp())
        (self.chart / "templates").mkdir()
        (self.chart / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")

    def errors(self, obj):
        text = yaml.safe_dump(obj, sort_keys=False, allow_unicode=True, width=10000).replace("{{", '{{ "{{" }}')
        (self.chart / "templates" / "o.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
        command = [self.program, "lint", self.chart, "--format", "json", "--kube-version", self.version]
        run = subprocess.run(command, capture_output=True, check=False)
        return {(found["rule"], found["message"]) for found in json.loads(run.stdout)["findings"] if found["severity"] == "error"}


class Schema:
    """The server's schema of an object, from its OpenAPI document."""

    def __init__(self, server, custom=None):
        self.custom = custom.schemas if custom else {}
        self.definitions = server.call("GET", "/openapi/v2")["definitions"]
        self.of_kind = {}
        for name, definition in self.definitions.items():
            for kind in definition.get("x-kubernetes-group-version-kind", []):
                version = "/".join(part for part in (kind["group"], kind["version"]) if part)
                self.of_kind.setdefault((version, kind["kind"]), name)

    def resolve(self, schema):
        while schema and "$ref" in schema:
            schema = self.definitions.get(schema["$ref"].rsplit("/", 1)[1])
        return schema or {}

    def top(self, obj):
        own = self.custom.get((obj["apiVersion"], obj["kind"]))
        if own is not None:
            meta = {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
            return {**own, "properties": {**own.get("properties", {}), "metadata": meta}}
        name = self.of_kind.get((obj["apiVersion"], obj["kind"]))
        return self.definitions.get(name, {})

    def generate(self, chance, schema, depth=0):
        """A value of a schema, more often a fitting one than not."""
        schema = self.resolve(schema)
        if "enum" in schema and chance.random() < 0.8:
            return chance.choice(schema["enum"])
        if "default" in schema and chance.random() < 0.3:
            return schema["default"]
        if schema.get("x-kubernetes-int-or-string"):
            schema = {"format": "int-or-string"}
        kind = schema.get("type")
        if kind in ("integer", "number") and ("minimum" in schema or "maximum" in schema) and chance.random() < 0.8:
            low = schema.get("minimum", schema.get("maximum", 0) - 2)
            return chance.choice([low, low + 1, schema.get("maximum", low + 2)])
        if kind == "boolean":
            return chance.random() < 0.5
        if kind in ("integer", "number"):
            return chance.choice(NUMBERS[:14] if chance.random() < 0.7 else NUMBERS)
        if kind == "array":
            count = max(chance.choice([0, 1, 1, 1, 2]), min(schema.get("minItems", 0), 3))
            items = [self.generate(chance, schema.get("items"), depth + 1) for _ in range(count)]
            return items + items[:1] if chance.random() < 0.1 else items
        if kind == "object" or "properties" in schema:
            if isinstance(schema.get("additionalProperties"), dict):
                keys = ["a", "cpu", "memory", "example.com/x"] if chance.random() < 0.7 else TEXTS
                return {chance.choice(keys): self.generate(chance, schema["additionalProperties"], depth + 1) for _ in range(chance.choice([0, 1, 1, 2]))}
            properties = schema.get("properties", {})
            wanted = [name for name in schema.get("required", []) if chance.random() < 0.95]
            others = sorted(set(properties) - set(wanted) - {"status"})
            if others and depth < 4:
                share = chance.choice([1, 1, 2, 3])
                wanted += chance.sample(others, min(share, len(others)))
            return {name: self.generate(chance, properties.get(name), depth + 1) for name in wanted if name in properties}
        if schema.get("format") == "byte":
            return chance.choice(["aGVsbG8=", "", "x"])
        if schema.get("format") == "date-time":
            return chance.choice(["2026-01-01T00:00:00Z", "2026-01-01"])
        if schema.get("format") == "int-or-string":
            return chance.choice(NUMBERS[:8] + ["10%", "http", "", "101%", "a_b"])
        return chance.choice(["a", "web", "a.b", "example.com/x"]) if chance.random() < 0.5 else chance.choice(TEXTS)


def places(value, schema, resolve, path=()):
    """All places of an object: path, value and schema."""
    schema = resolve(schema)
    yield path, value, schema
    if isinstance(value, dict):
        for key, child in value.items():
            if path == () and key in ("apiVersion", "kind", "status"):
                continue
            below = schema.get("properties", {}).get(key) or schema.get("additionalProperties") or {}
            yield from places(child, below if isinstance(below, dict) else {}, resolve, path + (key,))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from places(child, schema.get("items") or {}, resolve, path + (index,))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def mutants(chance, obj, schema, each_part):
    """Endless mutants of an object: the change in words, the changed object, the change. With `each_part` first each part of it is deleted."""
    all_places = list(places(obj, schema.top(obj), schema.resolve))
    texts = [value for _, value, _ in all_places if isinstance(value, str)]
    maps = [place for place in all_places if isinstance(place[1], dict)]
    lists = [place for place in all_places if isinstance(place[1], list) and place[1]]
    for path, _, _ in all_places[1:] if each_part else []:
        changed = copy.deepcopy(obj)
        del at(changed, path[:-1])[path[-1]]
        yield f"delete {show(path)}", changed, change(path)
    while True:
        changed = copy.deepcopy(obj)
        how = chance.choices(["delete", "retype", "value", "empty", "double", "unknown", "add", "move"], [12, 8, 30, 6, 6, 2, 30, 6])[0]
        if how in ("add", "unknown"):
            path, value, of = chance.choice(maps)
            parent = at(changed, path)
            if how == "unknown":
                if not value:
                    continue
                key = chance.choice(sorted(value))
                new = chance.choice([key + "x", key[:-1] or "x", key.swapcase()])
                parent[new] = value[key]
                yield f"unknown in {show(path)}", changed, change(path + (new,), value[key])
                continue
            properties = of.get("properties", {})
            names = sorted(name for name in properties if name not in value and not (path == () and name == "status"))
            if names:
                name = chance.choice(names)
                parent[name] = schema.generate(chance, properties[name])
            elif isinstance(of.get("additionalProperties"), dict):
                name = chance.choice(TEXTS)
                parent[name] = schema.generate(chance, of["additionalProperties"])
            else:
                continue
            yield f"add {show(path + (name,))} = {json.dumps(parent[name])}", changed, change(path + (name,), parent[name])
            continue
        if how == "double" and lists:
            path, value, _ = chance.choice(lists)
            parent = at(changed, path)
            item = copy.deepcopy(chance.choice(parent))
            if isinstance(item, dict) and len(item) > 1 and chance.random() < 0.5:
                del item[chance.choice(sorted(item))]
            parent.append(item)
            yield f"double in {show(path)}: {json.dumps(item)}", changed, change(path + (len(value),), item)
            continue
        path, value, of = chance.choice(all_places[1:])
        parent, key = at(changed, path[:-1]), path[-1]
        if how == "delete":
            del parent[key]
            yield f"delete {show(path)}", changed, change(path)
            continue
        if how == "retype":
            new = chance.choice(RETYPED)
        elif how == "empty":
            new = {str: "", list: [], dict: {}, int: 0, float: 0, bool: False}.get(type(value))
        elif how == "move":
            if not isinstance(value, str):
                continue
            new = chance.choice(texts)
        elif isinstance(value, bool):
            new = not value
        elif isinstance(value, (int, float)):
            new = chance.choice(NUMBERS + [value + 1, value - 1, value * 10, -value])
        elif isinstance(value, str):
            near = [value.upper(), value + "-", "-" + value, value + "x", value * 9, value[:-1], value.replace("/", "_"), value + "/x", value + ".", " " + value]
            new = chance.choice(of["enum"] if of.get("enum") and chance.random() < 0.6 else TEXTS + near)
        else:
            new = schema.generate(chance, of)
        if new == value and type(new) is type(value):
            continue
        parent[key] = new
        yield f"{how} {show(path)} = {json.dumps(new)}", changed, change(path, new)


NONE = object()


def change(path, value=NONE):
    """A change as the files of crates/k8s/tests/faults have it."""
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return {"remove": [pointer]} if value is NONE else {"set": {pointer: value}}


def show(path):
    return ".".join(str(step) for step in path)[-90:]


def bases(files, server):
    """The objects of files that the server may take, each once and in the namespace `default`."""
    seen = set()
    for file in files:
        text = pathlib.Path(file).read_text(encoding="utf-8")
        for obj in yaml.load_all(text, Loader):
            if not server.knows(obj) or not isinstance(obj.get("metadata"), dict):
                continue
            obj = json.loads(json.dumps(obj))
            obj.pop("status", None)
            obj["metadata"].pop("namespace", None)
            line = json.dumps({key: value for key, value in obj.items() if key != "metadata"}, sort_keys=True)
            if line not in seen:
                seen.add(line)
                name = f"{obj['kind']}/{obj['metadata'].get('name')}"
                yield name if file == BASES else f"{pathlib.Path(file).stem}:{name}", obj


def steps(field):
    """The path of a field as the server writes it, and as the linter does."""
    return [step.strip('"') for step in re.findall(r'\["?(.*?)"?\]|([^.\[\]]+)', field) for step in step if step]


def unseen(causes, found):
    """The fields of the server's causes of which nothing is said here: no error at it, above it or below it."""
    mine = [steps(pointer) for severity, _, pointer, _ in found if severity == "error"]
    for field, message in causes:
        path = steps(field)
        # A missing field is reported at the object that lacks it.
        if not any(one[: len(path)] == path[: len(one)] or path[:-1] == one for one in mine):
            yield f"{field}: {message}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="kinds, by regular expression")
    parser.add_argument("--crds", nargs="+", help="files with CustomResourceDefinitions")
    parser.add_argument("--linter", default=HERE.parents[1] / "target/debug/examples/verdicts")
    parser.add_argument("--promchart", help="asked too where crates/k8s says nothing")
    parser.add_argument("--causes", action="store_true")
    parser.add_argument("--each", action="store_true", help="print each, and not the first of those that look alike")
    parser.add_argument("--record")
    options = parser.parse_args()
    server = Server()
    if not options.crds:
        compare(options, server, None, None)
        return
    custom = Custom(server, options.crds)
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(custom.all, file)
            file.flush()
            compare(options, server, custom, file.name)
    finally:
        custom.delete()


def compare(options, server, custom, crds):
    """Asks both about mutants and prints where they disagree. `custom` is on the server, and in the file `crds` too."""
    linter = Linter(options.linter, server.version, crds)
    whole = Whole(options.promchart, server.version) if options.promchart and not custom else None
    schema = Schema(server, custom)
    sound, known, alike = [], {}, collections.Counter()

    def tell(kind, name, change, words):
        where = re.sub(r"\d+", "N", change.split(" = ")[0]) if kind == "FALSE" else ""
        shape = kind, name.rsplit("/", 1)[0], where, re.sub(r'"([^"\\]|\\.)*"|`[^`]*`|\d+|: \{.*?\}:', "_", words)[:150]
        alike[shape] += 1
        if options.each or alike[shape] == 1:
            print(kind, name, change[:300], words[:400], sep="\t", flush=True)

    tried = bases(options.files or ([] if custom else [BASES]), server)
    if custom:
        tried = [pair for pair in tried if (pair[1]["apiVersion"], pair[1]["kind"]) in custom.schemas]
        tried += custom.objects(schema, options.seed)
    for name, obj in tried:
        if options.only and not re.fullmatch(options.only, obj["kind"]):
            continue
        said = server.verdict(obj)[0]
        errors = [problem for problem in linter.verdict(obj) if problem[0] == "error"]
        if said:
            if not STATE.search(said) and not errors:
                print("MISS", name, "as it is", said[:300], sep="\t")
        elif errors:
            print("FALSE", name, "as it is", errors, sep="\t")
        else:
            sound.append((name, obj))
    count = collections.Counter()
    recorded, shapes = [], set()
    streams = [(name, mutants(random.Random(f"{options.seed} {name} {json.dumps(obj)}"), obj, schema, not options.files)) for name, obj in sound]
    for number in range(options.count):
        name, stream = streams[number % len(streams)]
        change, obj, difference = next(stream)
        said, causes = server.verdict(obj)
        found = linter.verdict(obj)
        errors = [problem for problem in found if problem[0] == "error"]
        short = re.sub(r'^(\d+: )?\S+ "[^"]*" is invalid: ', "", said).replace("\n", " ")[:400]
        meta = obj.get("metadata")
        if (said and STATE.search(said)) or not (isinstance(meta, dict) and meta.get("name") or said):
            kind = "state"  # Or an object without a name, which cannot be applied.
        elif said:
            kind = "agree" if errors else "MISS"
            if kind == "MISS" and whole:
                if name not in known:
                    known[name] = whole.errors(dict(sound)[name])
                kind = "agree" if whole.errors(obj) - known[name] else "MISS"
        else:
            kind = "sound"
            if errors and not server.verdict(obj, apply=False)[0]:
                kept = all(KEPT.search(" ".join(problem[1:])) for problem in errors)
                kind = "kept" if kept else "FALSE"
        count[kind] += 1
        if kind == "MISS":
            tell(kind, name, change, short)
        elif kind == "FALSE":
            tell(kind, name, change, "; ".join(" ".join(problem[1:]) for problem in errors))
        elif options.causes and kind == "agree":
            for cause in unseen(causes, found):
                count["CAUSE"] += 1
                tell("CAUSE", name, change, cause)
        if options.record and kind in ("agree", "sound", "kept") and len(json.dumps(difference)) < 400:
            where = re.sub(r"\d+", "N", next(iter(difference.get("set") or difference["remove"])))
            shape = obj["kind"] if isinstance(obj.get("kind"), str) else name, where, bool(said)
            if shape not in shapes:
                shapes.add(shape)
                line = {"base": name, **difference, "refused": short[:100] or None}
                if kind == "kept":
                    line["stricter"] = sorted({problem[1] for problem in errors})
                recorded.append(line)
    print(f"{len(sound)} objects, {options.count} mutants, Kubernetes {server.version}, seed {options.seed}: {dict(count)}", file=sys.stderr)
    refused, taken = count["agree"] + count["MISS"], count["sound"] + count["kept"] + count["FALSE"]
    print(f"misses {count['MISS'] / max(refused, 1):.2%} of {refused} refused, false alarms {count['FALSE'] / max(taken, 1):.2%} of {taken} taken", file=sys.stderr)
    if options.record:
        recorded.sort(key=lambda line: line["base"])
        text = ",\n".join(json.dumps(line, ensure_ascii=False) for line in recorded)
        pathlib.Path(options.record).write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
