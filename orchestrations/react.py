"""React to one model registration: deploy the newest version as the policies say, and record why not otherwise."""

from __future__ import annotations

from contracts.base import Json
from contracts.errors import StepFailed
from contracts.orders import DeployOrder, ReactOrder
from contracts.status import EventOutcome
from orchestrations.engine import Context, Engine, Taking
from orchestrations.newest import newest_version
from orchestrations.run import RunFailed, defect

REASON_CHARACTERS = 300


def react_to_registration(context: Context) -> Taking[Json]:
    """Orchestration `react_to_registration`: one per registered version, however often its event is delivered.

    Event Grid promises no order: a version that is no longer the newest one when its event arrives is left alone, so
    that versions registered one after the other end in one deployment of the newest.
    """
    told = Told(context)
    try:
        yield from react(Engine(context), told)
        return told.outcome.to_wire()
    except StepFailed as failed:
        failure = failed.failure
    except Exception as error:  # a defect must not end in words that nobody can read
        failure = defect(error)
    told.now("failed", f"{failure.code} in {failure.step}: {failure.message}"[:REASON_CHARACTERS])
    raise RunFailed(failure)


class Told:
    """What callers are told of the event: the custom status."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.outcome = EventOutcome(id=context.instance_id, model="", version="", outcome="received")

    def now(self, state: str, *reasons: str, **changes: object) -> None:
        """Tell how far it is."""
        told = {"outcome": state, "reasons": [*self.outcome.reasons, *reasons], **changes}
        self.outcome = self.outcome.model_copy(update=told)
        self._context.set_custom_status(self.outcome.to_wire())


def react(engine: Engine, told: Told) -> Taking[None]:
    """Deploy by every policy whose version is the newest."""
    order = ReactOrder.from_wire(engine.context.get_input())
    told.outcome = order.outcome
    told.now("received")
    chosen: dict[str, DeployOrder] = {}
    for policy, request in order.requests.items():
        match = order.matches[policy]
        newest = yield from newest_version(engine, order.outcome.model, order.outcome.version, match)
        if newest == order.outcome.version:
            chosen[policy] = DeployOrder(request=request, match=match)
        else:
            told.now("received", f"superseded: the newest version is {newest}" if newest else "the model is gone")
    if not chosen:
        told.now("ignored")
        return
    told.now("deploying")
    failures = []
    for policy, deploying in chosen.items():
        instance = order.outcome.deployments[policy]
        try:
            yield engine.context.call_sub_orchestrator("deploy", deploying.to_wire(), instance)
        except Exception:  # the SDK raises bare Exception when a sub-orchestration failed
            failures.append(f"{policy}: deployment {instance} failed")
    told.now("failed" if failures else "deployed", *failures)
