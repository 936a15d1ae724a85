"""Online endpoints: created or confirmed, watched, deleted; their traffic is read, changed and written whole."""

from __future__ import annotations

from typing import Any

from activities.envelope import activity
from activities.models import MADE_BY_TAG
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import (
    Done,
    Endpoint,
    EndpointInput,
    EndpointRef,
    Provisioning,
    TrafficInput,
    TrafficShift,
)
from contracts.errors import EndpointBusy, EndpointConflict, TrafficRejected
from contracts.online import EndpointRequest

# Azure ML's names of identity types, by the names of the `az ml` files.
IDENTITY_TYPES = {"system_assigned": "SystemAssigned", "user_assigned": "UserAssigned"}


@activity
def ensure_endpoint(order: EndpointInput) -> Endpoint:
    """Confirm the endpoint, or begin creating it (again); its answer already names the identity's principal.

    Raises EndpointConflict when it exists with another auth mode or identity, EndpointBusy while it is being deleted.
    """
    wanted = order.endpoint
    found = begin.get_endpoint(wanted.name)
    if found is not None:
        state = begin.state_of(found)
        if state == "Deleting":
            raise EndpointBusy(f"endpoint {wanted.name} is being deleted")
        conflict = endpoint_conflict(wanted, found)
        if conflict:
            raise EndpointConflict(conflict)
        if state not in (begin.FAILED, begin.CANCELED):
            return _endpoint(order, found)
    with translated():
        # One that failed is put again as it is: it may hold deployments and traffic of others.
        return _endpoint(order, begin.begin_endpoint(found or _entity(order), order.location))


@activity
def endpoint_provisioned(order: EndpointRef) -> Provisioning:
    """How far creating the endpoint is; raises its error when it failed."""
    return _provisioning(order.endpoint)


@activity
def traffic_provisioned(order: EndpointRef) -> Provisioning:
    """How far a change of traffic is; raises its error when it failed."""
    return _provisioning(order.endpoint)


@activity
def read_traffic(order: TrafficInput) -> TrafficShift:
    """The traffic now, and what it would become."""
    return _shift(order, begin.get_endpoint(order.endpoint))


@activity
def shift_traffic(order: TrafficInput) -> TrafficShift:
    """Begin giving the endpoint its traffic: the fetched endpoint with nothing but its traffic changed.

    A bare PUT would reset auth mode, identity and tags. Raises TrafficRejected for a deployment that is not Succeeded.
    """
    endpoint = begin.get_endpoint(order.endpoint)
    shift = _shift(order, endpoint)
    if shift.changed:
        _refuse_unready(order.endpoint, shift.after)
        endpoint.traffic = shift.after
        with translated():
            begin.begin_endpoint(endpoint, endpoint.location)
    return shift


@activity
def delete_endpoint(order: EndpointRef) -> Done:
    """Begin deleting the endpoint if this instance made it.

    Raises EndpointConflict when it has deployments: another run has brought it up, and they would go with it.
    """
    found = begin.get_endpoint(order.endpoint)
    if found is None or (found.tags or {}).get(MADE_BY_TAG) != order.instance:
        return Done(changed=False)
    if begin.state_of(found) != "Deleting":
        with translated():
            others = sorted(str(one.name) for one in clients().ml.online_deployments.list(order.endpoint))
            if others:
                raise EndpointConflict(f"endpoint {order.endpoint} is in use by now ({', '.join(others)}): it stays")
            begin.begin_delete_endpoint(order.endpoint)
    return Done()


@activity
def endpoint_deleted(order: EndpointRef) -> Provisioning:
    """Whether the endpoint is gone."""
    found = begin.get_endpoint(order.endpoint)
    return Provisioning(state="Deleting" if found else "Deleted", done=found is None)


def endpoint_conflict(wanted: EndpointRequest, found: Any) -> str | None:
    """What an existing endpoint has otherwise than the request asks for; None when it fits."""
    if str(found.auth_mode).lower() != wanted.auth_mode:
        return f"endpoint {wanted.name} has auth_mode {found.auth_mode}, the request asks for {wanted.auth_mode}"
    kind = str(found.identity.type).replace("_", "").lower()
    if kind != IDENTITY_TYPES[wanted.identity.type].lower():
        return f"endpoint {wanted.name} has identity {found.identity.type}, the request asks for {wanted.identity.type}"
    ids = {str(item.resource_id).lower() for item in found.identity.user_assigned_identities or []}
    asked = wanted.identity.user_assigned_id
    if asked and ids != {asked.lower()}:
        return f"endpoint {wanted.name} has another user-assigned identity than the request asks for"
    return None


def principal_of(endpoint: Any) -> str:
    """Principal ID of the endpoint's identity, user-assigned or its own."""
    for identity in endpoint.identity.user_assigned_identities or []:
        # azure-ai-ml 1.35.2 leaves `principal_id` empty here and keeps the wire's own name on the object.
        return str(identity.principal_id or vars(identity)["principalId"])
    return str(endpoint.identity.principal_id)


def _endpoint(order: EndpointInput, found: Any) -> Endpoint:
    return Endpoint(
        name=order.endpoint.name,
        principal_id=principal_of(found),
        provisioning_state=begin.state_of(found),
        created=(found.tags or {}).get(MADE_BY_TAG) == order.instance,
    )


def _entity(order: EndpointInput) -> Any:
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration, ManagedOnlineEndpoint

    wanted = order.endpoint
    user_assigned = wanted.identity.user_assigned_id
    identities = [ManagedIdentityConfiguration(resource_id=user_assigned)] if user_assigned else None
    return ManagedOnlineEndpoint(
        name=wanted.name,
        auth_mode=wanted.auth_mode,
        description=wanted.description,
        tags={**wanted.tags, MADE_BY_TAG: order.instance},
        identity=IdentityConfiguration(type=wanted.identity.type, user_assigned_identities=identities),
    )


def _provisioning(endpoint: str) -> Provisioning:
    found = begin.get_endpoint(endpoint)
    if found is None:
        raise EndpointConflict(f"endpoint {endpoint} was deleted by somebody else")
    state = begin.state_of(found)
    if state in (begin.FAILED, begin.CANCELED):
        raise begin.why_failed(found)
    return Provisioning(state=state, done=state == begin.SUCCEEDED)


def _shift(order: TrafficInput, endpoint: Any) -> TrafficShift:
    if endpoint is None:
        raise TrafficRejected(f"endpoint {order.endpoint} does not exist any more")
    before = {name: int(percent) for name, percent in (endpoint.traffic or {}).items() if percent}
    wanted = {order.deployment: 100} if order.traffic == "all_at_once" else order.traffic
    after = {name: percent for name, percent in wanted.items() if percent}
    if order.only_from is not None and before != order.only_from:
        after = before
    return TrafficShift(before=before, after=after, changed=before != after)


def _refuse_unready(endpoint: str, traffic: dict[str, int]) -> None:
    for name in traffic:
        deployment = begin.get_deployment(endpoint, name)
        if deployment is None or begin.state_of(deployment) != begin.SUCCEEDED:
            state = begin.state_of(deployment) if deployment else "missing"
            raise TrafficRejected(f"deployment {name} of endpoint {endpoint} is {state}; it cannot take traffic")
