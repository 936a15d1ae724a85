"""Find out, by reading only, what a deployment would do and what would stop it.

The first step of every deployment, and all of `POST /api/plans`: a missing right, an unknown model or a name that is
taken is told before anything is created.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from activities.access import find_assignment
from activities.assets import asset_id, serving_assets
from activities.deployments import DIGEST_TAG, deployment_digest
from activities.endpoints import endpoint_conflict, principal_of
from activities.envelope import activity
from activities.roles import needed_roles, role_definition_id
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import missing_rights
from contracts import activities as c
from contracts.errors import (
    AssetNotFound,
    CloudUnavailable,
    DeploymentConflict,
    DeploymentError,
    EndpointConflict,
    IdentityNotFound,
    ModelNotFound,
    Throttled,
    TrafficRejected,
    WorkspaceNotFound,
)
from contracts.names import model_of_id
from contracts.online import ModelDefinition
from contracts.request import DeploymentRequest

IDENTITY_API_VERSION = "2023-01-31"  # Microsoft.ManagedIdentity/userAssignedIdentities


# How many problems a history is told of; POST /api/plans tells all.
PROBLEMS_KEPT = 3


@activity
def plan_deployment(order: c.PlanInput) -> c.PlanVerdict:
    """What a deployment needs to know before it creates anything: whether it can succeed, where, and for whom.

    Raises only for what says nothing about the request: an unreachable or throttled Azure.
    """
    found = plan(order)
    return c.PlanVerdict(
        model=found.model,
        location=found.location,
        principal_id=found.principal_id,
        needs_roles=bool(found.grants),
        problems=found.problems[:PROBLEMS_KEPT],
        problem_count=len(found.problems),
    )


def plan(order: c.PlanInput) -> c.Plan:
    """What the request would create, change, confirm, grant and wait for, and every problem in its way.

    Raises CloudUnavailable and Throttled; everything else becomes a problem of the plan.
    """
    return Planner(order.request, order.instance).plan()


class Planner:
    """Collects what reading the workspace tells about one request."""

    def __init__(self, request: DeploymentRequest, instance: str) -> None:
        self.request = request
        self.instance = instance
        self.creates: list[str] = []
        self.changes: list[str] = []
        self.confirms: list[str] = []
        self.grants: list[c.PlannedGrant] = []
        self.problems: list[c.PlanProblem] = []
        self.principal_id: str | None = None
        self.newest: datetime | None = None

    def plan(self) -> c.Plan:
        """Read everything; a problem in one place does not hide those in others."""
        workspace = self._check("workspace", self._workspace)
        location = str(workspace.location) if workspace else ""
        model = self._check("model", self._model) or f"{self.request.model_name}:{self.request.model_version}"
        self._check("deployment", self._assets)
        self._check("endpoint.identity", self._identity)
        self._check("endpoint", lambda: self._endpoint(model))
        if workspace:
            self._check("access", lambda: self._access(workspace))
        return c.Plan(
            model=model,
            location=location,
            principal_id=self.principal_id,
            creates=self.creates,
            changes=self.changes,
            confirms=self.confirms,
            grants=self.grants,
            steps=self._steps(),
            problems=self.problems,
            **self._waits(),
        )

    def _check(self, path: str, find: Callable[[], Any]) -> Any:
        try:
            return find()
        except (CloudUnavailable, Throttled):
            raise
        except DeploymentError as error:
            self._problem(path, error)
            return None

    def _problem(self, path: str, error: DeploymentError) -> None:
        self.problems.append(
            c.PlanProblem(code=type(error).__name__, path=path, message=error.message[:300], suggestion=error.advice)
        )

    def _workspace(self) -> Any:
        with translated(not_found=WorkspaceNotFound):
            return clients().ml.workspaces.get(clients().settings.workspace)

    def _model(self) -> str:
        wanted, name, version = self.request.model, self.request.model_name, self.request.model_version
        try:
            with translated(not_found=ModelNotFound):
                latest = {"label": "latest"} if version == "latest" else {"version": version}
                found = clients().ml.models.get(name, **latest)
        except ModelNotFound:
            if not isinstance(wanted, ModelDefinition):
                raise
            self.creates.append(f"model {name}:{version}")
            return f"{name}:{version}"
        self.confirms.append(f"model {found.name}:{found.version}")
        return ":".join(model_of_id(str(found.id)))

    def _assets(self) -> None:
        wanted = self.request.deployment
        if isinstance(wanted.environment, str):
            self._registered("environments", wanted.environment, "deployment.environment")
        else:
            self.confirms.append("environment given inline: registered under a name made from its content")
        code = wanted.code_configuration
        if code and code.code.startswith("azureml:") and not code.code.startswith("azureml://"):
            self._registered("codes", code.code, "deployment.code_configuration.code")

    def _registered(self, kind: str, reference: str, path: str) -> None:
        api_versions = {"environments": "2023-04-01-preview", "codes": "2023-04-01"}  # as azure-ai-ml 1.35.2 sends

        def find() -> None:
            with translated(not_found=AssetNotFound):
                clients().get(asset_id(kind, reference), api_versions[kind])
            self.confirms.append(f"{kind[:-1]} {reference.removeprefix('azureml:')}")

        self._check(path, find)

    def _identity(self) -> None:
        identity_id = self.request.endpoint.identity.user_assigned_id
        if identity_id:
            with translated(not_found=IdentityNotFound):
                found = clients().get(identity_id, IDENTITY_API_VERSION)
            self.principal_id = str(found["properties"]["principalId"])

    def _endpoint(self, model: str) -> None:
        wanted = self.request.endpoint
        found = begin.get_endpoint(wanted.name)
        if found is None or begin.state_of(found) == "Deleting":
            # One that is being deleted is waited for and made anew: its identity and its deployments go with it.
            self.creates += [f"endpoint {wanted.name}", f"deployment {self.request.deployment.name}"]
            self._plan_traffic({})
            self._traffic_names(endpoint_exists=False)
            return
        conflict = endpoint_conflict(wanted, found)
        if conflict:
            raise EndpointConflict(conflict)
        self.confirms.append(f"endpoint {wanted.name}")
        self.principal_id = principal_of(found)
        self._deployment(model)
        self._plan_traffic({name: int(percent) for name, percent in (found.traffic or {}).items() if percent})
        self._traffic_names(endpoint_exists=True)

    def _deployment(self, model: str) -> None:
        name = self.request.deployment.name
        found = begin.get_deployment(self.request.endpoint.name, name)
        if found is None or begin.state_of(found) in (begin.FAILED, begin.CANCELED, "Deleting"):
            self.creates.append(f"deployment {name}")
        elif (found.tags or {}).get(DIGEST_TAG) != self._digest(model):
            made_from = str(found.model).split("/models/")[-1]
            message = f"deployment {name} exists and was made from something else (model {made_from})"
            self._problem("deployment.name", DeploymentConflict(message))
        else:
            self.confirms.append(f"deployment {name}")

    def _digest(self, model: str) -> str:
        model_id = asset_id("models", f"azureml:{model}")
        return deployment_digest(self.request.deployment, model_id, serving_assets(self.request.deployment))

    def _plan_traffic(self, before: dict[str, int]) -> None:
        traffic = self.request.traffic
        if traffic == "none":
            return
        after = {self.request.deployment.name: 100} if isinstance(traffic, str) else traffic
        if before != after:
            self.changes.append(f"traffic {_shares(before)} → {_shares(after)}")

    def _traffic_names(self, *, endpoint_exists: bool) -> None:
        """Deployments that `traffic` names besides the new one must exist already."""
        wanted, endpoint = self.request.traffic, self.request.endpoint.name
        others = set(wanted) - {self.request.deployment.name} if isinstance(wanted, dict) else set()
        if others and endpoint_exists:
            with translated():
                others -= {str(found.name) for found in clients().ml.online_deployments.list(endpoint)}
        if others:
            self._problem(
                "traffic", TrafficRejected(f"endpoint {endpoint} has no deployment {', '.join(sorted(others))}")
            )

    def _access(self, workspace: Any) -> None:
        user_assigned = self.request.endpoint.identity.user_assigned_id
        needed = needed_roles(self.request.access, user_assigned=bool(user_assigned), workspace=workspace)
        missing_scopes = []
        for role in needed:
            found = None
            if self.principal_id:
                with translated():
                    found = find_assignment(role.scope, self.principal_id, role.guid)
            if found is None:
                missing_scopes.append(role.scope)
            elif found.created_on and (self.newest is None or found.created_on > self.newest):
                self.newest = found.created_on
            self.grants.append(
                c.PlannedGrant(
                    role=role.role,
                    role_definition_id=role_definition_id(role.scope, role.guid),
                    scope=role.scope,
                    exists=found is not None,
                    reason=role.reason,
                )
            )
        for error in missing_rights(grant_scopes=missing_scopes, user_assigned_id=user_assigned):
            self._problem("access", error)

    def _waits(self) -> dict[str, Any]:
        # Told as a moment, not as what is left: the assignments' clock is Azure's, not this machine's.
        wait = self.request.access.propagation.wait
        if any(not grant.exists for grant in self.grants):
            return {"role_wait": wait}
        return {"roles_effective_at": self.newest + wait} if self.newest else {}

    def _steps(self) -> list[str]:
        steps = ["register_model", "register_assets"]
        if self.grants and self.principal_id:
            steps.append("grant_roles")
        steps += ["ensure_endpoint"]
        if self.grants and not self.principal_id:
            steps.append("grant_roles")
        steps += ["endpoint_provisioned", "roles_effective", "begin_deployment", "deployment_provisioned", "smoke_test"]
        if self.request.traffic != "none":
            steps += ["read_traffic", "shift_traffic", "traffic_provisioned"]
        return [*steps, "read_back"]


def _shares(traffic: c.Percentages) -> str:
    return ", ".join(f"{name} {percent} %" for name, percent in traffic.items()) or "none"
