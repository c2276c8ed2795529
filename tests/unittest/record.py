#!/usr/bin/env python3
"""Records in wanted.json what the real helm-unittest says of the suites here.

Usage: record.py HELM_UNITTEST

differences/ has suites of which promchart says something else on purpose, with the verdicts of both in the first line; that of
helm-unittest is checked. chart/ is run as it is, and with --update-snapshot; each file of broken/ as the only suite of a chart, with
--strict if its name begins with `strict-`. Of each test the result and helm-unittest's text are kept.
"""
import json, pathlib, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).parent
CHART = HERE / "chart"


def run(judge, folder, *flags):
    out = folder / "report.xml"
    done = subprocess.run([judge, *flags, "-t", "NUnit", "-o", out.name, "chart"], cwd=folder, capture_output=True, text=True)
    suites = []
    if out.exists() and out.stat().st_size:
        for suite in xml.parse(out).getroot().iter("test-suite"):
            tests = []
            for case in suite.iter("test-case"):
                texts = [case.find(path) for path in ("failure/stack-trace", "reason/message")]
                text = "".join(found.text or "" for found in texts if found is not None)
                tests.append({"test": case.get("name"), "result": case.get("result"), "text": text})
            suites.append({"suite": suite.get("name"), "tests": tests})
        out.unlink()
    return {"passed": done.returncode == 0, "suites": suites}


def fresh(chart):
    folder = pathlib.Path(tempfile.mkdtemp())
    shutil.copytree(chart, folder / "chart")
    return folder


def alone(judge, file):
    """A file as the only suite of the chart."""
    folder = fresh(CHART)
    shutil.rmtree(folder / "chart/tests")
    shutil.rmtree(folder / "chart/charts/child/tests")
    (folder / "chart/tests").mkdir()
    shutil.copy(file, folder / "chart/tests/x_test.yaml")
    return run(judge, folder, *["--strict"] * file.name.startswith("strict-"))


def main():
    judge = str(pathlib.Path(sys.argv[1]).resolve())
    snapshot = "chart/tests/__snapshot__/snapshot_test.yaml.snap"
    wanted = {}
    folder = fresh(CHART)
    wanted["run"] = run(judge, folder)
    wanted["snapshot"] = (folder / snapshot).read_text()
    folder = fresh(CHART)
    run(judge, folder, "--update-snapshot")
    wanted["updated"] = (folder / snapshot).read_text()
    wanted["broken"] = {}
    for file in sorted((HERE / "broken").glob("*.yaml")):
        wanted["broken"][file.stem] = alone(judge, file)
    for file in sorted((HERE / "differences").glob("*.yaml")):
        said = file.read_text().split("helm-unittest: ", 1)[1].split(",")[0]
        suites = alone(judge, file)["suites"]
        found = suites[0]["tests"][0]["result"] if suites else "crashes"
        if found != said:
            sys.exit(f"{file}: helm-unittest says {found}")
    (HERE / "wanted.json").write_text(json.dumps(wanted, indent=1, ensure_ascii=False) + "\n")
    print(sum(len(suite["tests"]) for suite in wanted["run"]["suites"]), "tests,", len(wanted["broken"]), "broken suites")


main()
