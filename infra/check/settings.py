"""The app is given what settings.py reads, and nothing that nobody reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from infra.check.flex import app_settings
from infra.check.sources import FUNCTION, Sources


def setting_findings(sources: Sources) -> list[str]:
    """What settings.py reads and the app is not given, and what it is given and does not read."""
    tree, code = sources.trees.get(FUNCTION), sources.beside("settings.py")
    if code is None:
        return ["settings.py: not there; the Bicep must agree with it"]
    return difference(app_settings(tree) if tree else (), code)


def difference(settings: Iterable[str], settings_py: str) -> list[str]:
    """The same, between the names of `settings` and the text of settings.py."""
    given = {name for name in settings if name.startswith("SLIPWAY_")}
    read, defaulted = settings_read(settings_py)
    return [f"{FUNCTION}: {name} is read by settings.py but not set" for name in sorted(read - defaulted - given)] + [
        f"{FUNCTION}: {name} is set but settings.py does not read it" for name in sorted(given - read)
    ]


def settings_read(settings_py: str) -> tuple[set[str], set[str]]:
    """The SLIPWAY_ names in Python source, docstrings aside: all of them, and those read as `get(name, default)`."""
    nodes = list(ast.walk(ast.parse(settings_py)))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    gets = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get"]
    defaulted = {ast.unparse(call.args[0]).strip("'") for call in gets if len(call.args) == 2}
    return {text for text in strings if re.fullmatch(r"SLIPWAY_[A-Z_]+", text)}, defaulted
