"""What a run tells the endpoint's entity when it leaves: the release that it has made, if it changed what serves."""

from __future__ import annotations

from typing import Any

from contracts.activities import Observed
from contracts.base import Json
from contracts.ledger import LedgerEntry, endpoint_reference
from contracts.plan import Percentages
from contracts.releases import Release
from orchestrations import steps
from orchestrations.run import Run

PASSED = "passed"
NOT_TESTED = "not tested"


def released(run: Run, observed: Observed, verdict: str, **more: Any) -> None:
    """Write down what serves by now, as it was read back; nothing where the run has not changed that."""
    shift = _shift(run)
    if shift is not None:
        run.release = _release(
            run,
            serving=observed.serving,
            traffic_before=_shares(shift.before),
            traffic=observed.traffic,
            verdict=verdict,
            **more,
        )


def changed_in_place(run: Run, observed: Observed, verdict: str) -> None:
    """Write down that a deployment which serves is made from something else by now; traffic is as it was."""
    traffic = observed.traffic
    run.release = _release(run, serving=observed.serving, traffic_before=traffic, traffic=traffic, verdict=verdict)


def took_down(run: Run, before: Percentages) -> None:
    """Write down that the endpoint is gone; an earlier release can only be of another endpoint of its name."""
    entry = _taken_down(run)
    if entry is not None:
        # A deletion that has begun goes on without its run, but nobody has seen its end.
        outcome = "live" if entry.sure else "broken"
        run.release = _release(run, traffic_before=before, verdict=NOT_TESTED, outcome=outcome)


def gave_up(run: Run) -> None:
    """Write down that a run failed which had changed what serves, and whether what served before serves again."""
    shift, run.release, run.expiry = _shift(run), None, None
    took_down(run, {})
    if shift is not None:
        outcome = "undone" if shift.fate == "undone" else "broken"
        run.release = _release(run, traffic_before=_shares(shift.before), traffic=_shares(shift.after), outcome=outcome)


def _taken_down(run: Run) -> LedgerEntry | None:
    """What the run did to the endpoint itself, if it was to go."""
    entry = run.ledger.find(steps.ENDPOINT.kind, endpoint_reference(run.order.endpoint))
    return entry if entry and entry.how == "removed" else None


def _shift(run: Run) -> LedgerEntry | None:
    """What the run did to the traffic, if anything."""
    shifts = (one for one in run.ledger.entries if one.kind == steps.TRAFFIC.kind and one.how == "changed")
    return next(shifts, None)


def _release(run: Run, **told: Any) -> Release:
    order = run.order
    return Release(
        run=run.mark,
        kind=run.kind,
        asked_by=order.asked_by,
        digest=order.digest,
        deployment=order.deployment,
        began=order.accepted or run.began,
        ended=run.now,
        **told,
    )


def _shares(wire: Json) -> Percentages:
    return wire if isinstance(wire, dict) else {}
