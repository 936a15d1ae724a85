"""Live progress of a deployment or an operation: a board on a terminal, one line per change everywhere else.

All times are the service's: the `Date` of its answer tells how long a wait still takes. The clock of this machine is
never asked, because it may be wrong, and that of a local host may run faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.following import Screen
from cli.service import Status
from cli.wording import clock_time, plain, span
from contracts.operations import OperationStatus
from contracts.runtimes import RuntimeStatus
from contracts.status import StepState, StepStatus
from orchestrations import delete_runtime

_MARKS: dict[StepState, tuple[str, str]] = {
    "running": ("▶", "cyan"),
    "waiting": ("…", "yellow"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("-", "dim"),
}


def console(*, stderr: bool = False) -> Console:
    """Where this command writes: what services and models say is text, never markup."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


@contextmanager
def progress(console: Console) -> Iterator[Screen]:
    """The screen that suits `console`."""
    if not console.is_terminal:
        yield LineLog(console)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield LiveBoard(console, live)


class LiveBoard:
    """All steps at once, redrawn with every answer."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live

    def show(self, status: Status, now: datetime | None) -> None:
        """Redraw."""
        self._live.update(board(status, now), refresh=True)

    def note(self, text: str) -> None:
        """A line above the board."""
        self._console.print(Text(plain(text), style="yellow"))


class LineLog:
    """One line whenever a step begins, ends, or waits for something else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, StepStatus] = {}

    def show(self, status: Status, now: datetime | None) -> None:
        """Print what has changed."""
        for step in status.steps:
            if self._seen.get(step.name) != step:
                self._seen[step.name] = step
                moment = step.ended or now or status.updated
                self._print(f"{_timestamp(moment)}{step.name}: {describe(step, now)}")

    def note(self, text: str) -> None:
        """Print it."""
        self._print(plain(text))

    def _print(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


def board(status: Status, now: datetime | None) -> Table:
    """The steps of a run as a table, as it is at `now`."""
    head = f"{about(status)}: {status.status}"
    table = Table(title=Text(plain(head)), title_justify="left", box=None, show_header=False, pad_edge=False)
    for step in status.steps:
        mark, style = _MARKS[step.state]
        table.add_row(Text(mark, style=style), Text(plain(step.name)), Text(describe(step, now)))
    if status.error and status.status == "Running":
        table.add_row("", Text("undoing", style="yellow"), Text(f"after {plain(status.error.code)}"))
    return table


def about(status: Status) -> str:
    """What a run does, and to what."""
    if isinstance(status, OperationStatus):
        # What it is about is told anyway: `update of credit-risk/blue`.
        kind = status.kind.removesuffix("_deployment").removesuffix("_endpoint").replace("_", " ")
        kind = "deletion" if kind == "delete" else kind
        return f"{kind} of {status.endpoint}" + (f"/{status.deployment}" if status.deployment else "")
    if isinstance(status, RuntimeStatus):
        if not status.compute:
            return f"automatic runtime {status.name}"
        deleting = "deletion of " if status.kind == delete_runtime.delete_runtime.__name__ else ""
        return f"{deleting}{status.name} on {status.compute}"
    return f"{status.model} → {status.endpoint}/{status.deployment}"


def describe(step: StepStatus, now: datetime | None) -> str:
    """What a step is doing, or how it ended: state, times, attempts, detail."""
    parts = [_state(step, now)]
    if step.attempts > 1:
        parts.append(f"attempt {step.attempts}")
    return ", ".join(parts) + (f" ({plain(step.detail)})" if step.detail else "")


def _state(step: StepStatus, now: datetime | None) -> str:
    if step.state == "waiting" and step.waiting_until:
        left = f", {span(step.waiting_until - now)} left" if now else ""
        return f"waiting until {clock_time(step.waiting_until)}{left}"
    if step.state == "skipped":
        return "not needed"
    until = step.ended or now
    took = span(until - step.started) if until else ""
    if not took:
        return step.state
    return f"{step.state} after {took}" if step.ended else f"{step.state} for {took}"


def _timestamp(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S} " if moment else ""
