"""Models, code and environments: containers of versions, registered once and then fixed in what they point to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import ServiceError, invalid, not_found
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.eventgrid import EventGrid
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.machinelearning.records import Asset, AssetKind, Stamps
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN
from local.cloud.machinelearning.wire import asset_document, asset_id, container_document
from local.cloud.world import WORKSPACE_ID

# ARM's pattern for asset names and versions (REST reference of the service).
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}")


class _Kind(NamedTuple):
    kind: AssetKind
    singular: str
    # What a version points to: it cannot change after the first PUT.
    fixed: tuple[str, ...]


_KINDS = (
    _Kind("models", "Model", ("modelUri",)),
    _Kind("codes", "Code", ("codeUri",)),
    _Kind("environments", "Environment", ("image", "condaFile", "build")),
)


class Assets:
    """Registers and lists asset versions.

    `events` hears of every new model version; Azure ML has no event for code or environments (Event Grid's schema for
    Azure Machine Learning).
    """

    def __init__(self, state: WorkspaceState, events: EventGrid) -> None:
        self._state = state
        self._events = events

    def routes(self) -> list[ArmRoute]:
        """Containers and versions of every kind."""
        routes = []
        for kind in _KINDS:
            every = f"{WORKSPACE_PATTERN}/{kind.kind}"
            one = f"{every}/{{name}}/versions/{{version}}"
            routes += [
                ArmRoute("GET", every, API_VERSIONS, self._bound(kind, self._list_containers)),
                ArmRoute("GET", f"{every}/{{name}}", API_VERSIONS, self._bound(kind, self._container)),
                ArmRoute("GET", f"{every}/{{name}}/versions", API_VERSIONS, self._bound(kind, self._list)),
                ArmRoute("GET", one, API_VERSIONS, self._bound(kind, self._get)),
                ArmRoute("PUT", one, API_VERSIONS, self._bound(kind, self._put)),
            ]
        return routes

    @staticmethod
    def _bound(kind: _Kind, handler: Callable[[_Kind, Call], Answer]) -> Callable[[Call], Answer]:
        return lambda call: handler(kind, call)

    def _versions(self, kind: _Kind, name: str) -> dict[str, Asset]:
        versions = self._state.assets.get((kind.kind, name.lower()))
        if not versions:
            raise not_found(f"{kind.singular}NotFound", f"{kind.singular} container with name: {name} not found.")
        return versions

    def _list_containers(self, kind: _Kind, call: Call) -> Answer:
        held = [list(versions.values()) for (of, _), versions in self._state.assets.items() if of == kind.kind]
        return page([container_document(versions) for versions in held], call)

    def _container(self, kind: _Kind, call: Call) -> Answer:
        return Answer(200, container_document(list(self._versions(kind, call.parameters["name"]).values())))

    def _list(self, kind: _Kind, call: Call) -> Answer:
        """The versions of a name, newest first; for code with a `hash`, those of that content in the workspace.

        The SDK asks for code by hash under a name it has just made up, so the name cannot matter (SDK source).
        """
        wanted = call.query.get("hash")
        if wanted and kind.kind == "codes":
            found = [asset for asset in self._all(kind.kind) if _content_hash(asset) == wanted]
        else:
            found = list(self._versions(kind, call.parameters["name"]).values())
            view = call.query.get("listViewType", "ActiveOnly")
            if view != "All":
                found = [asset for asset in found if asset.archived == (view == "ArchivedOnly")]
        ascending = call.query.get("$orderBy", "").lower().endswith(" asc")
        # Of two registered at the same moment the later one counts as newer.
        found.sort(key=lambda asset: asset.stamps.created_at)
        if not ascending:
            found.reverse()
        return page([asset_document(asset) for asset in found], call)

    def _all(self, kind: AssetKind) -> list[Asset]:
        return [asset for (of, _), held in self._state.assets.items() if of == kind for asset in held.values()]

    def _get(self, kind: _Kind, call: Call) -> Answer:
        name, version = call.parameters["name"], call.parameters["version"]
        asset = self._versions(kind, name).get(version)
        if asset is None:
            message = f"{kind.singular} with name: {name} and version: {version} not found."
            raise not_found(f"{kind.singular}NotFound", message)
        return Answer(200, asset_document(asset))

    def _put(self, kind: _Kind, call: Call) -> Answer:
        name, version = call.parameters["name"], call.parameters["version"]
        if not (_NAME.fullmatch(name) and _NAME.fullmatch(version)):
            raise invalid("InvalidAssetName", f"The name {name}:{version} does not match {_NAME.pattern}.")
        properties = _normalised(as_json(call.body.get("properties")))
        _require(kind, properties)
        known = self._state.asset(kind.kind, name, version)
        if known:
            return self._update(kind, known, properties, call)
        asset = Asset(kind.kind, name, version, properties, Stamps.new(call.now, call.caller.name))
        self._state.assets.setdefault((kind.kind, name.lower()), {})[version] = asset
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


def _require(kind: _Kind, properties: Json) -> None:
    """Refuse a version that points nowhere."""
    if kind.kind == "environments":
        if not (properties.get("image") or properties.get("build")):
            raise invalid("InvalidEnvironment", "An environment needs an image or a build context.")
    elif not properties.get(kind.fixed[0]):
        raise invalid(f"Invalid{kind.singular}", f"The property {kind.fixed[0]} is required.")


def _normalised(properties: Json) -> Json:
    """The service writes `resourcegroups` in a model's path as ARM does (recorded)."""
    uri = properties.get("modelUri")
    if not isinstance(uri, str):
        return properties
    return {**properties, "modelUri": uri.replace("/resourcegroups/", "/resourceGroups/")}


def _content_hash(asset: Asset) -> object:
    return as_json(asset.properties.get("properties")).get("hash_sha256")


def _texts(value: object) -> dict[str, str]:
    return {name: str(text) for name, text in as_json(value).items()}
