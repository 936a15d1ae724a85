"""After a failure: undo exactly what this run made, except what is better kept, and say what became of each.

Kept: models, environments and code (immutable, shared), and a working endpoint with its role assignments: it costs
nothing while empty, and the next attempt finds its roles in effect instead of waiting again.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts import activities as c
from contracts.errors import Failure, StepFailed
from contracts.request import DeploymentRequest
from orchestrations import steps
from orchestrations.progress import Kind
from orchestrations.run import Run, Taking

REGISTERED = "registered versions are immutable and shared"
ENDPOINT_KEPT = "an empty endpoint costs nothing, and the next attempt finds its roles in effect"
ROLES_KEPT = "the identity keeps its roles, so that the next attempt does not wait again"


def undo(run: Run, request: DeploymentRequest, failure: Failure) -> Taking[None]:
    """Undo in reverse order; a failing undo is written down and does not stop the others."""
    ledger = run.board.ledger
    endpoint_is_useless = failure.step in (steps.ENSURE_ENDPOINT.activity, steps.ENDPOINT_PROVISIONED.activity)

    yield from settle(run, "traffic", lambda: restore_traffic(run, request))
    yield from settle(run, "deployment", lambda: delete_deployment(run, request))
    if endpoint_is_useless:
        gone = yield from settle(run, "endpoint", lambda: delete_endpoint(run, request))
        # An endpoint that stays needs the roles of its own identity: others may have deployed to it by now.
        if gone and request.endpoint.identity.user_assigned_id is None:
            yield from settle(run, "role_assignment", lambda: revoke_roles(run))
    ledger.keep("endpoint", ENDPOINT_KEPT)
    ledger.keep("role_assignment", ROLES_KEPT)
    for kind in ("model", "environment", "code"):
        ledger.keep(kind, REGISTERED)
    run.board.publish()


def settle(run: Run, kind: Kind, undoing: Callable[[], Taking[bool]]) -> Taking[bool]:
    """Undo one kind of entry, if the ledger has any; False when that failed."""
    if not run.board.ledger.has(kind):
        return True
    try:
        existed = yield from undoing()
    except StepFailed as failed:
        run.board.ledger.close(kind, "undo_failed", f"{failed.failure.code}: {failed.failure.message}"[:200])
        run.board.publish()
        return False
    run.board.ledger.close(kind, "undone" if existed else "never_made")
    run.board.publish()
    return True


def was_made(run: Run, kind: Kind, changed: bool) -> bool:
    """Whether there was anything to undo: what is gone before it is deleted was, by a try whose answer was lost."""
    return changed or run.board.ledger.is_sure(kind)


def restore_traffic(run: Run, request: DeploymentRequest) -> Taking[bool]:
    """Give the endpoint the traffic it had before, unless somebody has changed it since."""
    if run.traffic is None:
        return False
    order = c.TrafficInput(
        instance=run.instance,
        endpoint=request.endpoint.name,
        deployment=request.deployment.name,
        traffic=run.traffic.before,
        only_from=run.traffic.after,
    )
    shift = yield from run(steps.SHIFT_TRAFFIC, order)
    if shift.changed:
        ref = c.EndpointRef(instance=run.instance, endpoint=request.endpoint.name)
        yield from run.until(steps.TRAFFIC_PROVISIONED, ref)
    return was_made(run, "traffic", shift.changed) and shift.after == run.traffic.before


def delete_deployment(run: Run, request: DeploymentRequest) -> Taking[bool]:
    """Delete the deployment if this run made it: a failed one still holds quota."""
    ref = c.DeploymentRef(instance=run.instance, endpoint=request.endpoint.name, deployment=request.deployment.name)
    deletion = yield from run(steps.DELETE_DEPLOYMENT, ref)
    if deletion.changed:
        yield from run.until(steps.DEPLOYMENT_DELETED, ref)
    return was_made(run, "deployment", deletion.changed)


def delete_endpoint(run: Run, request: DeploymentRequest) -> Taking[bool]:
    """Delete the endpoint if this run made it."""
    ref = c.EndpointRef(instance=run.instance, endpoint=request.endpoint.name)
    deletion = yield from run(steps.DELETE_ENDPOINT, ref)
    if deletion.changed:
        yield from run.until(steps.ENDPOINT_DELETED, ref)
    return was_made(run, "endpoint", deletion.changed)


def revoke_roles(run: Run) -> Taking[bool]:
    """Remove the assignments of an identity that went with its endpoint."""
    order = c.RevokeInput(instance=run.instance, assignment_ids=run.assignments_made)
    revoked = yield from run(steps.REVOKE_ROLES, order)
    return revoked.changed
