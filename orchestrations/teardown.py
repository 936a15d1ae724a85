"""Taking something down with all that Slipway has made for it: look, remove what goes first, look again.

What is gone is gone for good: a run that is canceled or fails says in its ledger what it has removed, and leaves the
rest. To ask again goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from contracts.activities import EntryInput
from contracts.errors import Failure, NotAsDeployed, StepFailed
from contracts.ledger import LedgerEntry, short_name
from contracts.operations import OperationOrder
from contracts.plan import Percentages
from contracts.shares import scaled
from contracts.teardown import DepartingInput, Departure
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.policies import ROUNDS_OF_TEARDOWN
from orchestrations.run import Run

MADE_AGAIN = "somebody has made it again"


def look(run: Run, order: OperationOrder) -> Taking[Departure]:
    """What goes first; raises StepFailed when it has traffic, or others have made it, and nobody forces it."""
    asked = DepartingInput(
        endpoint=order.endpoint,
        deployment=order.deployment or None,
        force=order.part("force") is True,
        only_ours=order.part("only_ours"),
        spared=[entry.id for entry in run.ledger.entries if entry.fate == "stays"] or None,
    )
    found = yield from run.take(steps.PLAN_TEARDOWN, asked)
    for entry in found.left or []:
        run.ledger.spare(entry, entry.reason or "")
    if found.problems:
        # Where it stands in the request says nothing here: it is always `force`.
        run.stop_over(steps.PLAN_TEARDOWN, found.problems[0].model_copy(update={"path": ""}))
    return found


def take_down(run: Run, order: OperationOrder, found: Departure) -> Taking[None]:
    """Remove everything; raises StepFailed when there is still something in the end."""
    yield from take_all(run, found, lambda: look(run, order), steps.PLAN_TEARDOWN)


def take_all(
    run: Run, found: Departure, look_again: Callable[[], Taking[Departure]], step: steps.Step[Any]
) -> Taking[None]:
    """Remove what was found and what is found after that, a few things at a time; `step` is what finds it.

    Raises StepFailed when what was removed is found again and again; there may be any number of other things.
    """
    rounds = 0
    while found.next:
        rounds += any(is_gone(run, entry) for entry in found.next)
        if rounds == ROUNDS_OF_TEARDOWN:
            raise StepFailed(still_there(found.next, step))
        for entry in found.next:
            relied_on = (yield from who_relies_on(run, entry)) if found.shared else None
            if relied_on:
                run.ledger.spare(entry, f"{relied_on} relies on it")
            else:
                yield from remove_for_good(run, entry)
        found = yield from look_again()


def is_gone(run: Run, entry: LedgerEntry) -> bool:
    """Whether this run has removed it already."""
    known = run.ledger.find(*entry.key)
    return known is not None and known.how == "removed" and known.sure


def who_relies_on(run: Run, entry: LedgerEntry) -> Taking[str | None]:
    """Id of a run elsewhere that is not at its end and relies on a role of an identity which others may have too."""
    if entry.kind != steps.ROLE_ASSIGNMENT.kind:
        return None
    asked = EntryInput(mark=run.mark, entry=entry, for_good=True)
    return (yield from run.take(steps.FIND_CLAIM, asked)).claimed_by


def still_there(left: Sequence[LedgerEntry], step: steps.Step[Any] = steps.PLAN_TEARDOWN) -> Failure:
    """The failure of a run which Azure has told again and again that something is gone, and then that it is there."""
    what = ", ".join(f"{entry.kind} {entry.name or short_name(entry.id)}" for entry in left)
    error = NotAsDeployed(f"still there after {ROUNDS_OF_TEARDOWN} rounds: {what}")
    return error.to_failure().model_copy(update={"step": step.activity})


def has_begun(run: Run) -> bool:
    """Whether this run has taken something down, before it began anew: what is gone by now is its own doing."""
    return any(entry.how == "removed" for entry in run.ledger.entries)


def remove_for_good(run: Run, entry: LedgerEntry, only_of: str | None = None) -> Taking[str | None]:
    """Remove one thing, whoever made it; the ledger says before that it may be gone. Why it stays, where it does.

    `only_of` is the mark that it must carry still: then it stays as well if there is a reason by now, such as traffic.
    """
    entry = entry.model_copy(update={"how": "removed"})
    run.ledger.begin([entry])
    run.publish()
    asked = EntryInput(mark=only_of or run.mark, entry=entry, for_good=None if only_of else True)
    removal = yield from run.remove(steps.of_kind(entry.kind), asked)
    stays = removal.stays or (None if removal.ours else MADE_AGAIN) if only_of else None
    begun = run.ledger.find(*entry.key)
    if begun is not None and stays:
        run.ledger.drop(begun)
    elif begun is not None:
        run.ledger.close(begun, sure=True)
    run.publish()
    return stays


def without(traffic: Percentages, deployment: str) -> Percentages:
    """The shares of the others, which together get all that there is; nothing where there are none."""
    return scaled({name: share for name, share in traffic.items() if name != deployment}, 100)
