"""What the app registers, whoever in this process has read it before."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import function_app


@cache
def triggers() -> list[tuple[str, dict[str, Any], Any]]:
    """Name, trigger binding and function of everything registered."""
    # The SDK remembers the names of an earlier reading, and would call every function a duplicate of itself.
    function_app.app.functions_bindings = None
    found = []
    for function in function_app.app.get_functions():
        bindings = [json.loads(binding) for binding in function.get_raw_bindings()]
        [trigger] = [binding for binding in bindings if binding["type"].endswith("Trigger")]
        found.append((function.get_function_name(), trigger, function.get_user_function()))
    return found
