"""An endpoint whose deployment is watched: where it is, and what it is asked."""

from __future__ import annotations

from datetime import timedelta

from local.cloud.cloud import LocalCloud
from local.cloud.serving.answered import Answered
from local.cloud.world import RESOURCE_GROUP, WORKSPACE_ID

ENDPOINT = f"{WORKSPACE_ID}/onlineEndpoints/watched"
BLUE = f"{ENDPOINT}/deployments/blue"
MINUTE = timedelta(minutes=1)
PLACE = (RESOURCE_GROUP, "mine")


def traffic(cloud: LocalCloud, minutes: int, requests: int, *, status: int = 200, took: float = 20.0) -> None:
    """So many requests in each of the next minutes."""
    for _ in range(minutes):
        for _ in range(requests):
            cloud._providers.insights.seen("watched", Answered("blue", status, status, took))
        cloud.clock.advance(MINUTE)
