"""`az`, `azd` and `sleep` replaced by recorders: what a hook asks of them, in order, and what it is answered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.waiting import PATIENCE
from tests.infra.checkout import ROOT

# Answers what the first rule says whose words are all among the arguments, in turn; the last answer again and again.
PROGRAM = """#!{python} -IS
import json, os, sys
folder, name, arguments = {folder!r}, os.path.basename(sys.argv[0]), sys.argv[1:]
with open(folder + "/calls", "a") as calls:
    calls.write(json.dumps([name, *arguments]) + "\\n")
for at, rule in enumerate(json.load(open(folder + "/rules"))):
    if all(any(word in argument for argument in [name, *arguments]) for word in rule["words"]):
        counter = folder + "/answered-" + str(at)
        turn = len(open(counter).read()) if os.path.exists(counter) else 0
        with open(counter, "a") as counted:
            counted.write(".")
        answer = rule["answers"][min(turn, len(rule["answers"]) - 1)]
        sys.stdout.write(answer.get("out", ""))
        sys.stderr.write(answer.get("err", ""))
        sys.exit(answer.get("code", 0))
"""


def says(text: str) -> dict[str, object]:
    """An answer: a line on the standard output."""
    return {"out": text + "\n" if text else ""}


def fails(text: str = "refused") -> dict[str, object]:
    """An answer: a failure with its message."""
    return {"err": text + "\n", "code": 1}


@dataclass
class Ran:
    """How a hook ended."""

    code: int
    said: str
    calls: list[list[str]]

    @property
    def slept(self) -> list[int]:
        """The pauses, in seconds."""
        return [int(call[1]) for call in self.calls if call[0] == "sleep"]

    def commands(self, *words: str) -> list[str]:
        """The calls in which all of `words` occur, each as one line."""
        lines = [" ".join(call) for call in self.calls]
        return [line for line in lines if all(word in line for word in words)]

    @property
    def order(self) -> list[str]:
        """What was asked for, without its options and the pauses."""
        return [" ".join(_verb(call)) for call in self.calls if call[0] != "sleep"]


def _verb(call: list[str]) -> list[str]:
    words = call[: next((at for at, word in enumerate(call) if word.startswith("--")), len(call))]
    named = [call[at + 1] for at, word in enumerate(call) if word in ("--name", "--template-file")]
    target = [call[at + 1].split("?")[0].rsplit("/", 1)[-1] for at, word in enumerate(call) if word == "--url"]
    return [*words, *target, *named]


@dataclass
class Recorder:
    """A project folder with the hooks in it, and programs that record; `rule` says what they answer."""

    folder: Path
    rules: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Lay out the folder."""
        self.project, self.programs = self.folder / "project", self.folder / "programs"
        shutil.copytree(ROOT / "infra" / "hooks", self.project / "infra" / "hooks")
        shutil.copytree(ROOT / "infra" / "backends", self.project / "infra" / "backends")
        shutil.copy(ROOT / "host.json", self.project)
        self.programs.mkdir()
        for name in ("az", "azd", "sleep"):
            self.install(name)

    def install(self, name: str) -> None:
        """Put a recorder of that name on the path."""
        (self.programs / name).write_text(PROGRAM.format(python=sys.executable, folder=str(self.folder)))
        (self.programs / name).chmod(0o755)

    def rule(self, words: str, *answers: Mapping[str, object]) -> None:
        """Answer calls in which all `words` occur with `answers`, in turn; the newest rule wins."""
        self.rules.insert(0, {"words": words.split(), "answers": list(answers)})

    def run(self, hook: str, environment: Mapping[str, str], *arguments: str, shell: str = "sh") -> Ran:
        """Run a hook as azd does: from the project's folder, with nothing but azd's environment."""
        for left in self.folder.glob("answered-*"):
            left.unlink()
        (self.folder / "calls").write_text("")
        (self.folder / "rules").write_text(json.dumps(self.rules))
        done = subprocess.run(
            [shell, f"infra/hooks/{hook}.sh", *arguments],
            cwd=self.project,
            env={**environment, "PATH": f"{self.programs}{os.pathsep}/usr/bin{os.pathsep}/bin"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        calls = [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]
        return Ran(done.returncode, done.stdout + done.stderr, calls)
