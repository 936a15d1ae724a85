"""What a deployment took: each step's cloud time, tries and ARM calls, and what is billed for all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from local.billing import billed

Line = Mapping[str, Any]


def timeline(status: Line, journal: Sequence[Line], invocations: Sequence[Line], *, title: str) -> Table:
    """A table of the steps of one deployment (its status body), from the records of the local Azure and the host.

    Calls are counted by the time at which they were made, so this is for one deployment at a time.
    """
    table = Table(title=title, title_justify="left", caption_justify="left")
    table.add_column("step")
    for name in ("from start", "cloud time", "tries", "ARM reads", "ARM writes"):
        table.add_column(name, justify="right")
    began = _moment(status["steps"][0]["started"])
    ended = max(_moment(step["ended"]) for step in status["steps"])
    calls = [line for line in journal if _by_the_app(line) and began <= _moment(line["at"]) <= ended + SLACK]
    for step, taken in _by_step(status["steps"], calls):
        start, end = _moment(step["started"]), _moment(step["ended"])
        writes = sum(line["write"] for line in taken)
        skipped = step["state"] == "skipped"
        table.add_row(
            step["name"],
            span(start - began),
            "none" if skipped else span(end - start),
            "" if skipped else str(step["attempts"]),
            str(len(taken) - writes or ""),
            str(writes or ""),
        )
    mine = [line for line in invocations if began - SLACK <= _moment(line["started"]) <= ended + SLACK]
    grants = sum(line["write"] and "/roleassignments/" in line["path"].lower() for line in calls)
    table.caption = (
        f"{span(ended - began)} of cloud time, {billed(mine).total_seconds():.1f} s billed, {len(calls)} ARM calls, "
        f"{grants} role assignments made"
    )
    return table


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


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _by_the_app(line: Line) -> bool:
    return (line["caller"], line["host"]) == ("slipway-app", "management.azure.com")
