"""Whether the scope of a role is there: a role on a mistyped name is refused, once an endpoint was made for it.

Resources are looked for by the list of their group, which needs no api-version of theirs.
"""

from __future__ import annotations

import re

from activities import commands
from activities.scene import Finding
from azure_api import looking, versions
from azure_api.errors import UNANSWERED
from contracts.azure_refusals import ScopeNotFound
from contracts.errors import DeploymentError

_RESOURCE = re.compile(
    r"(?P<group>/subscriptions/[^/]+/resourceGroups/[^/]+)/providers/(?P<kind>[^/]+/[^/]+)/(?P<name>[^/]+)(?P<more>/.*)?",
    re.IGNORECASE,
)


def judge_scope(path: str, scope: str, finding: Finding) -> None:
    """A resource that its group does not list is a problem; what is inside one, or cannot be looked at, unchecked."""
    found = _RESOURCE.fullmatch(scope.rstrip("/"))
    why = "it is no resource of a group"
    if found:
        try:
            if not _is_listed(found["group"], found["kind"], found["name"]):
                finding.problem(path, ScopeNotFound(f"{found['group']} has no {found['kind']}/{found['name']}"))
                return
            why = f"only {found['name']} was looked at" if found["more"] else ""
        except UNANSWERED:
            raise
        except DeploymentError as error:
            why = f"it cannot be looked at ({type(error).__name__})"
    if why:
        message = f"whether there is {scope}: {why}"
        finding.leave_unchecked("ScopeUnknown", path, message, commands.showing(scope))


def _is_listed(group: str, kind: str, name: str) -> bool:
    asked = f"resourceType eq '{kind}' and name eq '{name}'"
    found = looking.listed(f"{group}/resources?$filter={asked}", versions.RESOURCES)
    return any(str(one.get("name")).lower() == name.lower() for one in found)
