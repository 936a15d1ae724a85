"""What a deployment took: each step's time, tries and ARM calls, and what is billed for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich import box
from rich.table import Table

from cli.wording import counted
from local.billing import billed
from local.cloud.hosts import MANAGEMENT
from local.cloud.world import APP

Line = Mapping[str, Any]


def timeline(status: Line, journal: Sequence[Line], invocations: Sequence[Line], *, speed: float, title: str) -> Table:
    """A table of the steps of one deployment (its status body), from the records of the local Azure and the host.

    `speed` is that of the clock. Calls are counted by the time at which they were made, so this is for one deployment
    at a time. The step names fit a terminal of 80 columns uncut.
    """
    began = _moment(status["steps"][0]["started"])
    ended = max(_moment(step["ended"]) for step in status["steps"])
    calls = [line for line in journal if _by_the_app(line) and began <= _moment(line["at"]) <= ended + SLACK]
    mine = [line for line in invocations if began - SLACK <= _moment(line["started"]) <= ended + SLACK]
    table = Table(title=title, title_justify="left", caption_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("step", no_wrap=True)
    for name in ("from start", "took", "at work", "tries", "reads", "writes"):
        table.add_column(name, justify="right", no_wrap=True)
    for step, taken in _by_step(status["steps"], calls):
        start, end = _moment(step["started"]), _moment(step["ended"])
        writes = sum(line["write"] for line in taken)
        skipped = step["state"] == "skipped"
        table.add_row(
            step["name"],
            span(start - began),
            "none" if skipped else span(end - start),
            _at_work(step["name"], mine),
            "" if skipped else str(step["attempts"]),
            str(len(taken) - writes or ""),
            str(writes or ""),
        )
    grants = sum(line["write"] and "/roleassignments/" in line["path"].lower() for line in calls)
    table.caption = (
        f"{span(ended - began)} in all; {billed(mine, speed=speed).total_seconds():.1f} s billed; "
        f"{len(calls)} ARM reads and writes; {counted(grants, 'role')} granted"
    )
    return table


def changes(journal: Sequence[Line], began: datetime, ended: datetime) -> list[Line]:
    """What the app has changed in Azure in that time; a POST asks for a key, and changes nothing."""
    kinds = ("PUT", "PATCH", "DELETE")
    mine = (line for line in journal if _by_the_app(line) and line["method"] in kinds)
    return [line for line in mine if began <= _moment(line["at"]) <= ended]


# The first and the last call of a run are made a moment before and after its steps are written down.
SLACK = timedelta(seconds=30)


def span(duration: timedelta) -> str:
    """A duration as minutes and seconds."""
    seconds = round(duration.total_seconds())
    return f"{seconds // 60}:{seconds % 60:02d}"


def _by_step(steps: Sequence[Line], calls: Sequence[Line]) -> list[tuple[Line, list[Line]]]:
    # Steps follow one another, so a call belongs to the step that had begun last when it was made.
    found: list[tuple[Line, list[Line]]] = [(step, []) for step in steps]
    for line in calls:
        begun = [taken for step, taken in found if _moment(step["started"]) <= _moment(line["at"])]
        begun[-1].append(line)
    return found


def _at_work(step: str, invocations: Sequence[Line]) -> str:
    """How long the step's activity really ran, all tries together; a wait has none."""
    ran = [line["duration_ms"] for line in invocations if line["function"] == step]
    if not ran:
        return ""
    return f"{sum(ran) / 1000:.1f} s" if sum(ran) >= 1000 else f"{sum(ran):.0f} ms"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _by_the_app(line: Line) -> bool:
    return (line["caller"], line["host"]) == (APP.name, MANAGEMENT)
