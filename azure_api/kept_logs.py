"""Logs that outlast their deployment: blobs in a container that is Slipway's own (`SLIPWAY_LOGS_URL`).

A blob is named after the instance and the container, so that keeping a log twice keeps it once. They are deleted by
the storage account's own rule (`infra/app/storage.bicep`).
"""

from __future__ import annotations

from urllib.parse import quote

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.azure_refusals import FilesNotDownloaded, ResourceNotFound
from contracts.container_log import Container
from contracts.errors import AccessNotYetEffective, DeploymentError, MissingRight


def is_any_place() -> bool:
    """Whether the app was given a place for logs."""
    return bool(clients().settings.logs_url)


def keep(instance_id: str, container: Container, text: str) -> None:
    """Keep a log. Raises deployment errors: MissingRight, ResourceNotFound (no such container), CloudUnavailable, …"""
    try:
        with translated():
            clients().put_to_storage(_address(instance_id, container), text)
    except DeploymentError as error:
        raise _told(error) from error


def find(instance_id: str, container: Container) -> str | None:
    """A log that was kept; None when none was. Raises deployment errors when that cannot be told."""
    if not is_any_place():
        return None
    try:
        with translated():
            return clients().get_from_storage(_address(instance_id, container))
    except FilesNotDownloaded:
        return None
    except DeploymentError as error:
        raise _told(error) from error


def _address(instance_id: str, container: Container) -> str:
    return f"{clients().settings.logs_url}/{quote(instance_id, safe='')}/{container}.log"


def _told(error: DeploymentError) -> DeploymentError:
    """What storage says is worded for files of models, and their endpoint's identity."""
    where = clients().settings.logs_url
    if isinstance(error, AccessNotYetEffective):
        return MissingRight(f"Slipway's identity may not read and write {where} (Storage Blob Data Contributor)")
    if isinstance(error, FilesNotDownloaded):
        return ResourceNotFound(f"there is no blob container at {where}")
    return error
