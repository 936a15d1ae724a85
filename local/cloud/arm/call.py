"""One request as a resource provider sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from local.cloud.arm.actions import Target
from local.cloud.arm.documents import Json
from local.cloud.identity.tokens import Claims


@dataclass(frozen=True)
class Call:
    """One admitted ARM request: who calls, what the path and query said, and the JSON body (empty when none)."""

    caller: Claims
    target: Target
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Json
    now: datetime

    @property
    def api_version(self) -> str:
        """The `api-version` the client sent."""
        return self.query["api-version"]

    @property
    def extended(self) -> str:
        """The ARM id of the resource that an extension resource belongs to, as the caller spelled it."""
        return f"/{self.parameters['scope'].strip('/')}"


@dataclass(frozen=True)
class Answer:
    """What a handler says: `body` None means an empty response, `null` is `NULL_BODY`."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


# The service answers a delete with the JSON document `null` (recorded).
NULL_BODY = object()

Handler: TypeAlias = Callable[[Call], Answer]
