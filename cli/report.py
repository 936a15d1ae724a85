"""The last word of a command: results, errors and plans as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.outcome import CommandStopped, NotAccepted, has_ended
from cli.screen import about
from cli.service import Status
from cli.wording import counted, plain, quota, shortened, span
from contracts.errors import Failure
from contracts.ledger import LedgerEntry
from contracts.operations import OperationResult, OperationStatus
from contracts.plan import Percentages, Plan, PlanProblem
from contracts.runtime_deletion import RuntimeTeardownPlan
from contracts.runtimes import RuntimeResult, RuntimeStatus
from contracts.status import DeploymentResult
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
    print_line(console, head + (took if has_ended(status.status) else ""), _STYLES.get(status.status, "bold"))
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
            print_line(console, f"  the whole log  slipway logs {status.id}")
        _print_ledger(console, status.ledger)
    print_line(console, f"  id           {status.id}")


def print_plan(console: Console, plan: Plan, uploads: Iterable[str] = ()) -> None:
    """What a deployment would do, and what stands in its way."""
    print_line(console, f"Plan for {plan.model}" + (f" in {plan.location}" if plan.location else ""), "bold")
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
        print_line(console, "Nothing stands in the way.", "green")
        return
    print_line(console, f"{counted(len(problems), 'problem')}:", "bold red")
    for problem in problems:
        _sentence(console, "  ", f"{problem.path}: {problem.message} [{problem.code}]", "red")
        _sentence(console, "    ", problem.suggestion)
        _command(console, problem.command)


def _command(console: Console, command: str) -> None:
    # In one piece, for whoever copies it.
    if command:
        print_line(console, f"    $ {command}", "dim")


def print_teardown(console: Console, plan: TeardownPlan | RuntimeTeardownPlan, what: str) -> None:
    """What a deletion would take, and what it would leave."""
    print_line(console, f"Deleting {what}", "bold")
    _print_listed(console, "removes", map(_called, plan.removes))
    _print_listed(console, "leaves", [f"{one.kind.replace('_', ' ')} {one.name}: {one.reason}" for one in plan.leaves])
    _print_problems(console, plan.problems)


def print_failure(console: Console, failure: CommandStopped) -> None:
    """Why a command could not go on."""
    print_line(console, f"slipway: {failure}", "bold red")
    for problem in failure.problems if isinstance(failure, NotAccepted) else ():
        _sentence(console, "  ", f"{problem.path}: {problem.message} [{problem.code}]")


def _print_result(console: Console, result: DeploymentResult) -> None:
    observed = result.observed
    print_line(console, f"  scoring URI  {observed.scoring_uri}")
    print_line(console, f"  traffic      {shares(result.traffic_before)} → {shares(observed.traffic)}")
    print_line(console, f"  answered     {shortened(result.answer)}")


def _print_runtime(console: Console, result: RuntimeResult) -> None:
    was = f" (before: {result.image_before})" if result.image_before else ""
    if result.seen:
        print_line(console, f"  image        {result.seen.image}{was}")
        print_line(console, f"  address      {result.seen.address or 'none yet'}")
        print_line(console, f"  health       {result.seen.health}")
    _print_stays(console, result.stays)
    _print_removed(console, result.ledger)
    for one in result.remarks:
        _sentence(console, "  note         ", f"{one.message} [{one.code}]")


def _print_outcome(console: Console, result: OperationResult) -> None:
    if result.release:
        print_line(console, f"  serves       release {result.release} again")
    if result.observed:
        print_line(console, f"  traffic      {shares(result.traffic_before)} → {shares(result.observed.traffic)}")
    _print_stays(console, result.stays)
    for name, answer in result.answers.items():
        print_line(console, f"  answered     {name}: {shortened(answer)}")
    if result.answered:
        answered = ", ".join(f"{name} {count}" for name, count in sorted(result.answered.items()))
        print_line(console, f"  requests     {answered}")
    _print_removed(console, result.ledger)


def _print_stays(console: Console, stays: Mapping[str, str]) -> None:
    for name, why in stays.items():
        print_line(console, f"  stays        {name}: {why}")


def _print_removed(console: Console, ledger: list[LedgerEntry]) -> None:
    for entry in ledger:
        if entry.how == "removed":
            print_line(console, f"  {'removed' if entry.sure else 'maybe gone':<12} {_called(entry)}")


def _print_error(console: Console, error: Failure) -> None:
    print_line(console, f"  {error.code}" + (f" in {error.step}" if error.step else ""), "red")
    _sentence(console, "  ", error.message)
    _sentence(console, "  what to do   ", error.suggestion)
    if error.cause:
        print_line(console, f"  Azure says   {error.cause}")
    if error.log_tail:
        print_line(console, "  end of the log")
        for line in error.log_tail.splitlines():
            print_line(console, f"    {line}", "dim")


def _print_ledger(console: Console, ledger: list[LedgerEntry]) -> None:
    # What was there before is no news; last what a person may have to act on.
    _print_removed(console, ledger)
    made = [entry for entry in ledger if entry.how not in ("found", "removed")]
    ranked = sorted(made, key=lambda entry: list(_FATES).index(entry.fate))
    for fate, entries in groupby(ranked, key=lambda entry: entry.fate):
        print_line(console, f"  {_FATES[fate]}")
        for entry in entries:
            _sentence(console, "    ", _called(entry) + (f" ({entry.reason})" if entry.reason else ""))


def _called(entry: LedgerEntry) -> str:
    return f"{entry.kind.replace('_', ' ')} {entry.name}"


def _print_listed(console: Console, title: str, lines: Iterable[str]) -> None:
    for line in lines:
        _sentence(console, f"  {title:<9} ", line)
        title = ""


def shares(traffic: Percentages) -> str:
    """Traffic as people write it."""
    return ", ".join(f"{name} {percent} %" for name, percent in sorted(traffic.items())) or "none"


def _sentence(console: Console, head: str, text: str, style: str = "") -> None:
    """Words for people: on a terminal, those that do not fit go on under the first one."""
    if not console.is_terminal:
        print_line(console, head + text, style)
        return
    row = Table.grid()
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(head, Text(plain(text), style=style))
    console.print(row)


def print_line(console: Console, text: str, style: str = "") -> None:
    """One line in one piece, for whoever copies an address or an id out of it."""
    console.print(Text(plain(text), style=style), soft_wrap=True)
