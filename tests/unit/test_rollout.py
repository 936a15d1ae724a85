"""The splits on the way to a new deployment's traffic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.plan import Percentages
from contracts.rollout import Rollout

ALL = {"green": 100}


@pytest.mark.parametrize(
    ("before", "now", "last", "splits"),
    [
        ({"blue": 100}, {"blue": 100}, ALL, [{"blue": 90, "green": 10}, {"blue": 50, "green": 50}]),
        # What shared the traffic shares the rest as it did.
        (
            {"blue": 70, "red": 30},
            {"blue": 70, "red": 30},
            ALL,
            [{"blue": 63, "red": 27, "green": 10}, {"blue": 35, "red": 15, "green": 50}],
        ),
        # One that has begun anew stands at the step that it had reached, or goes on.
        ({"blue": 100}, {"blue": 50, "green": 50}, ALL, [{"blue": 50, "green": 50}]),
        ({"blue": 100}, ALL, ALL, []),
        # Nobody is to be spared where nothing else serves.
        ({}, {}, ALL, []),
        ({"green": 100}, {"green": 100}, ALL, []),
        # It has some traffic already, as when it is made anew in place.
        ({"blue": 80, "green": 20}, {"blue": 80, "green": 20}, ALL, [{"blue": 50, "green": 50}]),
    ],
)
def test_the_splits_lead_from_what_serves_to_what_is_asked_for(
    before: Percentages, now: Percentages, last: Percentages, splits: list[Percentages]
) -> None:
    assert Rollout(steps=[10, 50]).splits(before, now, last, "green") == splits


shares = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.integers(1, 100), min_size=1)


@given(shares, st.lists(st.integers(1, 99), min_size=1, max_size=10, unique=True).map(sorted))
def test_every_split_is_whole_and_gives_the_new_one_its_share(others: Percentages, steps: list[int]) -> None:
    splits = Rollout(steps=steps).splits(others, others, ALL, "green")

    assert [split["green"] for split in splits] == steps
    for split in splits:
        assert sum(split.values()) == 100
        assert all(share > 0 for share in split.values())
        exact = {name: share * (100 - split["green"]) / sum(others.values()) for name, share in others.items()}
        assert all(abs(split.get(name, 0) - share) < 1 for name, share in exact.items())
