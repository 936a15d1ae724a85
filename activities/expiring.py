"""What a plan finds about an endpoint that is to go after a time: all that is on it must be Slipway's."""

from __future__ import annotations

from activities.scene import Finding, Scene
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.endpoint_errors import MadeByOthers

WITHOUT_TTL = "Leave `ttl` out, or name an endpoint of your own."


def judge_ttl(scene: Scene, finding: Finding) -> None:
    """Somebody else's endpoint does not go, nor one that holds what somebody else has made."""
    if not scene.order.part("ttl") or scene.endpoint is None:
        return
    name = scene.order.endpoint
    if not begin.mark_of(scene.endpoint):
        message = f"endpoint {name} was not made by Slipway: it cannot go after a time"
        finding.problem("ttl", MadeByOthers(message, suggestion=WITHOUT_TTL))
        return
    with translated():
        every = list(clients().ml.online_deployments.list(name))
    others = sorted(str(one.name) for one in every if not begin.mark_of(one))
    if others:
        message = f"endpoint {name} holds what Slipway did not make ({', '.join(others)}): it cannot go after a time"
        finding.problem("ttl", MadeByOthers(message, suggestion=WITHOUT_TTL))
