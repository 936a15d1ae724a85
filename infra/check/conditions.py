"""The condition on Slipway's right to grant: two halves, the same few roles in both, service principals only."""

from __future__ import annotations

import re

from infra.check.sources import RBAC, Sources
from infra.check.text import without_comments

# Roles with which an identity could give itself, or anybody, everything in their scope.
NEVER_ASSIGNED = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}
RBAC_ADMINISTRATOR = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"

# One half of a condition, without white space, as in learn.microsoft.com/azure/role-based-access-control/
# delegate-role-assignments-examples. White space has no meaning to Azure outside of quotes.
HALF = re.compile(
    r"\(\(!\(ActionMatches\{'Microsoft\.Authorization/roleAssignments/(?P<action>\w+)'\}\)\)OR\("
    r"@(?P<source>\w+)\[Microsoft\.Authorization/roleAssignments:RoleDefinitionId\]"
    r"ForAnyOfAnyValues:GuidEquals\{(?P<roles>[^{}]*)\}"
    r"AND@(?P<type_source>\w+)\[Microsoft\.Authorization/roleAssignments:PrincipalType\]"
    r"ForAnyOfAnyValues:StringEqualsIgnoreCase\{(?P<types>[^{}]*)\}\)\)"
)
# A new assignment's attributes are in the request; those of the one to delete are on the resource.
SOURCE_OF = {"write": "Request", "delete": "Resource"}


def grant_findings(sources: Sources) -> list[str]:
    """What the condition in rbac.bicep lets through that it should not."""
    return [f"{RBAC}: {finding}" for finding in condition_findings(grant_condition(sources.texts.get(RBAC, "")))]


def grant_condition(rbac: str) -> str:
    """The condition on the right to grant, as Azure would get it; an empty string if the file has none."""
    parts = re.search(r"^var grantCondition = join\(\[\n(.*?)^\], ' '\)", rbac, re.M | re.S)
    listed = re.search(r"^var grantableRoles = \[\n(.*?)^\]", rbac, re.M | re.S)
    if not parts or not listed:
        return ""
    roles = ", ".join(re.findall(r"'([^']*)'", without_comments(listed[1])))
    lines = [line.strip()[1:-1].replace("\\'", "'") for line in parts[1].splitlines()]
    return " ".join(lines).replace("${grantable}", roles)


def condition_findings(condition: str) -> list[str]:
    """Both halves are there, look at the right attributes, and allow the same few roles for service principals only."""
    dense = re.sub(r"\s", "", condition)
    halves = {half["action"]: half for half in HALF.finditer(dense)}
    findings = [
        f"the condition does not limit roleAssignments/{action}" for action in SOURCE_OF if action not in halves
    ]
    if HALF.sub("half", dense) != "halfANDhalf":
        findings.append("the condition must be exactly two halves joined by AND; anything else could let more through")
    for action, half in halves.items():
        if {half["source"], half["type_source"]} != {SOURCE_OF.get(action)}:
            findings.append(f"the {action} half must look at @{SOURCE_OF.get(action)} and nothing else")
        if half["types"] != "'ServicePrincipal'":
            findings.append(f"the {action} half must be for principals of type 'ServicePrincipal' only")
        for role in half["roles"].split(","):
            if role in NEVER_ASSIGNED or role == RBAC_ADMINISTRATOR or not re.fullmatch(r"[0-9a-f-]{36}", role):
                findings.append(f"the {action} half allows {NEVER_ASSIGNED.get(role, role or 'no role')}")
    if len({frozenset(half["roles"].split(",")) for half in halves.values()}) > 1:
        findings.append("the two halves allow different roles: Slipway could not undo, or could undo too much")
    return findings
