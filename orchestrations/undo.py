"""After a failure: undo what this run made, in reverse, from the ledger alone, and say what became of each.

Each resource's own room decides what is removed and what is better kept, and why.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from contracts.activities import Provisioning
from contracts.base import Contract, Json
from contracts.errors import Canceled, Failure, OrchestrationCrashed, StepFailed
from contracts.ledger import LedgerEntry
from contracts.queue import SUPERSEDED_BY
from orchestrations import steps
from orchestrations.ending import end_here, ending_of, fail_alone
from orchestrations.engine import Taking
from orchestrations.releasing import gave_up
from orchestrations.run import NewHistory, Run, RunFailed, defect
from orchestrations.turns import leave

# Several such reasons and the error must fit one custom status.
REASON_CHARACTERS = 100


def carried_out(run: Run, runbook: Callable[[], Taking[Contract]]) -> Taking[Json]:
    """The result of a runbook; whatever goes wrong in it, a defect of Slipway included, is told and undone.

    Raises RunFailed in a last history then, so that the instance ends *Failed*.
    """
    try:
        ending = ending_of(run.context)
        if ending:
            return (yield from end_here(run.context, ending))
        result = yield from runbook()
        yield from leave(run)
        return result.to_wire()
    except NewHistory:
        run.context.continue_as_new(run.so_far().to_wire())
        return None
    except RunFailed:
        raise
    except StepFailed as failed:
        failure = failed.failure
    except Exception as error:  # a defect must not skip the undo
        failure = defect(error)
    run.undoing = True
    # Whoever supersedes a run begins with what it has left.
    run.canceled = failure.code == Canceled.__name__ and not failure.message.startswith(SUPERSEDED_BY)
    yield from undo(run, failure)
    with suppress(Exception):  # nor must what it was
        gave_up(run)
    yield from leave(run)
    fail_alone(run.context, failure, run.board.shown)
    return None


def undo(run: Run, failure: Failure) -> Taking[None]:
    """Undo one entry after the other; an undo that fails is written down and does not stop the others."""
    run.board.broke(failure)
    run.publish()
    for entry in in_order(run.ledger.entries):
        yield from keep_logs(run, entry)
        if entry.how in ("found", "removed"):
            continue
        try:
            yield from undo_one(run, entry)
        except StepFailed as failed:
            why = f"{failed.failure.code}: {failed.failure.message}"[:REASON_CHARACTERS]
            run.ledger.close(entry, fate="undo_failed", reason=why)
        run.publish()
    run.board.ended()
    run.publish()
    # Once more, should this one have got lost: nothing shows it later.
    run.publish()


def in_order(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """What was made last is undone first; what is useless without something else waits for that one's fate."""
    left = [entry for entry in reversed(entries) if entry.fate in ("in_use", "undo_failed")]
    return sorted(left, key=lambda entry: entry.goes_with is not None)


def keep_logs(run: Run, entry: LedgerEntry) -> Taking[None]:
    """Keep what the containers of a deployment wrote, before it is gone; undo goes on whatever becomes of that."""
    if entry.kind != steps.DEPLOYMENT.kind:
        return
    step = steps.KEEP_LOGS
    try:
        logs = yield from run.take(step, run.about_entry(entry))
        if not logs.kept:
            run.log.skipped(step.activity, run.now, logs.nothing or "")
    except Exception as error:  # a defect too
        failure = error.failure if isinstance(error, StepFailed) else defect(error)
        run.log.failed(step.activity, run.now, f"{failure.code}: {failure.message}"[:REASON_CHARACTERS])


def undo_one(run: Run, entry: LedgerEntry) -> Taking[None]:
    """Undo what one entry says, and write down what became of it; a defect on the way is given a second try."""
    try:
        removal = yield from remove(run, entry)
    except Exception as error:  # a defect, here or in the watch, must not leave a deployment behind
        if isinstance(error, StepFailed) and error.failure.code != OrchestrationCrashed.__name__:
            raise
        removal = yield from remove(run, entry)
    if not entry.sure and (removal.absent or not removal.ours):
        run.ledger.drop(entry)
    elif removal.stays:
        run.ledger.close(entry, fate="stays", reason=removal.stays)
    else:
        run.ledger.close(entry, fate="undone")


def remove(run: Run, entry: LedgerEntry) -> Taking[Provisioning]:
    """Have what an entry refers to removed, or looked at only when the request or another run wants it to stay."""
    resource, order = steps.of_kind(entry.kind), run.about_entry(entry)
    if run.keeps and resource is not steps.TRAFFIC:
        return (
            yield from run.remove(resource, order.model_copy(update={"keep": "the request says `on_failure: keep`"}))
        )
    if run.canceled:
        order = order.model_copy(update={"canceled": True})
    if resource.claimable or (run.canceled and resource is steps.ROLE_ASSIGNMENT):
        claim = yield from run.take(steps.FIND_CLAIM, order)
        order = order.model_copy(update={"claimed_by": claim.claimed_by})
    return (yield from run.remove(resource, order))
