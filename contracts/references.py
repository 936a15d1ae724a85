"""How a request names registered assets: the forms that the `az ml` files have and azure-ai-ml's loader takes.

`azureml:name:version`, `azureml:name@label`, `azureml:name` (the newest), the ARM id of a version behind `azureml:`,
and a version or label of a registry, `azureml://registries/…`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field

from contracts.names import ASSET, is_datastore_path

LATEST = "latest"
REGISTRIES = "azureml://registries/"
_SHORT = re.compile(rf"azureml:(?P<name>{ASSET})(?::(?P<version>{ASSET})|@(?P<label>{ASSET}))?")
_ARM_ID = re.compile(
    r"azureml:(?P<workspace>/?subscriptions/[^/?#\\]+/resourceGroups/[^/?#\\]+"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/[^/?#\\]+)"
    rf"/(?P<collection>[a-z]+)/(?P<name>{ASSET})/(?:versions/(?P<version>{ASSET})|labels/(?P<label>{ASSET}))",
    re.IGNORECASE,
)
_REGISTRY = re.compile(
    rf"azureml://registries/(?P<registry>[A-Za-z0-9][A-Za-z0-9_-]{{1,32}})/(?P<collection>[a-z]+)/(?P<name>{ASSET})"
    rf"/(?:versions/(?P<version>{ASSET})|labels/(?P<label>{ASSET}))"
)


class AssetNamed(NamedTuple):
    """An asset version as a reference names it; without version or label the newest is meant.

    Without `workspace` (an ARM id) and `registry` it is one of the app's workspace.
    """

    name: str
    version: str | None
    label: str | None
    collection: str | None = None
    workspace: str | None = None
    registry: str | None = None

    @property
    def shown(self) -> str:
        """For people: `name:version`, or `name@label`."""
        return f"{self.name}:{self.version}" if self.version else f"{self.name}@{self.label or LATEST}"


def asset_named(reference: str) -> AssetNamed:
    """What a reference names; raises ValueError for anything else."""
    for form in (_SHORT, _ARM_ID, _REGISTRY):
        found = form.fullmatch(reference)
        if found:
            parts = found.groupdict()
            if parts.get("workspace"):
                parts["workspace"] = f"/{parts['workspace'].lstrip('/')}"
            return AssetNamed(**parts)
    raise ValueError(f"{reference!r} names no registered asset: write azureml:<name>:<version>")


def _reference(value: str, collection: str) -> str:
    try:
        named = asset_named(value)
    except ValueError:
        raise ValueError(
            "name a registered asset: azureml:<name>:<version>, azureml:<name>@<label>, its ARM id after azureml:,"
            f" or azureml://registries/<registry>/{collection}/<name>/versions/<version>"
            " (local files are not read by the service)"
        ) from None
    if named.collection and named.collection.lower() != collection:
        raise ValueError(f"this names one of {named.collection}: name one of {collection}")
    return value


def _model(value: str) -> str:
    return _reference(value, "models")


def _environment(value: str) -> str:
    return _reference(value, "environments")


def is_shown_id(value: str) -> bool:
    """Whether this is an asset version as Azure answers it: code is shown so, without `azureml:` before its id."""
    return value.startswith("/") and _ARM_ID.fullmatch(f"azureml:{value}") is not None


def _code(value: str) -> str:
    if is_datastore_path(value):
        return value
    value = f"azureml:{value}" if is_shown_id(value) else value
    named = asset_named(_reference(value, "codes"))
    if not named.version:
        raise ValueError("code has no labels: name its version, azureml:<name>:<version>")
    return value


_TOLD: Any = Field(json_schema_extra={"pattern": "^azureml:.+$"})
EnvironmentReference = Annotated[str, AfterValidator(_environment), _TOLD]
ModelReference = Annotated[str, AfterValidator(_model), _TOLD]
CodeReference = Annotated[
    str, AfterValidator(_code), Field(json_schema_extra={"pattern": "^(azureml:|/subscriptions/).+$"})
]
