"""Reacting to a registration, without a host: which policies get their turn, and what is told in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contracts.errors import CloudUnavailable, WrongAnswer
from contracts.orders import DeployOrder, PolicyDeployment, ReactOrder
from contracts.status import EventOutcome
from orchestrations.run import RunFailed
from tests.replay import azure_script as azure
from tests.replay.scripted import Answer, Context, World, run


def order(*policies: str, **told: Any) -> dict[str, Any]:
    """What a registration of version 1 is started with."""
    asked = [
        PolicyDeployment(
            policy=name,
            instance_id=f"dep-{name}",
            order=DeployOrder(request=azure.order()["request"], match={"model": name}, shares_endpoint=False),
        )
        for name in policies
    ]
    outcome = EventOutcome(**{"id": "event-1", "model": "credit-risk", "version": "1", "outcome": "received", **told})
    return ReactOrder(outcome=outcome, asked=asked).to_wire()


def newest(*versions: str | None) -> Answer:
    """Answers of `find_newest_version` by turns; the last one for ever."""
    left = list(versions)
    return lambda _: {"version": left.pop(0) if len(left) > 1 else left[0]}


def reacted(given: dict[str, Any], **others: Callable[[dict[str, Any]], Any]) -> EventOutcome:
    context = Context(World(azure.answers(**{"find_newest_version": newest("1"), **others})), given)
    outcome = EventOutcome.from_wire(run("react_to_registration", context))
    assert EventOutcome.from_wire(context.shown) == outcome
    return outcome


def test_each_policy_deploys_and_only_what_is_started_is_told() -> None:
    outcome = reacted(order("a", "b"))

    assert (outcome.outcome, outcome.reasons) == ("deployed", [])
    assert outcome.deployments == {"a": "dep-a", "b": "dep-b"}


def test_supersession_is_looked_at_when_a_policys_turn_comes() -> None:
    # Newest for the first policy and in its deployment, by whose end it is overtaken.
    context = Context(World(azure.answers()), order("a", "b"))
    overtaken = newest("2")
    context.world.answers["find_newest_version"] = lambda message: (
        overtaken(message) if "read_back" in context.world.called else {"version": "1"}
    )
    outcome = EventOutcome.from_wire(run("react_to_registration", context))

    assert (outcome.outcome, outcome.deployments) == ("deployed", {"a": "dep-a"})
    assert outcome.reasons == ["b: superseded, the newest version is 2"]


def test_a_deployment_that_is_overtaken_is_superseded_and_no_failure() -> None:
    outcome = reacted(order("a"), find_newest_version=newest("1", "2"))

    assert (outcome.outcome, outcome.deployments) == ("superseded", {"a": "dep-a"})
    assert outcome.reasons == ["a: deployment dep-a superseded"]


@pytest.mark.parametrize(
    ("version", "state", "reason"),
    [("2", "superseded", "a: superseded, the newest version is 2"), (None, "ignored", "a: the model is gone")],
)
def test_what_is_not_the_newest_starts_nothing(version: str | None, state: str, reason: str) -> None:
    outcome = reacted(order("a"), find_newest_version=newest(version))

    assert (outcome.outcome, outcome.reasons, outcome.deployments) == (state, [reason], {})


def test_the_plan_is_asked_by_a_policy() -> None:
    asked: list[dict[str, Any]] = []

    def plan(message: dict[str, Any]) -> Any:
        asked.append(message)
        return azure.answers()["plan_deployment"](message)

    reacted(order("a"), plan_deployment=plan)

    assert asked[0]["shares_endpoint"] is False


def failing(_: dict[str, Any]) -> Any:
    raise WrongAnswer("it is another one")


@pytest.mark.parametrize(
    ("given", "answers", "state"),
    [
        (order("a"), {"smoke_test": failing}, "failed"),
        (order("a", invalid=["b.yml"], policies="1"), {"smoke_test": failing}, "failed"),
        (order("a", invalid=["b.yml"], policies="1"), {}, "invalid"),
        (order(invalid=["b.yml"], policies="1"), {}, "invalid"),
        (order(), {}, "ignored"),
        # Decided again: what was started before counts as it ended.
        (order(deployments={"a": "dep-a"}), {}, "deployed"),
        (order(deployments={"a": "dep-a"}, outcome="failed"), {}, "failed"),
        (order("b", deployments={"a": "dep-a"}), {"find_newest_version": newest("2")}, "deployed"),
        (order("b", deployments={"a": "dep-a"}, outcome="failed"), {}, "failed"),
    ],
)
def test_the_worst_that_came_of_it_is_told(given: dict[str, Any], answers: dict[str, Any], state: str) -> None:
    assert reacted(given, **answers).outcome == state


def test_what_stops_it_is_told_before_the_other_reasons() -> None:
    def unavailable(_: dict[str, Any]) -> Any:
        raise CloudUnavailable("no answer")

    given = order("a", reasons=["c: model credit-risk is not fraud"])
    context = Context(World(azure.answers(find_newest_version=unavailable)), given)
    with pytest.raises(RunFailed):
        run("react_to_registration", context)

    outcome = EventOutcome.from_wire(context.shown)
    assert (outcome.outcome, len(outcome.reasons)) == ("failed", 2)
    assert outcome.reasons[0].startswith("CloudUnavailable in find_newest_version")
