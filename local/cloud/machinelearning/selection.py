"""How lists are narrowed: the query parameters of azure-mgmt-machinelearningservices 2.0.0b2.

`tags` and `properties` are comma-separated names, or `name=value`; a name alone asks only that it is there.
A parameter that is not understood is refused rather than passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from local.cloud.arm.call import Call
from local.cloud.arm.documents import Json, as_json
from local.cloud.arm.errors import invalid, not_emulated
from local.cloud.machinelearning.records import Asset, Container, Endpoint, Stamps

_VIEWS = ("ActiveOnly", "ArchivedOnly", "All")
# Names of the management client's OrderString, and what they mean.
_ORDERS = {"createdatasc": False, "createdatdesc": True, "updatedatasc": False, "updatedatdesc": True}
_COMPUTE_TYPES = ("Managed", "Kubernetes", "AzureMLCompute")


def endpoints(every: Iterable[Endpoint], call: Call) -> list[Endpoint]:
    """The endpoints that `name`, `tags`, `properties` and `computeType` leave, in the order asked for."""
    kind = _word(call, "computeType", _COMPUTE_TYPES, "Managed")
    wanted = call.query.get("name", "").lower()
    found = [
        one
        for one in every
        if kind == "Managed"
        and wanted in ("", one.name.lower())
        and _has(one.tags, call.query.get("tags"))
        and _has(one.properties, call.query.get("properties"))
    ]
    order = call.query.get("orderBy", "")
    if not order:
        return found
    if order.lower() not in _ORDERS:
        raise invalid("InvalidOrderBy", f"orderBy must be one of CreatedAtAsc, CreatedAtDesc, and so on, not {order}.")
    return sorted(found, key=lambda one: _moment(one.stamps, order), reverse=_ORDERS[order.lower()])


def versions(found: Iterable[Asset], call: Call) -> list[Asset]:
    """The versions that `version`, `description`, `tags`, `properties` and `listViewType` leave, newest first.

    Of two registered at the same moment the later one counts as newer.
    """
    if call.query.get("feed"):
        raise not_emulated("feeds of model versions", "Leave `feed` out.")
    view = _word(call, "listViewType", _VIEWS, "ActiveOnly")
    version, description = call.query.get("version"), call.query.get("description")
    kept = [
        asset
        for asset in found
        if view in ("All", "ArchivedOnly" if asset.archived else "ActiveOnly")
        and version in (None, "", asset.version)
        and (not description or description in str(asset.properties.get("description") or ""))
        and _has(as_json(asset.properties.get("tags")), call.query.get("tags") or call.query.get("$tags"))
        and _has(as_json(asset.properties.get("properties")), call.query.get("properties"))
    ]
    return ordered(kept, call)


def ordered(found: list[Asset], call: Call) -> list[Asset]:
    """Versions by the moment they were made, or last changed, as `$orderBy` says."""
    asked = call.query.get("$orderBy") or "createdtime desc"
    by, _, direction = asked.lower().partition(" ")
    moments = {"createdtime": "createdat", "createdat": "createdat", "modifiedtime": "updatedat"}
    if by not in moments or direction not in ("", "asc", "desc"):
        raise invalid("InvalidOrderBy", f"$orderBy must be createdtime or modifiedtime, asc or desc, not '{asked}'.")
    kept = sorted(found, key=lambda asset: _moment(asset.stamps, moments[by]))
    return kept if direction == "asc" else kept[::-1]


def containers(every: Iterable[Container], call: Call) -> list[Container]:
    """The containers that `listViewType` leaves."""
    view = _word(call, "listViewType", _VIEWS, "ActiveOnly")
    return [one for one in every if view in ("All", "ArchivedOnly" if one.archived else "ActiveOnly")]


def _has(held: Json, asked: str | None) -> bool:
    for part in (asked or "").split(","):
        name, equals, value = part.strip().partition("=")
        if name and (name not in held or (equals and held[name] != value)):
            return False
    return True


def _word(call: Call, name: str, words: Iterable[str], otherwise: str) -> str:
    given = call.query.get(name) or otherwise
    found = next((word for word in words if word.lower() == given.lower()), None)
    if found is None:
        raise invalid("InvalidQueryParameter", f"{name} must be one of {', '.join(words)}, not '{given}'.")
    return found


def _moment(stamps: Stamps, order: str) -> datetime:
    return stamps.modified_at if order.lower().startswith("updated") else stamps.created_at
