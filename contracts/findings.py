"""What does not fit together: what Slipway made and nothing needs, and traffic that somebody else has changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract

StrayKind = Literal[
    "deployment_without_release", "grant_without_identity", "setting_without_deployment", "traffic_changed"
]


class Stray(Contract):
    """One thing that was found. Nothing is done about it unless somebody asks: `command` is what would."""

    kind: StrayKind
    id: Annotated[str, Field(description="ARM id")]
    endpoint: str | None = None
    made_by: Annotated[str | None, Field(description="id of the run that made it")] = None
    detail: str
    command: Annotated[str, Field(description="what removes or mends it")]


class FindingList(Contract):
    """Answer of `GET /api/findings`."""

    findings: list[Stray] = []
    unchecked: Annotated[list[str], Field(description="what could not be read, and so was not compared")] = []
