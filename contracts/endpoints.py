"""What callers see of an online endpoint: how it is, what serves on it, and what its machines cost to keep."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract, Json
from contracts.plan import Percentages

AuthMode = Literal["key", "aml_token", "aad_token"]
Language = Literal["curl", "python", "csharp", "javascript", "r"]


class Maker(Contract):
    """Who made something."""

    slipway: Annotated[str | None, Field(description="id of the run of Slipway that made it; none: somebody else")] = (
        None
    )
    name: Annotated[str | None, Field(description="as Azure names whoever sent the request")] = None


class EndpointIdentity(Contract):
    """Who an endpoint is towards other services."""

    type: Literal["system_assigned", "user_assigned", "none"]
    principal_id: str | None = None
    user_assigned: Annotated[list[str], Field(description="ARM ids")] = []


class Machines(Contract):
    """Machines of one size, as they are paid for."""

    instance_type: str
    count: int


class OnlineDeploymentView(Contract):
    """One deployment of an endpoint."""

    name: str
    state: Annotated[str, Field(description="provisioning state, as Azure has it")]
    model: Annotated[str | None, Field(description="azureml:name:version, or an id of elsewhere")] = None
    environment: str | None = None
    code: str | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    autoscaled: Annotated[bool, Field(description="Azure changes the number of instances")] = False
    traffic: Annotated[int, Field(description="percent")] = 0
    mirror_traffic: Annotated[int, Field(description="percent of the live requests that it gets a copy of")] = 0
    created: datetime | None = None
    changed: datetime | None = None
    made_by: Maker = Maker()


class OnlineEndpointView(Contract):
    """Answer of `GET /api/endpoints/{endpoint}`."""

    name: str
    state: Annotated[str, Field(description="provisioning state, as Azure has it")]
    platform: Literal["managed", "kubernetes"] = "managed"
    auth_mode: str
    identity: EndpointIdentity
    public_network_access: str | None = None
    scoring_uri: Annotated[str | None, Field(description="none before the endpoint is there")] = None
    traffic: Percentages = {}
    mirror_traffic: Percentages = {}
    created: datetime | None = None
    made_by: Maker = Maker()
    deployments: list[OnlineDeploymentView] = []
    not_told: Annotated[str | None, Field(description="why its deployments, and what they keep, are not told here")] = (
        None
    )
    machines: Annotated[list[Machines], Field(description="of all its deployments; none where a cluster has them")] = []
    unused: Annotated[list[str], Field(description="deployments that keep machines and get no request")] = []
    links: dict[str, str] = {}


class EndpointList(Contract):
    """Answer of `GET /api/endpoints`, in Azure's order and pages."""

    endpoints: list[OnlineEndpointView]
    next: Annotated[str | None, Field(description="URL of the next page")] = None


class KeyPlace(Contract):
    """Where whoever calls an endpoint gets what it wants to see; never the key itself."""

    kind: Literal["key", "token"]
    command: str
    right: Annotated[str, Field(description="what the caller must be allowed in Azure")]


class Consumption(Contract):
    """Answer of `GET /api/endpoints/{endpoint}/consume`: all that it takes to call it."""

    endpoint: str
    deployment: Annotated[str | None, Field(description="that the samples are pinned to")] = None
    scoring_uri: str
    auth_mode: AuthMode
    key: KeyPlace
    request: Annotated[Json, Field(description="what the samples send")]
    request_from: Literal["caller", "swagger", "placeholder"]
    swagger: Annotated[Json, Field(description="the description that the deployment gives of itself")] = None
    no_swagger: Annotated[str | None, Field(description="why there is none")] = None
    samples: Annotated[dict[Language, str], Field(description="programs that run as they are")]
