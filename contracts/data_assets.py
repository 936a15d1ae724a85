"""Which data asset a collection of a deployment's traffic is kept as, and where: named as the SDK names it."""

from __future__ import annotations

from contracts.collecting import CollectedData, Collection
from contracts.references import asset_named

# azure-ai-ml 1.35.2, `DEFAULT_MDC_PATH`.
FOLDER = "azureml://datastores/workspaceblobstore/paths/modelDataCollector"


def data_id(endpoint: str, deployment: str, collection: str, asked: Collection) -> str:
    """The ledger's reference of the data asset, or the ARM id that a request names."""
    data = asked.data
    if isinstance(data, CollectedData) and data.data_id:
        return data.data_id
    if isinstance(data, str):
        try:
            named = asset_named(data)
        except ValueError:
            return data
        return data.removeprefix("azureml:") if named.workspace else f"data/{named.name}/versions/{named.version or 1}"
    name = (data and data.name) or f"{endpoint}-{deployment}-{collection}"
    return f"data/{name}/versions/{(data and data.version) or '1'}"


def data_path(endpoint: str, deployment: str, collection: str, asked: Collection) -> str:
    """Where its files are."""
    given = asked.data.path if isinstance(asked.data, CollectedData) else None
    return given or f"{FOLDER}/{endpoint}/{deployment}/{collection}"


def is_registered_for(asked: Collection) -> bool:
    """Whether the data asset is one to register, and not one that the request names."""
    return not isinstance(asked.data, str) and not (asked.data and asked.data.data_id)
