"""Which steps a runbook would take: it is run with answers foretold, and nothing is called and nothing waited for.

So a plan's steps are those of the runbook itself, not of a second one kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.activities import Provisioning
from contracts.base import Json
from contracts.status import Progress
from orchestrations.engine import Taking

Foretold = Callable[[str, Json], Json]
"""What an activity would answer to a message; an envelope."""

DONE = {"ok": Provisioning(state="Succeeded", done=True).to_wire()}


@dataclass
class Stage:
    """A context of the Durable SDK in which everything answers at once."""

    order: Json
    current_utc_datetime: datetime
    foretold: Foretold
    instance_id: str = ""
    shown: dict[str, Any] = field(default_factory=dict)

    def get_input(self) -> Json:
        """What the instance would be started with."""
        return self.order

    def set_custom_status(self, status: dict[str, Any]) -> None:
        """Keep what would be shown."""
        self.shown = status

    def call_activity(self, name: str, message: Json) -> Json:
        """The foretold answer."""
        return self.foretold(name, message)

    def call_sub_orchestrator(self, name: str, order: Json) -> Json:
        """A watch that ends well."""
        return DONE

    def create_timer(self, moment: datetime) -> None:
        """Time passes."""
        self.current_utc_datetime = max(moment, self.current_utc_datetime)


def rehearse(
    orchestration: Callable[[Any], Taking[Json]], order: Json, moment: datetime, foretold: Foretold
) -> list[str]:
    """Names of the steps that would be taken, in order; those that would be skipped are left out."""
    stage = Stage(order, moment, foretold)
    taking = orchestration(stage)
    answer = None
    with suppress(StopIteration):
        while True:
            answer = taking.send(answer)
    progress = Progress.from_wire(stage.shown)
    return [step.name for step in progress.steps if step.state != "skipped"]
