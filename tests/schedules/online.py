"""Endpoints and deployments of the Azure of random schedules: one operation at a time, and a PUT replaces all."""

from __future__ import annotations

from typing import Any

from contracts.digests import digest
from local.cloud.arm.errors import conflict, invalid, not_found
from tests.schedules import documents
from tests.schedules.azure import Answer, Azure, route
from tests.schedules.records import (
    IDENTITY_PRINCIPAL,
    Deployment,
    Document,
    Endpoint,
    deployment_key,
    endpoint_key,
)
from tests.schedules.strict import check_deployment, check_endpoint

CREATING, UPDATING, DELETING = 90, 70, 1200


@route("GET", "onlineEndpoints")
def _list_endpoints(azure: Azure) -> Answer:
    return 200, {"value": [documents.endpoint(one) for one in azure.endpoints.values()]}


@route("GET", "onlineEndpoints/{name}")
def _get_endpoint(azure: Azure, name: str) -> Answer:
    azure.look(endpoint_key(name))
    return 200, documents.endpoint(azure.found(name))


@route("PUT", "onlineEndpoints/{name}")
def _put_endpoint(azure: Azure, name: str, body: Document) -> Answer:
    known = azure.endpoints.get(name)
    if known is not None and known.busy:
        raise conflict(f"Cannot update endpoint {name}: another operation on it is already in progress.")
    traffic, copies = (body["properties"].get(name) or {} for name in ("traffic", "mirrorTraffic"))
    _check_traffic(known, traffic)
    _check_mirror(known, copies, traffic)
    if known is None:
        check_endpoint(azure, name, str(body["properties"].get("compute") or ""))
        own = body["identity"]["type"] == "SystemAssigned"
        operation = azure.begin(CREATING, azure.weather.endpoint_error())
        known = Endpoint(name, body, operation, azure.new_principal() if own else IDENTITY_PRINCIPAL)
        azure.endpoints[name] = known
        azure.identities[known.principal] = name
    else:
        known.body, known.state, known.operation = body, "Updating", azure.begin(UPDATING)
    azure.act("put", endpoint_key(name))
    return 201, documents.endpoint(known)


@route("DELETE", "onlineEndpoints/{name}")
def _delete_endpoint(azure: Azure, name: str) -> Answer:
    known = azure.endpoints.get(name)
    if known is None:
        return 204, None
    if known.busy:
        raise conflict(f"Cannot delete endpoint {name}: another operation on it is already in progress.")
    known.state, known.operation = "Deleting", azure.begin(DELETING)
    azure.act("delete", endpoint_key(name), served=bool(known.traffic))
    for deployment in known.deployments.values():
        deployment.state = "Deleting"
        azure.act("delete", deployment_key(name, deployment.name))
    return 202, None


@route("GET", "onlineEndpoints/{endpoint}/deployments")
def _list_deployments(azure: Azure, endpoint: str) -> Answer:
    found = azure.found(endpoint).deployments.values()
    return 200, {"value": [documents.deployment(endpoint, one) for one in found]}


@route("GET", "onlineEndpoints/{endpoint}/deployments/{name}")
def _get_deployment(azure: Azure, endpoint: str, name: str) -> Answer:
    azure.look(deployment_key(endpoint, name))
    return 200, documents.deployment(endpoint, _deployment(azure, endpoint, name))


@route("PUT", "onlineEndpoints/{endpoint}/deployments/{name}")
def _put_deployment(azure: Azure, endpoint: str, name: str, body: Document) -> Answer:
    on = azure.found(endpoint)
    if on.state != "Succeeded":
        raise conflict(f"Cannot create a deployment in endpoint {endpoint}: it is in {on.state} provisioning state.")
    if on.busy:
        raise conflict(f"Another operation on endpoint {endpoint} is already in progress.")
    check_deployment(azure, endpoint, name, body)
    ending = azure.weather.deployment()
    operation = azure.begin(ending.seconds, ending.error, ending.log)
    before = on.deployments.get(name)
    # What came up before from the same answers as it did then, whatever its size is by now.
    made_from = digest([body["properties"].get(name) for name in ("model", "environmentId", "codeConfiguration")])
    known = before.known if before else {}
    answers = known.get(made_from, ending.answers)
    known = known if ending.error else {**known, made_from: answers}
    state = "Updating" if before else "Creating"
    on.deployments[name] = Deployment(name, body, operation, state, answers, known)
    azure.act("put", deployment_key(endpoint, name))
    return 201, documents.deployment(endpoint, on.deployments[name])


@route("DELETE", "onlineEndpoints/{endpoint}/deployments/{name}")
def _delete_deployment(azure: Azure, endpoint: str, name: str) -> Answer:
    on = azure.endpoints.get(endpoint)
    if on is None or name not in on.deployments:
        return 204, None
    if on.busy:
        raise conflict(f"Cannot delete deployment {name}: another operation on its endpoint is in progress.")
    if on.traffic.get(name):
        raise invalid("DeploymentHasTraffic", f"Deployment {name} has traffic. Set it to 0 before deleting it.")
    on.deployments[name].state, on.deployments[name].operation = "Deleting", azure.begin(DELETING)
    azure.act("delete", deployment_key(endpoint, name))
    return 202, None


@route("POST", "onlineEndpoints/{endpoint}/deployments/{name}/getLogs")
def _logs(azure: Azure, endpoint: str, name: str, body: Document) -> Answer:
    return 200, {"content": _deployment(azure, endpoint, name).operation.log}


@route("POST", "onlineEndpoints/{endpoint}/listKeys")
def _keys(azure: Azure, endpoint: str) -> Answer:
    azure.found(endpoint)
    return 200, {"primaryKey": "k" * 32, "secondaryKey": "l" * 32}


def score(azure: Azure, endpoint: str, pin: str | None) -> tuple[int, dict[str, str], Any]:
    """What the model of a deployment answers: status, headers, body; without a pin it is one of those with traffic."""
    azure.settle()
    found = azure.endpoints.get(endpoint)
    if pin is None:
        pin = azure.weather.routed(found.traffic if found else {})
    deployment = found.deployments.get(pin) if found else None
    if deployment is None or deployment.state != "Succeeded":
        return 404, {}, "no such deployment"
    answers = {
        "right": (200, {}, [17]),
        "wrong": (200, {}, [18]),
        "raises": (424, {"ms-azureml-model-error-statuscode": "500"}, "run() raised"),
        "slow": (503, {}, "busy"),
    }
    status, headers, body = answers[deployment.answers]
    return status, {**headers, "azureml-model-deployment": pin}, body


def _deployment(azure: Azure, endpoint: str, name: str) -> Deployment:
    found = azure.found(endpoint).deployments.get(name)
    if found is None:
        raise not_found("DeploymentNotFound", f"Deployment {name} of endpoint {endpoint} not found.")
    return found


def _check_traffic(endpoint: Endpoint | None, shares: dict[str, int]) -> None:
    given = {name: share for name, share in shares.items() if share}
    if sum(given.values()) not in (0, 100):
        raise invalid("InvalidTraffic", f"The traffic percentages must add up to 0 or 100, not {given}.")
    for name in given:
        deployment = endpoint.deployments.get(name) if endpoint else None
        if deployment is None or deployment.state != "Succeeded":
            raise invalid("InferencingClientUpdateEndpointFailed", f"traffic names deployment '{name}', not ready.")


def _check_mirror(endpoint: Endpoint | None, shares: dict[str, int], traffic: dict[str, int]) -> None:
    for name, share in shares.items():
        if endpoint is None or name not in endpoint.deployments:
            raise invalid("InvalidMirrorTraffic", f"mirrorTraffic names deployment '{name}', which is not there.")
        if share and traffic.get(name):
            raise invalid("InvalidMirrorTraffic", f"Deployment '{name}' has live traffic and cannot be mirrored to.")
