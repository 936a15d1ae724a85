"""The hosts of Azure that the local Azure answers for, and their URLs."""

from __future__ import annotations

from collections.abc import Container

from local.cloud.world import REGION

MANAGEMENT = "management.azure.com"
MANAGEMENT_URL = f"https://{MANAGEMENT}"
# Microsoft Graph, the directory.
GRAPH = "graph.microsoft.com"
REGISTRY_DISCOVERY = f"{REGION}.api.azureml.ms"
INFERENCE_SUFFIX = f".{REGION}.inference.ml.azure.com"
BLOB_SUFFIX = ".blob.core.windows.net"
VAULT_SUFFIX = ".vault.azure.net"


def emulated(host: str, accounts: Container[object], vaults: Container[object], models: Container[object]) -> bool:
    """Whether the local Azure answers for `host`; any other is refused by its proxy.

    `accounts` have blobs, `vaults` secrets; `models` are the hosts of accounts with language models.
    """
    if host in (MANAGEMENT, GRAPH, REGISTRY_DISCOVERY) or host in models:
        return True
    if is_blobs(host, accounts) or is_vault(host, vaults):
        return True
    endpoint = host.removesuffix(INFERENCE_SUFFIX)
    return endpoint != host and bool(endpoint) and "." not in endpoint


def is_blobs(host: str, accounts: Container[object]) -> bool:
    """Whether `host` is where one of these storage accounts has its blobs."""
    return host.endswith(BLOB_SUFFIX) and host.removesuffix(BLOB_SUFFIX) in accounts


def is_vault(host: str, vaults: Container[object]) -> bool:
    """Whether `host` is one of these vaults' own."""
    return host.endswith(VAULT_SUFFIX) and host.removesuffix(VAULT_SUFFIX) in vaults


def vault_url(vault: str) -> str:
    """Where a vault has its secrets."""
    return f"https://{vault.lower()}{VAULT_SUFFIX}"


def blob_url(account: str) -> str:
    """Where an account's blobs are."""
    return f"https://{account}{BLOB_SUFFIX}"


def endpoint_url(endpoint: str) -> str:
    """Where an online endpoint of that name answers."""
    return f"https://{endpoint}{INFERENCE_SUFFIX}"
