"""A model's answer that is not quite JSON, or beyond any float, ends in a result or a typed error all the same."""

from __future__ import annotations

import json
from typing import Any

from local.stack import LocalStack
from tests import samples


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is not JSON")


def test_nan_and_endless_numbers_make_no_unreadable_status(stack: LocalStack) -> None:
    samples.register_model(stack, version="2", weights=(float("nan"), 1, 1))  # type: ignore[arg-type]  # on purpose
    samples.register_model(stack, version="3", weights=(10**400, 1, 1))
    smoke = samples.request()["smoke_test"]
    expected = {"contains": "NaN"}

    taken = stack.deploy(samples.request(model="azureml:credit-risk:2", smoke_test=smoke | {"expect": expected}))
    refused = stack.deploy(samples.request(endpoint="endless", model="azureml:credit-risk:3"))
    with stack.http as http:
        body = http.get(f"/api/deployments/{taken['id']}").text

    assert (taken["status"], refused["status"]) == ("Succeeded", "Failed")
    assert json.loads(body, parse_constant=refuse)["result"]["answer"] == "[NaN]"
    assert refused["error"]["code"] == "WrongAnswer"
