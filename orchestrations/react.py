"""React to one model registration: deploy the newest version as the policies say, and record why not otherwise."""

from __future__ import annotations

from contracts.activities import EntryInput
from contracts.base import Json
from contracts.errors import StepFailed, Superseded
from contracts.ledger import LedgerEntry
from contracts.orders import PolicyDeployment, ReactOrder
from contracts.status import EventOutcome
from orchestrations import steps
from orchestrations.board import readable
from orchestrations.ending import end_here, ending_of, fail_alone
from orchestrations.engine import Context, Engine, Taking
from orchestrations.newest import newest_version
from orchestrations.policies import CARRIED_ON
from orchestrations.run import OWN_WORDS, RunFailed, defect

REASON_CHARACTERS = 300

# What became of a registration is the first of these that became of it by one of its policies.
WORST_FIRST = ("failed", "invalid", "deployed", "superseded")


def react_to_registration(context: Context) -> Taking[Json]:
    """Orchestration `react_to_registration`: one per registered version, however often its event is delivered.

    Event Grid promises no order: a version that is no longer the newest one when its turn comes is left alone, so
    that versions registered one after the other end in one deployment of the newest.
    """
    told = Told(context)
    try:
        ending = ending_of(context)
        if ending:
            return (yield from end_here(context, ending))
        yield from react(Engine(context), told)
        return told.outcome.to_wire()
    except RunFailed:
        raise
    except StepFailed as failed:
        failure = failed.failure
    except Exception as error:  # a defect must not end in words that nobody can read
        failure = defect(error)
    told.now("failed", f"{failure.code} in {failure.step}: {failure.message}")
    fail_alone(context, failure, told.shown)
    return None


class Told:
    """What callers are told of the event: the custom status."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.outcome = EventOutcome(id=context.instance_id, model="", version="", outcome="received")

    def now(self, state: str, *reasons: str, **changes: object) -> None:
        """Tell how far it is."""
        said = self.outcome.saying(*(reason[:REASON_CHARACTERS] for reason in reasons))
        self.outcome = said.model_copy(update={"outcome": state, **changes})
        self._context.set_custom_status(self.shown)

    @property
    def shown(self) -> Json:
        """The custom status, in words that the host leaves alone."""
        return readable(self.outcome.to_wire())


def react(engine: Engine, told: Told) -> Taking[None]:
    """Deploy by every policy whose version is the newest."""
    order = ReactOrder.from_wire(engine.context.get_input())
    told.outcome = order.outcome
    told.now("received")
    # Of an earlier decision, and what waits for a policy to be mended.
    ends = {order.outcome.outcome, *(["deployed"] if order.outcome.deployments else [])}
    ends |= {"invalid"} if order.outcome.invalid else set()
    for asked in order.asked:
        ends.add((yield from deploy_by_policy(engine, told, asked, resumed=order.carried.resumptions > 0)))
    told.now(next((one for one in WORST_FIRST if one in ends), "ignored"))


def deploy_by_policy(engine: Engine, told: Told, asked: PolicyDeployment, *, resumed: bool) -> Taking[str]:
    """What became of the registration by one policy; whether it is superseded is looked at when its turn comes."""
    model, version = told.outcome.model, told.outcome.version
    newest = yield from newest_version(engine, model, version, asked.order.match)
    if newest is None:
        told.now(told.outcome.outcome, f"{asked.policy}: the model is gone")
        return "ignored"
    if newest != version:
        told.now(told.outcome.outcome, f"{asked.policy}: superseded, the newest version is {newest}")
        return "superseded"
    told.now("deploying", deployments={**told.outcome.deployments, asked.policy: asked.instance_id})
    end = yield from deploy(engine, asked, resumed=resumed)
    if end != "deployed":
        told.now("deploying", f"{asked.policy}: deployment {asked.instance_id} {end}")
    return end


def deploy(engine: Engine, asked: PolicyDeployment, *, resumed: bool) -> Taking[str]:
    """How the deployment that a policy asks for ends; a resumed instance may have started it already."""
    order = EntryInput(mark=engine.mark, entry=LedgerEntry(kind="deploy", id=asked.instance_id))
    started = resumed and not (yield from engine.take(steps.DEPLOYMENT_ENDED, order)).absent
    if not started:
        try:
            yield engine.context.call_sub_orchestrator("deploy", asked.order.to_wire(), asked.instance_id)
        except Exception as error:  # the SDK raises bare Exception when a sub-orchestration failed
            if OWN_WORDS in str(error):
                return "superseded" if Superseded.__name__ in str(error) else "failed"
        else:
            return "deployed"
    # The platform has ended it, and the guard carries it on as an instance of its own; or the backend tells no texts.
    try:
        ended = yield from engine.watch(steps.DEPLOYMENT_ENDED, order, CARRIED_ON)
    except StepFailed:
        return "failed"
    return {"Succeeded": "deployed", Superseded.__name__: "superseded"}.get(ended.state, "failed")
