"""Shifting traffic as the request's strategy says, with what it was before written down first, for undo."""

from __future__ import annotations

from contracts.activities import Observed, ReadBackInput, TrafficInput
from contracts.ledger import LedgerEntry, endpoint_reference
from contracts.orders import DeployOrder
from contracts.plan import Percentages, PlanVerdict, Resolved
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.rollout import splits_on_the_way, stand
from orchestrations.run import Run
from orchestrations.strategies import splits
from orchestrations.traffic_before import traffic_at_first

Shift = tuple[Percentages, Percentages | None]


def shift_traffic(run: Run, order: DeployOrder, plan: PlanVerdict) -> Taking[Shift]:
    """Give the endpoint the traffic asked for, split by split; what it was before, and what it is to be now.

    The second is None when the request leaves traffic as it is.
    """
    wanted = splits(order.part("traffic"), order.deployment)
    if not wanted:
        run.log.skipped(steps.TRAFFIC.ensure.activity, run.now, "the request leaves traffic as it is")
        return {}, None
    before: Percentages = {}
    on_the_way = yield from splits_on_the_way(run, order, wanted[-1])
    for split in (*on_the_way, *wanted):
        before = yield from give(run, order.endpoint, split, plan.resolved)
        if split in on_the_way:
            yield from stand(run, order, plan, split)
    return traffic_at_first(run, order.endpoint, before), wanted[-1]


def give(run: Run, endpoint: str, split: Percentages, resolved: Resolved | None = None) -> Taking[Percentages]:
    """Give the endpoint one split; what its traffic was. What gets traffic gets no copy of it any more."""
    resolved = resolved or Resolved(endpoint=endpoint_reference(endpoint))
    shift = yield from run.take(steps.READ_TRAFFIC, TrafficInput(endpoint=endpoint, traffic=split))
    copies = shift.mirrored or {}
    if copies.keys() & shift.after.keys():
        # Azure would refuse it.
        yield from mirror(run, {}, Resolved(endpoint=resolved.endpoint, mirrored=copies))
    begun = run.ledger.find(steps.TRAFFIC.kind, resolved.endpoint)
    if begun and begun.after == shift.after:
        # By this very run, before it began anew: what was before then is what undo gives back.
        shift = shift.model_copy(update={"before": begun.before})
    if not shift.changes:
        run.log.skipped(steps.TRAFFIC.ensure.activity, run.now, "traffic is as asked for already")
        return shift.before
    change = LedgerEntry(
        kind=steps.TRAFFIC.kind, id=resolved.endpoint, how="changed", before=shift.before, after=shift.after
    )
    wanted = shift.model_copy(update={"mirrored": None}).to_wire()
    shifted = yield from run.ensure(steps.TRAFFIC, wanted, resolved, [change])
    # While the endpoint was busy, another run may have changed what was read.
    before: Percentages = shifted.entries[0].before
    return before


def mirror(run: Run, wanted: Percentages, resolved: Resolved) -> Taking[None]:
    """Give the endpoint its mirror traffic; undo gives back what it is now, or was before this run changed it first."""
    begun = run.ledger.find(steps.MIRROR_TRAFFIC.kind, resolved.endpoint)
    before: Percentages = (begun.before if begun and begun.how == "changed" else resolved.mirrored) or {}
    after = {name: share for name, share in wanted.items() if share}
    change = LedgerEntry(
        kind=steps.MIRROR_TRAFFIC.kind, id=resolved.endpoint, how="changed", before=before, after=after
    )
    resolved = resolved.model_copy(update={"mirrored": before})
    yield from run.ensure(steps.MIRROR_TRAFFIC, wanted, resolved, [change])


def traffic_read_back(run: Run, endpoint: str, traffic: Percentages | None) -> Taking[Observed]:
    """Look at what the endpoint serves in the end; its traffic must be that, where the run has given it any."""
    return (yield from observed(run, ReadBackInput(endpoint=endpoint, deployment="", model="", traffic=traffic)))


def observed(run: Run, wanted: ReadBackInput) -> Taking[Observed]:
    """What Azure has in the end, with each deployment that has traffic: as many looks as it takes to tell of them."""
    seen = yield from run.take(steps.READ_BACK, wanted)
    while seen.unpinned:
        more = yield from run.take(steps.READ_BACK, wanted.model_copy(update={"pin": seen.unpinned}))
        seen = more.model_copy(update={"serving": [*seen.serving, *more.serving]})
    return seen
