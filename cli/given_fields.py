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


def set_field(body: dict[str, Any], text: str, example: str, *, deep: bool = False) -> None:
    """Write `a.b=value` into a request, whose fields are all inside others where it is `deep`.

    Raises NotAccepted, with an example, when it is no field and value.
    """
    path, sign, value = text.partition("=")
    *parents, last = path.strip().split(".")
    if not sign or not last or (deep and not parents):
        raise NotAccepted(f"--set {text}: write a field and its value, e.g. {example}")
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
