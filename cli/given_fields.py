"""What a command line says of single fields: `--set a.b=value`, and shares of traffic."""

from __future__ import annotations

from typing import Any

import yaml

from cli.outcome import NotAccepted
from contracts.base import Json


def shares_of(text: str) -> Json:
    """`all_at_once`, `none`, or shares as `az ml` takes them: `blue=90 green=10`."""
    if "=" not in text:
        return text
    shares = [part.partition("=") for part in text.replace(",", " ").split()]
    return {name: share for name, _, share in shares}


def field_and_value(text: str, example: str) -> tuple[str, str]:
    """The two sides of `a.b=value`; raises NotAccepted, with an example, when it is none."""
    path, sign, value = text.partition("=")
    if not sign or not all(path.strip().split(".")):
        raise NotAccepted(f"--set {text}: write a field and its value, e.g. {example}")
    return path.strip(), value


def set_field(body: dict[str, Any], text: str, example: str) -> None:
    """Write `a.b=value` into a body; raises NotAccepted, with an example, when it is no field and value."""
    path, value = field_and_value(text, example)
    *parents, last = path.split(".")
    here: Any = body
    for parent in parents:
        here = _inside(here, parent, text)
    try:
        here[_place(here, last, text)] = yaml.safe_load(value) if value else ""
    except yaml.YAMLError as error:
        raise NotAccepted(f"--set {text}: {value!r} cannot be read") from error


def _inside(here: Any, name: str, text: str) -> Any:
    """What has that name in a mapping, made where there is none, or that number in a list."""
    place = _place(here, name, text)
    found = here.setdefault(place, {}) if isinstance(here, dict) else here[place]
    if not isinstance(found, dict | list):
        raise NotAccepted(f"--set {text}: {name} is given by its name, it has no fields here")
    return found


def _place(here: Any, name: str, text: str) -> str | int:
    if isinstance(here, dict):
        return name
    if name.isdecimal() and int(name) < len(here):
        return int(name)
    raise NotAccepted(f"--set {text}: there is no {name} in a list of {len(here)}, whose first is 0")
