"""One request as the gate in front of every emulated service sees it, filled in while it is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.types import Scope

_KEY = "slipway.exchange"


@dataclass
class Exchange:
    """Method, host and path of a request; `operation` names what it does, `caller` who was recognised."""

    method: str
    host: str
    path: str
    operation: str
    api_version: str | None
    caller: str | None = None

    def attach(self, scope: Scope) -> None:
        """Make this exchange findable from the request's ASGI scope."""
        scope[_KEY] = self

    @classmethod
    def of(cls, scope: Scope) -> Exchange:
        """The exchange of the request being served."""
        return cast("Exchange", scope[_KEY])
