"""What an endpoint's traffic was before a run, for whoever changes it more than once or begins anew."""

from __future__ import annotations

from contracts.ledger import endpoint_reference
from contracts.plan import Percentages
from orchestrations import steps
from orchestrations.run import Run


def traffic_at_first(run: Run, endpoint: str, now: Percentages) -> Percentages:
    """The traffic of before the run, also when it began anew."""
    shifted = run.ledger.find(steps.TRAFFIC.kind, endpoint_reference(endpoint))
    before: Percentages = shifted.before if shifted else now
    return before
