"""The runbooks: what can be asked of Slipway. Routes, statuses, OpenAPI and commands are derived from this list.

A new operation is one file that reads like `deploy.py`, the contract of its body, and its line in `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.base import Contract, Json
from contracts.operations import OperationList, OperationOrder, OperationStatus
from contracts.orders import DeployOrder, ReactOrder
from contracts.request import DeploymentRequest
from contracts.rollback import RollbackRequest
from contracts.runtimes import RuntimeList, RuntimeOrder, RuntimeRequest, RuntimeStatus
from contracts.status import DeploymentList, DeploymentStatus, EventList, EventOutcome, Progress
from contracts.teardown import DeleteRequest
from contracts.traffic import TrafficRequest
from contracts.updates import UpdateRequest
from orchestrations import (
    change_traffic,
    delete_deployment,
    delete_endpoint,
    deploy,
    endpoint_queue,
    expire,
    going_back,
    make_runtime,
    react,
    retire,
    rollback,
    steps,
    turns,
    update_deployment,
    watch,
)
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


# What every run may ask for that writes to an endpoint.
WRITING = (
    steps.READ_TRAFFIC,
    steps.TRAFFIC,
    steps.MIRROR_TRAFFIC,
    steps.READ_BACK,
    steps.FIND_CLAIM,
    steps.KEEP_LOGS,
    steps.WAKE,
    steps.DEPLOYMENT_ENDED,
)
DEPLOYING = (
    steps.PLAN_DEPLOYMENT,
    steps.MODEL,
    steps.ENVIRONMENT,
    steps.CODE,
    steps.ROLE_ASSIGNMENT,
    steps.ENDPOINT,
    steps.DEPLOYMENT,
    steps.SMOKE_TEST,
    steps.FIND_NEWEST_VERSION,
)


# What it takes to take an endpoint with all that is on it.
TAKING_DOWN = (steps.PLAN_TEARDOWN, steps.DIAGNOSTICS, steps.ROLE_ASSIGNMENT, steps.ENDPOINT)


def shows_end(status: Json) -> bool:
    """Whether the custom status of a run that writes says how it ended."""
    return Progress.from_wire(status).ended


def operation(
    orchestration: Callable[[Any], Taking[Json]],
    call: Call | None,
    asked_with: type[Contract] | None,
    *takes: Step[Any] | Resource[Any],
) -> Runbook:
    """A runbook that writes to an endpoint which is there; `takes` is what it may ask for besides `WRITING`.

    Without a call, a deployment starts it.
    """
    return Runbook(
        orchestration=orchestration,
        noun="operation",
        prefix=f"op-{orchestration.__name__.replace('_', '-')}-",
        route="operations",
        order=OperationOrder,
        call=call,
        asked_with=asked_with,
        status=OperationStatus,
        listing=OperationList,
        filters=("endpoint", "kind", "status"),
        ended=shows_end,
        writes=True,
        takes=(*takes, *WRITING),
    )


DEPLOY = Runbook(
    orchestration=deploy.deploy,
    noun="deployment",
    prefix="dep-",
    route="deployments",
    order=DeployOrder,
    call=Call("POST", "deployments"),
    asked_with=DeploymentRequest,
    status=DeploymentStatus,
    listing=DeploymentList,
    filters=("endpoint", "model", "status"),
    ended=shows_end,
    writes=True,
    takes=(*DEPLOYING, steps.COUNT_ANSWERS, steps.START_OPERATION, *WRITING),
)
REACT = Runbook(
    orchestration=react.react_to_registration,
    noun="event",
    prefix="event-",
    route="events",
    order=ReactOrder,
    call=None,
    asked_with=None,
    status=EventOutcome,
    listing=EventList,
    filters=("model",),
    ended=lambda status: EventOutcome.from_wire(status).outcome == "failed",
    writes=False,
    takes=(steps.FIND_NEWEST_VERSION, steps.DEPLOYMENT_ENDED),
)
OPERATIONS = (
    operation(
        rollback.rollback,
        Call("POST", "endpoints/{endpoint}/rollback"),
        RollbackRequest,
        *DEPLOYING,
        steps.FIND_ORDER,
        steps.LOOK_AT_SERVING,
    ),
    operation(
        change_traffic.change_traffic,
        Call("PUT", "endpoints/{endpoint}/traffic"),
        TrafficRequest,
        steps.FIND_ORDER,
        steps.VERIFY_SHARES,
    ),
    operation(
        update_deployment.update_deployment,
        Call("PATCH", "endpoints/{endpoint}/deployments/{deployment}"),
        UpdateRequest,
        steps.PLAN_UPDATE,
        steps.CODE,
        steps.DEPLOYMENT_UPDATE,
        steps.FIND_ORDER,
        steps.SMOKE_TEST,
    ),
    operation(
        delete_deployment.delete_deployment,
        Call("DELETE", "endpoints/{endpoint}/deployments/{deployment}"),
        DeleteRequest,
        steps.PLAN_TEARDOWN,
        steps.DEPLOYMENT,
    ),
    operation(
        delete_endpoint.delete_endpoint,
        Call("DELETE", "endpoints/{endpoint}"),
        DeleteRequest,
        *TAKING_DOWN,
    ),
    operation(expire.expire, None, None, steps.FIND_EXPIRY, *TAKING_DOWN),
    operation(retire.retire, None, None, steps.FIND_SUPERSEDED, steps.PLAN_RETIREMENT, steps.DEPLOYMENT),
)
RUNTIME = Runbook(
    orchestration=make_runtime.make_runtime,
    noun="runtime",
    prefix="run-",
    route="runtimes",
    order=RuntimeOrder,
    call=Call("POST", "runtimes"),
    asked_with=RuntimeRequest,
    status=RuntimeStatus,
    listing=RuntimeList,
    filters=("compute", "status"),
    ended=shows_end,
    writes=True,
    takes=(
        steps.PLAN_RUNTIME,
        steps.ROLE_ASSIGNMENT,
        steps.COMPUTE,
        steps.APPLICATION,
        steps.LOOK_AT_RUNTIME,
        steps.WAKE,
        steps.DEPLOYMENT_ENDED,
    ),
)
RUNBOOKS = (DEPLOY, REACT, *OPERATIONS, RUNTIME)


def sharing(route: str) -> tuple[Runbook, ...]:
    """The runbooks whose instances are seen at that route."""
    return tuple(runbook for runbook in RUNBOOKS if runbook.route == route)


def runbook_of(instance_id: str) -> Runbook | None:
    """The runbook whose instances have such ids."""
    return next((runbook for runbook in RUNBOOKS if instance_id.startswith(runbook.prefix)), None)


# Started by runbooks only.
CHILDREN = (watch.watch, turns.take_turn, turns.leave_turn, going_back.choose_release)

# Whoever may write to an endpoint.
ENTITIES = (endpoint_queue.endpoint_queue,)
