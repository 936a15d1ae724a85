"""What a plan looks at: one request, and what the workspace has where it points; each thing is read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.errors import DeploymentError, WorkspaceNotFound
from contracts.orders import DeployOrder
from contracts.plan import NeededRole, Percentages, PlannedGrant, PlanProblem, Resolved

# In characters: a caller reads the sentence, the whole text is in Azure.
PROBLEM_CHARACTERS = 300


@dataclass
class Finding:
    """What reading tells about one resource, in words for people, and the rights that making it takes."""

    creates: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    confirms: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    problems: list[PlanProblem] = field(default_factory=list)
    needs: list[Right] = field(default_factory=list)

    def problem(self, path: str, error: DeploymentError) -> None:
        """Something would make the deployment fail."""
        self.problems.append(problem(path, error))


def problem(path: str, error: DeploymentError) -> PlanProblem:
    """An error as a problem of a plan."""
    message = error.message[:PROBLEM_CHARACTERS]
    return PlanProblem(code=type(error).__name__, path=path, message=message, suggestion=error.advice)


class Scene:
    """One request in its workspace. What the rooms find out for others is in `resolved` and `grants`."""

    def __init__(self, order: DeployOrder, mark: str) -> None:
        self.order = order
        self.mark = mark
        self.resolved = Resolved(
            endpoint=f"onlineEndpoints/{order.endpoint}",
            deployment=f"onlineEndpoints/{order.endpoint}/deployments/{order.deployment}",
        )
        self.grants: list[NeededRole] = []
        self.planned_grants: list[PlannedGrant] = []
        self.newest_grant: Any = None

    def resolve(self, **facts: str | bool | Percentages | None) -> None:
        """Write down what a name of the request turned out to be."""
        self.resolved = self.resolved.model_copy(update=facts)

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
    def deployments(self) -> frozenset[str]:
        """Names of the endpoint's deployments."""
        if self.endpoint is None:
            return frozenset()
        return frozenset(begin.deployments_of(self.order.endpoint))
