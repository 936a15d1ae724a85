"""What a request's body may look like, written as JSON Schema, and said in one sentence when it does not.

Azure's own check reads JSON into typed objects: a field of the wrong type, a required one that is missing, a word that
is none of an enumeration or a number outside its range is refused before the service looks at it. Unknown fields are
passed over, as Azure does, and words of an enumeration match in any case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from local.cloud.arm.documents import Json, as_json

_ENVELOPE = frozenset({"id", "name", "type", "systemData", "etag"})
_DURATION = re.compile(r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>[\d.]+)S)?)?")


def text(*, one_of: Iterable[str] = (), pattern: str | None = None, longest: int | None = None) -> Json:
    """A text: one of a few words, or one that holds `pattern` (searched for, as .NET does)."""
    limits = {"oneOfWords": sorted(one_of) or None, "pattern": pattern, "maxLength": longest}
    return {"type": "string", **{name: value for name, value in limits.items() if value is not None}}


def whole(least: int = -(2**31), most: int = 2**31 - 1) -> Json:
    """A whole number; 32 bits where nothing narrower is said."""
    return {"type": "integer", "minimum": least, "maximum": most}


def number() -> Json:
    """A number, whole or not."""
    return {"type": "number"}


def flag() -> Json:
    """True or false."""
    return {"type": "boolean"}


def duration(least: timedelta = timedelta(), most: timedelta | None = None) -> Json:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    limits: Json = {"shortest": least}
    return {"type": "string", "duration": limits if most is None else {**limits, "longest": most}}


def mapping(of: Json, *, most: int | None = None, names: Json | None = None, any_case: bool = False) -> Json:
    """An object with names of the caller's own, which may have to be like `names`; `any_case`: which have no case."""
    limits = {"maxProperties": most, "propertyNames": names, "onceInAnyCase": any_case or None}
    given = {name: value for name, value in limits.items() if value is not None}
    return {"type": "object", "additionalProperties": of, **given}


def items(of: Json, *, most: int | None = None) -> Json:
    """A list."""
    return {"type": "array", "items": of, **({} if most is None else {"maxItems": most})}


def record(required: Json | None = None, **optional: Json) -> Json:
    """An object with fields of its own; the optional ones may be null, as clients send what they leave out."""
    fields = {name: {**shape, "type": [*_types(shape), "null"]} for name, shape in optional.items()}
    return {"type": "object", "required": list(required or {}), "properties": {**(required or {}), **fields}}


def _types(shape: Json) -> list[object]:
    kinds = shape["type"]
    return kinds if isinstance(kinds, list) else [kinds]


def unavailable(instead: str = "Leave it out.") -> Json:
    """A field that Azure has and this local Azure does not: refused by name, and with what to do instead."""
    return {"type": ["array", "boolean", "number", "object", "string"], "unavailable": instead}


def read_only() -> Json:
    """A field that only Azure writes: what was read may be sent back, and says nothing."""
    return {"type": ["array", "boolean", "number", "object", "string"], "readOnly": True}


def parsed_duration(value: str) -> timedelta | None:
    """The duration that an ISO 8601 text says; None for a text that is none."""
    found = _DURATION.fullmatch(value)
    if not found or value in ("P", "PT") or value.endswith("T"):
        return None
    try:
        return timedelta(**{unit: float(amount) for unit, amount in found.groupdict().items() if amount})
    except (ValueError, OverflowError):
        return None


def span(text: str) -> timedelta:
    """The duration of a text that was taken as one."""
    found = parsed_duration(text)
    assert found is not None, f"{text} is no duration"
    return found


def problem(shape: Json, body: object) -> str | None:
    """What is wrong with `body`: where, and what; None when nothing is."""
    found = next(_Validator(shape).iter_errors(body), None)
    if found is None:
        return None
    place = ".".join(str(part) for part in found.absolute_path) or "the body"
    return f"{place}: {found.message}"


def unknown(shape: Json, body: object) -> list[str]:
    """The places of fields in `body` that `shape` does not have, which Azure would pass over.

    What every resource is told with (its id and the like) may be sent back.
    """
    return sorted({place for place, field, _ in _fields(shape, body, "") if field is None} - _ENVELOPE)


def asked_in_vain(shape: Json, body: object) -> tuple[str, str] | None:
    """The first field with a value that is unavailable here, and what to do instead; what is empty asks for nothing."""
    for place, field, value in _fields(shape, body, ""):
        if field and "unavailable" in field and value:
            return place, str(field["unavailable"])
    return None


def _fields(shape: Json, body: object, place: str) -> Iterator[tuple[str, Json | None, object]]:
    """Every field of `body` with what `shape` says of it: None when that knows no such field."""
    if isinstance(body, list):
        for one in body:
            yield from _fields(as_json(shape.get("items")), one, f"{place}[]")
    if not isinstance(body, dict):
        return
    fields, others = as_json(shape.get("properties")), shape.get("additionalProperties")
    for name, value in body.items():
        at, field = f"{place}.{name}".lstrip("."), fields.get(name, others if others is not None or fields else {})
        yield at, None if field is None else as_json(field), value
        yield from _fields(as_json(field), value, at)


def _one_of_words(_validator: object, words: list[str], value: object, _shape: object) -> Iterable[ValidationError]:
    if isinstance(value, str) and value.lower() not in (word.lower() for word in words):
        yield ValidationError(f"{value!r} is not one of {', '.join(words)}")


def _duration(_validator: object, limits: dict[str, timedelta], value: object, _shape: object) -> Any:
    if not isinstance(value, str):
        return
    given = parsed_duration(value)
    if given is None:
        yield ValidationError(f"{value!r} is not an ISO 8601 duration such as PT30S")
    elif given < limits["shortest"] or given > limits.get("longest", given):
        bounds = " to ".join(str(limit) for limit in limits.values())
        yield ValidationError(f"{value!r} is out of range ({bounds})")


def _once_in_any_case(_validator: object, _wanted: bool, value: object, _shape: object) -> Iterable[ValidationError]:
    names = Counter(map(str.lower, value if isinstance(value, dict) else ()))
    for name in (name for name, count in names.items() if count > 1):
        yield ValidationError(f"{name!r} is there more than once, in different case")


def _is_whole(_checker: object, value: object) -> bool:
    """JSON Schema would take 30.0 as well."""
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = extend(  # type: ignore[no-untyped-call]  # no types there
    Draft202012Validator,
    {"oneOfWords": _one_of_words, "duration": _duration, "onceInAnyCase": _once_in_any_case},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)
