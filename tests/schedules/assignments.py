"""Role assignments and diagnostic settings of the Azure of random schedules."""

from __future__ import annotations

import re

from local.cloud.arm.errors import resource_not_found
from local.cloud.authorization.errors import role_assignment_exists
from local.cloud.diagnostics import refuse_second_sink
from tests.schedules.azure import Answer, Azure, route
from tests.schedules.records import WORKSPACE, Document, endpoint_key
from tests.schedules.strict import OWN_PRINCIPAL, check_grant, own_assignment

ASSIGNMENTS = r"(?P<scope>/.*)/providers/Microsoft\.Authorization/roleAssignments"
SETTINGS = r"(?P<of>onlineEndpoints/[^/]+)/providers/Microsoft\.Insights/diagnosticSettings"


@route("GET", ASSIGNMENTS, inside=False)
def _list(azure: Azure, scope: str) -> Answer:
    """Those of the principal that is asked for, at any scope: callers look through them."""
    if OWN_PRINCIPAL in azure.query:
        return 200, {"value": [own_assignment(azure)]}
    asked = re.search(r"(?:principalId[ +]eq[ +]|assignedTo\()'([^']+)'", azure.query)
    principal = asked[1] if asked else None
    found = [one for one in azure.assignments.values() if principal in (None, one["properties"]["principalId"])]
    return 200, {"value": found}


@route("GET", ASSIGNMENTS + "/{name}", inside=False)
def _get(azure: Azure, scope: str, name: str) -> Answer:
    azure.look(_id(scope, name))
    return 200, _found(azure, scope, name)


@route("PUT", ASSIGNMENTS + "/{name}", inside=False)
def _put(azure: Azure, scope: str, name: str, body: Document) -> Answer:
    wanted, identifier = body["properties"], _id(scope, name)
    check_grant(azure, scope, wanted)
    same = ("principalId", "roleDefinitionId")
    for other in azure.assignments.values():
        there = other["properties"]
        if there["scope"].lower() == scope.lower() and all(there[field] == wanted[field] for field in same):
            if other["id"].lower() != identifier:
                raise role_assignment_exists(other["name"])
            return 200, other
    stamps = {"createdOn": azure.now.isoformat(), "updatedOn": azure.now.isoformat()}
    properties = {**wanted, "scope": scope, **stamps}
    azure.assignments[identifier] = {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "properties": properties,
    }
    azure.act("put", identifier)
    azure.granted[identifier] = wanted["principalId"]
    return 201, azure.assignments[identifier]


@route("DELETE", ASSIGNMENTS + "/{name}", inside=False)
def _delete(azure: Azure, scope: str, name: str) -> Answer:
    found = azure.assignments.pop(_id(scope, name), None)
    if found is None:
        return 204, None
    azure.act("delete", _id(scope, name))
    return 200, found


@route("GET", SETTINGS)
def _list_settings(azure: Azure, of: str) -> Answer:
    azure.found(of.split("/")[1])
    return 200, {"value": [one for key, one in azure.settings.items() if key.startswith(f"{of}/".lower())]}


@route("GET", SETTINGS + "/{name}")
def _get_setting(azure: Azure, of: str, name: str) -> Answer:
    key = f"{of}/providers/Microsoft.Insights/diagnosticSettings/{name}".lower()
    if key not in azure.settings:
        raise resource_not_found(name, WORKSPACE.resource_group)
    return 200, azure.settings[key]


@route("PUT", SETTINGS + "/{name}")
def _put_setting(azure: Azure, of: str, name: str, body: Document) -> Answer:
    azure.found(of.removeprefix(endpoint_key("")))
    listed = f"{of}/providers/Microsoft.Insights/diagnosticSettings/"
    key = listed + name
    others = [one for there, one in azure.settings.items() if there.startswith(listed.lower()) and there != key.lower()]
    refuse_second_sink(body["properties"], others)
    azure.settings[key.lower()] = {"id": f"{WORKSPACE.workspace_id}/{key}", "name": name, **body}
    azure.act("put", key)
    return 200, azure.settings[key.lower()]


@route("DELETE", SETTINGS + "/{name}")
def _delete_setting(azure: Azure, of: str, name: str) -> Answer:
    key = f"{of}/providers/Microsoft.Insights/diagnosticSettings/{name}".lower()
    if azure.settings.pop(key, None) is not None:
        azure.act("delete", key)
    return 200, None


def _id(scope: str, name: str) -> str:
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}".lower()


def _found(azure: Azure, scope: str, name: str) -> Document:
    try:
        return azure.assignments[_id(scope, name)]
    except KeyError:
        raise resource_not_found(name, WORKSPACE.resource_group) from None
