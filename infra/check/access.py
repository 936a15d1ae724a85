"""Role assignments: in one file, each with its reason and its name, of roles that are what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from infra.check.conditions import NEVER_ASSIGNED, RBAC_ADMINISTRATOR
from infra.check.sources import RBAC, Sources, data
from infra.check.syntax import BicepFile, Literal, Name, Node, Object, Operation, walk
from infra.check.text import field, without_comments

ASSIGNMENT = re.compile(
    r"(?P<comment>(?:^//[^\n]*\n)*)^resource (?P<symbol>\w+) 'Microsoft\.Authorization/roleAssignments@[^']+' ="
    r" (?:if \([^\n]*\) )?\{\n(?P<body>.*?)^\}",
    re.M | re.S,
)
ROLE_VARIABLE = re.compile(r"^var (\w+) = '([0-9a-f-]{36})'", re.M)
ROLE_WITH_NAME = re.compile(r"^\s+'([0-9a-f-]{36})' // (.+)$", re.M)


def role_assignment_findings(sources: Sources) -> list[str]:
    """Every role assignment is in one file, says why, is named by scope, principal and role, and is not too wide."""
    findings = []
    for path, text in sources.texts.items():
        count = without_comments(text).count("'Microsoft.Authorization/roleAssignments@")
        if path != RBAC and count:
            findings.append(f"{path}: assigns roles; all role assignments belong in {RBAC}")
        elif count != len(ASSIGNMENT.findall(text)):
            findings.append(f"{path}: a role assignment is nested or looped; write each one at the top level")
    findings += [f"{RBAC}: {symbol}: must say in which place it is made" for symbol in _everywhere(sources)]
    findings += _placeholders(sources)
    text = sources.texts.get(RBAC, "")
    roles = dict(ROLE_VARIABLE.findall(text))
    for match in ASSIGNMENT.finditer(text):
        findings += [f"{RBAC}: {match['symbol']}: {problem}" for problem in _assignment_problems(match, roles)]
    return findings


def _everywhere(sources: Sources) -> Iterator[str]:
    """Assignments that every deployment of the file would make."""
    tree = sources.trees.get(RBAC)
    for one in tree.resources.values() if tree else ():
        inside = [*walk(one.condition)] if one.condition is not None else []
        places = [part for part in inside if isinstance(part, Name) and part.name == "place"]
        either = [part for part in inside if isinstance(part, Operation) and part.sign in ("||", "!", "!=")]
        if not one.existing and (not places or either):
            yield one.symbol


def _placeholders(sources: Sources) -> Iterator[str]:
    """What a deployment of the file does not give, and the assignments of its place need: the default is no value."""
    rbac = sources.trees.get(RBAC)
    for path, tree in sources.trees.items() if rbac else ():
        for module in tree.modules.values():
            given = module.body.get("params")
            if rbac and sources.target(path, module) == RBAC and isinstance(given, Object):
                keys = {key for key, _ in given.items}
                for name in sorted(_needed(rbac, given.get("place")) - keys):
                    yield f"{path}: module {module.symbol}: needs {name}; its default is a placeholder"


def _needed(rbac: BicepFile, place: Node | None) -> set[str]:
    """The parameters that assignments of a place use, by way of variables and of what they are assigned on."""
    wanted = place.value if isinstance(place, Literal) else None
    made = [
        one
        for one in rbac.resources.values()
        if one.condition and wanted in [node.value for node in walk(one.condition) if isinstance(node, Literal)]
    ]
    found: set[str] = set()
    new: list[Node] = [part for one in made for part in (one.body, one.condition) if part is not None]
    while new:
        names = {node.name for part in new for node in walk(part) if isinstance(node, Name)} - found
        found |= names
        new = [rbac.variables[name] for name in names & set(rbac.variables)]
        new += [rbac.resources[name].body for name in names & set(rbac.resources)]
    return found & set(rbac.parameters)


def role_id_findings(sources: Sources) -> list[str]:
    """Every role ID is that of the role it is named for; to the compiler they are all strings."""
    return [f"{RBAC}: {problem}" for problem in _misnamed(sources.texts.get(RBAC, ""))]


def _misnamed(rbac: str) -> Iterator[str]:
    known: Mapping[str, str] = data("roles.json")
    by_variable = {variable_name(role): guid for role, guid in known.items()}
    for variable, guid in ROLE_VARIABLE.findall(rbac):
        if by_variable.get(variable) != guid:
            yield f"{variable} is {by_variable.get(variable, 'no role of data/roles.json')}, not {guid}"
    for guid, role in ROLE_WITH_NAME.findall(rbac):
        if known.get(role) != guid:
            yield f"{role} is {known.get(role, 'no role of data/roles.json')}, not {guid}"


def variable_name(role: str) -> str:
    """The name of the variable for a role: its own, in camel case."""
    words: list[str] = re.findall(r"\w+", role)
    joined = "".join(word[0].upper() + word[1:] for word in words)
    return joined[0].lower() + joined[1:]


def _assignment_problems(match: re.Match[str], roles: Mapping[str, str]) -> list[str]:
    body = match["body"]
    scope, principal = field(body, "scope"), field(body, "principalId")
    definition = re.search(r"'Microsoft\.Authorization/roleDefinitions', (\w+)\)", field(body, "roleDefinitionId"))
    role = definition[1] if definition else ""
    problems = []
    if not match["comment"]:
        problems.append("no comment above it says why it is needed")
    if field(body, "name") != f"guid({scope}.id, {principal}, {role})":
        problems.append(f"name must be guid({scope}.id, {principal}, {role}), so that it is created once and only once")
    if field(body, "principalType") != "'ServicePrincipal'":
        problems.append("principalType must be 'ServicePrincipal', or a new identity is not found yet")
    if role not in roles:
        problems.append("roleDefinitionId must name a variable that holds the ID of a built-in role")
    elif roles[role] in NEVER_ASSIGNED:
        problems.append(f"assigns {NEVER_ASSIGNED[roles[role]]}; choose roles that hold only what is used")
    elif roles[role] == RBAC_ADMINISTRATOR and (field(body, "condition"), field(body, "conditionVersion")) != (
        "grantCondition",
        "'2.0'",
    ):
        problems.append("the right to grant must carry condition: grantCondition and conditionVersion: '2.0'")
    return problems
