"""The model, environment and code of a request as they may be defined in it, in `az ml` YAML field names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, TypeAdapter, ValidationError, field_validator, model_validator

from contracts.base import Contract, Json
from contracts.names import AssetName, ImageName, ModelPath, RoutePath, ScriptName
from contracts.references import CodeReference
from contracts.values import AS_WORDS, IN_ANY_CASE, ONCE, AsText, Whole

# Limits of Azure Resource Manager for tags; properties of assets hold longer texts.
Tags = dict[Annotated[str, Field(max_length=512)], Annotated[AsText, Field(max_length=256)]]
# Of what Resource Manager has itself, an asset not among it: the names have no case there.
ResourceTags = Annotated[Tags, ONCE]
Properties = dict[Annotated[str, Field(max_length=512)], Annotated[AsText, Field(max_length=8000)]]
Description = Annotated[str, Field(max_length=2000)]
ModelType = Literal["custom_model", "mlflow_model", "triton_model"]
Version = Annotated[
    AssetName,
    Field(
        description="asset versions are text in Azure ML; a number is taken as its digits",
        json_schema_extra={"type": ["string", "integer", "number"]},
    ),
]
_URL = TypeAdapter(HttpUrl)


def version_text(value: object) -> object:
    """`version: 3` and `version: 1.0` are what people write in YAML; the SDK takes both as text."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class DeploymentTemplate(Contract):
    """A deployment template of a registry, which a model names."""

    asset_id: Annotated[str, Field(max_length=2000)]


class ModelDefinition(Contract):
    """A model version to register from files that are where Azure can read them.

    Without `name` it is called after its path; without `version` it is the newest one with these files, or the next.
    """

    name: AssetName | None = None
    version: Version | None = None
    path: ModelPath
    type: Annotated[ModelType, IN_ANY_CASE] = "custom_model"
    description: Description | None = None
    properties: Properties = {}
    tags: Tags = {}
    stage: Annotated[str, Field(max_length=256)] | None = None
    flavors: dict[str, dict[str, Any]] = {}
    system_metadata: dict[str, Any] = {}
    default_deployment_template: DeploymentTemplate | None = None
    allowed_deployment_templates: Annotated[list[DeploymentTemplate], Field(max_length=20)] = []
    datastore: Annotated[
        AssetName | None, Field(description="where local files are uploaded; without meaning here")
    ] = None

    _version = field_validator("version", mode="before")(version_text)


class CodeConfiguration(Contract):
    """The scoring code: a registered code asset or a datastore folder, and the script in it."""

    code: CodeReference
    scoring_script: ScriptName


class Route(Contract):
    """One route of a custom container."""

    path: RoutePath
    port: Annotated[Whole, Field(ge=1, le=65535)]


class InferenceConfig(Contract):
    """Where a custom container answers probes and scoring."""

    liveness_route: Route
    readiness_route: Route
    scoring_route: Route


class BuildContext(Contract):
    """A Docker build context that Azure can read, and the Dockerfile in it."""

    path: Annotated[str, Field(max_length=2000)]
    dockerfile_path: Annotated[str, Field(min_length=1, max_length=500)] | None = None

    @field_validator("path")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            _URL.validate_python(value)
        except ValidationError:
            raise ValueError(
                "write the https address of the build context; a folder on somebody's disk is uploaded by"
                " `slipway deploy`"
            ) from None
        return value


class EnvironmentDefinition(Contract):
    """An environment given inline; without `name` it is registered under one made from its content."""

    name: AssetName | None = None
    version: Version | None = None
    description: Description | None = None
    image: ImageName | None = None
    build: BuildContext | None = None
    conda_file: dict[str, Any] | None = None
    inference_config: InferenceConfig | None = None
    os_type: Annotated[Literal["linux", "windows"], AS_WORDS] | None = None
    tags: Tags = {}
    datastore: Annotated[
        AssetName | None, Field(description="where a local build context is uploaded; without meaning here")
    ] = None

    _version = field_validator("version", mode="before")(version_text)

    @field_validator("conda_file", mode="before")
    @classmethod
    def _inline(cls, value: Json) -> Json:
        if isinstance(value, str):
            raise ValueError("write the conda file's content here (a mapping); files are not read by the service")  # noqa: TRY004 - pydantic reports ValueError with the field's path
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> EnvironmentDefinition:
        if (self.image is None) == (self.build is None):
            raise ValueError("give image, or build with the address of a Docker build context; exactly one of them")
        if self.build is not None and self.conda_file is not None:
            raise ValueError("conda_file goes with image; what build installs stands in its Dockerfile")
        return self


Variables = Annotated[dict[Annotated[str, Field(min_length=1, max_length=256)], AsText], Field(max_length=200)]
