"""Lists in pages: `$top` items from `$skip` on, and a link to the rest."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.errors import invalid
from local.cloud.hosts import MANAGEMENT_URL
from local.whole_numbers import whole_number

_PAGE = 1000


def page(items: Sequence[object], call: Call) -> Answer:
    """The page of `items` that the call asks for."""
    # `count` is what some lists of the machine learning service call `$top`.
    first, size = _number(call, "$skip", 0), _number(call, "$top", _number(call, "count", _PAGE)) or _PAGE
    body: dict[str, object] = {"value": list(items[first : first + size])}
    if first + size < len(items):
        query = urlencode({**call.query, "$skip": first + size})
        body["nextLink"] = f"{MANAGEMENT_URL}{call.path}?{query}"
    return Answer(200, body)


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.query.get(name)
    if not text:
        return otherwise
    number = whole_number(text)
    if number is None:
        raise invalid("InvalidPaging", f"{name} must be a whole number, not '{text[:40]}'.")
    return number
