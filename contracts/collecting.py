"""Model data collection of a deployment, in `az ml` YAML field names: what of its traffic is kept, and where."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from contracts.assets import Version, version_text
from contracts.base import Contract, json_type
from contracts.names import AssetName, DatastorePath
from contracts.values import IN_ANY_CASE, Fraction


class CollectedData(Contract):
    """The data asset that a collection is registered as; what is left out is made from the deployment's names."""

    name: AssetName | None = None
    version: Version | None = None
    path: DatastorePath | None = None
    data_id: Annotated[str, Field(max_length=2000)] | None = None

    _version = field_validator("version", mode="before")(version_text)


class Collection(Contract):
    """One collection: `model_inputs`, `model_outputs`, `request`, `response`, or one that the script names."""

    enabled: Annotated[Literal["true", "false"], IN_ANY_CASE]
    data: (
        Annotated[
            Annotated[str, Field(max_length=2000), Tag("text")] | Annotated[CollectedData, Tag("mapping")],
            Discriminator(json_type),
        ]
        | None
    ) = None
    client_id: Annotated[str, Field(max_length=256)] | None = None

    @field_validator("enabled", mode="before")
    @classmethod
    def _written_as_flag(cls, value: object) -> object:
        return str(value).lower() if isinstance(value, bool) else value


class RequestLogging(Contract):
    """Which headers of requests are kept."""

    capture_headers: Annotated[list[Annotated[str, Field(max_length=256)]], Field(max_length=50)] = []


class DataCollector(Contract):
    """What is collected of a deployment's traffic."""

    collections: Annotated[dict[AssetName, Collection], Field(min_length=1, max_length=20)]
    rolling_rate: Annotated[Literal["minute", "hour", "day"], IN_ANY_CASE] | None = None
    sampling_rate: Annotated[Fraction, Field(ge=0.0, le=1.0)] | None = None
    request_logging: RequestLogging | None = None
