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
ONLINE_NAME = r"[A-Za-z](-?[A-Za-z0-9])*"
SHORTEST_ONLINE_NAME, LONGEST_ONLINE_NAME = 3, 32
_DATASTORES = re.compile(r"azureml://(?:subscriptions/.+/)?datastores(?:/|$)")
# What a job has left: its named output, or a run's artifacts (MLflow).
_JOB_OUTPUT = re.compile(r"(?:azureml://jobs/[^/?#\\]+/outputs/[^?#\\]+|runs:/[^/?#\\]+/[^?#\\]+)")
_DATASTORE_PATH = re.compile(
    r"azureml://(?:subscriptions/[^/?#\\]+/resource[gG]roups/[^/?#\\]+"
    r"/(?:providers/Microsoft\.MachineLearningServices/)?workspaces/[^/?#\\]+/)?"
    r"datastores/(?P<datastore>[A-Za-z0-9_]+)/paths/(?P<path>[A-Za-z0-9_][^?#\\]*)"
)
# A model version as the studio shows its asset id, and as the SDK builds it (`ASSET_ID_FORMAT`).
_MODEL_ASSET = re.compile(rf"azureml://locations/[^/?#\\]+/workspaces/[^/?#\\]+/models/{ASSET}/versions/{ASSET}")
GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_SEGMENT = r"[A-Za-z0-9._()-]+"
_ARM_ID = re.compile(
    rf"/subscriptions/{GUID}(?:/resourceGroups/{_SEGMENT})?"
    rf"(?:/providers/[A-Za-z0-9.]+(?:/{_SEGMENT}/{_SEGMENT})+)*",
    re.IGNORECASE,
)
_IDENTITY_ID = re.compile(
    rf"/subscriptions/{GUID}/resourceGroups/{_SEGMENT}"
    r"/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[A-Za-z0-9_-]+",
    re.IGNORECASE,
)
_COMPUTE_ID = re.compile(
    rf"/subscriptions/{GUID}/resourceGroups/{_SEGMENT}/providers/Microsoft\.MachineLearningServices"
    rf"/workspaces/{_SEGMENT}/computes/{ASSET}",
    re.IGNORECASE,
)
# The scripts that Azure's inference server runs.
PYTHON = ".py"
# Python's, or that of another server's: which of them a deployment takes, its environment decides.
_SCRIPT = r"(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.[A-Za-z0-9]{1,16}"
_MODEL_VERSION_ID = re.compile(rf"/models/(?P<name>{ASSET})/versions/(?P<version>{ASSET})$")


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
    return fits and re.fullmatch(ONLINE_NAME, value) is not None


def _online_name(value: str) -> str:
    if not is_online_name(value):
        raise ValueError(
            "use 3 to 32 letters, digits and single dashes, starting with a letter and not ending with a dash"
        )
    # Azure ML does not tell cases apart and its SDK sends small letters: pins and traffic must name what is there.
    return value.lower()


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


def is_datastore_path(value: str) -> bool:
    """Whether this is a path in a datastore, written so that it is checked as one."""
    return bool(_DATASTORES.match(value)) and _datastore_path(value) == value


def is_model_asset(path: str) -> bool:
    """Whether a model's files are those of a model version, named by its asset id."""
    return _MODEL_ASSET.fullmatch(path) is not None


def _model_path(value: str) -> str:
    if (_JOB_OUTPUT.fullmatch(value) or is_model_asset(value)) and not _climbs(value.split(":", 1)[1].lstrip("/")):
        return value
    return _datastore_path(value)


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
    name = value.removeprefix("./")
    if not re.fullmatch(_SCRIPT, name) or _climbs(name):
        raise ValueError(
            "name a .py file inside the code folder, e.g. score.py; a container with its own server may take another"
        )
    return name


def _compute(value: str) -> str:
    name = value.removeprefix("azureml:")
    if name == value or not (re.fullmatch(rf"{ASSET}", name) or _COMPUTE_ID.fullmatch(name)):
        raise ValueError("write azureml:<name of an attached Kubernetes compute>, or its ARM id after azureml:")
    return value


def _told(pattern: str, **more: int) -> Any:
    """The rule for the OpenAPI document: there a pattern, here a sentence that says what to write."""
    return Field(json_schema_extra={"pattern": f"^{pattern}$", **more})


OnlineName = Annotated[
    str,
    AfterValidator(_online_name),
    _told(ONLINE_NAME, minLength=SHORTEST_ONLINE_NAME, maxLength=LONGEST_ONLINE_NAME),
]
# A pattern is checked sooner than a function of ours; `MEANT` says what each of them asks for.
_ASSET_NAME = rf"^{ASSET}$"
_INSTANCE_TYPE = r"^[A-Za-z][A-Za-z0-9_.-]{2,63}$"
# Docker's own rule: a repository is written small, a tag is not; a digest may follow.
_IMAGE = r"^[a-z0-9][a-z0-9._:/-]{1,300}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[a-z0-9]{2,16}:[0-9a-fA-F]{32,128})?$"
_ROUTE = r"^/[!-~]{0,500}$"
METRIC = r"^[A-Za-z][A-Za-z0-9_ /%.-]{1,127}$"
# Windows' names: Azure Monitor takes no others.
TIME_ZONE = r"^[A-Za-z][A-Za-z0-9 .()+-]{1,63}$"
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
SCHEDULE = r"^[A-Za-z0-9][A-Za-z0-9 _-]{0,63}$"
ALERT = r"^[a-z][a-z0-9-]{1,31}$"
DIMENSION = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"
_PART = r"[A-Za-z0-9!#$&^_.+-]{1,64}"
_MEDIA_TYPE = rf"^{_PART}/{_PART}(; ?[A-Za-z0-9_-]{{1,64}}=[A-Za-z0-9_.-]{{1,64}}){{0,3}}$"
_SHA256 = r"^[0-9a-fA-F]{64}$"
# A compute instance's name ("Create an Azure Machine Learning compute instance").
COMPUTE = r"^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$"
APPLICATION = r"^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$"
OBJECT_ID = f"^{GUID}$"
HOST_PATH = r"^/[A-Za-z0-9_./-]{1,254}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,127}$"
MEANT = {
    COMPUTE: "use 3 to 24 letters, digits and dashes, starting with a letter and not ending with a dash",
    APPLICATION: "use 3 to 32 letters, digits and dashes, starting with a letter and not ending with a dash",
    OBJECT_ID: "write the object id of a user in Microsoft Entra ID, a GUID: az ad user show --id <mail> --query id",
    HOST_PATH: "write an absolute path, e.g. /home/azureuser/cloudfiles",
    VARIABLE: "use letters, digits and underscores, not starting with a digit",
    METRIC: "name a metric as Azure Monitor has it, e.g. RequestsPerMinute",
    TIME_ZONE: "name a time zone as Windows does, e.g. W. Europe Standard Time",
    TIME_OF_DAY: "write hours and minutes, e.g. '08:30'",
    SCHEDULE: "use 1 to 64 letters, digits, blanks, dashes and underscores, starting with a letter or digit",
    ALERT: "use 2 to 32 small letters, digits and dashes, starting with a letter",
    DIMENSION: "name a dimension as Azure Monitor has it, e.g. statusCode",
    _ASSET_NAME: "use 1 to 255 letters, digits, dashes, dots and underscores, starting with a letter or digit",
    _INSTANCE_TYPE: "name a virtual machine size, e.g. Standard_DS3_v2",
    _IMAGE: "name an image as <registry>/<repository>:<tag>, the repository in small letters,"
    " e.g. mcr.microsoft.com/azureml/base:1",
    _ROUTE: "write a path that starts with a slash, e.g. /score",
    _MEDIA_TYPE: "write a media type, e.g. image/png or text/csv; charset=utf-8",
    _SHA256: "write a SHA-256 as 64 hexadecimal digits, as `sha256sum FILE` prints it",
}

AssetName = Annotated[str, Field(pattern=_ASSET_NAME)]
# Azure does not tell cases apart; one run at a time writes to a compute instance, however it is written.
ComputeName = Annotated[str, Field(pattern=COMPUTE), AfterValidator(str.lower)]
ApplicationName = Annotated[str, Field(pattern=APPLICATION)]
DatastorePath = Annotated[
    str, AfterValidator(_datastore_path), _told(r"azureml://(.+/)?datastores/[A-Za-z0-9_]+/paths/[A-Za-z0-9_][^?#\\]*")
]
ModelPath = Annotated[str, AfterValidator(_model_path), _told(r"(azureml://.+|runs:/.+)")]
ArmId = Annotated[str, AfterValidator(_arm_id), _told(_ARM_ID.pattern)]
IdentityId = Annotated[
    str,
    AfterValidator(_identity_id),
    _told(_IDENTITY_ID.pattern),
]
ScriptName = Annotated[str, AfterValidator(_script), _told(r"(\./)?" + _SCRIPT)]
ComputeReference = Annotated[str, AfterValidator(_compute), _told("azureml:.+")]
InstanceType = Annotated[str, Field(pattern=_INSTANCE_TYPE)]
MediaType = Annotated[str, Field(pattern=_MEDIA_TYPE)]
Sha256 = Annotated[str, Field(pattern=_SHA256)]
ImageName = Annotated[str, Field(pattern=_IMAGE)]
RoutePath = Annotated[str, Field(pattern=_ROUTE)]


def is_within(arm_id: str, above: str) -> bool:
    """Whether an ARM id is `above` or below it, by whole segments: a group called `team` does not hold `team-b`."""
    return f"{arm_id.rstrip('/')}/".lower().startswith(f"{above.rstrip('/')}/".lower())
