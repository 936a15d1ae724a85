"""Advanced filters, operator by operator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local.cloud.eventgrid.events import Event, model_registered
from local.cloud.eventgrid.filters import EventFilter, FilterError, read_filter

TAGS = {"Stage": "Prod", "area": "risk"}


def event(version: str | int = 3, **data: Any) -> Event:
    made = model_registered("/workspace", "credit-risk", version, TAGS, {}, datetime(2026, 1, 5, tzinfo=UTC))
    return Event(made.topic, made.subject, made.event_type, made.time, {**made.data, **data}, made.id)


@pytest.mark.parametrize(
    ("operator", "key", "values", "passes"),
    [
        ("StringIn", "data.ModelTags.stage", ["dev", "prod"], True),
        ("StringIn", "data.ModelTags.stage", ["dev"], False),
        ("StringIn", "data.ModelTags.missing", ["dev"], False),
        ("StringIn", "data.ModelVersion", ["3"], False),
        ("StringNotIn", "data.ModelTags.stage", ["dev"], True),
        ("StringNotIn", "data.ModelTags.missing", ["dev"], True),
        ("StringNotIn", "data.ModelTags.stage", ["dev", "PROD"], False),
        ("StringBeginsWith", "data.ModelName", ["credit", "x"], True),
        ("StringNotBeginsWith", "data.ModelName", ["credit"], False),
        ("StringEndsWith", "subject", [":3"], True),
        ("StringNotEndsWith", "subject", [":4"], True),
        ("StringContains", "eventType", ["modelregistered"], True),
        ("StringContains", "type", ["modelregistered"], True),
        ("StringNotContains", "source", ["workspace"], False),
        ("NumberIn", "data.ModelVersion", [1, 3], True),
        ("NumberNotIn", "data.ModelVersion", [1, 3], False),
        ("NumberGreaterThan", "data.ModelVersion", [2], True),
        ("NumberGreaterThanOrEquals", "data.ModelVersion", [3], True),
        ("NumberLessThan", "data.ModelVersion", [3], False),
        ("NumberLessThanOrEquals", "data.ModelVersion", [3], True),
        ("BoolEquals", "data.Flag", [True], True),
        ("BoolEquals", "data.Flag", [False], False),
        ("IsNullOrUndefined", "data.ModelTags.missing", [], True),
        ("IsNullOrUndefined", "data.ModelName", [], False),
        ("IsNotNull", "data.ModelName", [], True),
        ("IsNotNull", "data.ModelName.deeper", [], False),
    ],
)
def test_operators(operator: str, key: str, values: list[Any], passes: bool) -> None:
    wanted = read_filter({"advancedFilters": [{"operatorType": operator, "key": key, "values": values}]})

    assert wanted.matches(event(Flag=True, Several=["a", "b"])) is passes


@pytest.mark.parametrize(
    ("operator", "values", "looked_into", "as_a_whole"),
    [
        ("StringIn", ["b"], True, False),
        ("StringContains", ["B"], True, False),
        ("StringIn", ["c"], False, False),
        ("StringNotIn", ["b"], False, True),
        ("StringNotIn", ["c"], True, True),
        ("IsNotNull", [], True, True),
    ],
)
def test_lists_are_looked_into_where_the_filter_says_so(
    operator: str, values: list[str], looked_into: bool, as_a_whole: bool
) -> None:
    given = {"advancedFilters": [{"operatorType": operator, "key": "data.Several", "values": values}]}
    on, off = read_filter({**given, "enableAdvancedFilteringOnArrays": True}), read_filter(given)

    assert [one.matches(event(Several=["a", "b"])) for one in (on, off)] == [looked_into, as_a_whole]
    assert [one.to_json()["enableAdvancedFilteringOnArrays"] for one in (on, off)] == [True, False]


def test_all_filters_must_pass() -> None:
    one = {"operatorType": "StringIn", "key": "data.ModelName", "values": ["credit-risk"]}
    other = {"operatorType": "NumberGreaterThan", "key": "data.ModelVersion", "value": 3}

    assert not read_filter({"advancedFilters": [one, other]}).matches(event(3))
    assert read_filter({"advancedFilters": [one, other]}).matches(event(4))


@pytest.mark.parametrize(
    ("given", "passes"),
    [
        (EventFilter(), True),
        (EventFilter(event_types=("microsoft.machinelearningservices.MODELREGISTERED",)), True),
        (EventFilter(event_types=("Microsoft.MachineLearningServices.ModelDeployed",)), False),
        (EventFilter(subject_begins_with="MODELS/"), True),
        (EventFilter(subject_begins_with="MODELS/", case_sensitive=True), False),
        (EventFilter(subject_ends_with=":4"), False),
    ],
)
def test_event_type_and_subject(given: EventFilter, passes: bool) -> None:
    assert given.matches(event()) is passes


@pytest.mark.parametrize(
    ("advanced", "names"),
    [
        ([{"operatorType": "StringRoughly", "key": "subject", "values": ["x"]}], "StringRoughly"),
        ([{"operatorType": "StringIn", "key": "body.x", "values": ["x"]}], "body.x"),
        ([{"operatorType": "StringIn", "key": "subject", "values": "x"}], "list"),
        (["x"], "object"),
        ([{"operatorType": "IsNotNull", "key": "subject"}] * 26, "at most 25"),
    ],
)
def test_what_is_not_a_filter_is_refused_by_name(advanced: list[Any], names: str) -> None:
    with pytest.raises(FilterError, match=names):
        read_filter({"advancedFilters": advanced})


def test_a_filter_is_shown_as_it_was_given() -> None:
    given = {
        "includedEventTypes": ["Microsoft.MachineLearningServices.ModelRegistered"],
        "subjectBeginsWith": "models/",
        "advancedFilters": [
            {"operatorType": "StringIn", "key": "data.ModelTags.stage", "values": ["prod"]},
            {"operatorType": "NumberLessThan", "key": "data.ModelVersion", "value": 9},
            {"operatorType": "IsNotNull", "key": "subject"},
        ],
    }

    shown = read_filter(given).to_json()

    assert {key: shown[key] for key in given} == given
