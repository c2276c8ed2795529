#!/usr/bin/env python3
"""Writes crates/k8s/data/written.txt from Kubernetes' Go types: which fields an object has whatever is set, and which it loses if nothing is in them.

    tests/cluster/written.py [VERSION]      # of k8s.io/api, such as v0.37.2; needs Go and its module proxy

A policy sees an object as Go writes it. A text, number or boolean that is no pointer and has `omitempty` is not written if it is zero;
a structure that is no pointer is always written, and so is what has no `omitempty`.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parents[2] / "crates/k8s/data"
MODULES = ["k8s.io/api", "k8s.io/apimachinery", "k8s.io/apiextensions-apiserver", "k8s.io/kube-aggregator"]
SCALARS = {"string": '""', "boolean": "false", "int32": "0", "int64": "0", "number": "0", "byte": '""'}
HEADER = """\
# What Go writes of an object: definition, then `-FIELD` for a scalar that is left out if it is zero, and `FIELD=VALUE` for a field that is
# written with this value if nothing is set. Lists and maps that are empty are left out, unless they are here. Written by
# `tests/cluster/written.py` from k8s.io/api {version}; do not edit.
"""


def sources(version):
    """The folders of the modules, in the module cache."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = [f"{module}@{version}" for module in MODULES]
        answer = subprocess.run(["go", "mod", "download", "-json", *wanted], cwd=folder, capture_output=True, text=True, check=True).stdout
    folders = [each["Dir"] for each in json.loads("[" + re.sub(r"\}\s*\{", "},{", answer) + "]")]
    return dict(zip(MODULES, map(pathlib.Path, folders)))


def structures(folder):
    """The structures of a package: name to (field, Go type, words of the tag)."""
    found = {}
    for file in sorted(folder.glob("*types*.go")):
        text = re.sub(r"//[^\n]*", "", file.read_text(encoding="utf-8"))
        for name, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", text, re.S | re.M):
            fields = []
            for line in body.splitlines():
                match = re.match(r'\s*(?:(\w+)\s+)?(\S+)\s+`.*?json:"([^"]*)"', line)
                if match:
                    tag = match[3].split(",")
                    fields.append((tag[0], match[2], tag[1:]))
            found[name] = fields
    return found


def main():
    version = sys.argv[1] if len(sys.argv) > 1 else "v0.37.2"
    roots = sources(version)
    packages = {}

    def package(group, release):
        if (group, release) not in packages:
            folder = {
                "meta": roots["k8s.io/apimachinery"] / "pkg/apis/meta" / release,
                "apiextensions": roots["k8s.io/apiextensions-apiserver"] / "pkg/apis/apiextensions" / release,
                "apiregistration": roots["k8s.io/kube-aggregator"] / "pkg/apis/apiregistration" / release,
            }.get(group, roots["k8s.io/api"] / group / release)
            packages[group, release] = structures(folder)
        return packages[group, release]

    def fields(group, release, name):
        """The fields of a structure with those of the structures that are part of it."""
        for field, kind, words in package(group, release).get(name, []):
            if field or "inline" not in words:
                yield field, kind, words
            else:
                where, _, short = kind.lstrip("*").rpartition(".")
                inner = re.match(r"([a-z]+)(v\d\w*)$", where)
                group_of, release_of = (inner[1], inner[2]) if inner else (group, release)
                if where == "v1":
                    group_of, release_of = "core", "v1"
                yield from fields(group_of, release_of, short)

    lines, definition, types = [], None, {}
    for line in (DATA / "definitions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("definition "):
            definition = line.split()[1]
            types[definition] = {}
        elif line.startswith(" ") and definition:
            name, kind = line.split()[:2]
            types[definition][name.rstrip("!")] = kind
    for definition, known in types.items():
        group, release, name = definition.split(".")
        words = []
        for field, kind, tag in fields(group, release, name):
            of = known.get(field)
            if of is None or kind.startswith("*") or field in ("status", "metadata") and name == field.title():
                continue
            left_out = "omitempty" in tag or "omitzero" in tag
            if of in SCALARS and left_out:
                words.append(f"-{field}")
            elif "omitzero" in tag:
                continue
            elif of in SCALARS:
                words.append(f"{field}={SCALARS[of]}")
            elif of in ("quantity", "int-or-string"):
                words.append(field + ("=0" if of == "int-or-string" else '="0"'))
            elif of[0] in "[{" or of in ("object",):
                if not left_out:
                    words.append(f"{field}=null")
            elif "." in of:
                words.append(f"{field}={{}}")
        if words:
            lines.append(" ".join([definition, *sorted(words, key=lambda word: word.lstrip("-"))]))
    text = HEADER.format(version=version) + "".join(line + "\n" for line in lines)
    (DATA / "written.txt").write_text(text, encoding="utf-8")
    print(f"{len(lines)} of {len(types)} definitions")


if __name__ == "__main__":
    main()
