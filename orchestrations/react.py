"""React to one model registration: deploy the newest version as the policies say, and record why not otherwise."""

from __future__ import annotations

from contracts import activities as c
from contracts.base import Json
from contracts.errors import StepFailed
from contracts.status import EventOutcome
from orchestrations import steps
from orchestrations.progress import ProgressBoard
from orchestrations.run import Context, Run, Taking


def react_to_registration(context: Context) -> Taking[Json]:
    """Orchestration `react_to_registration`: one per registered version, however often its event is delivered.

    Event Grid promises no order: a version that is no longer the newest one when its event arrives is left alone, so
    that versions registered one after the other end in one deployment of the newest.
    """
    received = context.get_input()
    outcome = EventOutcome.from_wire(received["outcome"])

    def tell(state: EventOutcome) -> EventOutcome:
        context.set_custom_status(state.to_wire())
        return state

    tell(outcome)
    to_deploy, reasons = {}, list(outcome.reasons)
    for policy, request in received["requests"].items():
        match = received["matches"][policy]
        try:
            newest = yield from newest_version(context, outcome, match)
        except StepFailed as failed:
            tell(outcome.model_copy(update={"outcome": "failed", "reasons": [str(failed)[:300]]}))
            raise
        if newest == outcome.version:
            to_deploy[policy] = {"request": request, "match": match}
        else:
            reasons.append(f"superseded: the newest version is {newest}" if newest else "the model is gone")
    if not to_deploy:
        return tell(outcome.model_copy(update={"outcome": "ignored", "reasons": reasons})).to_wire()

    tell(outcome.model_copy(update={"outcome": "deploying", "reasons": reasons}))
    failures = []
    for policy, order in to_deploy.items():
        try:
            yield context.call_sub_orchestrator("deploy", order, outcome.deployments[policy])
        except Exception:  # the SDK raises bare Exception when a sub-orchestration failed
            failures.append(f"{policy}: deployment {outcome.deployments[policy]} failed")
    update = {"outcome": "failed" if failures else "deployed", "reasons": [*reasons, *failures]}
    return tell(outcome.model_copy(update=update)).to_wire()


def newest_version(context: Context, outcome: EventOutcome, match: Json) -> Taking[str | None]:
    """The newest version of the model that the policy is for."""
    silent = ProgressBoard(lambda _: None, endpoint="", deployment="", model=outcome.model)
    order = c.RegistrationRef(model=outcome.model, version=outcome.version, match=match)
    newest = yield from Run(context, silent)(steps.FIND_NEWEST_VERSION, order)
    return newest.version
