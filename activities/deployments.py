"""Online deployments: created or confirmed, watched with the container's log at hand, deleted, read back."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from activities.endpoints import principal_of
from activities.envelope import activity
from activities.models import MADE_BY_TAG
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import looks_refused, translated
from contracts.activities import (
    Deployment,
    DeploymentInput,
    DeploymentRef,
    Done,
    Observed,
    Provisioning,
    ReadBackInput,
    ServingAssets,
)
from contracts.errors import (
    AccessNotYetEffective,
    DeploymentConflict,
    DeploymentError,
    EndpointBusy,
    NotAsDeployed,
    ScoringScriptFailed,
)
from contracts.online import OnlineDeploymentRequest

# What a deployment was made from: a deployment with the same digest is the same deployment.
DIGEST_TAG = "slipway-digest"
LOG_LINES = 60


@activity
def begin_deployment(order: DeploymentInput) -> Deployment:
    """Confirm the deployment, or begin creating it; one that failed is put again.

    Raises DeploymentConflict when one of that name was made from something else.
    """
    wanted = order.deployment
    digest = deployment_digest(wanted, order.model.id, order.assets)
    found = begin.get_deployment(order.endpoint, wanted.name)
    if found is not None:
        state = begin.state_of(found)
        mine = (found.tags or {}).get(MADE_BY_TAG) == order.instance
        if state == "Deleting":
            raise EndpointBusy(f"deployment {wanted.name} is being deleted")
        if state not in (begin.FAILED, begin.CANCELED):
            if (found.tags or {}).get(DIGEST_TAG) != digest:
                raise DeploymentConflict(f"deployment {wanted.name} of endpoint {order.endpoint} exists ({state})")
            return Deployment(endpoint=order.endpoint, name=wanted.name, provisioning_state=state, created=mine)
        if not mine:
            _refuse_serving(order.endpoint, wanted.name, state)
    with translated():
        begun = begin.begin_deployment(_entity(order, digest), order.location)
    return Deployment(endpoint=order.endpoint, name=wanted.name, provisioning_state=begin.state_of(begun), created=True)


@activity
def deployment_provisioned(order: DeploymentRef) -> Provisioning:
    """How far creating the deployment is; raises why it failed, with the end of the container's log."""
    found = begin.get_deployment(order.endpoint, order.deployment)
    if found is None:
        raise DeploymentConflict(f"deployment {order.deployment} was deleted by somebody else")
    state = begin.state_of(found)
    if state in (begin.FAILED, begin.CANCELED):
        raise _with_log(begin.why_failed(found), order.endpoint, order.deployment)
    return Provisioning(state=state, done=state == begin.SUCCEEDED)


@activity
def delete_deployment(order: DeploymentRef) -> Done:
    """Begin deleting the deployment if this instance made it; raises DeploymentConflict while it has traffic."""
    found = begin.get_deployment(order.endpoint, order.deployment)
    if found is None or (found.tags or {}).get(MADE_BY_TAG) != order.instance:
        return Done(changed=False)
    if begin.state_of(found) != "Deleting":
        # Undo has taken back what traffic this run gave: what is left was given by somebody who relies on it.
        _refuse_serving(order.endpoint, order.deployment, begin.state_of(found))
        with translated():
            begin.begin_delete_deployment(order.endpoint, order.deployment)
    return Done()


@activity
def deployment_deleted(order: DeploymentRef) -> Provisioning:
    """Whether the deployment is gone."""
    found = begin.get_deployment(order.endpoint, order.deployment)
    return Provisioning(state="Deleting" if found else "Deleted", done=found is None)


@activity
def read_back(order: ReadBackInput) -> Observed:
    """What Azure has in the end; raises NotAsDeployed when it is not what this run made."""
    endpoint = begin.get_endpoint(order.endpoint)
    deployment = begin.get_deployment(order.endpoint, order.deployment)
    if endpoint is None or deployment is None:
        raise NotAsDeployed(f"{order.endpoint}/{order.deployment} is gone")
    state, model = begin.state_of(deployment), str(deployment.model)
    traffic = {name: int(percent) for name, percent in (endpoint.traffic or {}).items() if percent}
    if state != begin.SUCCEEDED or model.lower() != order.model_id.lower():
        raise NotAsDeployed(f"deployment {order.deployment} is {state} with model {model}")
    if order.traffic is not None and traffic != order.traffic:
        raise NotAsDeployed(f"endpoint {order.endpoint} has traffic {traffic}, not {order.traffic}")
    return Observed(
        endpoint=order.endpoint,
        deployment=order.deployment,
        model_id=model,
        principal_id=principal_of(endpoint),
        scoring_uri=str(endpoint.scoring_uri),
        traffic=traffic,
    )


def deployment_digest(deployment: OnlineDeploymentRequest, model_id: str, assets: ServingAssets) -> str:
    """A digest of everything a deployment is made from."""
    made_from = {
        "model": model_id.lower(),
        "environment": assets.environment_id.lower(),
        "code": assets.code_id and assets.code_id.lower(),
        "deployment": deployment.to_wire(),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()[:32]


def log_tail(endpoint: str, deployment: str) -> str:
    """The end of the container's log; empty when Azure has none (never a reason to fail a failure report)."""
    try:
        with translated():
            return str(clients().ml.online_deployments.get_logs(deployment, endpoint, lines=LOG_LINES))
    except DeploymentError:
        return ""


def _with_log(error: DeploymentError, endpoint: str, deployment: str) -> DeploymentError:
    log = log_tail(endpoint, deployment)
    if isinstance(error, ScoringScriptFailed) and looks_refused(log):
        # init() was refused something: only the container's log says so.
        error = AccessNotYetEffective(error.message, cause=error.cause)
    return error.with_log(log)


def _refuse_serving(endpoint: str, name: str, state: str) -> None:
    """A failed update can leave an older version serving: such a deployment is somebody's, not wreckage."""
    traffic = getattr(begin.get_endpoint(endpoint), "traffic", None) or {}
    if traffic.get(name):
        raise DeploymentConflict(
            f"deployment {name} of endpoint {endpoint} is {state} and has {traffic[name]} % traffic"
        )


def _entity(order: DeploymentInput, digest: str) -> Any:
    from azure.ai.ml.entities import (
        CodeConfiguration,
        ManagedOnlineDeployment,
        OnlineRequestSettings,
        ProbeSettings,
    )

    wanted, assets = order.deployment, order.assets
    settings = wanted.request_settings
    code = CodeConfiguration(code=assets.code_id, scoring_script=assets.scoring_script) if assets.code_id else None
    return ManagedOnlineDeployment(
        name=wanted.name,
        endpoint_name=order.endpoint,
        model=order.model.id,
        environment=assets.environment_id,
        code_configuration=code,
        instance_type=wanted.instance_type,
        instance_count=wanted.instance_count,
        environment_variables=dict(wanted.environment_variables),
        app_insights_enabled=wanted.app_insights_enabled,
        request_settings=OnlineRequestSettings(**settings.to_wire()) if settings else None,
        liveness_probe=ProbeSettings(**wanted.liveness_probe.to_wire()) if wanted.liveness_probe else None,
        readiness_probe=ProbeSettings(**wanted.readiness_probe.to_wire()) if wanted.readiness_probe else None,
        description=wanted.description,
        tags={**wanted.tags, MADE_BY_TAG: order.instance, DIGEST_TAG: digest},
    )
