"""What a setting was before is kept in its tags."""

from __future__ import annotations

from activities.same_settings import kept, kept_in

RULE = {"metric": "RequestsPerMinute", "operator": "greater_than", "threshold": 3, "scale": "out", "cooldown": "PT1H"}


def test_as_much_is_kept_as_tags_may_hold() -> None:
    rules = [{**RULE, "threshold": index * 1.37, "of": "endpoint"} for index in range(9)]

    assert kept({"profiles": [{"rules": rules, "x": [f"{index * 104729:x}" for index in range(400)]}]}) == {}
    assert kept_in(kept({"profiles": rules})) == {"profiles": rules}
    assert kept_in({"other": "tag"}) is None
