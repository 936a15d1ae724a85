"""The runbooks: what can be asked of Slipway. Routes, statuses, OpenAPI and commands are derived from this list.

A new operation is one file that reads like `deploy.py`, the contract of its body, and its line in `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.automatic_runtimes import AutomaticRuntimeOrder, AutomaticRuntimeRequest
from contracts.base import Contract, Json
from contracts.findings import RemovalRequest
from contracts.operations import OperationList, OperationOrder, OperationStatus
from contracts.orders import DeployOrder, ReactOrder
from contracts.request import DeploymentRequest
from contracts.rollback import RollbackRequest
from contracts.runtime_deletion import RuntimeDeletion, RuntimeDeletionOrder, RuntimeTeardownPlan
from contracts.runtimes import RuntimeList, RuntimeOrder, RuntimeRequest, RuntimeStatus
from contracts.status import DeploymentList, DeploymentStatus, EventList, EventOutcome, Progress
from contracts.teardown import DeleteRequest, TeardownPlan
from contracts.traffic import TrafficRequest
from contracts.updates import UpdateRequest
from orchestrations import (
    change_traffic,
    delete_deployment,
    delete_endpoint,
    delete_runtime,
    deploy,
    endpoint_queue,
    expire,
    going_back,
    make_runtime,
    prepare_runtime,
    react,
    remove_findings,
    retire,
    rollback,
    steps,
    turns,
    update_deployment,
    watch,
)
from orchestrations.engine import Taking
from orchestrations.runbook import Call, Runbook
from orchestrations.steps import Resource, Step

__all__ = ["Call", "Runbook"]


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
        plans=TeardownPlan if asked_with in (DeleteRequest, RemovalRequest) else None,
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
    operation(
        remove_findings.remove_findings,
        Call("DELETE", "endpoints/{endpoint}/findings"),
        RemovalRequest,
        steps.PLAN_REMOVAL,
        steps.DEPLOYMENT,
        steps.ROLE_ASSIGNMENT,
    ),
    operation(expire.expire, None, None, steps.FIND_EXPIRY, *TAKING_DOWN),
    operation(retire.retire, None, None, steps.FIND_SUPERSEDED, steps.PLAN_RETIREMENT, steps.DEPLOYMENT),
)


def of_runtimes(
    orchestration: Callable[[Any], Taking[Json]],
    prefix: str,
    order: type[Contract],
    call: Call,
    asked_with: type[Contract],
    *takes: Step[Any] | Resource[Any],
) -> Runbook:
    """A runbook about prompt flow's runtimes; `takes` is what it may ask for besides its turn and its undo."""
    return Runbook(
        orchestration=orchestration,
        noun="runtime",
        prefix=prefix,
        route="runtimes",
        order=order,
        call=call,
        asked_with=asked_with,
        status=RuntimeStatus,
        listing=RuntimeList,
        filters=("compute", "status"),
        ended=shows_end,
        writes=True,
        takes=(*takes, steps.ROLE_ASSIGNMENT, steps.WAKE, steps.DEPLOYMENT_ENDED),
        plans=RuntimeTeardownPlan if asked_with is RuntimeDeletion else None,
    )


RUNTIMES = (
    of_runtimes(
        make_runtime.make_runtime,
        "run-",
        RuntimeOrder,
        Call("POST", "runtimes"),
        RuntimeRequest,
        steps.PLAN_RUNTIME,
        steps.COMPUTE,
        steps.APPLICATION,
        steps.LOOK_AT_RUNTIME,
    ),
    of_runtimes(
        delete_runtime.delete_runtime,
        "runtime-deletion-",
        RuntimeDeletionOrder,
        Call("DELETE", "runtimes/{compute}/{name}"),
        RuntimeDeletion,
        steps.PLAN_RUNTIME_TEARDOWN,
        steps.FIND_CLAIM,
        steps.COMPUTE,
        steps.APPLICATION,
    ),
    of_runtimes(
        prepare_runtime.prepare_runtime,
        "runtime-preparation-",
        AutomaticRuntimeOrder,
        Call("POST", "runtimes/automatic"),
        AutomaticRuntimeRequest,
        steps.PLAN_AUTOMATIC_RUNTIME,
    ),
)
RUNTIME = RUNTIMES[0]
RUNBOOKS = (DEPLOY, REACT, *OPERATIONS, *RUNTIMES)


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
