"""What a runbook is: one procedure that can be asked of Slipway, and all that is derived from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.base import Contract, Json
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.steps import Resource, Step


@dataclass(frozen=True)
class Call:
    """The call that starts a runbook: a method, and a path below `/api` that may name what it is about."""

    method: str
    path: str

    @property
    def names(self) -> tuple[str, ...]:
        """What the path names: fields of the runbook's order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


@dataclass(frozen=True)
class Runbook:
    """One procedure. Several may share a route: callers see their instances together.

    Attributes:
        orchestration: the orchestrator function; its name is stored in histories.
        noun: what one instance is, for people and in the names of the routes' functions.
        prefix: what the ids of its instances begin with; 32 hex digits follow.
        route: of its instances below `/api`.
        order: its one typed input.
        call: what starts one over HTTP; None when something else starts it.
        asked_with: the body of that call, or its query parameters where the method has no body.
        status: what callers see of an instance.
        listing: a page of them.
        filters: query parameters of the listing.
        ended: whether a custom status is that of an instance which ended in its own words.
        writes: whether it writes to an endpoint: it takes its turn there, keeps a ledger, can be canceled, is undone.
        takes: the steps and resources that it may ask for.
        plans: what its call answers with `plan=true`; None: it does not.
    """

    orchestration: Callable[[Any], Taking[Json]]
    noun: str
    prefix: str
    route: str
    order: type[Contract]
    call: Call | None
    asked_with: type[Contract] | None
    status: type[Contract]
    listing: type[Contract]
    filters: tuple[str, ...]
    ended: Callable[[Json], bool]
    writes: bool
    takes: tuple[Step[Any] | Resource[Any], ...]
    plans: type[Contract] | None = None

    @property
    def name(self) -> str:
        """Of the orchestration."""
        return self.orchestration.__name__

    @property
    def id_pattern(self) -> str:
        """Of its instances' ids, as a regular expression."""
        return f"{self.prefix}[0-9a-f]{{32}}"

    @property
    def keeps_logs(self) -> bool:
        """Whether its instances make something whose logs can be asked for."""
        return steps.KEEP_LOGS in self.takes
