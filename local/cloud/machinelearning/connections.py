"""The workspace's connections: anybody who may read the workspace sees them, and their secrets only who may list those.

Source: the models of azure-ai-ml's `workspace_connections` (v2024_04_01_preview), and promptflow-core 1.18, which reads
what `listsecrets` answers. Not compared with live Azure.
"""

from __future__ import annotations

import json
import re

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import not_found
from local.cloud.arm.paging import page
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import flag, items, mapping, read_only, record, text, unavailable
from local.cloud.machinelearning.records import Connection
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, WORKSPACE_PATTERN, WORKSPACES
from local.cloud.world import WORKSPACE_ID

BODY = record(
    {
        "properties": record(
            {"authType": text()},
            category=text(),
            target=text(),
            metadata=mapping({"type": ["string", "number", "boolean", "null"]}),
            credentials=mapping({"type": ["string", "object", "null"]}),
            isSharedToAll=flag(),
            sharedUserList=items(text()),
            expiryTime=text(),
            **dict.fromkeys(("error", "peRequirement", "peStatus", "useWorkspaceManagedIdentity"), unavailable()),
            **dict.fromkeys(("createdByWorkspaceArmId", "group"), read_only()),
        )
    }
)
_REFERENCE = re.compile(r"\$\{\{azureml://connections/(?P<name>[^/}\s]+)(?:/(?P<path>[^}\s]+))?\}\}")
_SECRETS = "credentials"
# As the service spells them (`ConnectionCategory` of the API specification), whatever a client writes: azure-ai-ml
# sends `AzureOpenAi`, and promptflow knows `AzureOpenAI` alone.
_CATEGORIES = {
    one.lower(): one
    for one in (
        *("AzureOpenAI", "AIServices", "CognitiveSearch", "CognitiveService", "OpenAI", "Serp", "Serverless"),
        *("CustomKeys", "ApiKey", "Git", "PythonFeed", "ContainerRegistry", "AzureBlob", "ADLSGen2", "AzureOneLake"),
    )
}


class Connections:
    """Makes, lists, reads and removes connections, and tells their secrets."""

    def __init__(self, state: WorkspaceState) -> None:
        self._state = state

    def routes(self) -> list[ArmRoute]:
        """The connections' lines of the route table."""
        every = f"{WORKSPACE_PATTERN}/connections"
        one = f"{every}/{{connection}}"
        return [
            ArmRoute("GET", every, API_VERSIONS, self._list),
            ArmRoute("GET", one, API_VERSIONS, lambda call: Answer(200, _shown(self._found(call)))),
            ArmRoute("PUT", one, API_VERSIONS, self._put, body=BODY),
            ArmRoute("DELETE", one, API_VERSIONS, self._delete),
            ArmRoute("POST", f"{one}/listsecrets", API_VERSIONS, lambda call: Answer(200, whole(self._found(call)))),
        ]

    def _found(self, call: Call) -> Connection:
        name = call.parameters["connection"]
        found = self._state.connections.get(name.lower())
        if found is None:
            raise not_found("NotFound", f"Connection {name} can't be found in this workspace")
        return found

    def _list(self, call: Call) -> Answer:
        return page([_shown(one) for one in self._state.connections.values()], call)

    def _put(self, call: Call) -> Answer:
        properties = as_json(call.body.get("properties"))
        category = str(properties.get("category"))
        if category.lower() in _CATEGORIES:
            properties = {**properties, "category": _CATEGORIES[category.lower()]}
        made = Connection(call.parameters["connection"], properties)
        self._state.connections[made.name.lower()] = made
        return Answer(200, _shown(made))

    def _delete(self, call: Call) -> Answer:
        gone = self._state.connections.pop(call.parameters["connection"].lower(), None)
        return Answer(200 if gone else 204)


def whole(connection: Connection) -> Json:
    """The connection with its secrets."""
    return {
        "id": f"{WORKSPACE_ID}/connections/{connection.name}",
        "name": connection.name,
        "type": f"{WORKSPACES}/connections",
        "properties": {"metadata": {}, "target": "", **connection.properties},
    }


def _shown(connection: Connection) -> Json:
    document = whole(connection)
    properties = as_json(document["properties"])
    return {**document, "properties": {name: part for name, part in properties.items() if name != _SECRETS}}


def named_in(value: str) -> list[str]:
    """The connections that a deployment's variable refers to."""
    return [found["name"] for found in _REFERENCE.finditer(value)]


def filled_in(value: str, state: WorkspaceState) -> str:
    """The variable with each reference replaced by what it refers to; KeyError, with the reference, for nothing.

    A connection named without a part of it is all of it, as JSON (Microsoft Learn, "Secret injection in online
    endpoints").
    """

    def read(found: re.Match[str]) -> str:
        connection = state.connections.get(found["name"].lower())
        part: object = whole(connection) if connection else None
        if connection and found["path"]:
            part = _part(connection.properties, found["path"].split("/"))
        if part is None:
            raise KeyError(found[0])
        return part if isinstance(part, str) else json.dumps(part)

    return _REFERENCE.sub(read, value)


def _part(properties: Json, path: list[str]) -> object:
    """What lies under a path; keys of a custom connection are named without the word that they lie under."""
    *above, last = path
    holder = properties
    for step in above:
        holder = as_json(holder.get(step))
    return holder.get(last, as_json(holder.get("keys")).get(last))
