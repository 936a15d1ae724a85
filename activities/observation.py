"""What Azure has in the end."""

from __future__ import annotations

import json

from activities.envelope import OUTPUT_LIMIT_BYTES, activity
from activities.serving_now import pins_of
from azure_api import begin
from azure_api.clients import clients
from contracts.activities import Observed, ReadBackInput
from contracts.errors import NotAsDeployed
from contracts.ledger import arm_id
from contracts.plan import Percentages


@activity
def read_back(order: ReadBackInput) -> Observed:
    """Read back what a run produced; raises NotAsDeployed when it is not what this run made."""
    endpoint = begin.find_endpoint(order.endpoint)
    if endpoint is None:
        raise NotAsDeployed(f"endpoint {order.endpoint} is gone")
    model, traffic = _served(order) if order.deployment else "", begin.traffic_of(endpoint)
    if order.traffic is not None and traffic != order.traffic and not _by_a_later_run(order, traffic):
        raise NotAsDeployed(f"endpoint {order.endpoint} has traffic {traffic}, not {order.traffic}")
    names = sorted(traffic, key=lambda name: (-traffic[name], name)) if order.pin is None else order.pin
    observed = Observed(
        endpoint=order.endpoint,
        deployment=order.deployment,
        model_id=model,
        principal_id=begin.principal_of(endpoint),
        scoring_uri=str(endpoint.scoring_uri),
        traffic=traffic,
        unpinned=names,
    )
    # Twenty deployments do not fit one answer: whoever asked asks for the others.
    pins, left = pins_of(order.endpoint, names, OUTPUT_LIMIT_BYTES - len(json.dumps({"ok": observed.to_wire()})))
    return observed.model_copy(update={"serving": pins, "unpinned": left or None})


def _served(order: ReadBackInput) -> str:
    """The model of the run's deployment, which must be the one asked for."""
    deployment = begin.find_deployment(order.endpoint, order.deployment)
    if deployment is None:
        raise NotAsDeployed(f"{order.endpoint}/{order.deployment} is gone")
    state, model = begin.state_of(deployment), str(deployment.model or "")
    wanted = arm_id(order.model, clients().settings.workspace_id) if order.model else ""
    if state != begin.SUCCEEDED or model.lower() != wanted.lower():
        raise NotAsDeployed(f"deployment {order.deployment} is {state} with model {model}")
    return model


def _by_a_later_run(order: ReadBackInput, traffic: Percentages) -> bool:
    """Whether all that gets traffic besides was made by Slipway: then another run has rightly shifted it since.

    Not so for a run that is about the traffic itself: nobody else has its turn while it looks.
    """
    if not order.deployment:
        return False
    others = [begin.find_deployment(order.endpoint, name) for name in traffic if name != order.deployment]
    return bool(others) and all(one is not None and begin.mark_of(one) for one in others)
