"""Online endpoints as callers see them: read, and never written."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby
from typing import Any, Literal

from azure_api import begin, online
from azure_api.clients import clients
from contracts.azure_refusals import ResourceNotFound
from contracts.endpoints import (
    EndpointIdentity,
    EndpointList,
    Machines,
    Maker,
    OnlineDeploymentView,
    OnlineEndpointView,
)
from contracts.errors import AssetNotFound, DeploymentError
from contracts.ledger import reference, short_name
from contracts.marks import mark_in

# Lists of deployments that are asked for at once, for a page of endpoints.
AT_ONCE = 8
AUTH_MODES = {"key": "key", "amltoken": "aml_token", "aadtoken": "aad_token"}
Json = dict[str, Any]


class NotThere(Exception):
    """There is no such endpoint or deployment.

    Attributes:
        noun: which of the two.
    """

    def __init__(self, noun: Literal["endpoint", "deployment"], name: str) -> None:
        super().__init__(f"there is no {noun} {name}")
        self.noun = noun


class NotReady(Exception):
    """The endpoint is there, and nobody can reach it yet."""


def list_endpoints(count: int, after: str | None, named: str | None) -> EndpointList:
    """One page of Azure's, without those whose name does not hold `named`; `next` is where it goes on.

    One whose deployments cannot be read hides no other: it is told without them, and why. Raises deployment errors,
    also when those of none can be read.
    """
    page = online.endpoints(count, after)
    wanted = [one for one in page.documents if (named or "").lower() in str(one["name"]).lower()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [one for one in pool.map(_whole_or_refusal, wanted) if one is not None]
    refusals = [refusal for _, refusal in found if refusal is not None]
    if refusals and len(refusals) == len(found):
        raise refusals[0]
    return EndpointList(endpoints=[one for one, _ in found], next=page.after)


def show_endpoint(name: str) -> OnlineEndpointView | None:
    """The endpoint with its deployments; None when there is none. Raises deployment errors."""
    document = online.endpoint(name)
    return _whole(document) if document is not None else None


def _whole_or_refusal(document: Json) -> tuple[OnlineEndpointView, DeploymentError | None] | None:
    try:
        whole = _whole(document)
    except DeploymentError as error:
        return view(document, []).model_copy(update={"not_told": error.message}), error
    return (whole, None) if whole is not None else None


def _whole(document: Json) -> OnlineEndpointView | None:
    try:
        return view(document, online.deployments(str(document["name"])))
    except (AssetNotFound, ResourceNotFound):
        return None  # deleted meanwhile


def reachable(name: str, deployment: str | None = None) -> Json:
    """The document of an endpoint that can be called, and has that deployment.

    Raises NotThere, NotReady and deployment errors.
    """
    document = online.endpoint(name)
    if document is None:
        raise NotThere("endpoint", name)
    if deployment is not None and online.deployment(name, deployment) is None:
        raise NotThere("deployment", f"{name}/{deployment}")
    if not document["properties"].get("scoringUri"):
        state = document["properties"].get("provisioningState")
        raise NotReady(f"endpoint {name} is {state}, and has no scoring URI yet")
    return document


def view(document: Json, deployments: Iterable[Json]) -> OnlineEndpointView:
    """What an endpoint's document and those of its deployments tell."""
    properties, name = document["properties"], str(document["name"])
    traffic, mirror = begin.shares(properties.get("traffic")), begin.shares(properties.get("mirrorTraffic"))
    shown = sorted((_deployment(one, traffic, mirror) for one in deployments), key=lambda one: one.name)
    managed = not properties.get("compute")
    return OnlineEndpointView(
        name=name,
        state=str(properties.get("provisioningState") or "Unknown"),
        platform="managed" if managed else "kubernetes",
        auth_mode=auth_mode(document),
        identity=_identity(document.get("identity") or {}),
        public_network_access=properties.get("publicNetworkAccess"),
        scoring_uri=properties.get("scoringUri"),
        traffic=traffic,
        mirror_traffic=mirror,
        created=_moment(document, "createdAt"),
        made_by=_maker(document),
        deployments=shown,
        machines=_machines(shown) if managed else [],
        unused=[one.name for one in shown if one.instance_count and not (one.traffic or one.mirror_traffic)],
        links=_links(name),
    )


def auth_mode(document: Json) -> str:
    """How an endpoint knows its callers, in the words of a request."""
    mode = str(document["properties"].get("authMode") or "")
    return AUTH_MODES.get(mode.lower(), mode)


def asset(resource_id: object) -> str | None:
    """How a request would name the asset of that ARM id; what is of elsewhere stays as it is."""
    if not resource_id:
        return None
    inside = reference(str(resource_id), clients().settings.workspace_id)
    return str(resource_id) if inside == resource_id else f"azureml:{short_name(inside)}"


def _deployment(document: Json, traffic: dict[str, int], mirror: dict[str, int]) -> OnlineDeploymentView:
    properties, name = document["properties"], str(document["name"])
    scale = (properties.get("scaleSettings") or {}).get("scaleType")
    return OnlineDeploymentView(
        name=name,
        state=str(properties.get("provisioningState") or "Unknown"),
        model=asset(properties.get("model")),
        environment=asset(properties.get("environmentId")),
        code=asset((properties.get("codeConfiguration") or {}).get("codeId")),
        instance_type=properties.get("instanceType"),
        instance_count=(document.get("sku") or {}).get("capacity"),
        autoscaled=scale == "TargetUtilization",
        traffic=traffic.get(name.lower(), 0),
        mirror_traffic=mirror.get(name.lower(), 0),
        created=_moment(document, "createdAt"),
        changed=_moment(document, "lastModifiedAt"),
        made_by=_maker(document),
    )


def _machines(deployments: Iterable[OnlineDeploymentView]) -> list[Machines]:
    """How many machines of each size are paid for, whether they get requests or not."""
    kept = sorted(
        (one.instance_type, one.instance_count) for one in deployments if one.instance_type and one.instance_count
    )
    return [
        Machines(instance_type=size, count=sum(count for _, count in group))
        for size, group in groupby(kept, key=lambda one: one[0])
    ]


def _identity(wire: Json) -> EndpointIdentity:
    kind = str(wire.get("type") or "").lower()
    attached = wire.get("userAssignedIdentities") or {}
    if attached:
        first = next(iter(attached.values())) or {}
        return EndpointIdentity(
            type="user_assigned", principal_id=first.get("principalId"), user_assigned=sorted(attached)
        )
    named: Literal["system_assigned", "none"] = "system_assigned" if kind.startswith("systemassigned") else "none"
    return EndpointIdentity(type=named, principal_id=wire.get("principalId"))


def _maker(document: Json) -> Maker:
    return Maker(slipway=mark_in(document) or None, name=(document.get("systemData") or {}).get("createdBy"))


def _moment(document: Json, name: str) -> datetime | None:
    text = (document.get("systemData") or {}).get(name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _links(name: str) -> dict[str, str]:
    here = f"/api/endpoints/{name}"
    return {"self": here, **{one: f"{here}/{one}" for one in ("releases", "invoke", "consume")}}
