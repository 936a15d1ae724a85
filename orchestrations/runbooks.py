"""The runbooks: what can be asked of Slipway. Routes, statuses, OpenAPI and commands are derived from this list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.base import Contract, Json
from contracts.orders import DeployOrder, ReactOrder
from contracts.request import DeploymentRequest
from contracts.status import DeploymentList, DeploymentStatus, EventList, EventOutcome, Progress
from orchestrations import deploy, endpoint_queue, react, steps, turns, watch
from orchestrations.engine import Taking
from orchestrations.steps import Resource, Step


@dataclass(frozen=True)
class Runbook:
    """One procedure.

    Attributes:
        orchestration: the orchestrator function; its name is stored in histories.
        noun: what one instance is, for people and in the names of the routes' functions.
        prefix: what the ids of its instances begin with; 32 hex digits follow.
        route: of its instances below `/api`.
        order: its one typed input.
        asked_with: the body that starts one over HTTP; None when something else starts it.
        status: what callers see of an instance.
        listing: a page of them.
        filters: query parameters of the listing.
        ended: whether a custom status is that of an instance which ended in its own words.
        takes: the steps and resources that it may ask for.
    """

    orchestration: Callable[[Any], Taking[Json]]
    noun: str
    prefix: str
    route: str
    order: type[Contract]
    asked_with: type[Contract] | None
    status: type[Contract]
    listing: type[Contract]
    filters: tuple[str, ...]
    ended: Callable[[Json], bool]
    takes: tuple[Step[Any] | Resource[Any], ...]

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


DEPLOY = Runbook(
    orchestration=deploy.deploy,
    noun="deployment",
    prefix="dep-",
    route="deployments",
    order=DeployOrder,
    asked_with=DeploymentRequest,
    status=DeploymentStatus,
    listing=DeploymentList,
    filters=("endpoint", "model", "status"),
    ended=lambda status: Progress.from_wire(status).ended,
    takes=(
        steps.PLAN_DEPLOYMENT,
        steps.MODEL,
        steps.ENVIRONMENT,
        steps.CODE,
        steps.ROLE_ASSIGNMENT,
        steps.ENDPOINT,
        steps.DEPLOYMENT,
        steps.SMOKE_TEST,
        steps.FIND_NEWEST_VERSION,
        steps.READ_TRAFFIC,
        steps.TRAFFIC,
        steps.READ_BACK,
        steps.FIND_CLAIM,
        steps.KEEP_LOGS,
        steps.WAKE,
        steps.DEPLOYMENT_ENDED,
    ),
)
REACT = Runbook(
    orchestration=react.react_to_registration,
    noun="event",
    prefix="event-",
    route="events",
    order=ReactOrder,
    asked_with=None,
    status=EventOutcome,
    listing=EventList,
    filters=("model",),
    ended=lambda status: EventOutcome.from_wire(status).outcome == "failed",
    takes=(steps.FIND_NEWEST_VERSION, steps.DEPLOYMENT_ENDED),
)
RUNBOOKS = (DEPLOY, REACT)

# Started by runbooks only.
CHILDREN = (watch.watch, turns.take_turn, turns.leave_turn)

# Whoever may write to an endpoint.
ENTITIES = (endpoint_queue.endpoint_queue,)
