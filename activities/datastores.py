"""Paths in datastores, which a request names for the files of a model or of a script.

They are looked at before a version is made of them, for it is immutable: a wrong path in it can never be mended.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from activities import commands
from activities.scene import Finding
from azure_api import blobs
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.azure_refusals import FilesNotDownloaded, FilesNotFound
from contracts.errors import (
    AccessNotYetEffective,
    AssetNotFound,
    CloudUnavailable,
    DeploymentError,
    RequestRejected,
)
from contracts.names import is_datastore_path, is_model_asset, model_of_id, split_datastore_path

_LONG = re.compile(
    r"azureml://subscriptions/([^/]+)/resourcegroups/([^/]+)/(?:providers/[^/]+/)?workspaces/([^/]+)/", re.IGNORECASE
)


@dataclass(frozen=True)
class Container:
    """The blob container that a datastore stands for."""

    datastore: str
    account: str
    suffix: str
    name: str
    protocol: str

    def uri(self, path: str) -> str:
        """Of a path in it."""
        return f"{self.protocol}://{self.account}.blob.{self.suffix}/{self.name}/{path}"


def container_of(datastore: str) -> Container | None:
    """What a datastore stands for; None for file shares and data lakes. Raises AssetNotFound."""
    datastores: Any = clients().ml.datastores
    try:
        with translated(not_found=AssetNotFound):
            store = datastores.get(datastore)
    except AssetNotFound:
        with translated():
            listed = [str(one.name) for one in datastores.list()]
        # One 404 is not the truth.
        if datastore in listed:
            raise CloudUnavailable(f"Azure lists datastore {datastore} and does not find it.") from None
        raise
    if getattr(store, "container_name", None) is None:
        return None
    return Container(datastore, store.account_name, store.endpoint, store.container_name, store.protocol)


def judge_path(field: str, path: str, finding: Finding, *, inside: str = "", only_blobs: bool = False) -> None:
    """Whether there are files at `path`, or that file `inside` it; what cannot be known is unchecked.

    With `only_blobs`, a datastore that is no blob container is a problem.
    """
    if not is_datastore_path(path):
        finding.leave_unchecked("FilesUnknown", field, *_elsewhere(path))
        return
    try:
        check_workspace(path)
        datastore, folder = split_datastore_path(path)
        container = container_of(datastore)
    except (AssetNotFound, RequestRejected) as error:
        finding.problem(field, error)
        return
    wanted = f"{folder.rstrip('/')}/{inside}" if inside else folder
    if container is None and only_blobs:
        finding.problem(field, not_a_container(datastore))
    elif container is None:
        message = f"whether there is {wanted} in datastore {datastore}, which is no blob container"
        command = f"az ml datastore show --name {datastore} {commands.of_workspace()}"
        finding.leave_unchecked("FilesUnknown", field, message, command)
    else:
        _look(field, container, wanted, finding)


def _elsewhere(path: str) -> tuple[str, str]:
    """What is not known of files that are named by what holds them, and the command that shows it."""
    if is_model_asset(path):
        name, version = model_of_id(path)
        show = f"az ml model show --name {name} --version {version} {commands.of_workspace()}"
        return f"whether there is {path}, a model version", show
    return f"whether there is {path}, which a job has left", f"az ml job show --name <job> {commands.of_workspace()}"


def not_a_container(datastore: str) -> RequestRejected:
    """Why code cannot be registered from a file share or a data lake."""
    return RequestRejected(
        f"datastore {datastore} is no blob container: code cannot be registered from it",
        suggestion="Put the code folder into a blob datastore, or register it with `slipway register-code`.",
    )


def check_workspace(path: str) -> None:
    """Raises RequestRejected for a long path into another workspace than the app deploys to."""
    named, where = _LONG.match(path), clients().settings
    ours = (where.subscription_id, where.resource_group, where.workspace)
    if named and [part.lower() for part in named.groups()] != [part.lower() for part in ours]:
        raise RequestRejected(
            f"the path is in workspace {named[3]} of resource group {named[2]}, subscription {named[1]}",
            suggestion=f"Name files of workspace {where.workspace}: azureml://datastores/<name>/paths/<path>.",
        )


def _look(field: str, container: Container, path: str, finding: Finding) -> None:
    nothing = FilesNotFound(f"there is no {path} in datastore {container.datastore}")
    unknown = f"whether there is {path} in datastore {container.datastore}"
    try:
        if not blobs.holds(container.account, container.suffix, container.name, path):
            finding.problem(field, nothing)
    except FilesNotDownloaded:
        finding.problem(field, nothing)
    except AccessNotYetEffective:
        reason = f"Slipway may not read {container.account}: Storage Blob Data Reader lets it"
        command = commands.granting("Storage Blob Data Reader", f"<ARM id of storage account {container.account}>")
        finding.leave_unchecked("FilesUnknown", field, f"{unknown}, because {reason}", command)
    except DeploymentError as error:
        reason = f"{container.account} cannot be asked ({type(error).__name__})"
        command = (
            f"az storage blob list --account-name {container.account} --container-name {container.name}"
            f" --prefix {path} --auth-mode login"
        )
        finding.leave_unchecked("FilesUnknown", field, f"{unknown}, because {reason}", command)
