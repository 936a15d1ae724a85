"""What every contract has in common: frozen, judged once at the front door, plain JSON on the wire."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic_core import SchemaValidator

from contracts.lenient import lenient

Json = Any  # any JSON value: only as deep as its reader looks

_DURATION_HINT = "write an ISO 8601 duration such as PT15M (15 minutes) or PT1H"


def _duration(value: object) -> object:
    if isinstance(value, bool | int | float):
        raise ValueError(_DURATION_HINT)  # noqa: TRY004 - pydantic reports ValueError with the field's path
    return value


def iso_duration(value: timedelta) -> str:
    """`value` as an ISO 8601 duration in seconds, e.g. `PT900S`; to the microsecond, so that it reads back equal."""
    seconds = f"{value.total_seconds():.6f}".rstrip("0").rstrip(".")
    return f"PT{seconds}S"


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(iso_duration)]


def beginning(text: str, limit: int) -> str:
    """As much of the beginning of `text` as takes at most `limit` bytes of JSON, where `é` takes six."""
    for index, character in enumerate(text[: limit + 1]):
        limit -= len(json.dumps(character)) - 2
        if limit < 0:
            return text[:index]
    return text


def ending(text: str, limit: int) -> str:
    """As much of the end of `text` as takes at most `limit` bytes of JSON."""
    return beginning(text[: -limit - 2 : -1], limit)[::-1]


def json_type(value: object) -> str:
    """Which branch of a text-or-mapping union a value belongs to, so that only that branch's problems are told."""
    return "text" if isinstance(value, str) else "mapping"


class Contract(BaseModel):
    """Base of all messages between caller, orchestrations and activities.

    `model_validate` judges what a caller sends: every rule, nothing unknown. `from_wire` reads what was judged before
    and stored, by this release or another one: types only, unknown fields left out. Plain JSON only: the Durable SDK
    would otherwise freeze module paths into histories, and could be talked into building any loaded class from a
    caller's JSON.
    """

    # Built when it is first used: most workers meet few of the contracts, and a cold start pays for none.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", defer_build=True)

    def to_wire(self) -> dict[str, Any]:
        """This message as a JSON-ready dict; unset optional fields are left out to keep histories small."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def from_wire(cls, wire: Json) -> Self:
        """Read a message written by `to_wire`; accepts its JSON text too (some Durable calls double-encode).

        Raises pydantic's ValidationError when a field this release needs is missing or of another type.
        """
        if isinstance(wire, str):
            wire = json.loads(wire)
        message: Self = _reader(cls).validate_python(wire)
        return message


@cache
def _reader(contract: type[Contract]) -> SchemaValidator:
    contract.model_rebuild()  # a contract that nobody has used yet may still wait for its schema
    # Prebuilt validators of nested contracts would be the strict ones.
    return SchemaValidator(lenient(contract.__pydantic_core_schema__), _use_prebuilt=False)
