"""Compute instances: made, listed, started, stopped, deleted, and the list of their custom applications.

Source: operations and models of azure-mgmt-machinelearningservices 2.0.0b2 (`ComputeOperations`), and the API
specification for `customServices`, whose list is written whole. States are those of `ComputeInstanceState`. Never
compared with live Azure: durations, words of refusals, and that an application is listed under `applications` once its
image was pulled. The image is not run here: the address that is listed is one of `instances.azureml.ms`, which the
local Azure's proxy refuses, and no word says that the application is healthy.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from local.cloud.arm.call import NULL_BODY, Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import conflict, invalid, not_emulated, not_found
from local.cloud.arm.paging import page
from local.cloud.arm.places import is_here
from local.cloud.arm.route import ArmRoute
from local.cloud.machinelearning import bodies, rules
from local.cloud.machinelearning.identities import WorkspaceIdentities
from local.cloud.machinelearning.operations import COMPUTE, Operations
from local.cloud.machinelearning.records import Compute, Stamps
from local.cloud.machinelearning.skus import size_named
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.usage import cores_used
from local.cloud.machinelearning.versions import API_VERSIONS, PROVIDER, WORKSPACE_PATTERN
from local.cloud.machinelearning.wire import identity
from local.cloud.moments import with_offset
from local.cloud.shared import World
from local.cloud.world import REGION, REGISTRY, REGISTRY_ID, SUBSCRIPTION, TENANT, WORKSPACE_ID, Identity

_PULL = "Microsoft.ContainerRegistry/registries/pull/read"
_OWN_REGISTRY = f"{REGISTRY}.azurecr.io/"
# How long the documents say a compute instance takes to start or restart; the same for a pull beside it.
_START = timedelta(minutes=5)
_STOP = timedelta(minutes=2)
_DELETE = timedelta(minutes=5)
# What a compute is told by besides: nothing here depends on it.
_TOLD = ("description", "disableLocalAuth")


class Computes:
    """The compute instances of the workspace; other kinds of compute are refused by name."""

    def __init__(
        self, world: World, state: WorkspaceState, operations: Operations, identities: WorkspaceIdentities
    ) -> None:
        self._world = world
        self._state = state
        self._operations = operations
        self._identities = identities

    def routes(self) -> list[ArmRoute]:
        """The lines of the route table about computes."""
        every = f"{WORKSPACE_PATTERN}/computes"
        one = f"{every}/{{compute}}"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("GET", one, API_VERSIONS, self._get),
            ArmRoute("PUT", one, API_VERSIONS, self._put, body=bodies.COMPUTE),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
            ArmRoute("POST", f"{one}/start", API_VERSIONS, self._start),
            ArmRoute("POST", f"{one}/stop", API_VERSIONS, self._stop),
            ArmRoute("POST", f"{one}/restart", API_VERSIONS, self._restart),
            ArmRoute(
                "POST",
                f"{one}/customServices",
                API_VERSIONS,
                self._write,
                body=bodies.SERVICES,
                takes_list=True,
            ),
        ]

    def _list(self, call: Call) -> Answer:
        return page([self._document(one) for one in self._state.computes.values()], call)

    def _get(self, call: Call) -> Answer:
        return Answer(200, self._document(self._named(call)))

    def _put(self, call: Call) -> Answer:
        name = call.parameters["compute"]
        rules.check_region(call.body)
        asked = as_json(call.body["properties"])
        if str(asked.get("computeType")).lower() != "computeinstance":
            raise not_emulated(f"computes of type {asked.get('computeType')}", "Use a compute instance.")
        if name.lower() in self._state.computes:
            # Properties of a compute instance are those it was made with (azure-ai-ml: only clusters are updated).
            raise conflict(f"Compute {name} already exists: delete it first, or write its customServices.")
        inner = as_json(asked.get("properties"))
        self._check(name, inner)
        if asked.get("computeLocation") and not is_here(asked["computeLocation"]):
            raise not_emulated(f"computes in {asked['computeLocation']}", f"Have it in {REGION}.")
        wanted = rules.user_assigned_ids(call.body)
        made = Compute(
            name=name,
            tags=as_json(call.body.get("tags")),
            identities=self._identities_of(name, wanted, call),
            properties={key: value for key, value in inner.items() if key != "customServices"},
            services=_documents(inner.get("customServices")),
            stamps=Stamps.new(call.now, call.caller.name),
            operation=self._operations.begin(COMPUTE, call.api_version),
            told={name: asked[name] for name in _TOLD if asked.get(name) is not None},
        )
        self._state.computes[name.lower()] = made
        self._goes_to(made, "Running", _START, call.now)
        headers = self._operations.headers(made.operation, location=_id(name))
        return Answer(201, self._document(made), headers)

    def _identities_of(self, name: str, wanted: list[str], call: Call) -> tuple[Identity, ...]:
        if not call.body.get("identity") or str(as_json(call.body["identity"]).get("type")).lower() == "none":
            return ()
        return self._identities.attached(wanted, call) or self._identities.system_assigned(name, of="compute")

    def _check(self, name: str, inner: Json) -> None:
        """Refuse a name, size or number of cores that there cannot be."""
        if not (3 <= len(name) <= 24 and name[0].isalpha() and name.replace("-", "").isalnum() and name[-1] != "-"):
            raise invalid("InvalidComputeName", f"Compute name '{name}' is invalid: 3 to 24 letters, digits, dashes.")
        size = size_named(str(inner.get("vmSize")))
        if size is None:
            raise invalid("InvalidVmSize", f"The VM size {inner.get('vmSize')} is not supported in {REGION}.")
        used, limit = cores_used(self._state, size.family), self._state.quota.cores_of(size.family)
        if used + size.cores > limit:
            message = (
                f"The specified Azure ML Compute instance cannot be created: not enough quota available for "
                f"{size.name} in SubscriptionId {SUBSCRIPTION}. Current usage/limit: {used}/{limit}. "
                f"Additional needed: {size.cores}."
            )
            raise invalid("OutOfQuota", message)

    def _start(self, call: Call) -> Answer:
        return self._moved(call, ("stopped",), "Starting", "Running", _START)

    def _stop(self, call: Call) -> Answer:
        return self._moved(call, ("running",), "Stopping", "Stopped", _STOP)

    def _restart(self, call: Call) -> Answer:
        return self._moved(call, ("running",), "Restarting", "Running", _START)

    def _moved(self, call: Call, where: tuple[str, ...], meanwhile: str, then: str, took: timedelta) -> Answer:
        found = self._named(call)
        if found.state.lower() not in where:
            raise conflict(f"Compute {found.name} is {found.state}.")
        found.operation = self._operations.begin(COMPUTE, call.api_version)
        found.state, found.up = meanwhile, []
        self._goes_to(found, then, took, call.now)
        return Answer(202, NULL_BODY, self._operations.headers(found.operation))

    def _write(self, call: Call) -> Answer:
        """Take the list as a whole; the instance restarts with it ("Your compute instance restarts automatically")."""
        found = self._named(call)
        if found.state != "Running":
            raise conflict(f"Compute {found.name} is {found.state}: custom services are written while it runs.")
        listed = _documents(call.body["value"])
        ports = [port.get("published") for one in listed for port in _documents(one.get("endpoints"))]
        names = [str(one.get("name")).lower() for one in listed]
        if len(set(ports)) != len(ports) or len(set(names)) != len(names):
            raise invalid("InvalidCustomServices", "Names and published ports of custom services must be unique.")
        found.services, found.state, found.up = listed, "Restarting", []
        found.stamps.touch(call.now, call.caller.name)
        self._goes_to(found, "Running", _START, call.now)
        return Answer(200)

    def _delete(self, call: Call) -> Answer:
        found = self._state.computes.get(call.parameters["compute"].lower())
        if found is None:
            return Answer(204)
        found.operation = self._operations.begin(COMPUTE, call.api_version)
        found.provisioning = found.state = "Deleting"
        found.turn += 1
        self._world.schedule.at(call.now + _DELETE, partial(self._deleted, found))
        return Answer(202, NULL_BODY, self._operations.headers(found.operation))

    def _deleted(self, compute: Compute) -> None:
        with self._state.lock:
            if self._state.computes.get(compute.name.lower()) is compute:
                del self._state.computes[compute.name.lower()]
                self._identities.retire(compute.identities)
                self._operations.end(compute.operation)

    def _goes_to(self, compute: Compute, state: str, took: timedelta, now: datetime) -> None:
        compute.turn += 1
        self._world.schedule.at(now + took, partial(self._arrived, compute, state, compute.turn))

    def _arrived(self, compute: Compute, state: str, turn: int) -> None:
        with self._state.lock:
            if compute.turn != turn:
                return
            compute.state, compute.provisioning = state, "Succeeded"
            if state == "Running":
                compute.up = [str(one.get("name")) for one in compute.services if self._can_pull(compute, one)]
            if compute.operation.ended is None:
                self._operations.end(compute.operation)

    def _can_pull(self, compute: Compute, service: Json) -> bool:
        """Whether its identity may read the image; public ones anybody may."""
        image = str(as_json(service.get("image")).get("reference")).lower()
        if not image.startswith(_OWN_REGISTRY):
            return True
        return any(
            self._world.authorization.allowed(one.principal_id, _PULL, REGISTRY_ID) for one in compute.identities
        )

    def _named(self, call: Call) -> Compute:
        name = call.parameters["compute"]
        found = self._state.computes.get(name.lower())
        if found is None:
            raise not_found("ComputeNotFound", f"Compute with name {name} not found.")
        return found

    def _document(self, compute: Compute) -> Json:
        up = [_listed(compute.name, name) for name in compute.up]
        inner: Json = {
            **compute.properties,
            "state": compute.state,
            "applications": up,
            "customServices": compute.services,
            "createdBy": {"userName": compute.stamps.created_by, "userOrgId": TENANT},
            "errors": [],
            "lastOperation": None,
        }
        return {
            "id": _id(compute.name),
            "name": compute.name,
            "type": f"{PROVIDER}/workspaces/computes",
            "location": REGION,
            "tags": compute.tags,
            "identity": identity(compute.identities) if compute.identities else None,
            "properties": {
                "computeType": "ComputeInstance",
                "computeLocation": REGION,
                "provisioningState": compute.provisioning,
                "provisioningErrors": None,
                "createdOn": with_offset(compute.stamps.created_at),
                "modifiedOn": with_offset(compute.stamps.modified_at),
                "isAttachedCompute": False,
                "disableLocalAuth": True,
                **compute.told,
                "properties": inner,
            },
        }


def _documents(value: object) -> list[Json]:
    return [as_json(one) for one in value] if isinstance(value, list) else []


def _listed(compute: str, name: str) -> Json:
    return {"displayName": name, "endpointUri": f"https://{compute}-{name}.{REGION}.instances.azureml.ms"}


def _id(name: str) -> str:
    return f"{WORKSPACE_ID}/computes/{name}"
