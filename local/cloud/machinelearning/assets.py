"""Models, code, environments and data: versions, registered once and then fixed in what they point to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ServiceError, invalid, not_found
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.machinelearning import bodies, selection
from local.cloud.machinelearning.curated import check_reserved
from local.cloud.machinelearning.pointing import check_address
from local.cloud.machinelearning.records import Asset, AssetKind, Container, Stamps
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN
from local.cloud.machinelearning.wire import asset_document, asset_id, container_document
from local.cloud.shared import World
from local.cloud.world import WORKSPACE_ID

# ARM's pattern for asset names and versions (REST reference of the service).
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}")


class _Kind(NamedTuple):
    kind: AssetKind
    singular: str
    # What a version points to: it cannot change after the first PUT.
    fixed: tuple[str, ...]
    body: Json
    container: Json = bodies.CONTAINER


_KINDS = (
    _Kind("models", "Model", ("modelUri",), bodies.MODEL),
    _Kind("codes", "Code", ("codeUri",), bodies.CODE),
    _Kind("environments", "Environment", ("image", "condaFile", "build"), bodies.ENVIRONMENT),
    _Kind("data", "Data", ("dataUri", "dataType"), bodies.DATA, bodies.DATA_CONTAINER),
)


class Assets:
    """Registers, lists and removes asset versions and what they are in.

    Event Grid hears of every new model version; Azure ML has no event for the other kinds (Event Grid's schema for
    Azure Machine Learning).
    """

    def __init__(self, world: World, state: WorkspaceState) -> None:
        self._state = state
        self._events = world.events
        self._blobs = world.blobs

    def routes(self) -> list[ArmRoute]:
        """Containers and versions of every kind."""
        return [route for kind in _KINDS for route in self._routes_of(kind)]

    def _routes_of(self, kind: _Kind) -> list[ArmRoute]:
        every = f"{WORKSPACE_PATTERN}/{kind.kind}"
        held = f"{every}/{{name}}"
        one = f"{held}/versions/{{version}}"

        def route(
            method: str, pattern: str, handler: Callable[[_Kind, Call], Answer], body: Json | None = None
        ) -> ArmRoute:
            return ArmRoute(method, pattern, API_VERSIONS, lambda call: handler(kind, call), body=body)

        return [
            route("GET", every, self._list_containers),
            route("GET", held, self._container),
            route("PUT", held, self._put_container, kind.container),
            route("DELETE", held, self._delete_container),
            route("GET", f"{held}/versions", self._list),
            route("GET", one, self._get),
            route("PUT", one, self._put, kind.body),
            route("DELETE", one, self._delete),
        ]

    def _held(self, kind: _Kind, name: str) -> Container:
        container = self._state.container(kind.kind, name)
        if container is None:
            raise not_found(f"{kind.singular}NotFound", f"{kind.singular} container with name: {name} not found.")
        return container

    def _list_containers(self, kind: _Kind, call: Call) -> Answer:
        found = selection.containers(self._state.of_kind(kind.kind), call)
        return page([container_document(container) for container in found], call)

    def _container(self, kind: _Kind, call: Call) -> Answer:
        return Answer(200, container_document(self._held(kind, call.parameters["name"])))

    def _put_container(self, kind: _Kind, call: Call) -> Answer:
        """Make or describe a container. Not compared with live Azure."""
        name, properties = call.parameters["name"], as_json(call.body.get("properties"))
        _check_names(name)
        _check_own(kind, name)
        known = self._state.container(kind.kind, name)
        if known:
            known.properties = properties
            known.stamps.touch(call.now, call.caller.name)
            return Answer(200, container_document(known))
        made = Container(kind.kind, name, properties, Stamps.new(call.now, call.caller.name))
        self._state.containers[kind.kind, name.lower()] = made
        return Answer(201, container_document(made))

    def _delete_container(self, kind: _Kind, call: Call) -> Answer:
        """Remove a container with its versions: 200, or 204 when there is none."""
        _check_own(kind, call.parameters["name"])
        held = self._state.containers.pop((kind.kind, call.parameters["name"].lower()), None)
        return Answer(200 if held else 204)

    def _list(self, kind: _Kind, call: Call) -> Answer:
        """The versions of a name, newest first; for code with a `hash`, those of that content in the workspace.

        The SDK asks for code by hash under a name it has just made up, so the name cannot matter (SDK source).
        """
        wanted = call.query.get("hash")
        if wanted and kind.kind == "codes":
            every = (asset for held in self._state.of_kind(kind.kind) for asset in held.versions.values())
            found = selection.ordered([asset for asset in every if _content_hash(asset) == wanted], call)
        else:
            found = selection.versions(self._held(kind, call.parameters["name"]).versions.values(), call)
        return page([asset_document(asset) for asset in found], call)

    def _get(self, kind: _Kind, call: Call) -> Answer:
        name, version = call.parameters["name"], call.parameters["version"]
        self._held(kind, name)
        asset = self._state.asset(kind.kind, name, version)
        if asset is None:
            message = f"{kind.singular} with name: {name} and version: {version} not found."
            raise not_found(f"{kind.singular}NotFound", message)
        return Answer(200, asset_document(asset))

    def _put(self, kind: _Kind, call: Call) -> Answer:
        name, version = call.parameters["name"], call.parameters["version"]
        _check_names(name, version)
        _check_own(kind, name)
        properties = _normalised(as_json(call.body.get("properties")))
        _require(kind, properties)
        known = self._state.asset(kind.kind, name, version)
        if known:
            return self._update(kind, known, properties, call)
        _check_number(kind, version)
        check_address(kind.kind, properties, self._blobs)
        asset = Asset(kind.kind, name, version, properties, Stamps.new(call.now, call.caller.name))
        self._state.kept(asset)
        if kind.kind == "models":
            tags, own = (_texts(properties.get(field)) for field in ("tags", "properties"))
            self._events.model_registered(WORKSPACE_ID, name, version, tags, own)
        location = f"{MANAGEMENT_URL}{asset_id(asset)}?api-version={call.api_version}"
        return Answer(201, asset_document(asset), {"Location": location})

    def _update(self, kind: _Kind, known: Asset, properties: Json, call: Call) -> Answer:
        """A second PUT: 200, creation kept (recorded); what it points to must be the same (SDK source)."""
        if any(known.properties.get(name) != properties.get(name) for name in kind.fixed):
            raise ServiceError(400, "UserError", "Asset paths cannot be updated.")
        known.properties = properties
        known.stamps.touch(call.now, call.caller.name)
        return Answer(200, asset_document(known))

    def _delete(self, kind: _Kind, call: Call) -> Answer:
        """Remove one version: 200, or 204 when there is none. Who deploys it keeps its copy (not compared)."""
        _check_own(kind, call.parameters["name"])
        container = self._state.container(kind.kind, call.parameters["name"])
        gone = container.versions.pop(call.parameters["version"], None) if container else None
        return Answer(200 if gone else 204)


def _check_names(*names: str) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise invalid("InvalidAssetName", f"The name {':'.join(names)} does not match {_NAME.pattern}.")


def _check_own(kind: _Kind, name: str) -> None:
    if kind.kind == "environments":
        check_reserved(name)


def _check_number(kind: _Kind, version: str) -> None:
    """Versions of models are numbers; code, environments and data may be numbered as one likes."""
    if kind.kind == "models" and not (version.isascii() and version.isdigit()):
        raise invalid("InvalidModelVersion", f"The version of a model must be an integer, not '{version}'.")


def _require(kind: _Kind, properties: Json) -> None:
    """Refuse a version that points nowhere."""
    if kind.kind == "environments":
        if bool(properties.get("image")) == bool(properties.get("build")):
            raise invalid("InvalidEnvironment", "An environment has an image or a build context, one of them.")
        if properties.get("build") and properties.get("condaFile"):
            raise invalid("InvalidEnvironment", "A conda file goes with an image, not with a build context.")
    elif not properties.get(kind.fixed[0]):
        raise invalid(f"Invalid{kind.singular}", f"The property {kind.fixed[0]} is required.")


def _normalised(properties: Json) -> Json:
    """What the service makes of properties: texts of own ones, `resourcegroups` in a path as ARM has it (recorded).

    Ports of an environment's routes become numbers.
    """
    if properties.get("inferenceConfig"):
        routes = {name: as_json(route) for name, route in as_json(properties["inferenceConfig"]).items() if route}
        numbered = {name: {**route, "port": int(str(route["port"]))} for name, route in routes.items()}
        properties = {**properties, "inferenceConfig": numbered}
    if properties.get("properties"):
        properties = {**properties, "properties": _texts(properties["properties"])}
    uri = properties.get("modelUri")
    if not isinstance(uri, str):
        return properties
    return {**properties, "modelUri": uri.replace("/resourcegroups/", "/resourceGroups/")}


def _content_hash(asset: Asset) -> object:
    return as_json(asset.properties.get("properties")).get("hash_sha256")


def _texts(value: object) -> dict[str, str]:
    return {name: str(text) for name, text in as_json(value).items()}
