"""Two requests for the same deployment at once: what one has confirmed, the other's undo leaves alone."""

from __future__ import annotations

from typing import Any

from local.stack import LocalStack
from tests import samples
from tests.e2e import reading


def both(stack: LocalStack, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    with stack.clock.busy():
        accepted = [stack.post(body)["id"] for body in bodies]
    return [stack.wait(one) for one in accepted]


def test_a_wrong_expectation_takes_nothing_from_the_other_run(stack: LocalStack) -> None:
    wrong, right = both(
        stack,
        samples.request(expect={"json": [18]}, traffic="none"),
        samples.request(traffic="none"),
    )

    assert (wrong["status"], right["status"]) == ("Failed", "Succeeded")
    assert reading.deployments(stack, "credit-risk") == {"blue": "Succeeded"}
    made = [status for status in (wrong, right) if "deployment blue" in reading.fates(status)]
    if made == [wrong]:
        assert reading.fates(wrong)["deployment blue"] == "stays"
        [entry] = [one for one in wrong["ledger"] if one["kind"] == "deployment"]
        assert right["id"] in entry["reason"]


def test_the_same_request_twice_succeeds_twice(stack: LocalStack) -> None:
    first, second = both(stack, samples.request(), samples.request())

    assert (first["status"], second["status"]) == ("Succeeded", "Succeeded")
    assert reading.traffic(stack, "credit-risk") == {"blue": 100}


def test_a_later_run_that_takes_the_traffic_does_not_fail_the_first(stack: LocalStack) -> None:
    statuses = both(stack, samples.request(), samples.request(deployment="green"))

    assert [status["status"] for status in statuses] == ["Succeeded", "Succeeded"]
    assert sum(reading.traffic(stack, "credit-risk").values()) == 100
