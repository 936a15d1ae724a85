"""The online endpoint and the online deployment of a request, in `az ml` YAML field names.

Every field that azure-ai-ml 1.35.2 knows for managed and for Kubernetes endpoints; what only one of the two has is
refused for the other, as its loader does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from contracts.assets import (
    CodeConfiguration,
    Description,
    EnvironmentDefinition,
    Properties,
    ResourceTags,
    Variables,
)
from contracts.base import Contract, json_type
from contracts.collecting import DataCollector
from contracts.names import ComputeReference, IdentityId, InstanceType, OnlineName
from contracts.references import REGISTRIES, EnvironmentReference
from contracts.values import AS_WORDS, IN_ANY_CASE, ONCE, Flag, Whole

AuthMode = Literal["key", "aml_token", "aad_token"]
MIRROR_LIMIT = 50
# The endpoint property by which its own identity may read connections' secrets; taken only when the endpoint is made
# (Azure ML's documents on its authorization).
ENFORCE = "enforce_access_to_default_secret_stores"
KUBERNETES = "kubernetes"


class UserAssignedIdentity(Contract):
    """A user-assigned identity by its ARM id, in the shape of the `az ml` files; only the ARM id counts."""

    resource_id: IdentityId
    client_id: str | None = None
    object_id: str | None = None
    principal_id: str | None = None


class EndpointIdentity(Contract):
    """Who the endpoint is towards other Azure services."""

    type: Annotated[Literal["system_assigned", "user_assigned"], AS_WORDS] = "system_assigned"
    user_assigned_identities: Annotated[list[UserAssignedIdentity], Field(max_length=10)] = []

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


class EndpointRequest(Contract):
    """The online endpoint: created when missing, brought to what is asked for when it exists.

    What is left out stays as it is; a new endpoint then has keys and an identity of its own. One with `compute` is a
    Kubernetes endpoint.
    """

    name: OnlineName
    compute: ComputeReference | None = None
    auth_mode: Annotated[Literal["key", "aml_token", "aad_token"], AS_WORDS] | None = None
    identity: EndpointIdentity | None = None
    description: Description | None = None
    tags: ResourceTags = {}
    properties: Properties = {}
    public_network_access: Annotated[Literal["enabled", "disabled"], IN_ANY_CASE] | None = None
    mirror_traffic: Annotated[
        dict[OnlineName, Annotated[Whole, Field(ge=0, le=MIRROR_LIMIT)]],
        ONCE,
        Field(max_length=1, description="one deployment that gets a copy of so many percent of the requests"),
    ] = {}

    @field_validator("public_network_access")
    @classmethod
    def _managed_only(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("compute") is not None:
            raise ValueError("only managed endpoints have this: leave it out, or leave `compute` out")
        return value

    @model_validator(mode="after")
    def _secrets_for_its_own_identity(self) -> EndpointRequest:
        enforced = self.properties.get(ENFORCE, "").lower() == "enabled"
        if enforced and self.user_assigned_ids:
            raise ValueError(
                f"properties.{ENFORCE} is for an endpoint's own identity: give a"
                " user-assigned one the role Azure Machine Learning Workspace Connection Secrets Reader instead"
            )
        return self

    @property
    def user_assigned_ids(self) -> list[str]:
        """ARM ids of the user-assigned identities; none for an identity of its own, and when nothing is said."""
        return [one.resource_id for one in self.identity.user_assigned_identities] if self.identity else []


class RequestSettings(Contract):
    """How the serving container takes requests (Azure ML defaults where unset)."""

    request_timeout_ms: Annotated[Whole, Field(ge=1, le=300_000)] | None = None
    max_concurrent_requests_per_instance: Annotated[Whole, Field(ge=1, le=100_000)] | None = None
    max_queue_wait_ms: Annotated[Whole, Field(ge=0, le=300_000)] | None = None


class ProbeSettings(Contract):
    """A liveness or readiness probe; times in seconds."""

    failure_threshold: Annotated[Whole, Field(ge=1, le=10_000)] | None = None
    success_threshold: Annotated[Whole, Field(ge=1, le=10_000)] | None = None
    timeout: Annotated[Whole, Field(ge=1, le=36_000)] | None = None
    period: Annotated[Whole, Field(ge=1, le=36_000)] | None = None
    initial_delay: Annotated[Whole, Field(ge=0, le=36_000)] | None = None


class ScaleSettings(Contract):
    """How the number of instances is decided: `default` is `instance_count`; `target_utilization` is Kubernetes'."""

    type: Annotated[Literal["default", "target_utilization"], AS_WORDS]
    min_instances: Annotated[Whole, Field(ge=0, le=1000)] | None = None
    max_instances: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    polling_interval: Annotated[Whole, Field(ge=1, le=36_000)] | None = None
    target_utilization_percentage: Annotated[Whole, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _default_says_nothing_else(self) -> ScaleSettings:
        if self.type == "default" and self.model_fields_set - {"type"}:
            raise ValueError("type default takes nothing else: set `instance_count`")
        return self


class ResourceAmounts(Contract):
    """Amounts in Kubernetes' own units, such as `0.5`, `1Gi`."""

    cpu: Annotated[str, Field(max_length=32)] | None = None
    memory: Annotated[str, Field(max_length=32)] | None = None
    gpu: Annotated[str, Field(max_length=32)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _by_kubernetes_name(cls, value: object) -> object:
        # As Kubernetes calls it, and the loader takes it.
        if isinstance(value, dict) and "nvidia.com/gpu" in value and "gpu" not in value:
            return {"gpu" if name == "nvidia.com/gpu" else name: amount for name, amount in value.items()}
        return value


class ResourceRequirements(Contract):
    """What each instance of a Kubernetes deployment asks for, and its limits."""

    requests: ResourceAmounts | None = None
    limits: ResourceAmounts | None = None


class OnlineDeploymentRequest(Contract):
    """One online deployment.

    `environment` may be left out where the model brings its own (MLflow, Triton), `code_configuration` there and
    where the environment says by its `inference_config` where its container answers.
    """

    name: OnlineName
    type: Annotated[Literal["managed", "kubernetes"], AS_WORDS] | None = None
    code_configuration: CodeConfiguration | None = None
    environment: (
        Annotated[
            Annotated[EnvironmentReference, Tag("text")] | Annotated[EnvironmentDefinition, Tag("mapping")],
            Discriminator(json_type),
        ]
        | None
    ) = None
    instance_type: InstanceType | None = Field(default=None, validate_default=True)
    instance_count: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    environment_variables: Variables = {}
    request_settings: RequestSettings | None = None
    liveness_probe: ProbeSettings | None = None
    readiness_probe: ProbeSettings | None = None
    app_insights_enabled: Flag = False
    scale_settings: ScaleSettings | None = None
    data_collector: DataCollector | None = None
    model_mount_path: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    egress_public_network_access: Annotated[Literal["enabled", "disabled"], IN_ANY_CASE] | None = None
    private_network_connection: Flag | None = None
    resources: ResourceRequirements | None = None
    description: Description | None = None
    tags: ResourceTags = {}
    properties: Properties = {}

    @field_validator("egress_public_network_access", "private_network_connection", "resources", "scale_settings")
    @classmethod
    def _where_it_runs(cls, value: object, info: ValidationInfo) -> object:
        kubernetes = info.data.get("type") == KUBERNETES
        if value is None:
            return value
        if info.field_name == "resources" and not kubernetes:
            raise ValueError("only deployments of `type: kubernetes` have this: set `instance_type`")
        if isinstance(value, ScaleSettings):
            if value.type != "default" and not kubernetes:
                raise ValueError("managed deployments scale by rules of Azure Monitor: write type default, or leave it")
        elif kubernetes and info.field_name != "resources":
            raise ValueError("only managed deployments have this: leave it out")
        return value

    @field_validator("environment", "code_configuration")
    @classmethod
    def _of_a_registry(cls, value: object, info: ValidationInfo) -> object:
        named = value.code if isinstance(value, CodeConfiguration) else value
        if info.data.get("type") == KUBERNETES and isinstance(named, str) and named.startswith(REGISTRIES):
            raise ValueError("assets of a registry are for managed deployments: register it in the workspace")
        return value

    @field_validator("instance_type")
    @classmethod
    def _machine(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("type") != KUBERNETES:
            raise ValueError("add this field: a virtual machine size, e.g. Standard_DS3_v2")
        return value
