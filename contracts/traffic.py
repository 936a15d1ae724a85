"""Changing the traffic of an endpoint: what a caller asks for, and whether real requests went where they were to go."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, field_validator, model_validator

from contracts.base import Contract, Json
from contracts.names import OnlineName
from contracts.online import MIRROR_LIMIT
from contracts.plan import Percentages
from contracts.queue import Queued
from contracts.values import ONCE, Percent, Whole

# A result so unlikely is looked at again, some seven times in five minutes; so often in a row it is no chance.
BEYOND_CHANCE = 1e-3


def _shares(schema: dict[str, Any]) -> None:
    """A share for each name that is no other field's, which a schema cannot say of a contract by itself."""
    name = TypeAdapter(OnlineName).json_schema()
    schema["propertyNames"] = {"anyOf": [{"enum": [*schema["properties"]]}, name]}
    schema["additionalProperties"] = {"type": "integer", "minimum": 0, "maximum": 100}
    schema["description"] = (
        "A share for each deployment, 100 in all or 0, as in `{blue: 90, green: 10}`; all others get none. The shares"
        " may stand under `traffic` as well."
    )


class TrafficRequest(Queued):
    """Body of a change of traffic: a share for each deployment, as in `{blue: 90, green: 10}`; all others get none."""

    model_config = ConfigDict(json_schema_extra=_shares)

    traffic: Annotated[dict[OnlineName, Percent], ONCE] | None = None
    mirror_traffic: Annotated[
        Annotated[dict[OnlineName, Annotated[Whole, Field(ge=0, le=MIRROR_LIMIT)]], ONCE] | None,
        Field(
            max_length=1,
            description="one deployment that gets a copy of so many percent; left out: stays, if it gets no traffic",
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _shares_of_their_own(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        known = {name: part for name, part in value.items() if name in cls.model_fields}
        shares = {name: part for name, part in value.items() if name not in known}
        if shares and "traffic" not in known:
            known["traffic"] = shares
        return known if "traffic" not in value else value

    @field_validator("traffic")
    @classmethod
    def _all_or_nothing(cls, traffic: Percentages | None) -> Percentages | None:
        total = sum(traffic.values()) if traffic else 0
        if total not in (0, 100):
            raise ValueError(f"the percentages must add up to 100, or to 0, not {total}")
        return traffic

    @model_validator(mode="after")
    def _something(self) -> TrafficRequest:
        if self.traffic is None and self.mirror_traffic is None:
            raise ValueError("name deployments and their shares, e.g. {blue: 90, green: 10}")
        return self


class SharesInput(Contract):
    """Have so many real requests answered, and see by which deployments."""

    endpoint: str
    traffic: Percentages
    test: Annotated[Json, Field(description="the smoke test whose request is sent")]


class SharesSeen(Contract):
    """How many requests each deployment answered."""

    answered: dict[str, int]


def beyond_chance(answered: Mapping[str, int], traffic: Percentages) -> str | None:
    """Which deployment answered more or fewer requests than its share lets chance explain; None when none did.

    The bound is that of the binomial distribution, both tails.
    """
    total = sum(answered.values())
    for name in sorted({*answered, *traffic}):
        count, share = answered.get(name, 0), traffic.get(name, 0) / 100
        if min(_at_most(count, total, share), 1 - _at_most(count - 1, total, share)) * 2 < BEYOND_CHANCE:
            return f"{name} answered {count} of {total} requests, and is to have {traffic.get(name, 0)} %"
    return None


def _at_most(count: int, total: int, share: float) -> float:
    """The probability of at most `count` among `total`."""
    return math.fsum(math.comb(total, n) * share**n * (1 - share) ** (total - n) for n in range(count + 1))
