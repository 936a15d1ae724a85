"""What the app is provisioned with and what is deployed to it later are one: its backend, and the roles it may grant.

The roles are in two places in Azure: a setting of the app, by which the app refuses others, and the condition on its
right to grant, by which Azure does. Both come from one variable, by way of what was last provisioned.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.check.flex import app_settings
from infra.check.sources import FUNCTION, MAIN, RBAC, Sources
from infra.check.syntax import BicepFile, Name, Node, Object

# The output by which hooks know it, and the parameter that the app is provisioned with.
PROVISIONED = {"SLIPWAY_PROVISIONED_ROLES": "grantableRoles", "SLIPWAY_PROVISIONED_BACKEND": "durableBackend"}
ROLES = "SLIPWAY_GRANTABLE_ROLES"
WORKSPACE, ADDED = "infra/workspace.bicep", "addedRoles"
GIVEN = {".sh": 'addedRoles="${SLIPWAY_PROVISIONED_ROLES:-}"', ".ps1": 'addedRoles="$env:SLIPWAY_PROVISIONED_ROLES"'}


def limit_findings(sources: Sources) -> list[str]:
    """Where the app's own list and Azure's condition could come to differ, or a package and its app."""
    main, function, workspace = (sources.trees.get(path) for path in (MAIN, FUNCTION, WORKSPACE))
    if main is None or function is None or workspace is None:
        return []
    findings = [f"{MAIN}: {problem}" for problem in _outputs(sources, main)]
    if _name(app_settings(function).get(ROLES)) != "grantableRoles":
        findings.append(f"{FUNCTION}: {ROLES} must be grantableRoles, as in the condition")
    if _given(sources, WORKSPACE, workspace, RBAC).get(ADDED) != ADDED:
        findings.append(f"{WORKSPACE}: must hand {ADDED} on to {RBAC}")
    for suffix, given in GIVEN.items():
        if given not in (sources.beside(f"infra/hooks/postdeploy{suffix}") or ""):
            findings.append(f"infra/hooks/postdeploy{suffix}: must give {given}, what was provisioned")
    return findings


def _outputs(sources: Sources, main: BicepFile) -> Iterator[str]:
    given = _given(sources, MAIN, main, FUNCTION)
    for output, parameter in PROVISIONED.items():
        value = _name(main.outputs[output].value) if output in main.outputs else None
        if value is None or value != given.get(parameter):
            yield f"output {output} must be what {FUNCTION} is given as {parameter}"


def _given(sources: Sources, path: str, tree: BicepFile, target: str) -> dict[str, str | None]:
    """The symbols that a file hands to the module at `target`, by parameter."""
    for module in tree.modules.values():
        parameters = module.body.get("params")
        if sources.target(path, module) == target and isinstance(parameters, Object):
            return {key: _name(value) for key, value in parameters.items if isinstance(key, str)}
    return {}


def _name(node: Node | None) -> str | None:
    return node.name if isinstance(node, Name) else None
