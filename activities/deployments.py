"""Online deployments: created or confirmed, watched with the container's log at hand, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from activities.capacity import judge_capacity
from activities.container_logs import log_tail
from activities.departing import Belonging, Departing
from activities.gates import samples
from activities.platforms import platform_named
from activities.platforms.managed import Managed
from activities.resource import Resource, There
from activities.scene import Finding, Scene
from activities.servings import Serving, serving_of
from azure_api import begin, online
from azure_api.clients import clients
from azure_api.errors import refusal_in, translated
from azure_api.rights import Right
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.digests import digest
from contracts.endpoint_errors import MadeByOthers, StillServing
from contracts.errors import (
    DeploymentConflict,
    DeploymentError,
    EndpointBusy,
    ScoringScriptFailed,
)
from contracts.ledger import LedgerEntry, deployment_reference, endpoint_and_deployment, is_of_registry
from contracts.marks import DIGEST_TAG, MARK_TAG, mark_in
from contracts.online import OnlineDeploymentRequest
from contracts.plan import Resolved

WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/write"


class Deployments(Resource[OnlineDeploymentRequest]):
    """The deployment of a request."""

    kind = "deployment"
    step = "begin_deployment"
    rights = (WRITE,)
    long = True

    def read(self, part: Any) -> OnlineDeploymentRequest:
        """The deployment as asked for."""
        return OnlineDeploymentRequest.from_wire(part)

    def plan(self, wanted: OnlineDeploymentRequest, scene: Scene) -> Finding:
        """Whether one of that name exists, made from the same."""
        serving = serving_of(wanted, scene.resolved.model_type, unknown_model=scene.model_unknown)
        finding = Finding(needs=[Right(WRITE, clients().settings.workspace_id)])
        samples.judge(scene, finding)
        found = scene.deployment
        if found is None:
            finding.creates.append(f"deployment {wanted.name}")
            serving.judge(wanted, scene, finding)
            if scene.resolved.platform == Managed.name and scene.resolved.location:
                judge_capacity(wanted, scene, finding)
        elif (found.tags or {}).get(DIGEST_TAG) != made_from(wanted, scene.resolved):
            model = str(found.model or "none").split("/models/")[-1]
            message = f"deployment {wanted.name} exists and was made from something else (model {model})"
            finding.problem("deployment.name", DeploymentConflict(message))
        else:
            finding.confirms.append(f"deployment {wanted.name}")
        return finding

    def ensure(self, wanted: OnlineDeploymentRequest, order: EnsureInput) -> Ensured:
        """Confirm the deployment, or begin creating it; one that failed is put again.

        Raises DeploymentConflict when one of that name was made from something else.
        """
        endpoint = endpoint_and_deployment(order.resolved.deployment)[0]
        wanted_digest = made_from(wanted, order.resolved)
        found = begin.find_deployment(endpoint, wanted.name)
        if found is not None:
            state = begin.state_of(found)
            mine = begin.mark_of(found) == order.mark
            if state == "Deleting":
                raise EndpointBusy(f"deployment {wanted.name} is being deleted")
            if state not in (begin.FAILED, begin.CANCELED):
                if (found.tags or {}).get(DIGEST_TAG) != wanted_digest:
                    raise DeploymentConflict(f"deployment {wanted.name} of endpoint {endpoint} exists ({state})")
                return self._ensured(order, state, made=mine)
            if not mine:
                _refuse_serving(endpoint, wanted.name, state)
        tags = {MARK_TAG: order.mark, DIGEST_TAG: wanted_digest}
        platform = platform_named(order.resolved.platform)
        with translated():
            entity = platform.deployment(wanted, order, _serving(wanted, order.resolved), tags)
            begun = begin.begin_deployment(entity, order.resolved.location)
        return self._ensured(order, begin.state_of(begun), made=True)

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far creating the deployment is; raises why it failed, with the end of the container's log."""
        endpoint, name = endpoint_and_deployment(entry.id)
        found = online.deployment(endpoint, name)
        if found is None:
            return Provisioning(state="Deleted", done=False, absent=True)
        state = online.state_of(found)
        if state in (begin.FAILED, begin.CANCELED):
            raise _with_log(online.why_failed(found), endpoint, name)
        return Provisioning(state=state, done=state == begin.SUCCEEDED)

    def there(self, order: EntryInput) -> There | None:
        """The deployment of that name."""
        found = online.deployment(*endpoint_and_deployment(order.entry.id))
        if found is None:
            return None
        return There(found, ours=mark_in(found) == order.mark, state=online.state_of(found))

    def why_it_stays(self, found: There, order: EntryInput) -> str | None:
        """One that has traffic stays: this run's is taken back by then, so that it was given by who relies on it.

        One that failed is confirmed by nobody: whoever wants it puts it again.
        """
        wish = order.keep if found.state in (begin.FAILED, begin.CANCELED) else order.wish
        share = 0 if wish else _traffic_share(*endpoint_and_deployment(order.entry.id))
        return f"it has {share} % of the traffic by now" if share else wish

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Begin deleting it: a failed deployment still holds quota."""
        with translated():
            begin.begin_delete_deployment(*endpoint_and_deployment(order.entry.id))
        return Provisioning(state="Deleting", done=False)

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """The deployment itself; or all of an endpoint's, which go when that goes."""
        if departing.entity is None:
            return
        traffic = begin.traffic_of(departing.entity)
        for one in _departing(departing):
            name = str(one.name).lower()
            problems: list[DeploymentError] = []
            if departing.deployment and name in traffic:
                problems.append(StillServing(f"deployment {name} has {traffic[name]} % of the traffic"))
            if not begin.mark_of(one):
                problems.append(MadeByOthers(f"deployment {name} was not made by Slipway"))
            entry = self.entry(deployment_reference(departing.endpoint, name), made=False)
            goes_with = None if departing.deployment else departing.reference
            yield Belonging(entry=entry.model_copy(update={"goes_with": goes_with}), problems=problems)

    def _ensured(self, order: EnsureInput, state: str, *, made: bool) -> Ensured:
        return Ensured(entries=[self.entry(order.resolved.deployment, made=made)], done=state == begin.SUCCEEDED)


def _departing(departing: Departing) -> list[Any]:
    """The one that goes, absent only where neither its address nor the list knows it; or all of them."""
    if departing.deployment:
        found = begin.find_deployment(departing.endpoint, departing.deployment)
        return [] if found is None else [found]
    return departing.on_it


def made_from(wanted: OnlineDeploymentRequest, resolved: Resolved) -> str:
    """A digest of everything a deployment is made from."""
    assets = {
        name: reference.lower() if reference else None
        for name, reference in (
            ("model", resolved.model),
            ("environment", resolved.environment),
            ("code", resolved.code),
        )
    }
    # Without what a default says: a field that a later release adds must not make a deployment another one.
    return digest({**assets, "deployment": wanted.model_dump(mode="json", exclude_defaults=True)})


def _serving(wanted: OnlineDeploymentRequest, resolved: Resolved) -> Serving:
    unknown = resolved.model is not None and is_of_registry(resolved.model)
    return serving_of(wanted, resolved.model_type, unknown_model=unknown)


def _with_log(error: DeploymentError, endpoint: str, deployment: str) -> DeploymentError:
    log = log_tail(endpoint, deployment)
    refused = refusal_in(log)
    if isinstance(error, ScoringScriptFailed) and refused is not None:
        # init() was refused something: only the container's log says so.
        error = refused(error.message, cause=error.cause)
    return error.with_log(log)


def _traffic_share(endpoint: str, name: str) -> int:
    found = begin.find_endpoint(endpoint)
    return begin.traffic_of(found).get(name, 0) if found is not None else 0


def _refuse_serving(endpoint: str, name: str, state: str) -> None:
    """A failed update can leave an older version serving: such a deployment is somebody's, not wreckage."""
    share = _traffic_share(endpoint, name)
    if share:
        raise DeploymentConflict(f"deployment {name} of endpoint {endpoint} is {state} and has {share} % traffic")
