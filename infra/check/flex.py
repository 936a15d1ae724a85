"""What the Flex Consumption plan takes: to the compiler settings are strings, and `functionAppConfig` is optional."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from infra.check.host import host_findings
from infra.check.sources import FUNCTION, Sources, data
from infra.check.syntax import BicepFile, Call, Literal, Name, Node, Object, Operation, walk

APP_CONFIG = ("properties", "functionAppConfig")
NEEDED = (
    ("deployment", "storage", "type"),
    ("deployment", "storage", "value"),
    ("deployment", "storage", "authentication", "type"),
    ("deployment", "storage", "authentication", "userAssignedIdentityResourceId"),
    ("runtime", "name"),
    ("runtime", "version"),
    ("scaleAndConcurrency", "instanceMemoryMB"),
    ("scaleAndConcurrency", "maximumInstanceCount"),
)
ISOLATED = "PYTHON_ISOLATE_WORKER_DEPENDENCIES"
BRINGS_NO_LIBRARY = (3, 13)  # from this version of Python on, Azure's worker takes azure-functions from the app


def flex_findings(sources: Sources) -> list[str]:
    """What the plan refuses, ignores or misses in the site and its settings."""
    tree = sources.trees.get(FUNCTION)
    sites = [one for one in tree.resources.values() if one.type == "Microsoft.Web/sites"] if tree else []
    if not tree or not sites:
        return [f"{FUNCTION}: there is no function app"]
    body, settings = sites[0].body, app_settings(tree)
    plans = [one.body for one in tree.resources.values() if one.type == "Microsoft.Web/serverfarms"]
    problems = [
        *_config_problems(body),
        *_site_problems(body),
        *_setting_problems(body, settings),
        *_group_problems(body, tree),
    ]
    for part, bodies in (("plan", plans), ("app", [body])):
        problems += [f"{part}: {problem}" for one in bodies for problem in _differences(one, data("flex.json")[part])]
    return [f"{FUNCTION}: {problem}" for problem in problems]


def backend_findings(sources: Sources) -> list[str]:
    """host.json is one of those in infra/backends, and each of them fits the app's settings."""
    tree = sources.trees.get(FUNCTION)
    settings = {name: value_text(node) for name, node in app_settings(tree).items()} if tree else {}
    deployed = sources.beside("host.json")
    if deployed is None:
        return ["host.json: not there"]
    findings = host_findings(deployed, settings)
    kept = {path.name: path.read_text() for path in sorted((sources.root / "infra" / "backends").glob("*.json"))}
    hubs = {one.body.get("name") for _, _, one in sources.resources() if one.type.endswith("/taskHubs")}
    for name, text in kept.items():
        findings += host_findings(text, settings, f"infra/backends/{name}", {value_text(hub) for hub in hubs if hub})
    if deployed not in kept.values():
        findings.append("host.json: is none of those in infra/backends; change it there, and copy it")
    return findings


def app_settings(tree: BicepFile) -> dict[str, Node]:
    """The application settings by name, those of either backend included."""
    for one in tree.resources.values():
        name = one.body.get("name")
        if one.type == "Microsoft.Web/sites/config" and isinstance(name, Literal) and name.value == "appsettings":
            return dict(members(one.body.get("properties"), tree))
    return {}


def value_text(node: Node) -> str:
    """A literal's text, and something that is no literal's for the rest."""
    return str(node.value) if isinstance(node, Literal) else "…"


def members(node: Node | None, tree: BicepFile) -> Iterator[tuple[str, Node]]:
    """The members of an object, of a variable, of what is joined, and of either side of a condition."""
    if isinstance(node, Object):
        yield from ((key, value) for key, value in node.items if isinstance(key, str))
    elif isinstance(node, Name):
        yield from members(tree.variables.get(node.name), tree)
    elif isinstance(node, Operation | Call):
        for part in node.operands[1:] if isinstance(node, Operation) else node.arguments:
            yield from members(part, tree)


def _config_problems(body: Object) -> Iterator[str]:
    rules: Mapping[str, Any] = data("flex.json")
    for path in NEEDED:
        if body.get(*APP_CONFIG, *path) is None:
            yield f"functionAppConfig.{'.'.join(path)} is missing, and the plan wants it"
    for part in ("name", "version"):
        node = body.get(*APP_CONFIG, "runtime", part)
        if isinstance(node, Literal) and node.value not in rules["runtime"][part]:
            yield f"runtime.{part} {node.value} is not one of {', '.join(rules['runtime'][part])}"
    memory = body.get(*APP_CONFIG, "scaleAndConcurrency", "instanceMemoryMB")
    if isinstance(memory, Literal) and memory.value not in rules["instanceMemoryMB"]:
        yield f"instanceMemoryMB {memory.value} is not one of {', '.join(map(str, rules['instanceMemoryMB']))}"
    least, most = rules["maximumInstanceCount"]
    count = body.get(*APP_CONFIG, "scaleAndConcurrency", "maximumInstanceCount")
    if isinstance(count, Literal) and isinstance(count.value, int) and not least <= count.value <= most:
        yield f"maximumInstanceCount {count.value} is not between {least} and {most}"


def _site_problems(body: Object) -> Iterator[str]:
    rules: Mapping[str, Any] = data("flex.json")
    for part, path in (("siteConfig", ("properties", "siteConfig")), ("site", ("properties",))):
        written = body.get(*path)
        for name in rules[part]:
            if isinstance(written, Object) and written.get(name) is not None:
                yield f"{name} is not for the Flex Consumption plan"


def _setting_problems(body: Object, settings: Mapping[str, Node]) -> Iterator[str]:
    rules: Mapping[str, Any] = data("flex.json")
    for name in settings:
        if name in rules["settings"] or name.startswith(tuple(rules["settingPrefixes"])):
            yield f"the app setting {name} is not for the Flex Consumption plan"
    known = {*rules["neededSettings"], *rules["otherSettings"]}
    yield from (
        f"there is no app setting {name}" for name in settings if not name.startswith("SLIPWAY_") and name not in known
    )
    for name, value in rules["neededSettings"].items():
        if name not in settings or value not in (None, value_text(settings[name])):
            yield f"the app setting {name} must be {value or 'set'}"
    version = body.get(*APP_CONFIG, "runtime", "version")
    numbers = re.findall(r"\d+", value_text(version)) if version is not None else []
    isolated = ISOLATED in settings and value_text(settings[ISOLATED]) == "1"
    if tuple(map(int, numbers)) < BRINGS_NO_LIBRARY and not isolated:
        yield f"below Python 3.13 {ISOLATED} must be '1', or Azure's own azure-functions is loaded, not the locked one"


def _group_problems(body: Object, tree: BicepFile) -> Iterator[str]:
    """Functions scale in groups; a name that is none of theirs keeps nothing warm."""
    rules: Mapping[str, Any] = data("flex.json")
    kept = body.get(*APP_CONFIG, "scaleAndConcurrency", "alwaysReady")
    reached = [*walk(kept)] if kept is not None else []
    reached += [
        inside for one in reached if isinstance(one, Name) for inside in walk(tree.variables.get(one.name, one))
    ]
    for name in [one.get("name") for one in reached if isinstance(one, Object)]:
        text = value_text(name) if name is not None else ""
        if text not in rules["alwaysReady"] and not text.startswith("function:"):
            yield f"alwaysReady: there is no group {text}, but {', '.join(rules['alwaysReady'])}, and function:<name>"


def _differences(body: Object, wanted: Mapping[str, str | bool | None]) -> Iterator[str]:
    """Where a body is not what the plan needs; None stands for anything."""
    for path, value in wanted.items():
        found = body.get(*path.split("."))
        if found is None or (value is not None and (not isinstance(found, Literal) or found.value != value)):
            yield f"{path} must be {'set' if value is None else value}"
