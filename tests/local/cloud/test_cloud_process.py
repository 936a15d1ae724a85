"""The local Azure as a process of its own, the way the command line starts it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.clock import Clock
from local.cloud.cloud import LocalCloud
from local.waiting import PATIENCE, until
from tests.local.cloud.conftest import SCORING_PYTHON

ROOT = Path(__file__).parents[3]
ASK = (
    "import requests, azure.identity as i;"
    "t = i.DefaultAzureCredential().get_token('https://management.azure.com/.default').token;"
    "p = '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/slipway-local';"
    "r = requests.get('https://management.azure.com' + p + '?api-version=2024-03-01',"
    " headers={'Authorization': 'Bearer ' + t});"
    "print(r.status_code, r.json()['name'])"
)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, object]]]:
    Clock(speed=60).save(tmp_path / "clock.json")
    command = [sys.executable, "-m", "local.cloud", "--data", str(tmp_path / "data")]
    command += ["--clock", str(tmp_path / "clock.json"), "--ready-file", str(tmp_path / "ready.json")]
    process = subprocess.Popen(command, cwd=ROOT)
    ready = tmp_path / "ready.json"
    try:
        until(lambda: ready.exists() or process.poll() is not None)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.wait()


def test_environment_file_is_all_a_process_needs(
    started: tuple[subprocess.Popen[bytes], dict[str, object]], tmp_path: Path
) -> None:
    process, ready = started
    files = ready["environments"]
    assert isinstance(files, dict)
    for path in map(Path, files.values()):
        assert path.stat().st_mode & 0o777 == 0o600
    health = requests.get(f"{ready['control_url']}/local/health", timeout=PATIENCE, proxies={"no_proxy": "*"}).json()
    assert health["speed"] == 60
    script = f'. "{files["slipway-app"]}" && exec "{sys.executable}" -c "{ASK}"'
    answer = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert answer.stdout == "200 slipway-local\n", answer.stderr
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_data_directory_belongs_to_one(tmp_path: Path) -> None:
    clock = Clock(stepped=True)
    first = LocalCloud(tmp_path, clock, scoring_python=SCORING_PYTHON)
    with first, pytest.raises(RuntimeError, match="another local Azure is using"):
        LocalCloud(tmp_path, clock, scoring_python=SCORING_PYTHON)
    LocalCloud(tmp_path, clock, scoring_python=SCORING_PYTHON).close()
    clock.close()
