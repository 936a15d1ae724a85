"""A line of the one route table of management.azure.com."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from local.cloud.arm.actions import target_of
from local.cloud.arm.call import Handler
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, malformed


@dataclass(frozen=True)
class ArmRoute:
    """`method` and `pattern` (an ARM path with {parameters}), the api-versions it speaks, and its handler.

    `{scope}` stands for any ARM id, so that a pattern beginning with it is an extension resource's. `checked_by` says
    who sees to it that the caller may perform `action`: the router, which knows method and path, or the handler where
    that is not enough (a condition looks at the body, anybody may ask). `body` is the JSON Schema of what may be sent,
    without which no body is read, and `takes_list` that it is a list, handed on as `value` of an object; `refusal` is
    how this provider says that a body does not have it.
    """

    method: str
    pattern: str
    versions: Collection[str]
    handler: Handler
    checked_by: Literal["router", "handler"] = "router"
    body: Json | None = None
    refusal: Callable[[str], ArmError] = malformed
    takes_list: bool = False

    @cached_property
    def action(self) -> str:
        """What a caller must be allowed, in ARM's words."""
        return target_of(self.method, self.pattern).action

    @property
    def provider(self) -> str:
        """The resource provider that answers."""
        return self.action.partition("/")[0]

    @property
    def resource(self) -> str:
        """The pattern below its provider."""
        return self.pattern.rpartition(f"/providers/{self.provider}")[2].removeprefix("/")

    def parameters(self, path: str) -> dict[str, str] | None:
        """The values of the pattern's parameters when it is this path's, else None. Case does not matter to ARM."""
        found = self._expression.fullmatch(path)
        return found.groupdict() if found else None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        text = re.escape(self.pattern).replace(r"\{scope\}", "(?P<scope>.*)")
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", text) + "/?", re.IGNORECASE)


class Table:
    """Routes by the path that they are of, in their order."""

    def __init__(self, routes: Sequence[ArmRoute]) -> None:
        # An extension resource's has as many segments as its scope adds, so it is among those of every length.
        self._of_any_length = [route for route in routes if "{scope}" in route.pattern]
        lengths = {_length(route.pattern) for route in routes}
        self._by_length = {
            length: [route for route in routes if "{scope}" in route.pattern or _length(route.pattern) == length]
            for length in lengths
        }

    def of(self, path: str) -> Iterator[tuple[ArmRoute, dict[str, str]]]:
        """Every route of the path, whatever its method, with the values of its parameters."""
        for route in self._by_length.get(_length(path), self._of_any_length):
            parameters = route.parameters(path)
            if parameters is not None:
                yield route, parameters


def _length(path: str) -> int:
    return path.rstrip("/").count("/")
