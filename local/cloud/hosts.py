"""The hosts of Azure that the local Azure answers for, and their URLs."""

from __future__ import annotations

from local.cloud.world import APP_STORAGE, FEATURE_STORAGE, REGION, WORKSPACE_STORAGE

MANAGEMENT = "management.azure.com"
MANAGEMENT_URL = f"https://{MANAGEMENT}"
REGISTRY_DISCOVERY = f"{REGION}.api.azureml.ms"
INFERENCE_SUFFIX = f".{REGION}.inference.ml.azure.com"
BLOB_SUFFIX = ".blob.core.windows.net"
BLOB_HOSTS = frozenset(f"{account}{BLOB_SUFFIX}" for account in (WORKSPACE_STORAGE, FEATURE_STORAGE, APP_STORAGE))


def emulated(host: str) -> bool:
    """Whether the local Azure answers for `host`; any other is refused by its proxy."""
    if host in (MANAGEMENT, REGISTRY_DISCOVERY) or host in BLOB_HOSTS:
        return True
    endpoint = host.removesuffix(INFERENCE_SUFFIX)
    return endpoint != host and bool(endpoint) and "." not in endpoint


def blob_url(account: str) -> str:
    """Where an account's blobs are."""
    return f"https://{account}{BLOB_SUFFIX}"


def endpoint_url(endpoint: str) -> str:
    """Where an online endpoint of that name answers."""
    return f"https://{endpoint}{INFERENCE_SUFFIX}"
