"""How an instance fails, and how one ends that had come to its end already.

A failed orchestrator hands back its whole state in the text of its error, the input of everything that its history has
asked for included; and the Functions host hides in that text what it takes for credentials, up to the next quote
(recorded). A sample request that holds `key="a"` loses the backslash before its quote so, the state cannot be read any
more, and the instance ends as non-deterministic, without its status. Nothing is hidden in a history that has asked for
nothing, and shows what was made harmless before. So an instance fails in a last history that holds nothing but its end.

One whose worker died in its last turn is begun again with its end as well (`stage.recall`): others may write by then.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from contracts.base import Json
from contracts.errors import Failure
from contracts.orders import Ending
from orchestrations.engine import Context, Taking
from orchestrations.policies import RESUMPTIONS_ALLOWED
from orchestrations.run import RunFailed
from orchestrations.turns import leave_queue


def fail_alone(context: Context, failure: Failure, shown: Json) -> None:
    """Begin the last history, in which the instance shows this and fails.

    Raises RunFailed here where that cannot be: an unreadable order or a defect is in the way, or this is the last one.
    """
    with suppress(Exception):
        order = _order(context)
        if "ending" not in order:
            _begin_last(context, order, Ending(failure=failure, shown=shown))
            return
    raise RunFailed(failure)


def ending_of(context: Context) -> Ending | None:
    """How an instance ends for which nothing else is left to do; None for any other."""
    order = _order(context)
    wire = order.get("ending") if isinstance(order, dict) else None
    return None if wire is None else Ending.from_wire(wire)


def end_here(context: Context, ending: Ending) -> Taking[Json]:
    """The result of an instance that only ends; raises RunFailed for one that fails."""
    with suppress(Exception):
        context.set_custom_status(ending.shown)
    # Where leaving takes its worker down each time, whoever waits finds out by itself.
    resumptions = (_order(context).get("carried") or {}).get("resumptions") or 0
    if ending.leaves and resumptions <= RESUMPTIONS_ALLOWED:
        yield from leave_queue(context, ending.leaves)
    if ending.failure is None:
        return ending.result
    if ending.leaves:
        _begin_last(context, _order(context), ending.model_copy(update={"leaves": None}))
        return None
    raise RunFailed(ending.failure)


def _begin_last(context: Context, order: Json, ending: Ending) -> None:
    context.continue_as_new({**order, "ending": ending.to_wire()})


def _order(context: Context) -> Any:
    """The instance's input; a child's is JSON text."""
    order = context.get_input()
    return json.loads(order) if isinstance(order, str) else order
