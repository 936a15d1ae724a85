"""A forked server is told apart from one started anew by its speed only."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import loopback
from local.cloud.serving import ServingProcess, ServingSpec

Start = Callable[[ServingSpec], tuple[ServingProcess, Any]]
Spec = Callable[..., ServingSpec]

# All that a script can find out about the process it is in, but for the numbers of processes.
LOOKS_AROUND = """
import os, signal, stat, sys, threading
def init():
    pass
def run(raw):
    main = sys.modules["__main__"]
    master = os.getppid()
    files = [f"/proc/{master}/fd/{one}" for one in os.listdir(f"/proc/{master}/fd")]
    return {
        "variables": dict(os.environ), "folder": os.getcwd(), "arguments": sys.argv, "path": sys.path,
        "flags": str(sys.flags), "modules": sorted(sys.modules), "program": [main.__name__, main.__spec__.name],
        "executable": [sys.executable, *sys.orig_argv], "prefix": sys.prefix,
        "signals": {one.name: str(signal.getsignal(one)) for one in signal.valid_signals() if hasattr(one, "name")},
        "threads": [one.name for one in threading.enumerate()], "mask": sorted(signal.pthread_sigmask(0, [])),
        "group": [os.getpgid(0) == os.getpgid(master), os.getsid(0) == os.getpgid(0)],
        "files": sorted(stat.S_IFMT(os.stat(one).st_mode) for one in files if os.path.exists(one)),
        "output": [os.readlink(f"/proc/self/fd/{one}").partition("[")[0] for one in (0, 1, 2)],
        "streams": [str(sys.stdout.encoding), sys.stdout.write_through, sys.stderr.errors],
        "umask": os.umask(0o022), "template": b"template.py" in open("/proc/self/cmdline", "rb").read(),
    }
"""
# Looked up by the interpreter as it starts, so no fork will do; here it changes nothing.
ANEW = {"PYTHONNODEBUGRANGES": ""}


@pytest.fixture
def look(start: Start, spec: Spec, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What a script sees; deployments of one name and folder, one after the other."""
    code = tmp_path / "looking"
    code.mkdir()
    (code / "score.py").write_text(LOOKS_AROUND)

    def look_(**variables: str) -> dict[str, Any]:
        process, _ = start(spec(code_dir=code, environment_variables=variables))
        answer = loopback.ask("POST", f"http://127.0.0.1:{process.port}/score", json={})
        assert answer.status_code == 200, process.log()
        process.stop()
        seen: dict[str, Any] = answer.json()
        return seen

    return look_


def test_a_script_sees_the_same_as_in_a_server_started_anew(look: Callable[..., dict[str, Any]]) -> None:
    forked, anew = look(), look(**ANEW)

    assert (forked.pop("template"), anew.pop("template")) == (True, False)
    del anew["variables"]["PYTHONNODEBUGRANGES"]
    for seen in (forked, anew):
        seen["executable"] = [re.sub(r"fd://\d+", "fd://", word) for word in seen["executable"]]
        seen["arguments"] = [re.sub(r"fd://\d+", "fd://", word) for word in seen["arguments"]]
        seen["signals"] = {name: re.sub(r"0x\w+", "", what) for name, what in seen["signals"].items()}
        seen["modules"] = [one for one in seen["modules"] if one.split(".")[0] not in sys.stdlib_module_names]
    for about, what in anew.items():
        assert forked[about] == what, about


def test_deployments_share_no_variable_and_no_module(start: Start, spec: Spec, tmp_path: Path) -> None:
    script = (
        "import os, sys, flask\n"
        "os.environ['MINE_LATER'] = flask.mine = os.environ['MINE']\n"
        "import mine\n"
        "def init(): pass\n"
        "def run(raw): return [flask.mine, mine.VALUE, os.environ['MINE_LATER'], sorted(os.environ), os.getpgid(0)]\n"
    )
    seen = {}
    for name in ("blue", "green"):
        code = tmp_path / name / "code"
        code.mkdir(parents=True)
        (code / "score.py").write_text(script)
        (code / "mine.py").write_text(f"VALUE = {name!r}")
        own = {"MINE": name, f"ONLY_{name}": "1"}
        process, _ = start(replace(spec(code_dir=code, environment_variables=own), root=tmp_path / name / "root"))
        answer = loopback.ask("POST", f"http://127.0.0.1:{process.port}/score", json={})
        seen[name] = answer.json()

    blue, green = seen["blue"], seen["green"]
    assert (blue[:3], green[:3]) == (["blue"] * 3, ["green"] * 3)
    assert set(blue[3]) ^ set(green[3]) == {"ONLY_blue", "ONLY_green"}
    assert blue[4] != green[4]


@pytest.mark.parametrize(
    ("variables", "module", "said"),
    [
        ({"OTEL_PYTHON_CONTEXT": "none_of_these"}, "own", "-m\\x00gunicorn"),
        ({"TZ": "Asia/Tokyo"}, "own", "-m\\x00gunicorn"),
        ({}, "itsdangerous", "from 'itsdangerous'"),
    ],
    ids=["looked-up-while-importing", "looked-up-by-the-c-library", "a-module-of-its-own-instead"],
)
def test_a_server_that_would_have_begun_otherwise_is_started_anew(
    start: Start, spec: Spec, tmp_path: Path, variables: dict[str, str], module: str, said: str
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / f"{module}.py").touch()
    script = "def init(): raise ValueError(open('/proc/self/cmdline', 'rb').read())\ndef run(raw): pass\n"
    (code / "score.py").write_text(script)

    process, _ = start(spec(code_dir=code, environment_variables=variables))

    assert said in process.log()
