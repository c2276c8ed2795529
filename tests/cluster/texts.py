"""The paths of chart/README.md and of the headers of profiles: their commands, in order, and a shell that follows them."""

import re
import shutil
import subprocess

import lib

README = lib.CHART / "README.md"


def section(title):
    """(commands, {file to save: text}) of a section of the README."""
    text = README.read_text()
    found = re.search(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise RuntimeError(f"{README}: no section {title}")
    commands, files, end = [], {}, 0
    for block in re.finditer(r"^```(\w*)\n(.*?)^```$", found[1], re.MULTILINE | re.DOTALL):
        before, end = found[1][end : block.start()], block.end()
        name = re.search(r"[Ss]ave (?:it |this )?as `([\w.-]+)`", before)
        if name:
            files[name[1]] = block[2]
            continue
        for line in re.sub(r"\\\n", "", block[2]).splitlines():
            if block[1] != "console" or not line.startswith("$ "):
                raise RuntimeError(f"{README}: {title}: {line!r} is neither a command nor of a file to save")
            commands.append(line[2:])
    return commands, files


def header(profile):
    """The same of the comment at the beginning of a profile."""
    lines = re.match(r"(#.*\n)+", (lib.ROOT / f"values/{profile}.yaml").read_text())[0].splitlines()
    commands, files, block, prose = [], {}, [], ""
    for line in [*lines, "#"]:
        text = line[1:]
        if text.startswith("     "):
            block.append(text[6:])
        elif block:
            if block[0].startswith(("kubectl ", "helm ")):
                commands += block
            else:
                files[re.findall(r"save (?:it|this) as ([\w.-]*\w)", prose)[-1]] = "\n".join(block) + "\n"
            block = []
        if text.startswith("   helm "):
            commands.append(text.strip())
        elif not text.startswith("     "):
            prose += text
    return commands, files


class Reader:
    """Follows one text: its commands in a shell, in order. The part gives checks, folder and environment to the class."""

    checks = made = node = folder = environment = None

    def __init__(self, title, commands, files):
        self.title, self.commands = title, list(commands)
        self.place = self.folder / re.sub(r"\W+", "-", title)
        self.place.mkdir()
        for name in ("chart", "values"):
            shutil.copytree(lib.ROOT / name, self.place / name)
        for name, text in files.items():
            (self.place / name).write_text(text)

    def step(self, *words):
        """Runs the next command, which has these words; returns what it printed."""
        if not self.commands:
            raise RuntimeError(f"{self.title}: no command is left where one with {words} was expected")
        command = self.commands.pop(0)
        if not all(word in command for word in words):
            raise RuntimeError(f"{self.title}: {command!r} comes where one with {words} was expected")
        result = self.shell(command)
        if not self.checks.ok(f"{self.title}: {command}", result.returncode == 0, lambda: result.stdout[-3000:] + result.stderr[-3000:]):
            raise RuntimeError(f"{self.title}: the path ends here")
        return result.stdout

    def shell(self, command):
        """A command that is not in the text, or one that should fail."""
        words = ["bash", "-euo", "pipefail", "-c", command]
        return subprocess.run(words, cwd=self.place, env=self.environment, capture_output=True, text=True, timeout=900, check=False)

    def given(self, command):
        """What the path begins with."""
        result = self.shell(command)
        if result.returncode:
            raise RuntimeError(f"{self.title}: {command}: {result.stdout}{result.stderr}")
        return result.stdout

    def done(self):
        self.checks.equal(f"{self.title}: every command was followed", self.commands, [])
