"""What any runtime of prompt flow needs: an identity that pulls its image, and users who may use it.

Source: "Create and manage prompt flow runtimes", its roles and its images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from activities import assets, commands
from activities.endpoints import ATTACH_IDENTITY
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
    RequestRejected,
    RoleMissing,
    WorkspaceNotFound,
)
from contracts.ledger import is_of_registry
from contracts.operator_limits import RoleNotGrantable
from contracts.plan import NeededRole, Resolved
from contracts.runtimes import DEFAULT_IMAGE, RuntimeAccess, RuntimePlan

PROBLEMS_KEPT, REMARKS_KEPT = 3, 4
PULLS, USES = "pulls the application's image", "uses the runtime"
AN_IMAGE = (
    "Name one that is an image alone (`az ml environment create --image`), or name the image that Azure ML has built of"
    " it (`az acr repository list` of the workspace's registry) as `image`."
)


class Runtime(Protocol):
    """A request for a runtime of either kind."""

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of its user-assigned identity."""

    @property
    def image(self) -> str | None:
        """Its image."""

    @property
    def environment(self) -> Any:
        """The registered environment that is its image; none: it names none."""

    @property
    def everybody(self) -> list[str]:
        """Object ids of all that use it."""

    @property
    def access(self) -> RuntimeAccess:
        """Whether roles are granted."""


class RuntimeNeeds:
    """One request in its workspace.

    Attributes:
        pulls, uses: why its identity and its users are given roles, which their descriptions say.
        image_at: where in the request its image stands.
    """

    pulls, uses, image_at = PULLS, USES, "environment"

    def __init__(self, wanted: Runtime) -> None:
        self.wanted = wanted
        self.finding = Finding()
        self.plan = RuntimePlan(resolved=Resolved())
        self.workspace: dict[str, Any] = {}

    def looked_at(self, looks: Sequence[tuple[str, Callable[[], None]]]) -> RuntimePlan:
        """What all looks found out; a problem of one is told at its path, and hides none of another.

        Raises only for what says nothing about the request: an unreachable or throttled Azure.
        """
        for path, look in looks:
            try:
                look()
            except UNANSWERED:
                raise
            except DeploymentError as error:
                self.finding.problem(path, error)
        problems = self.finding.problems
        return self.plan.model_copy(
            update={
                "problems": problems[:PROBLEMS_KEPT],
                "problem_count": len(problems),
                "remarks": [*self.finding.warnings, *self.finding.unchecked][:REMARKS_KEPT],
            }
        )

    def at_workspace(self) -> None:
        """Where it is, and its registry."""
        with translated(not_found=WorkspaceNotFound):
            self.workspace = clients().get(clients().settings.workspace_id, versions.COMPUTES)
        self._resolve(location=str(self.workspace["location"]))

    def at_identity(self) -> None:
        """A user-assigned identity, which must be there and may be attached."""
        asked = self.wanted.user_assigned_id
        if asked is None:
            return
        check_identity(asked)
        with translated(not_found=IdentityNotFound):
            found = clients().get(asked, versions.IDENTITIES)
        self._resolve(principal_id=str(found["properties"]["principalId"]))
        self.finding.needs.append(Right(ATTACH_IDENTITY, asked))

    def at_image(self) -> None:
        """What it runs: the image, that of the environment, or the document's default."""
        image = self.wanted.image or self._of_environment() or DEFAULT_IMAGE
        self.plan = self.plan.model_copy(update={"image": image})
        warn_of_retired(image, self.image_at, self.finding)
        check_image(image)

    def _of_environment(self) -> str | None:
        if self.wanted.environment is None:
            return None
        reference = assets.named("environments", self.wanted.environment)
        if is_of_registry(reference):
            message = f"{self.wanted.environment} is of a registry, where images are not read"
            raise RequestRejected(message, suggestion=AN_IMAGE)
        properties = assets.require(reference)["properties"]
        if properties.get("condaFile") or properties.get("build") or not properties.get("image"):
            message = f"Azure does not tell which image it has built of {self.wanted.environment}"
            raise RequestRejected(message, suggestion=AN_IMAGE)
        return str(properties["image"])

    def at_roles(self) -> None:
        """The compute instance's identity pulls the image, where the workspace's own registry has it."""
        registry = str(self.workspace.get("properties", {}).get("containerRegistry") or "")
        host = registry_of(self.plan.image) if self.plan.image else ""
        if not host.endswith(".azurecr.io"):
            return
        if host.split(".")[0] != registry.rsplit("/", 1)[-1].lower():
            message = f"whether the identity may pull from {host}, which is not the workspace's registry"
            command = commands.granting(ACR_PULL.name, "<ARM id of the registry>", to="<the identity>")
            self.finding.leave_unchecked("RegistryUnknown", "image", message, command)
            return
        self.to_pull_here()

    def to_pull_here(self) -> None:
        """Its identity pulls from the workspace's registry, where there is one."""
        registry = str(self.workspace.get("properties", {}).get("containerRegistry") or "")
        if not registry:
            return
        needed = ACR_PULL.needed_on(registry, self.pulls)
        self.plan = self.plan.model_copy(update={"grants": [needed]})
        principal = self.plan.resolved.principal_id
        self._to_grant(needed, principal, "access.grants", ACR_PULL)

    def at_users(self) -> None:
        """Each user has AzureML Data Scientist on the workspace, or gets it."""
        if not self.wanted.everybody:
            return
        needed = DATA_SCIENTIST.needed_on(clients().settings.workspace_id, self.uses)
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
        if self.workspace:
            self.finding.problems += [problem("access", error) for error in missing_rights(self.finding.needs)]

    def _resolve(self, **facts: str | None) -> None:
        resolved = self.plan.resolved.model_copy(update=facts)
        self.plan = self.plan.model_copy(update={"resolved": resolved})
