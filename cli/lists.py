"""Lists as people read them: one line for each thing, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from cli.report import print_line, shares
from cli.screen import about
from cli.service import Status
from contracts.base import Contract
from contracts.ledger import short_name
from contracts.operations import OperationList
from contracts.releases import ReleaseList
from contracts.runtimes import RuntimeList
from contracts.status import DeploymentList, EventList


def print_deployments(console: Console, page: DeploymentList, following: str | None) -> None:
    """Deployments, one line each; `following` is how to see older ones."""
    rows = [_row(one, one.model, f"{one.endpoint}/{one.deployment}") for one in page.deployments]
    _print_rows(console, rows or [("No deployments.",)], following)


def print_events(console: Console, page: EventList, following: str | None) -> None:
    """What became of registered models, one line each."""
    rows = [
        (
            _minute(event.created),
            event.outcome,
            f"{event.model}:{event.version}",
            "; ".join(event.reasons) or ", ".join(event.deployments.values()),
        )
        for event in page.events
    ]
    _print_rows(console, rows or [("No events.",)], following)


def print_operations(console: Console, page: OperationList, following: str | None) -> None:
    """Operations, one line each."""
    rows = [
        _row(one, one.kind.replace("_", " "), one.endpoint + (f"/{one.deployment}" if one.deployment else ""))
        for one in page.operations
    ]
    _print_rows(console, rows or [("No operations.",)], following)


def print_runtimes(console: Console, page: RuntimeList, following: str | None) -> None:
    """Runtimes, one line each."""
    _print_rows(console, [_row(one, about(one)) for one in page.runtimes] or [("No runtimes.",)], following)


def _row(status: Status, *what: str) -> tuple[str, ...]:
    """A run in a list: when, how far, what, which."""
    which = status.id + (f"  {status.error.code}" if status.error else "")
    return (_minute(status.created), status.status, *what, which)


def print_releases(console: Console, page: ReleaseList) -> None:
    """What an endpoint has served: one line for each release, and on a terminal the run that made it on a second."""
    rows = [
        (
            str(one.number),
            _minute(one.ended),
            one.outcome,
            f"{shares(one.traffic_before)} → {shares(one.traffic)}",
            ", ".join(short_name(pin.model or "no model") for pin in one.serving),
        )
        for one in page.releases
    ]
    made = [
        (one.kind.replace("_", " ") + (f" to {one.restores}" if one.restores else ""), f"by {one.asked_by}", one.run)
        for one in page.releases
    ]
    if not rows:
        _print_rows(console, [("No releases.",)], None)
    elif not console.is_terminal:
        _print_rows(console, [release + run for release, run in zip(rows, made, strict=True)], None)
    else:
        for line, (what, by, run) in zip(_columns(rows), made, strict=True):
            print_line(console, line)
            print_line(console, f"   {run}  {what} {by}", "dim")


# By the page that is listed.
PRINTERS: dict[type[Contract], Callable[[Console, Any, str | None], None]] = {
    DeploymentList: print_deployments,
    EventList: print_events,
    OperationList: print_operations,
    RuntimeList: print_runtimes,
}


def _minute(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def _print_rows(console: Console, rows: Sequence[tuple[str, ...]], following: str | None) -> None:
    for row in _columns(rows):
        print_line(console, row)
    if following:
        print_line(console, f"Older ones: {following}")


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
