"""How Azure Machine Learning names things, as checked types.

Name rules: how-to-manage-quotas (3-32 characters, letters, digits, single dashes, starting with a letter) and the
SDK's own pattern; reference forms: the `az ml` YAML reference.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, Field

ASSET = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}"
_ONLINE_NAME = r"[A-Za-z](-?[A-Za-z0-9])*"
SHORTEST_ONLINE_NAME, LONGEST_ONLINE_NAME = 3, 32
_ASSET_REFERENCE = re.compile(rf"azureml:(?P<name>{ASSET}):(?P<version>{ASSET})")
_LATEST = re.compile(rf"azureml:(?P<name>{ASSET})@latest")
_DATASTORE_PATH = re.compile(
    r"azureml://(?:subscriptions/[^/?#\\]+/resource[gG]roups/[^/?#\\]+"
    r"/(?:providers/Microsoft\.MachineLearningServices/)?workspaces/[^/?#\\]+/)?"
    r"datastores/(?P<datastore>[A-Za-z0-9_]+)/paths/(?P<path>[A-Za-z0-9_][^?#\\]*)"
)
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SEGMENT = r"[A-Za-z0-9._()-]+"
_ARM_ID = re.compile(
    rf"/subscriptions/{_GUID}(?:/resourceGroups/{_SEGMENT})?"
    rf"(?:/providers/[A-Za-z0-9.]+(?:/{_SEGMENT}/{_SEGMENT})+)*",
    re.IGNORECASE,
)
_IDENTITY_ID = re.compile(
    rf"/subscriptions/{_GUID}/resourceGroups/{_SEGMENT}"
    r"/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[A-Za-z0-9_-]+",
    re.IGNORECASE,
)
_MODEL_VERSION_ID = re.compile(rf"/models/(?P<name>{ASSET})/versions/(?P<version>{ASSET})$")


def split_reference(reference: str) -> tuple[str, str]:
    """`azureml:name:version` as (name, version); version is `latest` for `azureml:name@latest`."""
    match = _ASSET_REFERENCE.fullmatch(reference)
    if match:
        return match["name"], match["version"]
    match = _LATEST.fullmatch(reference)
    if match:
        return match["name"], "latest"
    raise ValueError(f"{reference!r} is not azureml:<name>:<version>")


def split_datastore_path(path: str) -> tuple[str, str]:
    """`azureml://…datastores/<datastore>/paths/<path>` as (datastore, path)."""
    match = _DATASTORE_PATH.fullmatch(path)
    if not match:
        raise ValueError(f"{path!r} is not azureml://datastores/<name>/paths/<path>")
    return match["datastore"], match["path"]


def model_of_id(arm_id: str) -> tuple[str, str]:
    """The (name, version) that a model version's ARM id ends with."""
    match = _MODEL_VERSION_ID.search(arm_id)
    if not match:
        raise ValueError(f"{arm_id!r} is not the ARM id of a model version")
    return match["name"], match["version"]


def is_online_name(value: str) -> bool:
    """Whether an endpoint or a deployment can be called so."""
    fits = SHORTEST_ONLINE_NAME <= len(value) <= LONGEST_ONLINE_NAME
    return fits and re.fullmatch(_ONLINE_NAME, value) is not None


def _online_name(value: str) -> str:
    if not is_online_name(value):
        raise ValueError(
            "use 3 to 32 letters, digits and single dashes, starting with a letter and not ending with a dash"
        )
    # Azure ML does not tell cases apart and its SDK sends small letters: pins and traffic must name what is there.
    return value.lower()


def _asset_reference(value: str) -> str:
    if value.startswith("azureml://registries/"):
        raise ValueError("registry assets are not supported yet: register the asset in the workspace")
    if not _ASSET_REFERENCE.fullmatch(value):
        raise ValueError("name a registered asset: azureml:<name>:<version> (local files are not read by the service)")
    return value


def _model_reference(value: str) -> str:
    return value if _LATEST.fullmatch(value) else _asset_reference(value)


def _climbs(path: str) -> bool:
    """Whether a part of the path is `.` or `..`, also quoted: whoever resolves it ends somewhere else."""
    return any(unquote(part).strip(" ") in (".", "..") or "/" in unquote(part) for part in path.split("/"))


def _datastore_path(value: str) -> str:
    if not _DATASTORE_PATH.fullmatch(value) or _climbs(value) or "//" in value.removeprefix("azureml://"):
        raise ValueError(
            "write azureml://datastores/<name>/paths/<path>; a path on somebody's disk cannot be read by the service:"
            " upload it first (`slipway deploy` does)"
        )
    return value


def _code_reference(value: str) -> str:
    return _datastore_path(value) if value.startswith("azureml://datastores") else _asset_reference(value)


def _arm_id(value: str) -> str:
    if not _ARM_ID.fullmatch(value) or _climbs(value):
        raise ValueError(
            "write a full ARM id: /subscriptions/<guid>/resourceGroups/<name>, and for a resource"
            " /providers/<namespace>/<type>/<name> after it; without a slash at the end, and no name is . or .."
        )
    return value


def _identity_id(value: str) -> str:
    if not _IDENTITY_ID.fullmatch(value) or _climbs(value):
        raise ValueError(
            "write a user-assigned identity's ARM id:"
            " /subscriptions/<guid>/resourceGroups/<name>"
            "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>"
        )
    return value


def _script(value: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.py", value):
        raise ValueError("name a .py file inside the code folder, e.g. score.py")
    return value


def _told(pattern: str, **more: int) -> Any:
    """The rule for the OpenAPI document: there a pattern, here a sentence that says what to write."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$", **more})


OnlineName = Annotated[
    str,
    AfterValidator(_online_name),
    _told(_ONLINE_NAME, minLength=SHORTEST_ONLINE_NAME, maxLength=LONGEST_ONLINE_NAME),
]
# A pattern is checked sooner than a function of ours; `MEANT` says what each of them asks for.
_ASSET_NAME = rf"^{ASSET}$"
_INSTANCE_TYPE = r"^[A-Za-z][A-Za-z0-9_]{2,63}$"
_IMAGE = r"^[a-z0-9][a-z0-9._:/@-]{2,400}$"
_ROUTE = r"^/[A-Za-z0-9._/-]*$"
MEANT = {
    _ASSET_NAME: "use 1 to 255 letters, digits, dashes, dots and underscores, starting with a letter or digit",
    _INSTANCE_TYPE: "name a virtual machine size, e.g. Standard_DS3_v2",
    _IMAGE: "name an image as <registry>/<repository>:<tag> in small letters, e.g. mcr.microsoft.com/azureml/base:1",
    _ROUTE: "write a path that starts with a slash, e.g. /score",
}

AssetName = Annotated[str, Field(pattern=_ASSET_NAME)]
AssetReference = Annotated[str, AfterValidator(_asset_reference), _told(f"azureml:{ASSET}:{ASSET}")]
ModelReference = Annotated[str, AfterValidator(_model_reference), _told(f"azureml:{ASSET}(:{ASSET}|@latest)")]
CodeReference = Annotated[str, AfterValidator(_code_reference), _told("azureml:.+")]
DatastorePath = Annotated[
    str, AfterValidator(_datastore_path), _told(r"azureml://(.+/)?datastores/[A-Za-z0-9_]+/paths/[A-Za-z0-9_][^?#\\]*")
]
ArmId = Annotated[str, AfterValidator(_arm_id), _told(_ARM_ID.pattern)]
IdentityId = Annotated[
    str,
    AfterValidator(_identity_id),
    _told(_IDENTITY_ID.pattern),
]
ScriptName = Annotated[str, AfterValidator(_script), _told(r"([A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.py")]
InstanceType = Annotated[str, Field(pattern=_INSTANCE_TYPE)]
ImageName = Annotated[str, Field(pattern=_IMAGE)]
RoutePath = Annotated[str, Field(pattern=_ROUTE)]
