"""The app is given what settings.py reads, and nothing that nobody reads; what an operator may say comes from azd."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator

from infra.check.flex import app_settings, value_text
from infra.check.package import POLICIES
from infra.check.sources import FUNCTION, MAIN, Sources
from infra.check.syntax import Name, Object

# Of another cloud than the public one, whose regions are the only ones of main.bicep.
OF_ANOTHER_CLOUD = frozenset({"SLIPWAY_ARM_URL", "SLIPWAY_SCORING_HOST_SUFFIX"})
PARAMETERS = "infra/main.parameters.json"

FOLDER = "SLIPWAY_POLICIES"


def setting_findings(sources: Sources) -> list[str]:
    """What settings.py reads and the app is not given, and what it is given and does not read."""
    tree, code = sources.trees.get(FUNCTION), sources.beside("settings.py")
    if code is None:
        return ["settings.py: not there; the Bicep must agree with it"]
    settings = app_settings(tree) if tree else {}
    folder = settings.get(FOLDER)
    findings = (
        []
        if folder is None or value_text(folder) == POLICIES
        else [f"{FUNCTION}: {FOLDER} must be {POLICIES}, which is packed"]
    )
    return [*difference(settings, code), *findings, *_not_of_azd(sources)]


def difference(settings: Iterable[str], settings_py: str) -> list[str]:
    """The same, between the names of `settings` and the text of settings.py."""
    given = {name for name in settings if name.startswith("SLIPWAY_")}
    read = settings_read(settings_py)
    return [
        f"{FUNCTION}: {name} is read by settings.py but not set" for name in sorted(read - OF_ANOTHER_CLOUD - given)
    ] + [f"{FUNCTION}: {name} is set but settings.py does not read it" for name in sorted(given - read)]


def settings_read(settings_py: str) -> set[str]:
    """The SLIPWAY_ names in Python source, docstrings aside."""
    nodes = ast.walk(ast.parse(settings_py))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in strings if re.fullmatch(r"SLIPWAY_[A-Z_]+", text)}


def _not_of_azd(sources: Sources) -> Iterator[str]:
    """Settings that a parameter of the app gives, and that no azd variable of their own name reaches by it."""
    function, main = sources.trees.get(FUNCTION), sources.trees.get(MAIN)
    if function is None or main is None:
        return
    variables = json.loads(sources.beside(PARAMETERS) or "{}").get("parameters", {})
    handed = [one.body.get("params") for one in main.modules.values() if sources.target(MAIN, one) == FUNCTION]
    given = {key: value for one in handed if isinstance(one, Object) for key, value in one.items}
    for setting, value in app_settings(function).items():
        if not setting.startswith("SLIPWAY_") or not isinstance(value, Name):
            continue
        source = given.get(value.name)
        variable = variables.get(source.name, {}).get("value", "") if isinstance(source, Name) else ""
        if not re.fullmatch(rf"\$\{{{setting}(=[^}}]*)?\}}", variable):
            yield f"{PARAMETERS}: {setting} of the app does not come from the azd variable of that name"
