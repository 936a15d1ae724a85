"""The `az ml` files say some things elsewhere than a request does: this puts each where a request has it.

`model` and `endpoint_name` stand in the deployment there, `traffic` in the endpoint, an environment in a file of its
own. Two places may say the same; what contradicts is a problem. What only tells what Azure has made of it (`id`,
`provisioning_state`, …) and `$schema` are left out, as azure-ai-ml's loader leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.base import Json
from contracts.references import asset_named

Path = tuple[str, ...]

_ASSET_TOLD = ("id", "creation_context", "latest_version", "intellectual_property")
# What the loader's schemas read and never send, by where it stands.
TOLD_BY_AZURE: dict[Path, tuple[str, ...]] = {
    (): (),
    ("endpoint",): ("id", "kind", "location", "openapi_uri", "provisioning_state", "scoring_uri"),
    ("endpoint", "identity"): ("principal_id", "tenant_id"),
    ("deployment",): ("creation_context", "id", "provisioning_state"),
    ("deployment", "code_configuration"): (),
    ("model",): (*_ASSET_TOLD, "job_name", "utc_time_created"),
    # `auto_delete_setting` is read by the SDK's loader, and sent by it to nobody.
    ("deployment", "environment"): (*_ASSET_TOLD, "auto_delete_setting"),
}


@dataclass
class Gathered:
    """A body with everything in its place; `moved` names where each thing that was moved stood before."""

    body: Json
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    contradictions: list[tuple[Path, str]] = field(default_factory=list)

    def origin(self, path: list[str]) -> list[str]:
        """Where in the body as it was written something stood that is at `path` now."""
        for now, before in self.moved:
            if tuple(path[: len(now)]) == now:
                return [*before, *path[len(now) :]]
        return path


def gathered(body: Json) -> Gathered:
    """`body` with what the `az ml` files say elsewhere in its place; it is not changed itself."""
    if not isinstance(body, dict):
        return Gathered(body)
    found = Gathered(_copied(body))
    for now, before, same in PLACES:
        _move(found, now, before, same)
    _leave_out(found.body)
    return found


def _copied(body: dict[str, Any]) -> dict[str, Any]:
    """Deep enough for what is moved and left out."""
    return {key: _copied(value) if isinstance(value, dict) else value for key, value in body.items()}


def _move(found: Gathered, now: Path, before: Path, same: Callable[[Json, Json], Json]) -> None:
    holder = _at(found.body, before[:-1])
    if not isinstance(holder, dict) or before[-1] not in holder:
        return
    value = holder[before[-1]]
    target = _target(found.body, now[:-1])
    if target is None:
        return  # what should hold it is none: that is told
    del holder[before[-1]]
    if now == ("traffic",):
        value = _traffic(value)
    there = target.get(now[-1])
    if there is None:
        if value is not None:
            target[now[-1]] = value
            found.moved.append((now, before))
        return
    kept = same(there, value)
    if kept is None:
        found.contradictions.append((before, _contradiction(".".join(now), there, value)))
    else:
        if kept is value and kept is not there:
            found.moved.append((now, before))
        target[now[-1]] = kept


def _contradiction(place: str, there: Json, value: Json) -> str:
    if isinstance(there, str) and isinstance(value, str):
        return f"says {value!r} where {place} says {there!r}: write it in one of the two, or the same in both"
    return f"says something else than {place}: write it in one of the two"


def _traffic(value: Json) -> Json:
    """Shares of an endpoint file: none at all says nothing, only zeros say that traffic stays as it is."""
    if not isinstance(value, dict):
        return value
    return ("none" if value else None) if all(share in (0, "0") for share in value.values()) else value


def _equal(there: Json, value: Json) -> Json:
    return there if there == value else None


def _same_name(there: Json, value: Json) -> Json:
    return there if str(there).lower() == str(value).lower() else None


def _same_asset(there: Json, value: Json) -> Json:
    """The definition, where the other one names what it defines."""
    for definition, named in ((there, value), (value, there)):
        if isinstance(definition, dict) and isinstance(named, str) and _names(named, definition):
            return definition
    if isinstance(there, str) and isinstance(value, str):
        return _more_exact(there, value)
    return _equal(there, value)


def _more_exact(one: str, other: str) -> str | None:
    """Of two references the one that names a version, when both name the same."""
    try:
        names = [asset_named(text) for text in (one, other)]
    except ValueError:
        return one if one == other else None
    first, second = names
    if first._replace(version=None, label=None) != second._replace(version=None, label=None):
        return None
    if first.version == second.version and first.label == second.label:
        return one
    if first.version and second.version:
        return None
    return one if first.version else other


def _names(reference: str, definition: dict[str, Any]) -> bool:
    try:
        named = asset_named(reference)
    except ValueError:
        return False
    own = named.registry is None and named.name == definition.get("name")
    return own and (named.version is None or named.version == str(definition.get("version", named.version)))


def _same_shares(there: Json, value: Json) -> Json:
    shares = [
        {str(name).lower(): str(share) for name, share in one.items() if share not in (0, "0")}
        if isinstance(one, dict)
        else one
        for one in (there, value)
    ]
    return there if shares[0] == shares[1] else None


# Where a request has it, where a file of `az ml` may, and what both together say.
PLACES: tuple[tuple[Path, Path, Callable[[Json, Json], Json]], ...] = (
    (("model",), ("deployment", "model"), _same_asset),
    (("endpoint", "name"), ("deployment", "endpoint_name"), _same_name),
    (("traffic",), ("endpoint", "traffic"), _same_shares),
    (("deployment", "environment"), ("environment",), _same_asset),
)


def _target(body: dict[str, Any], path: Path) -> dict[str, Any] | None:
    holder = body if not path else body.setdefault(path[0], {})
    return holder if isinstance(holder, dict) else None


def _at(body: Json, path: Path) -> Json:
    for part in path:
        body = body.get(part) if isinstance(body, dict) else None
    return body


def _leave_out(body: dict[str, Any]) -> None:
    for path, names in TOLD_BY_AZURE.items():
        part = _at(body, path)
        for name in _there(part, ("$schema", *names)):
            del part[name]


def _there(part: Json, names: tuple[str, ...]) -> Iterator[str]:
    return (name for name in names if isinstance(part, dict) and name in part)
