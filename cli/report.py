"""The last word of a command: results, errors, plans and lists as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.outcome import CommandStopped, NotAccepted, has_ended
from cli.screen import about
from cli.service import Status
from cli.wording import counted, plain, quota, shortened, span
from contracts.base import Contract
from contracts.errors import Failure
from contracts.ledger import LedgerEntry, short_name
from contracts.operations import OperationList, OperationResult, OperationStatus
from contracts.plan import Percentages, Plan, PlanProblem
from contracts.releases import ReleaseList
from contracts.runtimes import RuntimeList, RuntimeResult, RuntimeStatus
from contracts.status import DeploymentList, DeploymentResult, EventList
from contracts.teardown import TeardownPlan

_STYLES = {"Succeeded": "bold green", "Failed": "bold red", "Canceled": "bold yellow"}
_FATES = {
    "in_use": "made by this deployment",
    "undone": "undone",
    "stays": "stays",
    "undo_failed": "could not be undone: remove it yourself",
}


def print_status(console: Console, status: Status) -> None:
    """How a deployment or an operation ended, or that it has not."""
    console.print()
    if isinstance(status, OperationStatus | RuntimeStatus):
        head = f"{status.status}: {about(status)}"
    else:
        head = f"{status.status}: {status.model} on {status.endpoint}/{status.deployment}"
    took = f", after {span(status.updated - status.created)}" if status.created and status.updated else ""
    _line(console, head + (took if has_ended(status.status) else ""), _STYLES.get(status.status, "bold"))
    if isinstance(status, OperationStatus):
        if status.result:
            _print_outcome(console, status.result)
    elif isinstance(status, RuntimeStatus):
        if status.result:
            _print_runtime(console, status.result)
    elif status.result:
        _print_result(console, status.result)
    if status.error:
        _print_error(console, status.error)
        if "logs" in status.links:
            _line(console, f"  the whole log  slipway logs {status.id}")
        _print_ledger(console, status.ledger)
    _line(console, f"  id           {status.id}")


def print_plan(console: Console, plan: Plan, uploads: Iterable[str] = ()) -> None:
    """What a deployment would do, and what stands in its way."""
    _line(console, f"Plan for {plan.model}" + (f" in {plan.location}" if plan.location else ""), "bold")
    for title, lines in (
        ("uploads", uploads),
        ("creates", plan.creates),
        ("changes", plan.changes),
        ("confirms", plan.confirms),
    ):
        _print_listed(console, title, lines)
    grants = [
        f"{grant.role} on {grant.scope.rsplit('/', 1)[-1]}: {'there already' if grant.exists else grant.reason}"
        for grant in plan.grants
    ]
    _print_listed(console, "grants", grants)
    _print_listed(console, "waits", [f"{span(plan.role_wait)} for roles to take effect"] if plan.role_wait else [])
    _print_listed(console, "quota", map(quota, plan.usage))
    _print_listed(console, "steps", [" → ".join(plan.steps)])
    for title, style, remarks in (("warning", "yellow", plan.warnings), ("unchecked", "cyan", plan.unchecked)):
        for remark in remarks:
            _sentence(console, f"  {title:<9} ", f"{remark.path}: {remark.message} [{remark.code}]", style)
            _command(console, remark.command)
    _print_listed(console, "digest", [plan.digest] if plan.digest else [])
    _print_problems(console, plan.problems)


def _print_problems(console: Console, problems: Sequence[PlanProblem]) -> None:
    if not problems:
        _line(console, "Nothing stands in the way.", "green")
        return
    _line(console, f"{counted(len(problems), 'problem')}:", "bold red")
    for problem in problems:
        _sentence(console, "  ", f"{problem.path}: {problem.message} [{problem.code}]", "red")
        _sentence(console, "    ", problem.suggestion)
        _command(console, problem.command)


def _command(console: Console, command: str) -> None:
    # In one piece, for whoever copies it.
    if command:
        _line(console, f"    $ {command}", "dim")


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
            f"{_traffic(one.traffic_before)} → {_traffic(one.traffic)}",
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
            _line(console, line)
            _line(console, f"   {run}  {what} {by}", "dim")


def print_teardown(console: Console, plan: TeardownPlan) -> None:
    """What a deletion would take, and what it would leave."""
    _line(console, f"Deleting {plan.endpoint}" + (f"/{plan.deployment}" if plan.deployment else ""), "bold")
    _print_listed(console, "removes", map(_called, plan.removes))
    _print_listed(console, "leaves", [f"{one.kind.replace('_', ' ')} {one.name}: {one.reason}" for one in plan.leaves])
    _print_problems(console, plan.problems)


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
        _line(console, row)
    if following:
        _line(console, f"Older ones: {following}")


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def print_failure(console: Console, failure: CommandStopped) -> None:
    """Why a command could not go on."""
    _line(console, f"slipway: {failure}", "bold red")
    for problem in failure.problems if isinstance(failure, NotAccepted) else ():
        _sentence(console, "  ", f"{problem.path}: {problem.message} [{problem.code}]")


def _print_result(console: Console, result: DeploymentResult) -> None:
    observed = result.observed
    _line(console, f"  scoring URI  {observed.scoring_uri}")
    _line(console, f"  traffic      {_traffic(result.traffic_before)} → {_traffic(observed.traffic)}")
    _line(console, f"  answered     {shortened(result.answer)}")


def _print_runtime(console: Console, result: RuntimeResult) -> None:
    was = f" (before: {result.image_before})" if result.image_before else ""
    _line(console, f"  image        {result.seen.image}{was}")
    _line(console, f"  address      {result.seen.address or 'none yet'}")
    _line(console, f"  health       {result.seen.health}")
    for one in result.remarks:
        _sentence(console, "  note         ", f"{one.message} [{one.code}]")


def _print_outcome(console: Console, result: OperationResult) -> None:
    if result.release:
        _line(console, f"  serves       release {result.release} again")
    if result.observed:
        _line(console, f"  traffic      {_traffic(result.traffic_before)} → {_traffic(result.observed.traffic)}")
    for name, why in result.stays.items():
        _line(console, f"  stays        {name}: {why}")
    for name, answer in result.answers.items():
        _line(console, f"  answered     {name}: {shortened(answer)}")
    if result.answered:
        answered = ", ".join(f"{name} {count}" for name, count in sorted(result.answered.items()))
        _line(console, f"  requests     {answered}")
    _print_removed(console, result.ledger)


def _print_removed(console: Console, ledger: list[LedgerEntry]) -> None:
    for entry in ledger:
        if entry.how == "removed":
            _line(console, f"  {'removed' if entry.sure else 'maybe gone':<12} {_called(entry)}")


def _print_error(console: Console, error: Failure) -> None:
    _line(console, f"  {error.code}" + (f" in {error.step}" if error.step else ""), "red")
    _sentence(console, "  ", error.message)
    _sentence(console, "  what to do   ", error.suggestion)
    if error.cause:
        _line(console, f"  Azure says   {error.cause}")
    if error.log_tail:
        _line(console, "  end of the log")
        for line in error.log_tail.splitlines():
            _line(console, f"    {line}", "dim")


def _print_ledger(console: Console, ledger: list[LedgerEntry]) -> None:
    # What was there before is no news; last what a person may have to act on.
    _print_removed(console, ledger)
    made = [entry for entry in ledger if entry.how not in ("found", "removed")]
    ranked = sorted(made, key=lambda entry: list(_FATES).index(entry.fate))
    for fate, entries in groupby(ranked, key=lambda entry: entry.fate):
        _line(console, f"  {_FATES[fate]}")
        for entry in entries:
            _sentence(console, "    ", _called(entry) + (f" ({entry.reason})" if entry.reason else ""))


def _called(entry: LedgerEntry) -> str:
    return f"{entry.kind.replace('_', ' ')} {entry.name}"


def _print_listed(console: Console, title: str, lines: Iterable[str]) -> None:
    for line in lines:
        _sentence(console, f"  {title:<9} ", line)
        title = ""


def _traffic(traffic: Percentages) -> str:
    return ", ".join(f"{name} {percent} %" for name, percent in sorted(traffic.items())) or "none"


def _sentence(console: Console, head: str, text: str, style: str = "") -> None:
    """Words for people: on a terminal, those that do not fit go on under the first one."""
    if not console.is_terminal:
        _line(console, head + text, style)
        return
    row = Table.grid()
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(head, Text(plain(text), style=style))
    console.print(row)


def _line(console: Console, text: str, style: str = "") -> None:
    """One line in one piece, for whoever copies an address or an id out of it."""
    console.print(Text(plain(text), style=style), soft_wrap=True)
