"""An Azure in memory for random schedules: what the wire carries is Azure's, and time is the schedule's.

Behaviour as in `local/cloud`, where each has its source; nothing runs here, so that a deployment costs microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from local.cloud.arm.errors import not_found
from local.cloud.machinelearning.quota import Quota
from tests.schedules import documents
from tests.schedules.records import (
    IDENTITY_PRINCIPAL,
    WORKSPACE_ID,
    Act,
    Document,
    Endpoint,
    Operation,
    deployment_key,
    endpoint_key,
)
from tests.schedules.weather import Weather

Answer = tuple[int, Any]
Handler = Callable[..., Answer]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, pattern: str, *, inside: bool = True) -> Callable[[Handler], Handler]:
    """Register a handler of `Azure`; `pattern` is a path, inside the workspace unless told otherwise."""
    prefix = re.escape(WORKSPACE_ID) + "/" if inside else ""
    compiled = re.compile(prefix + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), re.IGNORECASE)

    def add(handler: Handler) -> Handler:
        ROUTES.append((method, compiled, handler))
        return handler

    return add


class Azure:
    """One workspace and its surroundings.

    Attributes:
        now: the schedule's time.
        caller: whose activity is running: an instance's id, or an outsider.
        query: that of the request being answered.
        acts: every write that took effect, in order.
        quota: how much there may be; more than any schedule takes, unless told otherwise.
        reads_subscription: whether Slipway may read sizes and usages.
        uncounted: a family of sizes of which no usage is told.
        taken: names of endpoints that another workspace of the region has.
        files: what Slipway may read of the blobs, by name.
        condition: that of Slipway's own right to grant roles.
        computes: the identity of each compute, by name; an attached cluster has none.
        connections: properties of each, by name; None for one that Slipway may not look at.
        network: what the workspace says of its networks.
        looks: when each caller last looked at something, by (caller, key).
        first_looks: when it first did.
        granted: to which principal each role assignment was, that is there or was.
        identities: to which endpoint each principal belongs, that there is or was.
    """

    def __init__(self, moment: datetime, weather: Weather) -> None:
        self.now = moment
        self.weather = weather
        self.caller = ""
        self.query = ""
        self.endpoints: dict[str, Endpoint] = {}
        self.assets: dict[str, Document] = {}
        self.assignments: dict[str, Document] = {}
        self.settings: dict[str, Document] = {}
        self.principals: set[str] = {IDENTITY_PRINCIPAL}
        self.operations: dict[str, Operation] = {}
        self.acts: list[Act] = []
        self.looks: dict[tuple[str, str], datetime] = {}
        self.first_looks: dict[tuple[str, str], datetime] = {}
        self.granted: dict[str, str] = {}
        self.identities: dict[str, str] = {}
        self.quota = Quota(cores=10_000, gpu_cores=10_000, endpoints=10_000)
        self.reads_subscription = True
        self.uncounted = ""
        self.taken: set[str] = set()
        self.files: dict[str, object] = {}
        self.condition: str | None = None
        self.computes: dict[str, Document] = {}
        self.connections: dict[str, Document | None] = {}
        self.network: Document = {}
        self._numbers = count(1)

    def answer(self, method: str, path: str, body: Any, query: str = "") -> Answer:
        """Azure's answer to a request; raises ArmError for a refusal."""
        self.query = query
        self.settle()
        for wanted, pattern, handler in ROUTES:
            found = pattern.fullmatch(path) if wanted == method else None
            if found:
                given = {"body": body} if body is not None else {}
                return handler(self, **found.groupdict(), **given)
        raise NotImplementedError(f"the Azure of random schedules knows no {method} {path}")

    def settle(self) -> None:
        """Bring every long operation whose time has come to its end."""
        for endpoint in list(self.endpoints.values()):
            for deployment in list(endpoint.deployments.values()):
                if self._ends(deployment.operation):
                    self._end_deployment(endpoint, deployment.name)
            if self._ends(endpoint.operation):
                self._end_endpoint(endpoint)

    def begin(self, seconds: float, error: str | None = None, log: str = "") -> Operation:
        """A long operation that begins now."""
        name = f"op-{next(self._numbers)}"
        self.operations[name] = Operation(name, self.now + self.weather.span(seconds), error, log)
        return self.operations[name]

    def new_principal(self) -> str:
        """An identity that nobody had before."""
        principal = f"33333333-3333-3333-3333-{next(self._numbers):012d}"
        self.principals.add(principal)
        return principal

    def act(self, what: str, key: str, *, served: bool = False) -> None:
        """Write down that the caller changed something."""
        self.acts.append(Act(self.now, self.caller, what, key.lower(), served))

    def look(self, key: str) -> None:
        """Write down that the caller looks at something."""
        self.looks[self.caller, key.lower()] = self.now
        self.first_looks.setdefault((self.caller, key.lower()), self.now)

    def _ends(self, operation: Operation) -> bool:
        due = not operation.ended and operation.ends_at <= self.now
        operation.ended = operation.ended or due
        return due

    def _end_deployment(self, endpoint: Endpoint, name: str) -> None:
        deployment = endpoint.deployments[name]
        if deployment.state == "Deleting":
            del endpoint.deployments[name]
            self._gone(deployment_key(endpoint.name, name), deployment.operation)
        else:
            deployment.state = "Failed" if deployment.operation.error else "Succeeded"

    def _end_endpoint(self, endpoint: Endpoint) -> None:
        if endpoint.state == "Deleting":
            del self.endpoints[endpoint.name]
            if endpoint.principal != IDENTITY_PRINCIPAL:
                self.principals.discard(endpoint.principal)
            self._gone(endpoint_key(endpoint.name), endpoint.operation)
        else:
            endpoint.state = "Failed" if endpoint.operation.error else "Succeeded"

    def _gone(self, key: str, operation: Operation) -> None:
        begun = [act for act in self.acts if act.key == key.lower() and act.what == "delete"]
        by = begun[-1].by if begun else ""
        self.acts.append(Act(operation.ends_at, by, "gone", key.lower()))

    def found(self, name: str) -> Endpoint:
        """The endpoint; raises its 404."""
        if name not in self.endpoints:
            raise not_found("EndpointNotFound", f"Online endpoint {name} not found.")
        return self.endpoints[name]


@route("GET", re.escape(WORKSPACE_ID), inside=False)
def _workspace(azure: Azure) -> Answer:
    document = documents.workspace()
    return 200, {**document, "properties": {**document["properties"], **azure.network}}


@route("GET", r".*/providers/Microsoft\.Authorization/permissions", inside=False)
def _permissions(azure: Azure) -> Answer:
    return 200, {"value": [{"actions": ["*"], "notActions": []}]}


@route("GET", "computes")
def _computes(azure: Azure) -> Answer:
    return 200, {"value": [{"name": name, "identity": identity} for name, identity in azure.computes.items()]}


@route("GET", r".*/userAssignedIdentities/{name}", inside=False)
def _identity(azure: Azure, name: str) -> Answer:
    return 200, {"id": name, "name": name, "properties": {"principalId": IDENTITY_PRINCIPAL}}


@route("GET", r".*/mfeOperationsStatus/{name}", inside=False)
def _operation(azure: Azure, name: str) -> Answer:
    return 200, documents.operation(azure.operations[name])


@route("GET", "datastores/{name}")
def _get_datastore(azure: Azure, name: str) -> Answer:
    return 200, documents.datastore(name)


@route("GET", "(?P<path>(?:models|environments|codes)/[^/]+/versions/[^/]+)")
def _asset(azure: Azure, path: str) -> Answer:
    azure.look(path)
    if path not in azure.assets:
        raise not_found("NotFound", f"{path} not found.")
    return 200, azure.assets[path]


@route("GET", "(?P<kind>models|environments|codes)/{name}/versions")
def _versions(azure: Azure, kind: str, name: str) -> Answer:
    begin = f"{kind}/{name}/versions/"
    found = [document for path, document in azure.assets.items() if path.startswith(begin)]
    if not found:
        raise not_found("NotFound", f"{kind}/{name} not found.")
    return 200, {"value": sorted(found, key=lambda one: str(one["systemData"]["createdAt"]), reverse=True)}


@route("GET", "(?P<kind>models|environments|codes)/{name}")
def _container(azure: Azure, kind: str, name: str) -> Answer:
    begin = f"{kind}/{name}/versions/"
    versions = [int(path.removeprefix(begin)) for path in azure.assets if path.startswith(begin)]
    if not versions:
        raise not_found("NotFound", f"{kind}/{name} not found.")
    return 200, {"name": name, "properties": {"nextVersion": str(max(versions) + 1)}}


@route("PUT", "(?P<path>(?:models|environments|codes)/[^/]+/versions/[^/]+)")
def _register(azure: Azure, path: str, body: Document) -> Answer:
    azure.assets[path] = documents.asset(path, body, azure.now)
    azure.act("put", path)
    return 201, azure.assets[path]
