"""Model registrations: matched with the policies in files, and handed to one orchestration each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import azure.durable_functions as df
import azure.functions as func

from contracts.digests import digest
from contracts.events import ModelRegistered, UnreadableEvent, read_event
from contracts.marks import MARK_TAG
from contracts.orders import ReactOrder
from contracts.policy import Policy, read_policy
from contracts.problems import RequestProblems
from contracts.status import EventOutcome
from orchestrations.runbooks import DEPLOY, REACT
from settings import settings
from triggers.body import BodyTooLarge, parse_body
from triggers.requests import deployment_request
from triggers.starting import start_once

log = logging.getLogger("slipway.events")


class PolicyError(Exception):
    """A policy file that cannot be used; the message names the file and everything wrong with it."""


async def on_model_registered(event: func.EventGridEvent, client: df.DurableOrchestrationClient) -> None:
    """Event Grid function: starts what the policies say; anything else is recorded with the reason.

    Never raises for what redelivery would not mend. The same version always is the same instance, so duplicate
    deliveries, and deliveries after the deployment has ended, start nothing.
    """
    try:
        registered = read_event(
            event_type=event.event_type or "",
            topic=event.topic or "",
            subject=event.subject or "",
            data=event.get_json(),
        )
    except UnreadableEvent as error:
        log.warning("event %s ignored: %s", event.id, error)
        return
    key = [registered.workspace_id.lower(), registered.model, registered.version]
    policies = read_policies(settings().policies)
    outcome, requests = decide(registered, REACT.prefix + digest(key), policies)
    matches = {name: policy.match.to_wire() for name, policy in policies.items() if isinstance(policy, Policy)}
    order = ReactOrder(outcome=outcome, requests=requests, matches=matches, digest=digest(key))
    new = await start_once(client, REACT.name, outcome.id, order.to_wire())
    log.info(
        "model %s:%s registered: %s %s",
        registered.model,
        registered.version,
        "taken" if new else "seen before",
        "; ".join(outcome.reasons),
    )


def decide(
    event: ModelRegistered, event_id: str, policies: Mapping[str, Policy | str]
) -> tuple[EventOutcome, dict[str, dict[str, object]]]:
    """The requests to start, by policy, and the reasons for those that are not; `policies` as `read_policies` gives."""
    requests: dict[str, dict[str, object]] = {}
    reasons: list[str] = []
    if event.workspace_id.lower() != settings().workspace_id.lower():
        reasons.append("the event is from another workspace")
    elif MARK_TAG in event.tags:
        reasons.append("registered by a deployment of Slipway itself")
    elif not policies:
        reasons.append("there are no policies")
    else:
        for name, policy in policies.items():
            why_not = policy if isinstance(policy, str) else policy.why_not(event)
            if why_not or isinstance(policy, str):
                reasons.append(f"{name}: {why_not}"[:300])
                continue
            try:
                requests[name] = policy.request_for(event.model, event.version, deployment_request()).to_wire()
            except RequestProblems as error:
                reasons.append(f"{name}: {error}"[:300])
    outcome = EventOutcome(
        id=event_id,
        model=event.model,
        version=event.version,
        outcome="received",
        reasons=reasons[:20],
        deployments={name: DEPLOY.prefix + digest([event_id, name]) for name in requests},
    )
    return outcome, requests


def read_policies(folder: Path) -> dict[str, Policy | str]:
    """Every `*.yml` in `folder` by its name: the policy, or why that file cannot be used.

    One broken file does not stop the others; the events it might have been for are recorded with its reason.
    """
    found: dict[str, Policy | str] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            found[path.stem] = load_policy(path)
        except PolicyError as error:
            log.error("%s", error)  # noqa: TRY400 - the message is the whole story
            found[path.stem] = str(error)
    return found


def load_policy(path: Path) -> Policy:
    """One policy file, tried out with a sample model; raises PolicyError for one that could never deploy anything."""
    try:
        return read_policy(path.stem, parse_body(path.read_bytes()), deployment_request())
    except (RequestProblems, BodyTooLarge) as error:
        raise PolicyError(f"policy {path.name}: {error}") from error
