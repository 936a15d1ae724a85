"""How an instance fails: in a last history that holds nothing but its end.

A failed orchestrator hands back its whole state in the text of its error, the input of everything that its history has
asked for included; and the Functions host hides in that text what it takes for credentials, up to the next quote
(recorded). A sample request that holds `key="a"` loses the backslash before its quote so, the state cannot be read any
more, and the instance ends as non-deterministic, without its status. Nothing is hidden in a history that has asked for
nothing, and shows what was made harmless before.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from contracts.base import Json
from contracts.errors import Failure
from contracts.orders import Ending
from orchestrations.engine import Context
from orchestrations.run import RunFailed


def fail_alone(context: Context, failure: Failure, shown: Json) -> None:
    """Begin the last history, in which the instance shows this and fails.

    Raises RunFailed here where that cannot be: an unreadable order or a defect is in the way, or this is the last one.
    """
    with suppress(Exception):
        order = _order(context)
        if "ending" not in order:
            context.continue_as_new({**order, "ending": Ending(failure=failure, shown=shown).to_wire()})
            return
    raise RunFailed(failure)


def end_here(context: Context) -> None:
    """Raises RunFailed in the last history of an instance; anywhere else nothing happens."""
    order = _order(context)
    wire = order.get("ending") if isinstance(order, dict) else None
    if wire is None:
        return
    ending = Ending.from_wire(wire)
    with suppress(Exception):
        context.set_custom_status(ending.shown)
    raise RunFailed(ending.failure)


def _order(context: Context) -> Any:
    """The instance's input; a child's is JSON text."""
    order = context.get_input()
    return json.loads(order) if isinstance(order, str) else order
