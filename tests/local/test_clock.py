"""The stepped clock: it stands still while somebody works, and does not stand still for ever."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from local import clock as clocks
from local.clock import Clock


def rung(clock: Clock, seconds: float) -> bool:
    """Whether an alarm an hour from now goes off within so many real seconds."""
    event = threading.Event()
    clock.alarm(clock.now() + timedelta(hours=1), event.set)
    return event.wait(seconds)


def test_a_hold_that_was_lost_stops_time_for_a_while_and_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clocks, "LOST_AFTER", 0.5)
    clock = Clock(stepped=True)
    clock.hold()

    assert rung(clock, 10)
    assert rung(clock, 10)

    assert caplog.text.count("not released") == 1
    clock.close()


def test_a_hold_after_a_lost_one_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "LOST_AFTER", 0.1)
    clock = Clock(stepped=True)
    clock.hold()
    assert rung(clock, 10)
    monkeypatch.setattr(clocks, "LOST_AFTER", 60)

    with clock.busy():
        assert not rung(clock, 0.1)

    assert rung(clock, 10)
    clock.close()
