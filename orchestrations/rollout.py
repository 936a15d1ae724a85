"""A rollout: a new deployment's traffic grows step by step, and each step is watched before the next one.

What fails on the way ends the run like any other failure: undo gives the old deployments their traffic back.
"""

from __future__ import annotations

from contracts.activities import TrafficInput
from contracts.endpoint_errors import RolloutStopped
from contracts.errors import StepFailed
from contracts.orders import DeployOrder
from contracts.plan import Percentages, PlanVerdict
from contracts.rollout import AnswersInput, Rollout
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.newest import stop_if_superseded
from orchestrations.proving import smoke_test
from orchestrations.run import Run
from orchestrations.traffic_before import traffic_at_first

STAND = "watch_rollout"


def splits_on_the_way(run: Run, order: DeployOrder, last: Percentages) -> Taking[list[Percentages]]:
    """The splits to give the endpoint before the last one; none without `rollout`, or where nothing else serves."""
    wire = order.part("rollout")
    if not wire:
        return []
    now = yield from run.take(steps.READ_TRAFFIC, TrafficInput(endpoint=order.endpoint, traffic=last))
    before = traffic_at_first(run, order.endpoint, now.before)
    return Rollout.from_wire(wire).splits(before, now.before, last, order.deployment)


def stand(run: Run, order: DeployOrder, plan: PlanVerdict, split: Percentages) -> Taking[None]:
    """Leave a split as it is for a while; raises StepFailed when too much failed meanwhile, or the test fails now."""
    rollout, began = Rollout.from_wire(order.part("rollout")), run.now
    yield from run.wait_until(began + rollout.pause, STAND, f"{split[order.deployment]} % go to {order.deployment}")
    asked = AnswersInput(endpoint=order.endpoint, deployment=order.deployment, since=began, until=run.now)
    seen = yield from run.take(steps.COUNT_ANSWERS, asked)
    told = f"{seen.failed} of {seen.requests} live requests failed at {split[order.deployment]} %"
    if seen.failed * 100 > rollout.tolerated_failures * seen.requests:
        run.log.failed(steps.COUNT_ANSWERS.activity, run.now, told)
        raise StepFailed(RolloutStopped(told).to_failure().model_copy(update={"step": steps.COUNT_ANSWERS.activity}))
    run.log.noted(steps.COUNT_ANSWERS.activity, told)
    yield from smoke_test(run, order.endpoint, order.deployment, order.part("smoke_test"), plan.resolved.model)
    yield from stop_if_superseded(run, plan.model, order.match)
