"""Which events a subscription wants: event types, subject, advanced filters.

Source: Microsoft Learn, "Understand event filtering for Event Grid subscriptions". Strings compare without regard to
case, except subjects when the filter says so. All advanced filters must pass; one passes when any of its values does.
A key whose value is a list is looked into only with `enableAdvancedFilteringOnArrays`, which is off unless it is said;
what an operator with Not makes of a list then was not found, and goes by what it makes of a key that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.eventgrid.events import Event
from local.cloud.eventgrid.operators import OPERATORS, SINGLE

MAX_ADVANCED = 25
_ENVELOPE = {"id", "topic", "subject", "eventtype", "dataversion", "source", "type"}


class FilterError(ValueError):
    """The filter is malformed or uses an operator that is not offered here."""


@dataclass(frozen=True)
class Advanced:
    """One advanced filter: an operator, the key it looks at (`data.ModelTags.key1`), and its values."""

    operator: str
    key: str
    values: tuple[Any, ...]

    def matches(self, event: Event, *, on_arrays: bool = False) -> bool:
        """Whether the event passes; a list of values is looked into only `on_arrays`, else it is none of any value."""
        test, negated = OPERATORS[self.operator]
        value = _lookup(event, self.key)
        several = value if on_arrays and isinstance(value, list) else [value]
        found = any(test(one, wanted) for one in several for wanted in self.values or (None,))
        return found != negated


@dataclass(frozen=True)
class EventFilter:
    """A subscription's filter. No `event_types` means all of them."""

    event_types: tuple[str, ...] = ()
    subject_begins_with: str = ""
    subject_ends_with: str = ""
    case_sensitive: bool = False
    on_arrays: bool = False
    advanced: tuple[Advanced, ...] = ()

    def matches(self, event: Event) -> bool:
        """Whether the subscription gets the event."""
        if self.event_types and event.event_type.lower() not in (kind.lower() for kind in self.event_types):
            return False
        subject, begin, end = event.subject, self.subject_begins_with, self.subject_ends_with
        if not self.case_sensitive:
            subject, begin, end = subject.lower(), begin.lower(), end.lower()
        in_subject = subject.startswith(begin) and subject.endswith(end)
        return in_subject and all(one.matches(event, on_arrays=self.on_arrays) for one in self.advanced)

    def to_json(self) -> dict[str, Any]:
        """The filter as ARM shows it."""
        return {
            "subjectBeginsWith": self.subject_begins_with,
            "subjectEndsWith": self.subject_ends_with,
            "includedEventTypes": list(self.event_types) or None,
            "isSubjectCaseSensitive": self.case_sensitive,
            "enableAdvancedFilteringOnArrays": self.on_arrays,
            "advancedFilters": [_shown(one) for one in self.advanced],
        }


def read_filter(document: Mapping[str, Any] | None) -> EventFilter:
    """Read the `filter` of an event subscription; `FilterError` says what is wrong with it."""
    given = document or {}
    advanced = tuple(_read_advanced(one) for one in given.get("advancedFilters") or [])
    if len(advanced) > MAX_ADVANCED:
        raise FilterError(f"at most {MAX_ADVANCED} advanced filters are allowed")
    return EventFilter(
        event_types=tuple(given.get("includedEventTypes") or []),
        subject_begins_with=given.get("subjectBeginsWith") or "",
        subject_ends_with=given.get("subjectEndsWith") or "",
        case_sensitive=bool(given.get("isSubjectCaseSensitive", False)),
        on_arrays=bool(given.get("enableAdvancedFilteringOnArrays", False)),
        advanced=advanced,
    )


def _read_advanced(document: object) -> Advanced:
    if not isinstance(document, Mapping):
        raise FilterError("an advanced filter must be an object")
    operator, key = document.get("operatorType"), document.get("key")
    if operator not in OPERATORS:
        raise FilterError(f"operatorType {operator!r} is not supported here; use one of {', '.join(OPERATORS)}")
    if not isinstance(key, str) or not (key.lower() in _ENVELOPE or key.lower().startswith("data.")):
        raise FilterError(f"key {key!r} must be a field of the event or start with data.")
    values = document.get("values", [document["value"]] if "value" in document else [])
    if not isinstance(values, list):
        raise FilterError(f"values of {key!r} must be a list")
    return Advanced(operator, key, tuple(values))


def _shown(one: Advanced) -> dict[str, Any]:
    single = {"value": one.values[0]} if one.operator in SINGLE and one.values else {"values": list(one.values)}
    return {"operatorType": one.operator, "key": one.key, **(single if one.values else {})}


def _lookup(event: Event, key: str) -> Any:
    """The value at `key`, matched without regard to case; None when there is none."""
    document: Any = {**event.event_grid(), **event.cloud_event()}
    for part in key.split("."):
        if not isinstance(document, Mapping):
            return None
        document = next((value for name, value in document.items() if name.lower() == part.lower()), None)
    return document
