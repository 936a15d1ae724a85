"""The disk is full: the host ends and says so, and whatever it had acknowledged is there for the next one."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from local import loopback
from local.clock import Clock
from local.host.host import LocalHost
from local.stack import ROOT
from local.waiting import PATIENCE, until
from tests.local.host.driver import APPS, DURABLE

# No file of the process may grow beyond so many KiB.
LIMITED = 'ulimit -f "$0"; exec "$@"'


@pytest.mark.parametrize("kib", [1536, 3072, 6144])
def test_what_was_acknowledged_before_the_disk_was_full_is_kept(tmp_path: Path, kib: int) -> None:
    ready, said = tmp_path / "ready.json", tmp_path / "said"
    host = [sys.executable, "-m", "local.host", "--app", str(APPS / "patterns"), "--data", str(tmp_path / "data")]
    command = ["bash", "-c", LIMITED, str(kib), *host, "--ready-file", str(ready)]
    acknowledged = []
    with said.open("w") as output, subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output) as process:
        url = json.loads(until(lambda: ready.read_text() if ready.exists() else None))["url"]
        with loopback.client(url) as http, suppress(httpx.TransportError):
            for number in range(2000):
                body = json.dumps("x" * 20_000)
                if http.post(f"{DURABLE}/orchestrators/approval/i-{number}", json=body).status_code == 202:
                    acknowledged.append(f"i-{number}")
        assert process.wait(PATIENCE) == 1
    assert said.read_text().splitlines()[-1].startswith("local host: it ended of itself: ")

    clock = Clock(stepped=True)
    following = LocalHost(APPS / "patterns", data=tmp_path / "data", clock=clock)
    following.start()
    try:
        assert len(acknowledged) > 5
        assert {following.wait_for(one, "Running")["runtimeStatus"] for one in acknowledged} == {"Running"}
    finally:
        following.stop()
        clock.close()
