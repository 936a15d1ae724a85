"""What a deployment would do, found out by reading only: for callers whole, for a run as much as it needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from contracts.base import Contract, Duration

Percentages = dict[str, int]


class UploadedModel(Contract):
    """A model on the caller's disk. Without a version it becomes the newest one with these files, or the next."""

    name: str
    version: str | None = None
    type: str | None = None
    properties: dict[str, str] = {}
    content: Annotated[str, Field(description="digest of its files")]


class UploadedEnvironment(Contract):
    """An environment whose build context is on the caller's disk; its version is made of its content."""

    reference: str
    answers: Annotated[bool, Field(strict=True, description="whether it has an inference_config")]


class Uploads(Contract):
    """What a caller registers from its own disk before it asks for the deployment; the request names it already."""

    model: UploadedModel | None = None
    code: Annotated[str | None, Field(description="the reference, which is made of the content")] = None
    environment: UploadedEnvironment | None = None


class PlanInput(Contract):
    """Ask what this request would do; `request` is the judged request as stored, the rest as in its order."""

    mark: str = ""
    request: dict[str, Any]
    shares_endpoint: bool | None = None
    expects: Annotated[str | None, Field(description="digest of the plan that was agreed to; none: any will do")] = None
    uploads: Uploads | None = None
    known: Annotated[
        dict[str, str] | None,
        Field(description="references, by kind, of what the run had found or made before it began anew"),
    ] = None


class NeededRole(Contract):
    """A role that the endpoint's identity needs at a scope, and why."""

    role: str
    guid: str
    scope: str
    reason: str


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
    command: Annotated[str, Field(description="what mends it, with <what only you know>")] = ""


class PlanRemark(Contract):
    """Something that a plan does not call a problem: it may surprise, or no reading could tell."""

    code: str
    path: str
    message: str
    command: Annotated[str, Field(description="what mends it or finds it out, with <what only you know>")]


class PlannedUsage(Contract):
    """What a deployment would take of one of the subscription's quotas in the workspace's region."""

    name: Annotated[str, Field(description="a family of sizes, whose cores are counted; or what is counted itself")]
    used: Annotated[int, Field(description="before; of a deployment that failed and is put again, without it")]
    takes: int
    limit: Annotated[int, Field(description="-1: none")]


class Resolved(Contract):
    """What the names of a request turned out to be; references are those of the ledger."""

    location: str = ""
    platform: Annotated[str, Field(description="where the endpoint runs")] = "managed"
    endpoint: str = ""
    deployment: str = ""
    model: str | None = None
    model_type: Annotated[str | None, Field(description="where the model brings its own server: what it is")] = None
    mirrored: Annotated[
        Percentages | None, Field(description="mirror traffic before the run, where it is to change")
    ] = None
    environment: str | None = None
    code: str | None = None
    principal_id: Annotated[str | None, Field(description="the endpoint's identity, when it exists already")] = None
    alone: Annotated[bool, Field(description="no other model is there, or may be: none shall lose its traffic")] = False


class Extra(Contract):
    """A resource that a request may ask for besides, and what it is made after."""

    kind: str
    id: str
    after: Annotated[str, Field(description="kind of the resource that it belongs to")]


class PlanVerdict(Contract):
    """What a run needs of its plan: small enough for a history, whatever the request asks for."""

    resolved: Resolved
    model: Annotated[str, Field(description="name:version")]
    grants: list[NeededRole] = []
    extras: list[Extra] = []
    problems: Annotated[list[PlanProblem], Field(description="the first ones")] = []
    problem_count: int = 0


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
    steps: Annotated[list[str], Field(description="in the order in which a deployment would take them")] = []
    problems: list[PlanProblem] = []
    warnings: Annotated[list[PlanRemark], Field(description="what will not fail, and may surprise")] = []
    unchecked: Annotated[list[PlanRemark], Field(description="what no reading can tell beforehand")] = []
    usage: Annotated[
        list[PlannedUsage], Field(description="quotas; none where nothing new is made, or Azure tells none")
    ] = []
    digest: Annotated[str, Field(description="of what would be made: send it as `plan` of the deployment")] = ""
