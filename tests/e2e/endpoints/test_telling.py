"""What is told of online endpoints: one, all of them, and their logs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.cloud.faults import Fault
from local.cloud.machinelearning.records import Deployment, Endpoint
from local.stack import LocalStack
from tests import samples
from tests.e2e.endpoints.asking import call, get


def deployment(endpoint: Endpoint, name: str) -> Deployment:
    found = endpoint.deployment(name)
    assert found is not None
    return found


class TestShowing:
    def test_an_endpoint_is_told_with_what_serves_on_it_and_what_it_keeps(self, stack: LocalStack) -> None:
        told = get(stack, "/Credit-Risk")

        assert (told["name"], told["state"], told["platform"]) == ("credit-risk", "Succeeded", "managed")
        assert (told["auth_mode"], told["traffic"], told["mirror_traffic"]) == ("key", {"blue": 100}, {})
        assert told["identity"]["user_assigned"] == [samples.USER_ASSIGNED["credit-risk-identity"]]
        assert told["identity"]["principal_id"]
        assert told["scoring_uri"].startswith("https://credit-risk.")
        assert [one["name"] for one in told["deployments"]] == ["blue", "green"]
        blue = told["deployments"][0]
        assert (blue["model"], blue["environment"]) == ("azureml:credit-risk:1", "azureml:serving:1")
        assert (blue["instance_type"], blue["instance_count"], blue["traffic"]) == ("Standard_DS3_v2", 1, 100)
        assert told["machines"] == [{"instance_type": "Standard_DS3_v2", "count": 3}]
        assert told["unused"] == ["green"]
        for link in ("self", "releases", "consume"):
            assert call(stack, "GET", told["links"][link].removeprefix("/api/endpoints")).status_code == 200

    def test_who_made_it_is_told_slipway_or_somebody_else(self, stack: LocalStack, endpoint: Endpoint) -> None:
        green = deployment(endpoint, "green")
        tags, green.tags = green.tags, {}
        try:
            blue, other = get(stack, "/credit-risk")["deployments"]
        finally:
            green.tags = tags

        assert call(stack, "GET", f"/../deployments/{blue['made_by']['slipway']}").json()["deployment"] == "blue"
        assert "slipway" not in other["made_by"]
        assert other["made_by"]["name"] == "slipway-app"

    def test_mirrored_traffic_is_use(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoint.routing = replace(endpoint.routing, mirror={"green": 10})

        told = get(stack, "/credit-risk")

        assert (told["mirror_traffic"], told["unused"]) == ({"green": 10}, [])

    @pytest.mark.parametrize("path", ["/nobodys", "/x", "/..%2f..%2fregistries", "/nobodys/consume"])
    def test_one_that_is_not_there_is_404(self, stack: LocalStack, path: str) -> None:
        told = call(stack, "GET", path)

        assert told.status_code == 404
        assert "nobodys" not in path or told.json()["title"] == "No such endpoint"

    def test_while_azure_is_away_it_is_said_so(self, stack: LocalStack) -> None:
        for path in ("", "/credit-risk", "/credit-risk/consume", "/credit-risk/deployments/blue/logs"):
            stack.cloud.faults.add(Fault(method="GET", path="onlineEndpoints", status=503))

            told = call(stack, "GET", path)

            assert (told.status_code, told.json()["title"]) == (503, "Azure unavailable"), path
            assert told.headers["Retry-After"]


class TestListing:
    def test_pages_are_azures_and_lead_to_the_end(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoints = stack.cloud.state.endpoints
        others = {name: replace(endpoint, name=name, deployments={}) for name in ("churn", "credit-limit")}
        endpoints.update(others)
        try:
            found, path = [], "?limit=1"
            while path:
                page = get(stack, path)
                found += [one["name"] for one in page["endpoints"]]
                path = page.get("next", "").removeprefix("/api/endpoints")
            named = get(stack, "?name=CREDIT")
        finally:
            for name in others:
                del endpoints[name]

        assert found == ["credit-risk", "churn", "credit-limit"]
        assert [one["name"] for one in named["endpoints"]] == ["credit-risk", "credit-limit"]
        assert named["endpoints"][0]["unused"] == ["green"]

    def test_one_whose_deployments_cannot_be_read_hides_no_other(self, stack: LocalStack, endpoint: Endpoint) -> None:
        endpoints = stack.cloud.state.endpoints
        endpoints["churn"] = replace(endpoint, name="churn", deployments={})
        broken = stack.cloud.faults.add(Fault(method="GET", path="/onlineEndpoints/churn/deployments", status=500))
        try:
            read, unread = get(stack, "")["endpoints"]
        finally:
            stack.cloud.faults.remove(broken)
            del endpoints["churn"]

        assert (read["name"], unread["name"]) == ("credit-risk", "churn")
        assert (len(read["deployments"]), read.get("not_told")) == (2, None)
        assert "Internal Server Error" in unread["not_told"]
        assert unread.get("deployments", []) == []

    @pytest.mark.parametrize("query", ["?after=nowhere", "?limit=0", "?name=a%20b", "?status=x"])
    def test_what_cannot_be_asked_is_refused(self, stack: LocalStack, query: str) -> None:
        told = call(stack, "GET", query)

        assert told.status_code == 422
        assert told.json()["problems"][0]["path"] == query[1:].split("=", maxsplit=1)[0]


class TestLogs:
    PATH = "/credit-risk/deployments/blue/logs"

    def test_both_containers_are_told_without_secrets(self, stack: LocalStack) -> None:
        told = call(stack, "GET", self.PATH)

        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        first, second = told.text.split("==> inference-server <==")
        assert first.startswith("==> storage-initializer <==")
        assert "Placed model credit-risk:1" in first
        assert "POST /score 200" in second
        assert "AccountKey=[redacted]" in second

    def test_one_container_is_told_as_it_is_and_its_end_alone(self, stack: LocalStack) -> None:
        told = call(stack, "GET", f"{self.PATH}?container=inference-server&tail=2").text

        assert len(told.splitlines()) == 2
        assert "==>" not in told

    @pytest.mark.parametrize(
        ("path", "status", "title"),
        [
            ("/credit-risk/deployments/red/logs", 404, "No such deployment"),
            ("/nobodys/deployments/blue/logs", 404, "No such endpoint"),
            (f"{PATH}?container=istio", 422, "Invalid request"),
            (f"{PATH}?tail=0", 422, "Invalid request"),
        ],
    )
    def test_what_is_not_there_is_said(self, stack: LocalStack, path: str, status: int, title: str) -> None:
        told = call(stack, "GET", path)

        assert (told.status_code, told.json()["title"]) == (status, title)
