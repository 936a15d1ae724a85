"""A route of the front door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrations.runbooks import Runbook


@dataclass(frozen=True)
class Route:
    """One method of one path below `/api`, and the function that answers it.

    Attributes:
        runbook: whose instances it is about, the first of those that share a route; None for a route of its own.
        anonymous: whether it is answered without a function key.
        asks_hub: whether its function talks to the task hub; those of runbooks do.
    """

    method: str
    path: str
    function: Any
    runbook: Runbook | None = None
    anonymous: bool = False
    asks_hub: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """What is answered: where GET is, so is HEAD, of which the server sends no body."""
        return (self.method, "HEAD") if self.method == "GET" else (self.method,)

    @property
    def needs_client(self) -> bool:
        """Whether the function talks to the task hub."""
        return self.runbook is not None or self.asks_hub
