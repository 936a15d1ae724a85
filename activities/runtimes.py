"""What a runtime would take, found out by reading only, and how it looks once it is there.

Sources: "Create and manage prompt flow runtimes", its roles and its images. What the document has people do in the
studio besides (authenticate once per region, choose the runtime for a flow) nobody can do for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from activities import assets, commands
from activities.compute_documents import (
    address_of,
    another_than,
    conflict_of,
    image_of,
    is_deleted,
    is_stopped,
    principal_of,
    service_named,
    services_of,
    state_of,
)
from activities.computes import WRITE, find_compute
from activities.endpoints import ATTACH_IDENTITY
from activities.envelope import activity
from activities.granting import GRANT
from activities.held_roles import find_assignment
from activities.operator_limits import check_identity, check_image, registry_of
from activities.retired_images import warn_of_retired
from activities.roles import ACR_PULL, DATA_SCIENTIST, BuiltInRole, check_grantable
from activities.scene import Finding, problem
from azure_api import versions
from azure_api.clients import clients
from azure_api.errors import UNANSWERED, translated
from azure_api.rights import Right, missing_rights
from contracts.errors import (
    DeploymentError,
    IdentityNotFound,
    NotAsDeployed,
    RequestRejected,
    RoleMissing,
    WorkspaceNotFound,
)
from contracts.operator_limits import RoleNotGrantable
from contracts.plan import NeededRole, Resolved
from contracts.runtime_errors import ComputeConflict
from contracts.runtimes import DEFAULT_IMAGE, RuntimeInput, RuntimePlan, RuntimePlanInput, RuntimeRequest, RuntimeSeen

PROBLEMS_KEPT, REMARKS_KEPT = 3, 4
UNCHECKED = "unchecked: only its users can sign in to what runs on a compute instance; open it in the studio"
PULLS, USES = "pulls the application's image", "uses the runtime"
AN_IMAGE = (
    "Name one that is an image alone (`az ml environment create --image`), or name the image that Azure ML has built of"
    " it (`az acr repository list` of the workspace's registry) as `image`."
)


@activity
def plan_runtime(order: RuntimePlanInput) -> RuntimePlan:
    """What a runtime needs before anything is made: whether it can be had, its image, and the roles that are missing.

    Raises only for what says nothing about the request: an unreachable or throttled Azure.
    """
    look = _Look(RuntimeRequest.from_wire(order.request))
    for path, find in (
        ("compute", look.at_workspace),
        ("compute.identity", look.at_identity),
        ("compute", look.at_compute),
        ("environment", look.at_image),
        ("access", look.at_roles),
        ("users", look.at_users),
        ("access", look.at_rights),
    ):
        _guarded(path, find, look.finding)
    problems = look.finding.problems
    return look.plan.model_copy(
        update={
            "problems": problems[:PROBLEMS_KEPT],
            "problem_count": len(problems),
            "remarks": [*look.finding.warnings, *look.finding.unchecked][:REMARKS_KEPT],
        }
    )


@activity
def look_at_runtime(order: RuntimeInput) -> RuntimeSeen:
    """Read back what is there; whether the application answers is its users' to see."""
    found = find_compute(order.compute)
    if found is None:
        raise NotAsDeployed(f"somebody has deleted compute instance {order.compute} meanwhile")
    service = service_named(found, order.name)
    return RuntimeSeen(
        compute=order.compute,
        state=state_of(found),
        image=image_of(service) if service else "",
        address=address_of(found, order.name),
        health=UNCHECKED,
    )


class _Look:
    """One request in its workspace."""

    def __init__(self, wanted: RuntimeRequest) -> None:
        self.wanted = wanted
        self.finding = Finding(needs=[Right(WRITE, clients().settings.workspace_id)])
        self.plan = RuntimePlan(resolved=Resolved())
        self._workspace: dict[str, Any] = {}

    def at_workspace(self) -> None:
        """Where it is, and its registry."""
        with translated(not_found=WorkspaceNotFound):
            self._workspace = clients().get(clients().settings.workspace_id, versions.COMPUTES)
        self._resolve(location=str(self._workspace["location"]))

    def at_identity(self) -> None:
        """A user-assigned identity, which must be there and may be attached."""
        asked = self.wanted.compute.user_assigned_id
        if asked is None:
            return
        check_identity(asked)
        with translated(not_found=IdentityNotFound):
            found = clients().get(asked, versions.IDENTITIES)
        self._resolve(principal_id=str(found["properties"]["principalId"]))
        self.finding.needs.append(Right(ATTACH_IDENTITY, asked))

    def at_compute(self) -> None:
        """Whether it is there as asked for, and what runs on it already."""
        wanted, found = self.wanted, find_compute(self.wanted.compute.name)
        if found is None or is_deleted(found):
            if wanted.compute.size is None:
                message = f"there is no compute instance {wanted.compute.name}, and a new one needs a size"
                advice = "Write `compute.size`, e.g. Standard_DS3_v2, or name a compute instance that is there."
                self.finding.problem("compute.size", RequestRejected(message, suggestion=advice))
            return
        conflict = conflict_of(wanted.compute, found)
        if conflict:
            raise ComputeConflict(conflict)
        if self.plan.resolved.principal_id is None:
            self._resolve(principal_id=principal_of(found))
        self.plan = self.plan.model_copy(update={"starts": is_stopped(found)})
        there = service_named(found, wanted.name)
        if there is not None:
            self.plan = self.plan.model_copy(update={"was": image_of(there)})
            other = another_than(wanted, there)
            if other:
                message = f"application {wanted.name} is there with other {' and '.join(other)}"
                advice = "Ask for those that it has, and it is only given the image; or choose another name."
                self.finding.problem(other[0], ComputeConflict(message, suggestion=advice))
        for one in services_of(found):
            taken = [port.get("published") for port in one.get("endpoints") or []]
            if one is not there and wanted.ports.published in taken:
                message = f"application {one.get('name')} has port {wanted.ports.published} of {wanted.compute.name}"
                self.finding.problem("ports.published", ComputeConflict(message))

    def at_image(self) -> None:
        """What it runs: the image, that of the environment, or the document's default."""
        image = self.wanted.image or self._of_environment() or DEFAULT_IMAGE
        self.plan = self.plan.model_copy(update={"image": image})
        warn_of_retired(image, "environment", self.finding)
        check_image(image)

    def _of_environment(self) -> str | None:
        if self.wanted.environment is None:
            return None
        reference = assets.named("environments", self.wanted.environment)
        if assets.is_of_registry(reference):
            message = f"{self.wanted.environment} is of a registry, where images are not read"
            raise RequestRejected(message, suggestion=AN_IMAGE)
        properties = assets.require(reference)["properties"]
        if properties.get("condaFile") or properties.get("build") or not properties.get("image"):
            message = f"Azure does not tell which image it has built of {self.wanted.environment}"
            raise RequestRejected(message, suggestion=AN_IMAGE)
        return str(properties["image"])

    def at_roles(self) -> None:
        """The compute instance's identity pulls the image, where the workspace's own registry has it."""
        registry = str(self._workspace.get("properties", {}).get("containerRegistry") or "")
        host = registry_of(self.plan.image) if self.plan.image else ""
        if not host.endswith(".azurecr.io"):
            return
        if host.split(".")[0] != registry.rsplit("/", 1)[-1].lower():
            message = f"whether the identity may pull from {host}, which is not the workspace's registry"
            command = commands.granting(ACR_PULL.name, "<ARM id of the registry>", to="<the identity>")
            self.finding.leave_unchecked("RegistryUnknown", "image", message, command)
            return
        needed = ACR_PULL.needed_on(registry, PULLS)
        self.plan = self.plan.model_copy(update={"grants": [needed]})
        principal = self.plan.resolved.principal_id
        self._to_grant(needed, principal, "access.grants", ACR_PULL)

    def at_users(self) -> None:
        """Each user has AzureML Data Scientist on the workspace, or gets it."""
        if not self.wanted.everybody:
            return
        needed = DATA_SCIENTIST.needed_on(clients().settings.workspace_id, USES)
        missing = [one for one in self.wanted.everybody if self._to_grant(needed, one, "users", DATA_SCIENTIST)]
        self.plan = self.plan.model_copy(update={"for_users": [needed] if missing else []})

    def _to_grant(self, role: NeededRole, principal: str | None, path: str, known: BuiltInRole) -> bool:
        """Whether the principal lacks the role; a problem where it may not be granted."""
        with translated():
            if principal and find_assignment(role, principal):
                return False
        command = commands.granting(role.role, role.scope, to=principal or "<the identity>")
        advice = f"Have somebody who may grant it do so: {command}"
        if self.wanted.access.grants == "none":
            message = f"{principal or 'the new identity'} {role.reason}: it needs {role.role} on {role.scope}"
            self.finding.problem(path, RoleMissing(message, suggestion=advice), command)
            return True
        try:
            check_grantable(known)
        except RoleNotGrantable as error:
            self.finding.problem(path, RoleNotGrantable(error.message, suggestion=advice), command)
        self.finding.needs.append(Right(GRANT, role.scope))
        return True

    def at_rights(self) -> None:
        """What Slipway itself may not do."""
        if self._workspace:
            self.finding.problems += [problem("access", error) for error in missing_rights(self.finding.needs)]

    def _resolve(self, **facts: str | None) -> None:
        resolved = self.plan.resolved.model_copy(update=facts)
        self.plan = self.plan.model_copy(update={"resolved": resolved})


def _guarded(path: str, find: Callable[[], None], finding: Finding) -> None:
    try:
        find()
    except UNANSWERED:
        raise
    except DeploymentError as error:
        finding.problem(path, error)
