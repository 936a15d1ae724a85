"""Event Grid: topic, event type and function are names that exist; to the compiler they are strings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from infra.check.sources import Sources, data
from infra.check.syntax import Array, Literal, Object, Resource, Text

TOPIC = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"


def event_findings(sources: Sources) -> list[str]:
    """Topics of no known type, subscriptions to no known event, to no function of the app, or that lose events."""
    findings = []
    functions = _functions(sources)
    for path, _, one in sources.resources():
        if not one.existing and one.type == TOPIC:
            findings += [f"{path}: {one.symbol}: {problem}" for problem in _topic_problems(one)]
        if not one.existing and one.type == SUBSCRIPTION:
            findings += [f"{path}: {one.symbol}: {problem}" for problem in _subscription_problems(one, functions)]
    return findings


def destination(subscription: Resource) -> str:
    """The name of the function that a subscription delivers to; empty when it is not written out."""
    node = subscription.body.get("properties", "destination", "properties", "resourceId")
    last = node.parts[-1] if isinstance(node, Text) else node.value if isinstance(node, Literal) else None
    return last.rpartition("/functions/")[2] if isinstance(last, str) and "/functions/" in last else ""


def _topic_problems(topic: Resource) -> Iterator[str]:
    known = data("events.json")["topicTypes"].values()
    node = topic.body.get("properties", "topicType")
    if not isinstance(node, Literal) or node.value not in known:
        yield f"topicType must be {' or '.join(known)}"
    identity = topic.body.get("identity", "type")
    if not isinstance(identity, Literal) or identity.value != "SystemAssigned":
        yield "must have an identity of its own (SystemAssigned), as which undelivered events are stored"


def _subscription_problems(one: Resource, functions: set[str]) -> Iterator[str]:
    rules: Mapping[str, Any] = data("events.json")
    listed = one.body.get("properties", "filter", "includedEventTypes")
    wanted = [item.value for item in listed.items if isinstance(item, Literal)] if isinstance(listed, Array) else []
    if not wanted:
        yield "includedEventTypes must name what is delivered, or everything is"
    yield from (f"{name} is not an event of Azure ML" for name in wanted if name not in rules["eventTypes"])
    function = destination(one)
    if function not in functions:
        yield f"there is no function {function or 'in destination.properties.resourceId'} in triggers/"
    if not isinstance(one.body.get("properties", "deadLetterWithResourceIdentity"), Object):
        yield "an event that cannot be delivered is dropped and nobody knows; set deadLetterWithResourceIdentity"


def _functions(sources: Sources) -> set[str]:
    """The functions defined in triggers/: the index registers them under their own names."""
    found: set[str] = set()
    for path in sorted((sources.root / "triggers").glob("*.py")):
        found |= _defined_in(path.read_text())
    return found


@cache
def _defined_in(program: str) -> frozenset[str]:
    nodes = ast.walk(ast.parse(program))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
