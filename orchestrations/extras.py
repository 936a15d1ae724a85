"""What a request asks for besides its endpoint and its deployment, each once what it belongs to is there."""

from __future__ import annotations

from contracts.base import Json
from contracts.ledger import LedgerEntry
from contracts.orders import DeployOrder
from contracts.plan import Extra, PlanVerdict, Resolved
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.run import Run
from orchestrations.shift import mirror


def extras(run: Run, order: DeployOrder, plan: PlanVerdict, *, after: str) -> Taking[None]:
    """Make those that belong to the resource of that kind."""
    for extra in plan.extras:
        if extra.after == after:
            make = _SETTINGS.get(extra.kind, _thing)
            yield from make(run, extra, order.part(extra.kind), plan.resolved)


def _thing(run: Run, extra: Extra, wanted: Json, resolved: Resolved) -> Taking[None]:
    yield from run.ensure(steps.of_kind(extra.kind), wanted, resolved, [LedgerEntry(kind=extra.kind, id=extra.id)])


def _copies(run: Run, _: Extra, wanted: Json, resolved: Resolved) -> Taking[None]:
    yield from mirror(run, wanted, resolved)


# What is no thing of its own: undo gives back what it was before.
_SETTINGS = {steps.MIRROR_TRAFFIC.kind: _copies}
