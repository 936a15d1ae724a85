"""The seam between orchestrations and activities: one JSON message in, one envelope out.

An envelope is `{"ok": <result>}` or `{"error": <Failure>}`. Foreseen failures are values, because the Durable SDK loses
the type of what an activity raises, and on some backends its text; what nobody foresaw is raised, and logged by the
host.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from contracts.base import Contract, Json
from contracts.errors import DeploymentError

Input = TypeVar("Input", bound=Contract)
Output = TypeVar("Output", bound=Contract)
Activity = Callable[[Json], dict[str, Any]]

# Input and result contract of every activity, by name.
CONTRACTS: dict[str, tuple[type[Contract], type[Contract]]] = {}

# design limit: the largest activity output, in bytes of JSON
OUTPUT_LIMIT_BYTES = 4096


def activity(function: Callable[[Input], Output]) -> Activity:
    """Wrap `function(message) -> result` as the activity of the same name, with the one parameter `payload`."""
    hints = get_type_hints(function)
    contract = hints[next(iter(inspect.signature(function).parameters))]

    def answer(payload: Json) -> dict[str, Any]:
        try:
            envelope: dict[str, Any] = {"ok": function(contract.from_wire(payload)).to_wire()}
        except DeploymentError as error:
            envelope = {"error": error.to_failure().to_wire()}
        size = len(json.dumps(envelope))
        if size > OUTPUT_LIMIT_BYTES:
            raise ValueError(f"{function.__name__} answered {size} bytes; histories carry at most {OUTPUT_LIMIT_BYTES}")
        return envelope

    functools.update_wrapper(answer, function)
    # The Functions worker binds by parameter name, and would look through `__wrapped__` for it.
    del answer.__wrapped__  # type: ignore[attr-defined]  # set by functools
    answer.__annotations__ = {"payload": Any, "return": dict[str, Any]}
    CONTRACTS[function.__name__] = (contract, hints["return"])
    return answer
