"""The seam between orchestrations and activities: one JSON message in, one envelope out.

An envelope is `{"ok": <result>}` or `{"error": <Failure>}`. Foreseen failures are values, because the Durable SDK loses
the type of what an activity raises, and on some backends its text; what nobody foresaw is raised, and logged by the
host.
"""

from __future__ import annotations

import inspect
import json
import logging
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from contracts.base import Contract, Json
from contracts.errors import DeploymentError
from contracts.failure import place_of
from contracts.redaction import redact
from contracts.reserved import unmarked

log = logging.getLogger("slipway.activities")

Input = TypeVar("Input", bound=Contract)
Output = TypeVar("Output", bound=Contract)
Activity = Callable[[Json], dict[str, Any]]

# Input and result contract of every activity, by name.
CONTRACTS: dict[str, tuple[type[Contract], type[Contract]]] = {}

# design limit: the largest activity output, in bytes of JSON
OUTPUT_LIMIT_BYTES = 4096


class ActivityFault(Exception):
    """An activity failed in a way nobody foresaw; the text is safe to store, the log has the rest."""


def fault_in(name: str, error: Exception) -> ActivityFault:
    """What an activity raises for what nobody foresaw; the log is told the rest.

    What is raised is stored in the task hub, and the Functions host cuts it after words like `key=`: it has only our
    own words.
    """
    log.error("%s\n%s", name, redact("".join(traceback.format_exception(error))))
    return ActivityFault(f"{type(error).__name__} {place_of(error)}")


def activity(function: Callable[[Input], Output]) -> Activity:
    """Wrap `function(message) -> result` as the activity of the same name, with the one parameter `payload`."""
    hints = get_type_hints(function)
    contract = hints[next(iter(inspect.signature(function).parameters))]
    return as_activity(function.__name__, function, contract, hints["return"])


def as_activity(
    name: str, function: Callable[[Input], Output], contract: type[Input], result: type[Output]
) -> Activity:
    """Wrap `function(message) -> result` as the activity `name`; it takes a `contract` and answers a `result`."""

    def answer(payload: Json) -> dict[str, Any]:
        began, mark, outcome = time.monotonic(), "", "ok"
        try:
            message = contract.from_wire(payload)
            mark = getattr(message, "mark", "")
            # What comes from elsewhere may look like an object of the SDK's; it stays text.
            envelope: dict[str, Any] = {"ok": unmarked(function(message).to_wire())}
        except DeploymentError as error:
            outcome = type(error).__name__
            envelope = {"error": error.to_failure().to_wire()}
        except Exception as error:
            raise fault_in(name, error) from None
        # The one line of an activity; nothing of it comes from elsewhere.
        log.info("%s %s: %s after %.2f s", name, mark or "-", outcome, time.monotonic() - began)
        size = len(json.dumps(envelope))
        if size > OUTPUT_LIMIT_BYTES:
            raise ValueError(f"{name} answered {size} bytes; histories carry at most {OUTPUT_LIMIT_BYTES}")
        return envelope

    # The Functions worker calls a function by its name, and binds by the names of its parameters.
    answer.__name__ = answer.__qualname__ = name
    answer.__doc__ = function.__doc__
    answer.__annotations__ = {"payload": Any, "return": dict[str, Any]}
    CONTRACTS[name] = (contract, result)
    return answer
