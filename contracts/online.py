"""The model, the online endpoint and the online deployment of a request, in `az ml` YAML field names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, StrictInt, Tag, field_validator, model_validator

from contracts.base import Contract, json_type
from contracts.names import (
    AssetName,
    AssetReference,
    CodeReference,
    DatastorePath,
    IdentityId,
    ImageName,
    InstanceType,
    OnlineName,
    RoutePath,
    ScriptName,
)

Tags = dict[Annotated[str, Field(max_length=512)], Annotated[str, Field(max_length=256)]]
ModelType = Literal["custom_model", "mlflow_model", "triton_model"]
AuthMode = Literal["key", "aml_token", "aad_token"]


class ModelDefinition(Contract):
    """A model version to register from files already in a workspace datastore."""

    name: AssetName
    version: Annotated[
        AssetName,
        Field(
            description="asset versions are text in Azure ML; a whole number is taken as its digits",
            json_schema_extra={"type": ["string", "integer"]},
        ),
    ]
    path: DatastorePath
    type: ModelType = "custom_model"
    description: Annotated[str, Field(max_length=2000)] | None = None
    properties: Tags = {}
    tags: Tags = {}

    @field_validator("version", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        # `version: 3` is what people write in YAML.
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class UserAssignedIdentity(Contract):
    """A user-assigned identity by its ARM id, in the shape of the `az ml` files."""

    resource_id: IdentityId


class EndpointIdentity(Contract):
    """Who the endpoint is towards other Azure services."""

    type: Literal["system_assigned", "user_assigned"] = "system_assigned"
    user_assigned_identities: Annotated[list[UserAssignedIdentity], Field(max_length=1)] = []

    @field_validator("user_assigned_identities", mode="before")
    @classmethod
    def _bare_ids(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{"resource_id": item} if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _complete(self) -> EndpointIdentity:
        if (self.type == "user_assigned") != bool(self.user_assigned_identities):
            raise ValueError(
                "type user_assigned needs `user_assigned_identities: [{resource_id: <ARM id>}]`, system_assigned none"
            )
        return self

    @property
    def user_assigned_id(self) -> str | None:
        """ARM id of the user-assigned identity; None for a system-assigned one."""
        return self.user_assigned_identities[0].resource_id if self.user_assigned_identities else None


class EndpointRequest(Contract):
    """The managed online endpoint: created when missing, confirmed when it exists."""

    name: OnlineName
    auth_mode: AuthMode = "key"
    identity: EndpointIdentity = EndpointIdentity()
    description: Annotated[str, Field(max_length=2000)] | None = None
    tags: Tags = {}


class CodeConfiguration(Contract):
    """The scoring code: a registered code asset or a datastore folder, and the script in it."""

    code: CodeReference
    scoring_script: ScriptName


class Route(Contract):
    """One route of a custom container."""

    path: RoutePath
    port: Annotated[StrictInt, Field(ge=1, le=65535)]


class InferenceConfig(Contract):
    """Where a custom container answers probes and scoring."""

    liveness_route: Route
    readiness_route: Route
    scoring_route: Route


class EnvironmentDefinition(Contract):
    """An environment given inline; it is registered under a name made from its content."""

    image: ImageName
    conda_file: dict[str, Any] | None = None
    inference_config: InferenceConfig | None = None

    @field_validator("conda_file", mode="before")
    @classmethod
    def _inline(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError("write the conda file's content here (a mapping); files are not read by the service")  # noqa: TRY004 - pydantic reports ValueError with the field's path
        return value


class RequestSettings(Contract):
    """How the serving container takes requests (Azure ML defaults where unset)."""

    request_timeout_ms: Annotated[StrictInt, Field(ge=1, le=180_000)] | None = None
    max_concurrent_requests_per_instance: Annotated[StrictInt, Field(ge=1, le=1000)] | None = None
    max_queue_wait_ms: Annotated[StrictInt, Field(ge=0, le=180_000)] | None = None


class ProbeSettings(Contract):
    """A liveness or readiness probe; times in seconds."""

    failure_threshold: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    success_threshold: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    timeout: Annotated[StrictInt, Field(ge=1, le=600)] | None = None
    period: Annotated[StrictInt, Field(ge=1, le=600)] | None = None
    initial_delay: Annotated[StrictInt, Field(ge=0, le=3600)] | None = None


class OnlineDeploymentRequest(Contract):
    """One managed online deployment."""

    name: OnlineName
    code_configuration: CodeConfiguration | None = None
    environment: Annotated[
        Annotated[AssetReference, Tag("text")] | Annotated[EnvironmentDefinition, Tag("mapping")],
        Discriminator(json_type),
    ]
    instance_type: InstanceType
    instance_count: Annotated[StrictInt, Field(ge=1, le=50)] = 1
    environment_variables: Annotated[dict[str, str], Field(max_length=50)] = {}
    request_settings: RequestSettings | None = None
    liveness_probe: ProbeSettings | None = None
    readiness_probe: ProbeSettings | None = None
    app_insights_enabled: StrictBool = False
    description: Annotated[str, Field(max_length=2000)] | None = None
    tags: Tags = {}

    @model_validator(mode="after")
    def _code_for_model(self) -> OnlineDeploymentRequest:
        if self.code_configuration is not None or isinstance(self.environment, str):
            return self  # a registered environment may bring its own inference_config
        if self.environment.inference_config is None:
            raise ValueError(
                "needs code_configuration (a score.py), or an environment with inference_config;"
                " models without code are not supported yet"
            )
        return self
