"""Roles and the time they take: granting early, waiting once, and telling a slow role from a missing one.

A role assignment is listed at once and takes effect later, up to more than 15 minutes (Azure ML's documents), and
nothing tells when: only a call by that identity does. So the wait ends at the newest assignment's `createdOn` plus
`propagation.wait`, and whatever is refused after it is tried again until `propagation.give_up_after`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from contracts.activities import Grants
from contracts.errors import Failure, RoleNotEffective, StepFailed
from contracts.ledger import LedgerEntry
from contracts.marks import assignment_id
from contracts.plan import PlanVerdict
from contracts.request import Propagation
from orchestrations import steps
from orchestrations.engine import Taking
from orchestrations.policies import ROLES_EFFECTIVE, TRIES_PER_HISTORY
from orchestrations.run import NewHistory, Run
from orchestrations.undo import undo_one

T = TypeVar("T")
WAIT = "roles_effective"
# A person, in the words of role assignments.
USER = "User"


@dataclass(frozen=True)
class Access:
    """The roles an identity was given or has, and how long they are given to take effect."""

    grants: Grants
    newest: datetime | None
    propagation: Propagation


def grant_roles(
    run: Run,
    plan: PlanVerdict,
    propagation: Propagation,
    principal_id: str,
    *,
    goes_with: str | None,
    kind: str | None = None,
) -> Taking[Access | None]:
    """Give the endpoint's identity its roles, if it needs any; `goes_with` is the endpoint whose own identity it is.

    `kind` is what the principal is, where it is no service's identity.
    """
    if not plan.grants:
        return None
    grants = Grants(principal_id=principal_id, roles=plan.grants, goes_with=goes_with, principal_type=kind)
    entries = [
        LedgerEntry(
            kind=steps.ROLE_ASSIGNMENT.kind,
            id=assignment_id(role.scope, principal_id, role.guid),
            name=f"{role.role} on {role.scope.rsplit('/', 1)[-1]}",
            goes_with=goes_with,
        )
        for role in plan.grants
    ]
    granted = yield from run.ensure(steps.ROLE_ASSIGNMENT, grants.to_wire(), plan.resolved, entries)
    yield from revoke_those_of_the_dead(run, entries)
    return Access(grants, granted.newest, propagation)


def newest_of(granted: Sequence[Access | None]) -> Access | None:
    """Those whose newest role takes effect last; the others have by then."""
    waited = [one for one in granted if one is not None and one.newest is not None]
    return max(waited, key=lambda one: one.newest.timestamp() if one.newest else 0, default=None)


def revoke_those_of_the_dead(run: Run, granted: Sequence[LedgerEntry]) -> Taking[None]:
    """Revoke what this run gave to an identity that went with its endpoint, which was made anew since; rely on none."""
    alive, endpoint = {entry.key for entry in granted}, granted[0].goes_with
    for entry in [one for one in run.ledger.entries if one.kind == steps.ROLE_ASSIGNMENT.kind]:
        if endpoint is None or entry.goes_with != endpoint or entry.key in alive or entry.fate != "in_use":
            continue
        if entry.how == "made":
            yield from undo_one(run, entry)
        else:
            run.ledger.drop(entry)


def roles_effective(run: Run, access: Access | None) -> Taking[None]:
    """Wait until the newest role assignment has had its time; old ones cost nothing."""
    if access is None or access.newest is None:
        run.log.skipped(WAIT, run.now, "no roles to grant")
        return
    one = len(access.grants.roles) == 1
    count = "1 role assignment" if one else f"{len(access.grants.roles)} role assignments"
    effective_at = access.newest + access.propagation.wait
    if effective_at <= run.now:
        run.log.skipped(WAIT, run.now, f"{count} {'is' if one else 'are'} old enough")
        return
    yield from run.wait_until(effective_at, WAIT, f"{count} {'takes' if one else 'take'} effect")


def while_roles_take_effect(run: Run, access: Access | None, attempt: Callable[[], Taking[T]]) -> Taking[T]:
    """Try `attempt` again while it fails as if a role had not taken effect, until the roles have had all their time.

    Raises NewHistory after so many tries: what was made is confirmed there, and time is measured from the grant.
    """
    tries = 0
    while True:
        tries += 1
        try:
            outcome = yield from attempt()
        except StepFailed as failed:
            if not failed.failure.propagation or access is None or access.newest is None:
                raise
            again_at = run.now + ROLES_EFFECTIVE.pause(tries)
            if again_at > access.newest + access.propagation.give_up_after:
                raise StepFailed(not_effective(failed.failure, access)) from failed
            yield from run.wait_until(again_at, WAIT, f"{failed.failure.step} was refused; roles may be slow")
            if tries == TRIES_PER_HISTORY:
                raise NewHistory("so many tries") from None
        else:
            return outcome


def not_effective(failure: Failure, access: Access) -> Failure:
    """The failure to end with: which roles, on what, for how long without effect."""
    waited = int(access.propagation.give_up_after.total_seconds() // 60)
    roles = "; ".join(f"{role.role} on {role.scope}" for role in access.grants.roles)
    error = RoleNotEffective(
        f"{waited} minutes after the newest grant, {failure.step} is still refused. Granted: {roles}."
        f" Refused with: {failure.message}",
        cause=failure.cause or failure.code,
        log_tail=failure.log_tail,
    )
    return error.to_failure().model_copy(update={"step": failure.step})
