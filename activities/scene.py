"""What a plan looks at: one request, and what the workspace has where it points; each thing is read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from activities import commands
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.errors import DeploymentError, WorkspaceNotFound
from contracts.ledger import deployment_reference, endpoint_reference, is_of_registry
from contracts.orders import DeployOrder
from contracts.plan import (
    NeededRole,
    Percentages,
    PlannedGrant,
    PlannedUsage,
    PlanProblem,
    PlanRemark,
    Resolved,
    Uploads,
)

# In characters: a caller reads the sentence, the whole text is in Azure.
PROBLEM_CHARACTERS = 300


@dataclass
class Finding:
    """What reading tells about one resource, in words for people, and the rights that making it takes."""

    creates: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    confirms: list[str] = field(default_factory=list)
    warnings: list[PlanRemark] = field(default_factory=list)
    unchecked: list[PlanRemark] = field(default_factory=list)
    problems: list[PlanProblem] = field(default_factory=list)
    needs: list[Right] = field(default_factory=list)
    usage: list[PlannedUsage] = field(default_factory=list)

    def problem(self, path: str, error: DeploymentError, command: str = "") -> None:
        """Something would make the deployment fail; `command` mends it where the usual one does not."""
        self.problems.append(problem(path, error, command))

    def warn(self, code: str, path: str, message: str, command: str) -> None:
        """Something will not fail, and may surprise."""
        self.warnings.append(PlanRemark(code=code, path=path, message=message, command=command))

    def leave_unchecked(self, code: str, path: str, message: str, command: str) -> None:
        """Something may make the deployment fail, and no reading that Slipway may do can tell."""
        self.unchecked.append(PlanRemark(code=code, path=path, message=message, command=command))


def problem(path: str, error: DeploymentError, command: str = "") -> PlanProblem:
    """An error as a problem of a plan, with the command that mends it."""
    return PlanProblem(
        code=type(error).__name__,
        path=path,
        message=error.message[:PROBLEM_CHARACTERS],
        suggestion=error.advice,
        command=command or commands.mending(error, path),
    )


class Scene:
    """One request in its workspace. What the rooms find out for others is in `resolved` and `grants`."""

    def __init__(
        self,
        order: DeployOrder,
        mark: str,
        uploads: Uploads | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.order = order
        self.known = known or {}
        """What names of assets were before the run began anew, by kind: the latest version may be another by now."""
        self.uploads = uploads or Uploads()
        self.mark = mark
        self.resolved = Resolved(
            endpoint=endpoint_reference(order.endpoint),
            deployment=deployment_reference(order.endpoint, order.deployment),
        )
        self.grants: list[NeededRole] = []
        self.planned_grants: list[PlannedGrant] = []
        self.newest_grant: Any = None
        self.environment: dict[str, Any] | None = None
        """ARM properties of the environment that is registered; None where it is not known, or not yet there."""
        self.model_properties: dict[str, Any] = {}
        """Those that the model is registered with; none of a registry's, which is not looked at."""

    def resolve(self, **facts: str | bool | Percentages | None) -> None:
        """Write down what a name of the request turned out to be."""
        self.resolved = self.resolved.model_copy(update=facts)

    @property
    def model_unknown(self) -> bool:
        """Whether nothing tells of the model what it is: one of a registry, or one that was not found."""
        named = self.resolved.model
        return is_of_registry(named) if named is not None else self.order.part("model") is not None

    @cached_property
    def workspace(self) -> Any:
        """The SDK's workspace entity; raises WorkspaceNotFound."""
        with translated(not_found=WorkspaceNotFound):
            return clients().ml.workspaces.get(clients().settings.workspace)

    @cached_property
    def endpoint(self) -> Any:
        """The endpoint as it is; None when there is none, or one that is being deleted and will be made anew."""
        found = begin.find_endpoint(self.order.endpoint)
        return None if found is None or begin.state_of(found) == "Deleting" else found

    @cached_property
    def deployment(self) -> Any:
        """The deployment of that name as it is; None when there is none, or none that can be confirmed."""
        if self.endpoint is None:
            return None
        found = begin.get_deployment(self.order.endpoint, self.order.deployment)
        gone = found is None or begin.state_of(found) in (begin.FAILED, begin.CANCELED, "Deleting")
        return None if gone else found

    @cached_property
    def replaced(self) -> Any:
        """What a deployment of that name that failed holds until it is put again; None when there is none."""
        if self.endpoint is None or self.deployment is not None:
            return None
        return begin.get_deployment(self.order.endpoint, self.order.deployment)

    @cached_property
    def deployments(self) -> frozenset[str]:
        """Names of the endpoint's deployments."""
        if self.endpoint is None:
            return frozenset()
        return frozenset(begin.deployments_of(self.order.endpoint))
