"""Begin Azure ML's long operations without waiting for them.

`MLClient`'s own `begin_*` starts a thread that polls until the operation ends, which on a function app means dozens of
ARM calls nobody asked for. So the SDK builds and sends the request, with `polling=False`, through the generated client
that its public operations wrap; `tests/integration/test_sdk_surface.py` notices when a new SDK moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from azure_api.clients import clients
from azure_api.errors import translated
from contracts.errors import CloudUnavailable
from contracts.marks import MARK_TAG

# Azure ML's terminal states; everything else is still going on.
SUCCEEDED, FAILED, CANCELED = "Succeeded", "Failed", "Canceled"
_IN_ANY_CASE = {state.lower(): state for state in (SUCCEEDED, FAILED, CANCELED, "Deleting")}


def _scope() -> dict[str, str]:
    where = clients().settings
    return {"resource_group_name": where.resource_group, "workspace_name": where.workspace}


def _endpoints() -> Any:
    return clients().ml.online_endpoints._online_operation


def _deployments() -> Any:
    return clients().ml.online_deployments._online_deployment


def begin_endpoint(entity: Any, location: str) -> Any:
    """PUT the endpoint; returns the entity of Azure's first answer (`Creating` or `Updating`)."""
    from azure.ai.ml.entities import OnlineEndpoint

    body = entity._to_rest_online_endpoint(location=location)
    poller = _endpoints().begin_create_or_update(**_scope(), endpoint_name=entity.name, body=body, polling=False)
    return OnlineEndpoint._from_rest_object(poller.result())


def begin_deployment(entity: Any, location: str) -> Any:
    """PUT the deployment; returns the entity of Azure's first answer."""
    from azure.ai.ml.entities import OnlineDeployment

    body = entity._to_rest_object(location=location)
    poller = _deployments().begin_create_or_update(
        **_scope(), endpoint_name=entity.endpoint_name, deployment_name=entity.name, body=body, polling=False
    )
    return OnlineDeployment._from_rest_object(poller.result())


def begin_delete_endpoint(endpoint: str) -> None:
    """DELETE the endpoint and everything on it."""
    _endpoints().begin_delete(**_scope(), endpoint_name=endpoint, polling=False)


def begin_delete_deployment(endpoint: str, deployment: str) -> None:
    """DELETE the deployment."""
    _deployments().begin_delete(**_scope(), endpoint_name=endpoint, deployment_name=deployment, polling=False)


def get_endpoint(name: str) -> Any:
    """The endpoint as one GET (`MLClient` lists its deployments as well); None when there is none."""
    from azure.ai.ml.entities import OnlineEndpoint

    with translated():
        try:
            return OnlineEndpoint._from_rest_object(_endpoints().get(**_scope(), endpoint_name=name))
        except ResourceNotFoundError:
            return None


def get_deployment(endpoint: str, name: str) -> Any:
    """The deployment; None when there is none."""
    with translated():
        try:
            return clients().ml.online_deployments.get(name, endpoint)
        except ResourceNotFoundError:
            return None


def find_endpoint(name: str) -> Any:
    """The endpoint; None when neither its own address nor the list of endpoints knows it.

    One 404 is not the truth: a PUT after it would be put over an endpoint that serves. Raises CloudUnavailable, to be
    tried again, when the two disagree.
    """
    found = get_endpoint(name)
    if found is None:
        with translated():
            # Only those of the name: a workspace may have pages of endpoints, and each page is a request.
            listed = [str(one.name).lower() for one in _endpoints().list(**_scope(), name=name)]
        _agree(f"endpoint {name}", name.lower() in listed)
    return found


def find_deployment(endpoint: str, name: str) -> Any:
    """The deployment; None when neither its own address nor the endpoint's list knows it (see `find_endpoint`)."""
    found = get_deployment(endpoint, name)
    if found is None:
        _agree(f"deployment {name}", name.lower() in deployments_of(endpoint))
    return found


def deployments_of(endpoint: str) -> list[str]:
    """Names of an endpoint's deployments, in small letters; none when there is no such endpoint."""
    with translated():
        try:
            return sorted(str(one.name).lower() for one in clients().ml.online_deployments.list(endpoint))
        except ResourceNotFoundError:
            return []


def _agree(what: str, listed: bool) -> None:
    if listed:
        raise CloudUnavailable(f"Azure lists {what} and does not find it.")


def state_of(entity: Any) -> str:
    """Provisioning state: the SDK gives an enum member or text, and ARM's words have no case."""
    state = entity.provisioning_state
    return spelled(str(getattr(state, "value", state)))


def spelled(state: str) -> str:
    """A provisioning state in the letters that it has here."""
    return _IN_ANY_CASE.get(state.lower(), state)


def mark_of(entity: Any) -> str | None:
    """The mark that an asset, endpoint or deployment carries."""
    mark: str | None = (entity.tags or {}).get(MARK_TAG)
    return mark


def traffic_of(endpoint: Any) -> dict[str, int]:
    """An endpoint's traffic, without the deployments that get none."""
    return shares(endpoint.traffic)


def shares(said: Mapping[str, Any] | None) -> dict[str, int]:
    """Shares of an endpoint's requests, without those of nothing.

    Names are in small letters, as requests have them: others may have written them otherwise, and for Azure it is one.
    """
    return {name.lower(): int(share) for name, share in (said or {}).items() if share}


def principal_of(endpoint: Any) -> str:
    """Principal ID of an endpoint's identity, user-assigned or its own."""
    for identity in endpoint.identity.user_assigned_identities or []:
        # azure-ai-ml 1.35.2 leaves `principal_id` empty here and keeps the wire's own name on the object.
        return str(identity.principal_id or vars(identity)["principalId"])
    return str(endpoint.identity.principal_id)


def client_of(endpoint: Any) -> str | None:
    """Client ID of an endpoint's user-assigned identity, the first of them; None for one of its own."""
    for identity in endpoint.identity.user_assigned_identities or []:
        return str(identity.client_id or vars(identity)["clientId"])
    return None
