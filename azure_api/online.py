"""Reading online endpoints and their deployments as Azure Resource Manager has them.

Not through azure-ai-ml, which takes a second to import and asks more than once for most of it; its entities are for
what is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from azure.core.exceptions import ResourceNotFoundError

from azure_api import begin, looking, versions
from azure_api.clients import clients
from azure_api.errors import meaning, translated, unwrap
from contracts.errors import DeploymentError, ProvisioningFailed

# Where a list goes on (operation OnlineEndpoints_List).
SKIP = "$skip"
PAGE = 200


class Page(NamedTuple):
    """One page of a list of Azure's, and where it goes on; None for the last."""

    documents: list[dict[str, Any]]
    after: str | None


def endpoints(count: int, after: str | None = None) -> Page:
    """A page of the workspace's endpoints, of at most `count`. Raises deployment errors."""
    query = {"count": str(count), **({SKIP: after} if after else {})}
    with translated():
        page = clients().get(f"{_path()}?{urlencode(query)}", versions.ONLINE)
    following = parse_qs(urlsplit(page.get("nextLink") or "").query).get(SKIP)
    return Page(page.get("value") or [], following[0] if following else None)


def every_endpoint() -> Iterator[dict[str, Any]]:
    """All the workspace's endpoints, of all pages. Raises deployment errors."""
    after: str | None = None
    while True:
        page = endpoints(PAGE, after)
        yield from page.documents
        after = page.after
        if not after:
            return


def principals_in(document: dict[str, Any]) -> set[str]:
    """Principal IDs of the identities of an endpoint or a compute: its own, and those that were given to it."""
    identity = document.get("identity") or {}
    attached = (identity.get("userAssignedIdentities") or {}).values()
    return {str(one["principalId"]) for one in (identity, *attached) if one and one.get("principalId")}


def endpoint(name: str) -> dict[str, Any] | None:
    """The endpoint's document; None when there is none. Raises deployment errors."""
    return looking.find(_path(name), versions.ONLINE)


def deployment(endpoint: str, name: str) -> dict[str, Any] | None:
    """The deployment's document; None when there is none. Raises deployment errors."""
    return looking.find(f"{_path(endpoint)}/deployments/{name}", versions.ONLINE)


def deployments(endpoint: str) -> list[dict[str, Any]]:
    """The documents of an endpoint's deployments, of all pages. Raises deployment errors."""
    return looking.listed(f"{_path(endpoint)}/deployments", versions.ONLINE)


def state_of(document: dict[str, Any]) -> str:
    """How far an endpoint or a deployment is."""
    return begin.spelled(str(document["properties"].get("provisioningState")))


def why_failed(document: dict[str, Any]) -> DeploymentError:
    """The error of a failed endpoint or deployment, which only its operation's status tells."""
    name, uri = document["name"], (document["properties"].get("properties") or {}).get("AzureAsyncOperationUri")
    if not uri:
        return ProvisioningFailed(f"{name} is {state_of(document)} and Azure keeps no operation for it.")
    with translated():
        try:
            status = clients().get(uri)
        except ResourceNotFoundError:
            return ProvisioningFailed(f"{name} is {state_of(document)}; Azure no longer knows why.")
    error = meaning(unwrap(200, status))
    # The operation has ended: looking again would find the same end.
    error.retryable = False
    return error


def _path(*endpoint: str) -> str:
    return "/".join((f"{clients().settings.workspace_id}/onlineEndpoints", *endpoint))
