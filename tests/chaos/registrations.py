"""Model registrations on a rehearsal's stack, and what became of them."""

from __future__ import annotations

from typing import Any

from local.host.eventgrid import PATH
from tests import samples
from tests.chaos.rehearsal import Rehearsal

ENDED = ("ignored", "superseded", "deployed", "failed")


class Registrations:
    """Registers versions of the model, and waits until nothing about them is open any more."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal
        self._stack = rehearsal.stack
        self._versions: tuple[str, ...] = ()

    def register(self, *versions: str) -> None:
        """Register them all at the same moment, with the host subscribed to registrations."""
        self._stack.subscribe()
        with self._stack.clock.busy():
            for version in versions:
                samples.register_model(self._stack, version=version)
        self._versions = versions

    def register_once(self, version: str) -> None:
        """Register, or, with another host than before, lead the deliveries to come to it: its name stays in Azure."""
        if not self._versions:
            self.register(version)
            return
        for subscription in self._stack.cloud.events.subscriptions():
            subscription.endpoint_url = f"{self._stack.host.url}{PATH}?functionName=on_model_registered"

    def outcomes(self) -> dict[str, dict[str, Any]]:
        """By version, what came of each registration, once all of them are delivered and have come to an end."""
        found: dict[str, dict[str, Any]] = self._rehearsal.until(self._ended)
        return found

    def ending(self, version: str) -> dict[str, Any]:
        """How the deployment of that version ended, and what is told of its registration."""
        outcome = self.outcomes()[version]
        [deployment] = outcome["deployments"].values()
        told = {name: outcome[name] for name in ("outcome", "reasons")}
        return told | self._rehearsal.ended(deployment)

    def _ended(self) -> dict[str, dict[str, Any]] | None:
        with self._stack.http as http:
            events = http.get("/api/events").raise_for_status().json()["events"]
        outcomes = {event["version"]: event for event in events}
        under_way = [event["id"] for event in events if event["outcome"] not in ENDED]
        # Asking again and again would have the host do little else.
        for instance in under_way:
            self._stack.host.wait_for(instance)
        everything = len(outcomes) == len(self._versions) and self._delivered() >= len(self._versions)
        return outcomes if everything and not under_way else None

    def _delivered(self) -> int:
        done = [one for one in self._stack.cloud.events.deliveries() if one.outcome == "delivered"]
        return len(done) // self._stack.cloud.events.deliver_times
