"""Roles and the time they take: granting early, waiting once, and telling a slow role from a missing one.

A role assignment is listed at once and takes effect later, up to more than 15 minutes (Azure ML's documents), and
nothing tells when: only a call by that identity does. So the wait ends at the newest assignment's `createdOn` plus
`propagation.wait`, and whatever is refused after it is tried again until `propagation.give_up_after`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contracts import activities as c
from contracts.errors import Failure, RoleNotEffective, StepFailed
from contracts.request import DeploymentRequest
from orchestrations import steps
from orchestrations.policies import ROLES_EFFECTIVE
from orchestrations.run import Run, Taking

T = TypeVar("T")
WAIT = "roles_effective"


def grant_roles(run: Run, request: DeploymentRequest, principal_id: str) -> Taking[c.Access]:
    """Give the endpoint's identity the roles of the request."""
    order = c.GrantInput(
        instance=run.instance,
        principal_id=principal_id,
        user_assigned=request.endpoint.identity.user_assigned_id is not None,
        access=request.access,
    )
    access = yield from run(steps.GRANT_ROLES, order)
    for role in access.roles:
        if role.created:
            run.board.ledger.made("role_assignment", f"{role.role} on {role.scope.rsplit('/', 1)[-1]}")
            run.assignments_made.append(role.assignment_id)
    if access.refused:
        run.board.failed(steps.GRANT_ROLES.activity, run.now)
        raise StepFailed(access.refused.model_copy(update={"step": steps.GRANT_ROLES.activity}))
    return access


def roles_effective(run: Run, request: DeploymentRequest, access: c.Access | None) -> Taking[None]:
    """Wait until the newest role assignment has had its time; old ones cost nothing."""
    if access is None or access.newest is None:
        run.board.skipped(WAIT, run.now, "no roles to grant")
        return
    one = len(access.roles) == 1
    effective_at = access.newest + request.access.propagation.wait
    if effective_at <= run.now:
        old = "1 role assignment is" if one else f"{len(access.roles)} role assignments are"
        run.board.skipped(WAIT, run.now, f"{old} old enough")
        return
    effect = "1 role assignment takes effect" if one else f"{len(access.roles)} role assignments take effect"
    yield from run.wait_until(effective_at, WAIT, effect)


def while_roles_take_effect(
    run: Run, request: DeploymentRequest, access: c.Access | None, attempt: Callable[[], Taking[T]]
) -> Taking[T]:
    """Try `attempt` again while it fails as if a role had not taken effect, until the roles have had all their time."""
    tries = 0
    while True:
        tries += 1
        try:
            outcome = yield from attempt()
        except StepFailed as failed:
            if not failed.failure.propagation or access is None or access.newest is None:
                raise
            give_up_at = access.newest + request.access.propagation.give_up_after
            again_at = run.now + ROLES_EFFECTIVE.pause(tries)
            if again_at > give_up_at:
                raise StepFailed(not_effective(failed.failure, request, access)) from failed
            yield from run.wait_until(again_at, WAIT, f"{failed.failure.step} was refused; roles may be slow")
        else:
            return outcome


def not_effective(failure: Failure, request: DeploymentRequest, access: c.Access) -> Failure:
    """The failure to end with: which roles, on what, for how long without effect."""
    waited = int(request.access.propagation.give_up_after.total_seconds() // 60)
    roles = "; ".join(f"{role.role} on {role.scope}" for role in access.roles)
    error = RoleNotEffective(
        f"{waited} minutes after the newest grant, {failure.step} is still refused. Granted: {roles}."
        f" Refused with: {failure.message}",
        cause=failure.cause or failure.code,
        log_tail=failure.log_tail,
    )
    return error.to_failure().model_copy(update={"step": failure.step})
