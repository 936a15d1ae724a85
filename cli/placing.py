"""Where a request has the field that `--set` names: there, or as `az ml` names it in the one file that it takes.

What the command line says, it says last: it wins over both places where the files may say the same.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from cli.given_fields import field_and_value, set_field
from cli.outcome import NotAccepted
from contracts.base import Json
from contracts.corrections import fields_at
from contracts.gathering import PLACES, Path
from contracts.request import DeploymentRequest

EXAMPLE = "deployment.instance_count=2"
# Whose fields may stand without it, as they do in its file: `instance_count=2`.
_PARTS = ("deployment", "endpoint")
_ELSEWHERE: tuple[tuple[Path, Path], ...] = tuple((now, before) for now, before, _ in PLACES)


def set_in_request(body: dict[str, Any], text: str) -> None:
    """Write `a.b=value` into a request; raises NotAccepted when it has no such field, or several."""
    name, value = field_and_value(text, EXAMPLE)
    path = _where_it_is_said(_in_its_part(tuple(name.split(".")), body, text), body)
    set_field(body, f"{'.'.join(path)}={value}", EXAMPLE)
    let_win(body, path)


def let_win(body: dict[str, Any], path: Path) -> None:
    """Take away what the files say in another place of what is at this one."""
    for one, other in _pairs():
        holder = _at(body, other[:-1])
        if one == path and isinstance(holder, dict):
            holder.pop(other[-1], None)


def _in_its_part(path: Path, body: dict[str, Any], text: str) -> Path:
    """The path with the part of the request that has this field, or the only one of several that files are given of."""
    places = [place for pair in _ELSEWHERE for place in pair]
    request = fields_at(DeploymentRequest, []) | {place[0] for place in places if len(place) == 1}
    if path[0] in request:
        return path
    fields = {
        part: fields_at(DeploymentRequest, [part]) | {place[1] for place in places if place[:-1] == (part,)}
        for part in _PARTS
    }
    owners = [part for part in _PARTS if path[0] in fields[part]]
    given = [part for part in owners if part in body]
    if len(owners) == 1 or len(given) == 1:
        return ((given or owners)[0], *path)
    if owners:
        raise NotAccepted(f"--set {text}: say whose {path[0]}: {' or '.join(f'{one}.{path[0]}' for one in owners)}")
    close = difflib.get_close_matches(path[0], sorted(request.union(*fields.values())), n=1)
    meant = f"did you mean {close[0]!r}?" if close else f"write one that a request has, e.g. {EXAMPLE}"
    raise NotAccepted(f"--set {text}: there is no field {path[0]!r} in a request; {meant}")


def _where_it_is_said(path: Path, body: dict[str, Any]) -> Path:
    """The part that it belongs to, where there is a file of it; inside something, where the rest of that stands."""
    for now, before in _ELSEWHERE:
        if path == before and len(now) > 1 and isinstance(_at(body, now[:-1]), dict):
            return now
    for one, other in _pairs():
        inside = path[len(one) :] if path[: len(one)] == one else ()
        if inside and _at(body, one) is None and isinstance(_at(body, other), dict):
            return (*other, *inside)
    return path


def _pairs() -> Iterator[tuple[Path, Path]]:
    for now, before in _ELSEWHERE:
        yield now, before
        yield before, now


def _at(body: Json, path: Path) -> Json:
    for part in path:
        body = body.get(part) if isinstance(body, dict) else None
    return body
