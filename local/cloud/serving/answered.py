"""One request that the front door has answered, for whoever counts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from starlette.responses import Response

from local.cloud.serving.forwarding import MODEL_STATUS, PIN


@dataclass(frozen=True)
class Answered:
    """What became of a request: which deployment it went to ("" for none), both statuses, and how long it took."""

    deployment: str
    status: int
    model_status: int | None
    milliseconds: float

    @classmethod
    def by(cls, response: Response, seconds: float) -> Answered:
        """As the response tells."""
        deployment, told = response.headers.get(PIN, ""), response.headers.get(MODEL_STATUS)
        model_status = (
            int(told) if told else (response.status_code if deployment and response.status_code == 200 else None)
        )
        return cls(deployment, response.status_code, model_status, seconds * 1000)


Watching: TypeAlias = Callable[[str, Answered], None]
"""Told the endpoint's name and what became of a request to it."""


def nobody_watches(_endpoint: str, _answered: Answered) -> None:
    """Nobody counts."""
