"""Online deployments: create, replace, change, delete, logs."""

from __future__ import annotations

from functools import partial
from typing import cast

from local.cloud.arm.call import NULL_BODY, Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import conflict, invalid, not_emulated, not_found
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning import bodies, rules
from local.cloud.machinelearning.admission import admit
from local.cloud.machinelearning.operations import DEPLOYMENT, Operations
from local.cloud.machinelearning.provisioning import Provisioning
from local.cloud.machinelearning.records import Deployment, Endpoint, Stamps
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN, WORKSPACES
from local.cloud.machinelearning.wire import deployment_document
from local.cloud.shared import World
from local.cloud.world import REGION

_MAX_LOG_LINES = 5000


class Deployments:
    """The online deployments of the workspace's endpoints."""

    def __init__(self, world: World, state: WorkspaceState, operations: Operations, provisioning: Provisioning) -> None:
        self._world = world
        self._state = state
        self._operations = operations
        self._provisioning = provisioning

    def routes(self) -> list[ArmRoute]:
        """The deployments' lines of the route table."""
        every = f"{WORKSPACE_PATTERN}/onlineEndpoints/{{endpoint}}/deployments"
        one = f"{every}/{{deployment}}"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("GET", one, API_VERSIONS, self._get),
            ArmRoute("PUT", one, API_VERSIONS, self._put, body=bodies.DEPLOYMENT),
            ArmRoute("PATCH", one, API_VERSIONS, self._patch, body=bodies.DEPLOYMENT_PATCH),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
            ArmRoute("POST", f"{one}/getLogs", API_VERSIONS, self._logs, body=bodies.LOGS),
            ArmRoute("GET", f"{one}/skus", API_VERSIONS, self._skus),
        ]

    def _found(self, call: Call) -> tuple[Endpoint, Deployment]:
        endpoint = self._state.named(call.parameters["endpoint"])
        deployment = endpoint.deployment(call.parameters["deployment"])
        if deployment is None:
            message = f"Deployment {call.parameters['deployment']} of endpoint {endpoint.name} not found."
            raise not_found("DeploymentNotFound", message)
        return endpoint, deployment

    def _list(self, call: Call) -> Answer:
        endpoint = self._state.named(call.parameters["endpoint"])
        return page([deployment_document(endpoint, one) for one in endpoint.deployments.values()], call)

    def _get(self, call: Call) -> Answer:
        return Answer(200, deployment_document(*self._found(call)))

    def _put(self, call: Call) -> Answer:
        endpoint = self._state.named(call.parameters["endpoint"])
        return self._start(endpoint, call.parameters["deployment"], call.body, call)

    def _patch(self, call: Call) -> Answer:
        """Change tags or instance count, the two that the management client's model of a patch has; leave the rest."""
        endpoint, deployment = self._found(call)
        sku = as_json(call.body.get("sku"))
        if call.body.get("properties"):
            raise not_emulated("patching a deployment's properties", "PUT the whole deployment.")
        body: Json = {
            "location": REGION,
            "tags": call.body.get("tags", deployment.tags),
            "sku": {**sku, "name": "Default", "capacity": sku.get("capacity") or deployment.capacity},
            "properties": deployment.properties,
        }
        answer = self._start(endpoint, deployment.name, body, call)
        return Answer(200, answer.body, answer.headers)

    def _start(self, endpoint: Endpoint, name: str, body: Json, call: Call) -> Answer:
        _check_idle(endpoint)
        known = endpoint.deployment(name)
        capacity = admit(self._state, endpoint, name, body)
        operation = self._operations.begin(DEPLOYMENT, call.api_version)
        tags, properties = as_json(body.get("tags")), as_json(body.get("properties"))
        if known:
            known.tags, known.capacity, known.properties, known.operation = tags, capacity, properties, operation
            known.state = "Updating"
            known.stamps.touch(call.now, call.caller.name)
            deployment = known
        else:
            stamps = Stamps.new(call.now, call.caller.name)
            deployment = Deployment(name, tags, capacity, properties, stamps, operation)
            endpoint.deployments[name.lower()] = deployment
        self._provisioning.begin(endpoint, deployment)
        document = deployment_document(endpoint, deployment)
        return Answer(201, document, self._operations.headers(operation, location=str(document["id"])))

    def _delete(self, call: Call) -> Answer:
        endpoint = self._state.endpoint(call.parameters["endpoint"])
        deployment = endpoint.deployment(call.parameters["deployment"]) if endpoint else None
        if endpoint is None or deployment is None:
            return Answer(204)
        _check_nothing_runs(endpoint)
        rules.check_deletable(endpoint, deployment)
        deployment.operation = self._operations.begin(DEPLOYMENT, call.api_version)
        deployment.state = "Deleting"
        self._provisioning.stop(deployment)
        self._world.schedule.at(call.now + self._world.durations.delete, partial(self._deleted, endpoint, deployment))
        return Answer(202, NULL_BODY, self._operations.headers(deployment.operation))

    def _deleted(self, endpoint: Endpoint, deployment: Deployment) -> None:
        with self._state.lock:
            endpoint.deployments.pop(deployment.name.lower(), None)
            endpoint.unrouted(deployment.name)
            self._operations.end(deployment.operation)

    def _logs(self, call: Call) -> Answer:
        """The last lines of a container's log: of the process that runs, or that failed to."""
        _, deployment = self._found(call)
        tail = call.body.get("tail")
        lines = min(tail, _MAX_LOG_LINES) if isinstance(tail, int) else _MAX_LOG_LINES
        process = deployment.starting or deployment.process
        if process is None:
            return Answer(200, {"content": "".join(deployment.log.splitlines(keepends=True)[-lines:])})
        container = call.body.get("containerType")
        try:
            return Answer(200, {"content": process.log(lines, cast("str | None", container))})
        except ValueError as reason:
            raise invalid("InvalidContainerType", str(reason)) from None

    def _skus(self, call: Call) -> Answer:
        _, deployment = self._found(call)
        limits = {"minimum": 1, "maximum": self._state.quota.instances_per_deployment, "default": 1}
        sku = {"name": "Default", "tier": "Standard", "capacity": deployment.capacity}
        kind = f"{WORKSPACES}/onlineEndpoints/deployments"
        offered = {"resourceType": kind, "sku": sku, "capacity": {**limits, "scaleType": "Automatic"}}
        return page([offered], call)


def _check_idle(endpoint: Endpoint) -> None:
    """409 while anything runs on the endpoint; the first text is quoted in a public issue (its status is not)."""
    if endpoint.operation.status == "Updating":
        raise conflict(
            f"Cannot create a deployment in endpoint {endpoint.name} because it is in {endpoint.state} "
            "provisioning state."
        )
    _check_nothing_runs(endpoint)


def _check_nothing_runs(endpoint: Endpoint) -> None:
    if endpoint.running():
        raise conflict(f"Another operation on endpoint {endpoint.name} is already in progress.")
