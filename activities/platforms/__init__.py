"""Where endpoints run: what differs between them, as Azure ML's SDK wants it said."""

from __future__ import annotations

from typing import Any, Protocol

from activities.platforms.kubernetes import Kubernetes
from activities.platforms.managed import Managed
from activities.servings import Serving
from contracts.activities import EnsureInput
from contracts.online import EndpointRequest, OnlineDeploymentRequest


class Platform(Protocol):
    """One kind of online endpoint."""

    name: str

    def takes(self, wanted: EndpointRequest, found: Any) -> bool:
        """Whether an endpoint written like this, or that is there (the SDK's entity), runs here."""

    def endpoint(self, wanted: EndpointRequest, mark: str) -> Any:
        """The SDK's endpoint."""

    def deployment(
        self, wanted: OnlineDeploymentRequest, order: EnsureInput, serving: Serving, tags: dict[str, str]
    ) -> Any:
        """The SDK's deployment."""


PLATFORMS: tuple[Platform, ...] = (Kubernetes(), Managed())


def platform_for(wanted: EndpointRequest, found: Any = None) -> Platform:
    """Where this endpoint runs: managed compute unless it, or what is there, says otherwise."""
    return next(one for one in PLATFORMS if one.takes(wanted, found))


def platform_named(name: str) -> Platform:
    """The platform that a plan resolved."""
    return next(one for one in PLATFORMS if one.name == name)
