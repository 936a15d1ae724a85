"""What orchestrations hand to activities and get back: one message in, one message out.

Every input carries `instance`, the orchestration's instance ID: resources are marked with it, so that an activity that
runs twice recognises its own work, and undo removes exactly what this instance made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract, Duration, Json
from contracts.errors import Failure
from contracts.online import EndpointRequest, ModelDefinition, OnlineDeploymentRequest
from contracts.policy import Match
from contracts.request import AccessRequest, DeploymentRequest, SmokeTestRequest

Percentages = dict[str, int]


class PlanInput(Contract):
    """Ask what this request would do."""

    instance: str = ""
    request: DeploymentRequest


class PlannedGrant(Contract):
    """A role the endpoint's identity needs, and whether it has it."""

    role: str
    role_definition_id: str
    scope: str
    exists: bool = False
    reason: str


class PlanProblem(Contract):
    """Something that would make the deployment fail."""

    code: str
    path: str
    message: str
    suggestion: str


class Plan(Contract):
    """What a deployment would do, found out by reading only."""

    model: str
    location: str = ""
    principal_id: Annotated[str | None, Field(description="the endpoint's identity, when it exists already")] = None
    creates: list[str] = []
    changes: list[str] = []
    confirms: list[str] = []
    grants: list[PlannedGrant] = []
    role_wait: Annotated[Duration, Field(description="how long roles still to be granted are waited for")] = timedelta(
        0
    )
    roles_effective_at: Annotated[
        datetime | None, Field(description="when roles that exist have had their time; past: no wait")
    ] = None
    steps: list[str] = []
    problems: list[PlanProblem] = []


class PlanVerdict(Contract):
    """What a deployment needs of its plan: small enough for a history, whatever the request asks for."""

    model: str
    location: str = ""
    principal_id: str | None = None
    needs_roles: bool = False
    problems: Annotated[list[PlanProblem], Field(description="the first ones")] = []
    problem_count: int = 0


class ModelInput(Contract):
    """Register this model, or confirm that it is registered."""

    instance: str
    name: str
    version: str
    definition: ModelDefinition | None = None


class ModelVersion(Contract):
    """A registered model version."""

    name: str
    version: str
    id: str
    created: bool = False


class AssetsInput(Contract):
    """Register the inline environment and the code folder of a deployment; registered ones are passed on."""

    instance: str
    deployment: OnlineDeploymentRequest


class ServingAssets(Contract):
    """ARM ids of what a deployment runs."""

    environment_id: str
    code_id: str | None = None
    scoring_script: str | None = None
    created: list[str] = []


class EndpointInput(Contract):
    """Create this endpoint, or confirm that it exists as asked for."""

    instance: str
    location: str
    endpoint: EndpointRequest


class Endpoint(Contract):
    """An online endpoint as Azure answers it."""

    name: str
    principal_id: str
    provisioning_state: str
    created: bool = False


class EndpointRef(Contract):
    """Names an endpoint."""

    instance: str
    endpoint: str


class DeploymentRef(Contract):
    """Names a deployment of an endpoint."""

    instance: str
    endpoint: str
    deployment: str


class Provisioning(Contract):
    """How far a long operation is."""

    state: str
    done: bool


class GrantInput(Contract):
    """Give this principal the roles of the request."""

    instance: str
    principal_id: str
    user_assigned: bool
    access: AccessRequest


class GrantedRole(Contract):
    """One role assignment of the endpoint's identity."""

    role: str
    scope: str
    name: Annotated[str, Field(description="the assignment's GUID; its ARM id is made of scope and name")]
    created: bool = False

    @property
    def assignment_id(self) -> str:
        """ARM id of the assignment."""
        return f"{self.scope}/providers/Microsoft.Authorization/roleAssignments/{self.name}"


class Access(Contract):
    """The role assignments of the endpoint's identity, and since when the newest one exists."""

    principal_id: str
    roles: list[GrantedRole] = []
    newest: Annotated[datetime | None, Field(description="createdOn of the newest assignment; none: no grants")] = None
    refused: Annotated[Failure | None, Field(description="why not all roles were granted, once some were")] = None


class DeploymentInput(Contract):
    """Create this deployment, or confirm that it exists as asked for."""

    instance: str
    location: str
    endpoint: str
    deployment: OnlineDeploymentRequest
    model: ModelVersion
    assets: ServingAssets


class Deployment(Contract):
    """An online deployment as Azure answers it."""

    endpoint: str
    name: str
    provisioning_state: str
    created: bool = False


class SmokeTestInput(Contract):
    """Send the sample request to this deployment and check the answer."""

    instance: str
    endpoint: str
    deployment: str
    test: SmokeTestRequest


class SmokeTestResult(Contract):
    """A real answer of the deployment, and that it was as expected."""

    deployment: str
    http_status: int
    answer: Annotated[Json, Field(description="the answer, or its beginning as text when it is long")]
    milliseconds: float


class TrafficInput(Contract):
    """Give the endpoint this traffic; `all_at_once` is everything to `deployment`."""

    instance: str
    endpoint: str
    deployment: str
    traffic: Literal["all_at_once"] | Percentages
    only_from: Annotated[
        Percentages | None, Field(description="shift only if this is the traffic now: undo leaves others' work alone")
    ] = None


class TrafficShift(Contract):
    """Traffic before and after."""

    before: Percentages
    after: Percentages
    changed: bool


class ReadBackInput(Contract):
    """Read back what the run produced."""

    instance: str
    endpoint: str
    deployment: str
    model_id: str
    traffic: Percentages | None = None


class Observed(Contract):
    """What was read back from Azure after the last step."""

    endpoint: str
    deployment: str
    model_id: str
    principal_id: str
    scoring_uri: str
    traffic: Percentages


class RevokeInput(Contract):
    """Remove these role assignments."""

    instance: str
    assignment_ids: list[str]


class Done(Contract):
    """An activity that has nothing to tell; `changed` is false when there was nothing left to do."""

    changed: bool = True


class RegistrationRef(Contract):
    """Names the model version that was registered, and which of its versions count beside it."""

    model: str
    version: str
    match: Annotated[Match | None, Field(description="a policy's: versions it is not for are left out")] = None


class NewestVersion(Contract):
    """The newest registered version that counts, by registration time; none when there is none."""

    version: str | None = None
