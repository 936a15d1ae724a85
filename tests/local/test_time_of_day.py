"""The machine's time of day is put an hour back or forth: virtual time goes on as if nothing had been."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.clock import Clock
from local.host.host import LocalHost
from local.waiting import until
from tests.local.host.driver import APPS, ROOT

START = datetime(2030, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEED = 100
# Between what passes while a test runs, on a machine however busy, and what an hour is at this speed.
MUCH = 50 * HOUR
# Who still asks for the time of day.
ASKED_BY = {
    "anchor.py",  # since the machine has started anew, nothing else has counted
    "clock.py",  # where a clock begins; and what tells two versions of its file apart
    "cloud/identity/tokens.py",  # the SDKs judge tokens too, and go by the time of day
    "cloud/serving/server_log.py",  # so do the servers whose stamps are replaced
}
JUMPS = pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forth", "back"])


def put(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Change the time of day."""
    told = time.time
    monkeypatch.setattr(time, "time", lambda: told() + by.total_seconds())


@JUMPS
def test_timers_neither_stall_nor_go_off_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    Clock(speed=SPEED, start=START).save(tmp_path / "clock.json")
    clock, rung = Clock.load(tmp_path / "clock.json"), []
    clock.alarm(START + timedelta(minutes=1), lambda: rung.append("soon"))
    clock.alarm(START + MUCH, lambda: rung.append("much later"))

    put(monkeypatch, by)

    assert START <= clock.now() < START + MUCH
    assert START <= Clock.load(tmp_path / "clock.json").now() < START + MUCH
    assert until(lambda: rung) == ["soon"]
    clock.close()


@JUMPS
def test_after_a_new_start_of_the_machine_time_has_not_gone_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: timedelta
) -> None:
    shared = tmp_path / "clock.json"
    Clock(speed=SPEED, start=START).save(shared)
    shared.write_text(json.dumps(json.loads(shared.read_text()) | {"boot": "another", "monotonic": 0.0}))

    put(monkeypatch, by)

    passed = Clock.load(shared).now() - START
    assert (passed > MUCH) is (by > timedelta(0))
    assert passed >= timedelta(0)


def test_a_host_goes_on_where_the_one_before_was_when_the_time_of_day_was_put_back(tmp_path: Path) -> None:
    for start in (START, START - HOUR):
        clock = Clock(start=start)
        host = LocalHost(APPS / "patterns", data=tmp_path, clock=clock)
        host.start()
        assert clock.now() >= START
        host.stop()
        clock.close()


def test_nothing_else_goes_by_the_time_of_day() -> None:
    asks = re.compile(r"\btime\.time(_ns)?\(|\b(datetime|date)\.(now|utcnow|today)\(|\btime\.(localtime|gmtime)\(")
    folder = ROOT / "local"
    asking = {str(path.relative_to(folder)) for path in folder.rglob("*.py") if asks.search(path.read_text())}
    assert asking == ASKED_BY
