"""Role assignments of an endpoint's identity: granted or confirmed under deterministic names, and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from activities.compute_documents import is_deleted
from activities.compute_documents import principal_of as principal_of_compute
from activities.computes import find_compute
from activities.departing import Belonging, Departing
from activities.granting import GRANT as WRITE
from activities.granting import OwnGrants
from activities.held_roles import find_assignment
from activities.resource import Resource, There
from activities.role_needs import automatic_roles
from activities.roles import BuiltInRole, asked_for, check_grantable, role_definition_id, role_with
from activities.scene import Finding, Scene
from activities.scopes import judge_scope
from activities.shared_identities import why_still_needed
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import UNANSWERED, is_already_granted, translated
from azure_api.rights import Right
from contracts.activities import EnsureInput, EntryInput, Grants, Provisioning, RolesEnsured
from contracts.base import beginning
from contracts.errors import CloudUnavailable, DeploymentError, MissingRight, RoleMissing
from contracts.ledger import COMPUTES, LedgerEntry, short_name
from contracts.marks import assignment_id
from contracts.plan import NeededRole, PlannedGrant
from contracts.request import AccessRequest

REFUSAL_BYTES = 300
# How the description of an assignment begins that Slipway made; it ends with the run's mark.
SIGNED = "Slipway: "
NOT_GRANTED_HERE = "Azure or somebody else has granted it; it has no effect once the identity is gone"
SERVICE = "ServicePrincipal"
KEPT = "the identity keeps its roles, so that the next attempt does not wait again"


class RoleAssignments(Resource[Any]):
    """All roles that one identity needs. A plan reads the request's `access`; a run asks with the plan's `Grants`."""

    kind = "role_assignment"
    step = "grant_roles"
    rights = (WRITE,)
    answers = RolesEnsured

    def read(self, part: Any) -> AccessRequest | Grants:
        """What the request says of roles, or the roles that a plan found to be needed."""
        if isinstance(part, dict) and "principal_id" in part:
            return Grants.from_wire(part)
        return AccessRequest.from_wire(part or {})

    def plan(self, wanted: AccessRequest, scene: Scene) -> Finding:
        """Which roles are needed, and which of them the identity has."""
        finding = Finding()
        if not scene.resolved.location:
            return finding  # a workspace that cannot be read has been told; its storage and registry are not known
        asked = _asked(wanted, finding)
        needed = _without_repeats([*asked, *automatic_roles(scene, finding)])
        scene.grants = needed if wanted.grants == "auto" else asked
        own = OwnGrants()
        for role in needed:
            found = None
            if scene.resolved.principal_id:
                with translated():
                    found = find_assignment(role, scene.resolved.principal_id)
            if found is None:
                _tell_missing(role, scene, finding, own)
            elif found.created_on and (scene.newest_grant is None or found.created_on > scene.newest_grant):
                scene.newest_grant = found.created_on
            scene.planned_grants.append(
                PlannedGrant(
                    role=role.role,
                    role_definition_id=role_definition_id(role.scope, role.guid),
                    scope=role.scope,
                    exists=found is not None,
                    reason=role.reason,
                )
            )
        return finding

    def ensure(self, wanted: Grants, order: EnsureInput) -> RolesEnsured:
        """Make sure that the identity has each role; says since when the newest assignment exists.

        Raises PrincipalNotReady while the identity is too new, and MissingRight when Slipway may not grant the first
        of them; once it has granted some, the refusal comes with the answer, so that the ledger knows of those.
        """
        entries: list[LedgerEntry] = []
        granted: list[Any] = []
        refused = None
        for role in wanted.roles:
            try:
                assignment, made = _grant(role, wanted.principal_id, wanted.principal_type or SERVICE, order.mark)
            except DeploymentError as error:
                if error.retryable or not any(entry.how == "made" for entry in entries):
                    raise
                # Told in brief: the answer names every role granted before as well.
                refused = error.to_failure().model_copy(update={"message": beginning(error.message, REFUSAL_BYTES)})
                break
            granted.append(assignment)
            entries.append(self.entry(str(assignment.id), made=made))
        newest = max((assignment.created_on for assignment in granted), default=None)
        return RolesEnsured(entries=entries, newest=newest, refused=refused)

    def foretold(self, finding: Finding, scene: Scene, wanted: Any) -> RolesEnsured:
        """Roles that are granted now, or since when the newest of those that exist is there."""
        missing = any(not grant.exists for grant in scene.planned_grants)
        return RolesEnsured(newest=datetime.now(UTC) if missing else scene.newest_grant)

    def there(self, order: EntryInput) -> There | None:
        """The assignment of that id."""
        from azure.core.exceptions import ResourceNotFoundError

        with translated():
            try:
                found = clients().authorization.role_assignments.get_by_id(order.entry.id)
            except ResourceNotFoundError:
                return None
        return There(found, ours=_is_ours(found, order.mark))

    def why_it_stays(self, found: There, order: EntryInput) -> str | None:
        """Any stays but one that is useless without an endpoint that is gone; nobody can want that one kept.

        That of a canceled run goes too, unless another run relies on it.
        """
        endpoint = order.entry.goes_with
        if endpoint is None or _is_identity_of(endpoint, str(found.thing.principal_id)):
            return order.wish or (None if order.canceled else KEPT)
        return None

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """The roles of an identity that goes with its endpoint; of a user-assigned one those granted for this one."""
        endpoint = departing.entity
        if departing.deployment or endpoint is None:
            return
        shared = bool(endpoint.identity.user_assigned_identities)
        for found in granted_to(begin.principal_of(endpoint)):
            if shared and is_slipways(found):
                yield Belonging(entry_of(found), left=why_still_needed(found, departing), told=True)
            elif not shared:
                yield Belonging(entry_of(found), left=None if is_slipways(found) else NOT_GRANTED_HERE)

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Revoke the role."""
        with translated():
            clients().authorization.role_assignments.delete_by_id(order.entry.id)
        return Provisioning(state="Deleted", done=True)


def _asked(wanted: AccessRequest, finding: Finding) -> list[NeededRole]:
    """The roles that a request names; one that cannot be had is a problem, and hides no other."""
    asked = []
    for number, grant in enumerate(wanted.additional):
        path = f"access.additional.{number}.role"
        try:
            asked.append(asked_for(grant))
            judge_scope(f"access.additional.{number}.scope", grant.scope, finding)
        except UNANSWERED:
            raise
        except DeploymentError as error:
            finding.problem(path, error)
    return _without_repeats(asked)


def _without_repeats(roles: list[NeededRole]) -> list[NeededRole]:
    return list({(role.guid, role.scope.lower()): role for role in roles}.values())


def _tell_missing(role: NeededRole, scene: Scene, finding: Finding, own: OwnGrants) -> None:
    """What it takes that the identity has a role; a problem where the request lets nothing be granted."""
    if role not in scene.grants:
        message = f"the endpoint's identity {role.reason}: it needs {role.role} on {role.scope}, and does not have it"
        return finding.problem("access.grants", RoleMissing(message))
    finding.needs.append(Right(WRITE, role.scope))
    own.judge(role, scene, finding)
    return None


def revoke_roles(principal_id: str, *, but_of: str) -> None:
    """Revoke what Slipway granted to an identity that goes with its endpoint; not what the run of that mark granted."""
    for found in granted_to(principal_id):
        if is_slipways(found) and not _is_ours(found, but_of):
            with translated():
                clients().authorization.role_assignments.delete_by_id(str(found.id))


def entry_of(assignment: Any) -> LedgerEntry:
    """What a ledger says of an assignment that is there."""
    return LedgerEntry(kind=RoleAssignments.kind, id=str(assignment.id), how="found", name=_told(assignment))


def granted_to(principal_id: str) -> list[Any]:
    """The assignments of an identity: in the whole subscription, or in the workspace's resource group where Slipway
    may not read more; there it grants, unless it was given rights elsewhere as well.
    """
    assignments = clients().authorization.role_assignments
    asked = f"principalId eq '{principal_id}'"
    try:
        with translated():
            return list(assignments.list_for_subscription(filter=asked))
    except MissingRight:
        with translated():
            return list(assignments.list_for_resource_group(clients().settings.resource_group, filter=asked))


def is_slipways(assignment: Any, why: str = "") -> bool:
    """Whether Slipway has granted it, for a reason that begins with `why`."""
    return str(assignment.description or "").startswith(f"{SIGNED}{why}")


def _grant(role: NeededRole, principal_id: str, kind: str, mark: str) -> tuple[Any, bool]:
    from azure.core.exceptions import HttpResponseError
    from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters

    # Asked of the plan already; but that was in another message, and this is what nobody should get past.
    check_grantable(BuiltInRole(role.role, role.guid))
    with translated():
        found = find_assignment(role, principal_id)
    if found is not None:
        return found, _is_ours(found, mark)
    # principalType makes Azure accept an identity that its directory has not replicated yet (RBAC guide).
    wanted = RoleAssignmentCreateParameters(
        role_definition_id=role_definition_id(role.scope, role.guid),
        principal_id=principal_id,
        principal_type=kind,
        description=f"{SIGNED}{role.reason}; instance {mark}",
    )
    name = assignment_id(role.scope, principal_id, role.guid).rsplit("/", 1)[-1]
    try:
        with translated():
            try:
                return clients().authorization.role_assignments.create(role.scope, name, wanted), True
            except HttpResponseError as error:
                if not is_already_granted(error):
                    raise
                # Somebody granted the same role meanwhile, under another name.
                found = find_assignment(role, principal_id)
    except MissingRight as error:
        raise MissingRight(f"cannot grant {role.role} on {role.scope}: {error.message}", cause=error.cause) from error
    if found is None:
        raise CloudUnavailable(f"Azure says that {role.role} on {role.scope} is granted already, and does not list it.")
    return found, False


def _is_identity_of(endpoint: str, principal_id: str) -> bool:
    """Whether that endpoint or compute lives, with that identity: one of its name that was made anew has another."""
    if endpoint.startswith(f"{COMPUTES}/"):
        there = find_compute(short_name(endpoint))
        return there is not None and not is_deleted(there) and principal_of_compute(there) == principal_id
    found = begin.find_endpoint(short_name(endpoint))
    return found is not None and begin.state_of(found) != "Deleting" and begin.principal_of(found) == principal_id


def _told(assignment: Any) -> str:
    guid = str(assignment.role_definition_id).rsplit("/", 1)[-1]
    role = role_with(guid)
    return f"{role.name if role else guid} on {str(assignment.scope).rsplit('/', 1)[-1]}"


def _is_ours(assignment: Any, mark: str) -> bool:
    return str(assignment.description or "").endswith(mark)
