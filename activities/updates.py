"""Changes of a deployment in place: the fetched resource with some of its words changed, and given back by undo."""

from __future__ import annotations

import json
from typing import Any

from activities import assets
from activities.deployments import Deployments
from activities.envelope import activity
from activities.resource import Resource
from activities.scene import Finding, Scene
from activities.serving_now import pin_of
from azure_api import begin
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.azure_refusals import ResourceNotFound
from contracts.digests import digest
from contracts.endpoint_errors import StillServing
from contracts.errors import DeploymentConflict, RequestRejected
from contracts.ledger import LedgerEntry, arm_id, endpoint_and_deployment
from contracts.marks import DIGEST_TAG
from contracts.updates import ASSETS, SETTINGS, SIZE, Update, UpdateInput

# What a deployment says that it was made from: one that was changed is not that any more.
MADE_FROM = "made_from"
# Of what it was and is to be, as JSON: the ledger keeps both, and must fit a custom status.
LEDGER_BYTES = 1500


class Updates(Resource[Update]):
    """A change in place, as a run has planned it; a deployment request has none."""

    kind = "deployment_update"
    within = True
    long = True

    def read(self, part: Any) -> Update:
        """What is to change, as `plan_update` has found it out."""
        return Update.from_wire(part)

    def plan(self, wanted: Update, scene: Scene) -> Finding:
        """Nothing: only operations change in place."""
        return Finding()

    def ensure(self, wanted: Update, order: EnsureInput) -> Ensured:
        """Begin the change; one that a try whose answer was lost has begun is confirmed."""
        entity = _found(*endpoint_and_deployment(order.resolved.deployment))
        there = _words(entity, wanted.after)
        state = begin.state_of(entity) if there == wanted.after else _write(entity, wanted.after)
        change = LedgerEntry(
            kind=self.kind, id=order.resolved.deployment, how="changed", before=wanted.before, after=wanted.after
        )
        return Ensured(entries=[change], done=state == begin.SUCCEEDED)

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far the change is, as of a new deployment: raises why it failed, with the end of the container's log."""
        return Deployments().provisioned(entry)

    def remove(self, order: EntryInput) -> Provisioning:
        """Give the deployment what it was, unless somebody has changed it since."""
        entry = order.entry
        entity = begin.get_deployment(*endpoint_and_deployment(entry.id))
        if entity is None:
            return Provisioning(state="Deleted", done=True, absent=True)
        there, state = _words(entity, entry.before), begin.state_of(entity)
        if there == entry.before and state not in (begin.FAILED, begin.CANCELED):
            return Provisioning(state=state, done=state == begin.SUCCEEDED, ours=False)
        if there != entry.before and not entry.may_have_left(there):
            return Provisioning(state=state, done=True, ours=False, stays="somebody else has changed it since")
        return Provisioning(state=_write(entity, entry.before), done=False)


@activity
def plan_update(order: UpdateInput) -> Update:
    """What would change; raises why it cannot: there is none, it is not ready, it has all the traffic."""
    entity = _found(order.endpoint, order.deployment)
    if begin.state_of(entity) != begin.SUCCEEDED and not order.begun:
        message = f"deployment {order.deployment} is {begin.state_of(entity)}: only one that is Succeeded is changed"
        raise DeploymentConflict(message, suggestion="Wait for it, or deploy under another name.")
    after = _wanted(order.wanted)
    if after.keys() != {SIZE}:
        made_from = (entity.tags or {}).get(DIGEST_TAG, "")
        after[MADE_FROM] = digest([made_from, after])
    before = _words(entity, after)
    changes = {name for name in after if name != MADE_FROM and after[name] != before[name]}
    pin = pin_of(entity)
    model = after.get("model", pin.model)
    update = Update(before=before, after=after, share=_share(order), run=pin.run, model=model)
    if order.begun or not changes:
        return update if order.begun else update.model_copy(update={"before": {}, "after": {}})
    if len(json.dumps([before, after])) > LEDGER_BYTES:
        raise RequestRejected("this changes more at once than undo could give back: deploy under another name")
    if update.share == 100 and not update.scales_only and not order.wanted.get("in_place"):
        raise StillServing(
            f"deployment {order.deployment} has all the traffic, and a change in place is no safe way to change it",
            suggestion="Deploy under another name and move the traffic, or send `in_place: true`.",
        )
    return update


def _found(endpoint: str, name: str) -> Any:
    entity = begin.find_deployment(endpoint, name)
    if entity is None:
        raise ResourceNotFound(f"endpoint {endpoint} has no deployment {name}")
    return entity


def _share(order: UpdateInput) -> int:
    endpoint = begin.find_endpoint(order.endpoint)
    return begin.traffic_of(endpoint).get(order.deployment, 0) if endpoint is not None else 0


def _wanted(asked: dict[str, Any]) -> dict[str, Any]:
    """A request's words, with the references that a ledger has."""
    wanted = {name: asked[name] for name in (SIZE, *SETTINGS) if asked.get(name) is not None}
    for name in ASSETS:
        if asked.get(name):
            wanted[name] = assets.named(f"{name}s", asked[name])
            if not assets.is_of_registry(wanted[name]):
                assets.require(wanted[name])
    return wanted


def _words(entity: Any, names: Any) -> dict[str, Any]:
    """What a deployment says under these names."""
    written, pin = entity._to_dict(), pin_of(entity)
    known = {
        "model": pin.model,
        "environment": pin.environment,
        MADE_FROM: (entity.tags or {}).get(DIGEST_TAG),
    }
    asked = names or {}
    return {name: known[name] if name in known else _of(asked[name], written.get(name)) for name in asked}


def _of(asked: Any, there: Any) -> Any:
    """Of settings only those that are asked for: Azure tells its defaults as well."""
    if isinstance(asked, dict):
        return {name: (there or {}).get(name) for name in asked}
    return there


def _write(entity: Any, words: dict[str, Any]) -> str:
    from azure.ai.ml.entities import OnlineRequestSettings, ProbeSettings

    kinds = {"request_settings": OnlineRequestSettings, "liveness_probe": ProbeSettings}
    kinds["readiness_probe"] = ProbeSettings
    for name, value in words.items():
        if name == MADE_FROM:
            others = {tag: text for tag, text in (entity.tags or {}).items() if tag != DIGEST_TAG}
            # What somebody else has made says nothing of it, and undo gives that back.
            entity.tags = others | ({DIGEST_TAG: value} if value else {})
        elif name in ASSETS:
            setattr(entity, name, arm_id(value, clients().settings.workspace_id) if value else None)
        elif name in kinds:
            there = entity._to_dict().get(name) or {}
            setattr(entity, name, kinds[name](**{**there, **value}))
        else:
            setattr(entity, name, value)
    with translated():
        endpoint = begin.find_endpoint(entity.endpoint_name)
        if endpoint is None:
            raise ResourceNotFound(f"there is no endpoint {entity.endpoint_name}")
        return begin.state_of(begin.begin_deployment(entity, endpoint.location))
