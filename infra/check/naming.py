"""Names of resources, as long as they can get, against the limits in Azure's tables.

A name is made of literals, of `uniqueString(…)` (13 small letters and digits) and of parameters, which modules hand on.
Where something else is in it, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from infra.check.sources import Sources, data
from infra.check.syntax import BicepFile, Call, Literal, Member, Name, Node, Object, Text

UNIQUE = "abcdefghijk23"
LONGEST_PARAMETER = "maxLength"
STARTS = {f"infra/{name}.bicep" for name in ("main", "workspace", "topic", "undelivered", "events")}

Bound = Mapping[str, "str | None"]


def name_findings(sources: Sources) -> list[str]:
    """Names that Azure would refuse for their length or their characters."""
    findings: list[str] = []
    for path in sorted(STARTS & set(sources.trees)):
        tree = sources.trees[path]
        given = {name: _longest(tree, name) for name in tree.parameters}
        findings += _file_findings(sources, path, given)
    return list(dict.fromkeys(findings))


def _longest(tree: BicepFile, name: str) -> str | None:
    limit = tree.parameters[name].decorators.get(LONGEST_PARAMETER)
    return "x" * int(str(limit[0].value)) if limit and isinstance(limit[0], Literal) else None


def _file_findings(sources: Sources, path: str, given: Bound) -> list[str]:
    tree, types = sources.trees[path], data("types.json")
    findings = []
    for one in tree.resources.values():
        table: Mapping[str, Any] = types.get(f"{one.type}@{one.version}", {}).get("properties", {}).get("name", {})
        node = one.body.get("name")
        name = written(node, tree, given)
        if name is not None and (isinstance(node, Literal) or not one.existing):
            findings += [f"{path}: {one.symbol}: name {name!r} {problem}" for problem in _problems(name, table)]
    for module in tree.modules.values():
        target = sources.target(path, module)
        parameters = module.body.get("params")
        if target in sources.trees and isinstance(parameters, Object):
            bound = {key: written(value, tree, given) for key, value in parameters.items if isinstance(key, str)}
            findings += _file_findings(sources, target, bound)
    return findings


def written(node: Node | None, tree: BicepFile, given: Bound) -> str | None:
    """What `node` comes to as text, None where that is not known here."""
    if isinstance(node, Literal):
        return str(node.value)
    if isinstance(node, Text):
        parts = [part if isinstance(part, str) else written(part, tree, given) for part in node.parts]
        return None if None in parts else "".join(str(part) for part in parts)
    if isinstance(node, Call) and node.name == "uniqueString":
        return UNIQUE
    if isinstance(node, Name):
        found = tree.variables.get(node.name)
        return written(found, tree, given) if found is not None else given.get(node.name)
    if isinstance(node, Member) and isinstance(node.of, Name) and node.name == "name":
        resource = tree.resources.get(node.of.name)
        return written(resource.body.get("name"), tree, given) if resource else None
    return None


def _problems(name: str, table: Mapping[str, Any]) -> list[str]:
    problems = []
    if not table.get("minLength", 0) <= len(name) <= table.get("maxLength", len(name)):
        problems.append(f"has {len(name)} characters, not {table.get('minLength', 0)} to {table['maxLength']}")
    if name not in table.get("enum", [name]):
        problems.append(f"is not one of {', '.join(table['enum'])}")
    if not re.search(table.get("pattern", ""), name):
        problems.append(f"does not fit {table['pattern']}")
    return problems
