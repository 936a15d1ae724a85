"""What an asset points to, which must be there.

Source: Microsoft Learn, "Work with models in Azure Machine Learning" and "Troubleshoot online endpoints" (a model or
code that cannot be downloaded). Whether Azure looks when a version is registered was not found for every kind of
address; here a version that points to nothing is never made, and the words are the emulator's own.
"""

from __future__ import annotations

import re

from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ServiceError, invalid, not_emulated
from local.cloud.blob.errors import BlobError
from local.cloud.blob.store import BlobStore
from local.cloud.machinelearning.places import blob_place
from local.cloud.machinelearning.records import AssetKind
from local.cloud.world import DATASTORE, SUBSCRIPTION

_DATASTORE = re.compile(r"azureml://(?:.*/)?datastores/(?P<name>[^/]+)(?:/paths/.*)?", re.IGNORECASE)
_JOB = re.compile(r"(?:runs:/|azureml://(?:.*/)?jobs/)(?P<name>[^/]+)/.*", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"azureml://subscriptions/(?P<id>[^/]+)/", re.IGNORECASE)


def check_address(kind: AssetKind, properties: Json, blobs: BlobStore) -> None:
    """Refuse an asset whose address leads nowhere; `ArmError` says which part of it."""
    if kind == "environments":
        build = as_json(properties.get("build"))
        if build:
            _check_files(str(build["contextUri"]), blobs)
    elif kind == "data":
        # A data asset may name what is still to be written (model data collection does).
        _check_store(str(properties["dataUri"]))
    elif kind == "codes":
        _check_files(str(properties["codeUri"]), blobs)
    else:
        _check_files(str(properties["modelUri"]), blobs)


def _check_files(uri: str, blobs: BlobStore) -> None:
    _check_store(uri)
    place = blob_place(uri)
    if place is None:
        raise invalid("InvalidAssetPath", f"'{uri}' is neither a path in a datastore of this workspace nor a blob's.")
    account, container, path = place
    try:
        found = blobs.list(account, container, path)
    except BlobError:
        found = []
    folder = f"{path.rstrip('/')}/" if path else ""
    if not any(blob.name == path or blob.name.startswith(folder) for blob in found):
        raise invalid("AssetPathNotFound", f"There is nothing at {uri}.")


def _check_store(uri: str) -> None:
    """Refuse a datastore or a job that this workspace does not have."""
    datastore, subscription = _DATASTORE.fullmatch(uri), _SUBSCRIPTION.match(uri)
    if subscription and subscription["id"].lower() != SUBSCRIPTION:
        raise invalid("InvalidAssetPath", f"'{uri}' is in another subscription.")
    if datastore:
        if datastore["name"].lower() != DATASTORE:
            raise _missing("DatastoreNotFound", f"Datastore {datastore['name']} not found.")
        return
    if uri.lower().startswith(("azureml://registries/", "azureml://locations/")):
        raise not_emulated("assets of Azure ML registries", "Use a path in a datastore of the workspace.")
    job = _JOB.fullmatch(uri)
    if job:
        raise _missing("JobNotFound", f"Job {job['name']} not found. The local Azure runs no jobs.")


def _missing(code: str, message: str) -> ServiceError:
    return ServiceError(404, "UserError", message, detail=(code, message))
