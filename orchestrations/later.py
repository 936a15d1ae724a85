"""What goes on when a run has ended: operations that it starts, and how they wait for their time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contracts.errors import Canceled, StepFailed
from contracts.operations import OperationOrder
from contracts.orders import DeployOrder
from contracts.retiring import StartOrder
from contracts.status import DeploymentResult
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.policies import LONGEST_TIMER
from orchestrations.run import Run
from orchestrations.turns import wait_for_turn

RETIRE, EXPIRE = "retire", "expire"


def starting_what_follows(run: Run, order: DeployOrder, result: DeploymentResult) -> Taking[DeploymentResult]:
    """The result of a deployment, once that is started which the request asks for later; what cannot be is told."""
    retire, ttl, started = order.part("retire"), order.part("ttl"), []
    if isinstance(retire, dict) and result.traffic_before.keys() - result.observed.traffic.keys():
        started.append((yield from start_later(run, RETIRE, order, retire)))
    if ttl:
        run.expiry = yield from start_later(run, EXPIRE, order, {"ttl": ttl, "only_ours": True})
        started.append(run.expiry)
    known = [one for one in started if one]
    if known:
        run.log.noted(steps.START_OPERATION.activity, ", ".join(known))
    return result


def start_later(run: Run, operation: str, order: DeployOrder, request: dict[str, Any]) -> Taking[str | None]:
    """The id of an operation that is started; None where it could not be: what was deployed stays all the same."""
    later = OperationOrder(endpoint=order.endpoint, request=request, accepted=run.now, asked_by=order.asked_by)
    try:
        started = yield from run.take(
            steps.START_OPERATION, StartOrder(mark=run.mark, operation=operation, order=later)
        )
    except StepFailed as failed:
        if failed.failure.code == Canceled.__name__:
            raise
        run.log.failed(steps.START_OPERATION.activity, run.now, f"{operation}: {failed.failure.code}")
        return None
    return str(started.id)


def wait_for_time(run: Run, moment: datetime, name: str, detail: str) -> Taking[None]:
    """Wait until that moment, on as many durable timers as it takes."""
    if moment <= run.now:
        run.log.skipped(name, run.now, detail)
        return
    run.log.waiting(name, run.now, moment, detail)
    while run.now < moment:
        yield from run.awaited(run.context.create_timer(min(moment, run.now + LONGEST_TIMER)))
    run.log.succeeded(name, run.now)


def wait_for_turn_now(run: Run, order: OperationOrder) -> Taking[None]:
    """Stand in line with those who ask now: when it was accepted, it did not want to write yet."""
    yield from wait_for_turn(run, order.model_copy(update={"accepted": run.now}))
