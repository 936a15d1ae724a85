"""Changes of a deployment in place: the fetched resource with some of its words changed, and given back by undo."""

from __future__ import annotations

import json
from typing import Any

from activities import assets, codes
from activities.changeable_words import MADE_FROM, Words, given, kept, words_of, write
from activities.datastores import judge_path
from activities.deployments import Deployments
from activities.envelope import activity
from activities.environments import judge_image
from activities.resource import CHANGED_SINCE, Resource
from activities.scene import Finding, Scene
from activities.serving_now import pin_of
from azure_api import begin
from contracts.activities import Ensured, EnsureInput, EntryInput, Provisioning
from contracts.azure_refusals import ResourceNotFound
from contracts.base import Json
from contracts.digests import digest
from contracts.endpoint_errors import StillServing
from contracts.errors import DeploymentConflict, RequestRejected
from contracts.ledger import LedgerEntry, endpoint_and_deployment, is_of_registry
from contracts.marks import DIGEST_TAG
from contracts.plan import PlanProblem
from contracts.secrets import secrets_in
from contracts.updates import (
    ASSETS,
    CODE,
    CODE_CONFIGURATION,
    DESCRIPTION,
    NAMED,
    SCRIPT,
    SETTINGS,
    SIZE,
    TAGS,
    Update,
    UpdateInput,
)

ANOTHER_NAME = "Deploy under another name."
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
        there = words_of(entity, wanted.after)
        if there not in (wanted.before, wanted.after):
            message = f"deployment {entity.name} was changed by somebody else a moment ago"
            raise DeploymentConflict(message, suggestion="Look at what it is now, and send the request again.")
        state = begin.state_of(entity) if there == wanted.after else write(entity, wanted.after)
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
        there, state = words_of(entity, entry.before), begin.state_of(entity)
        if there == entry.before and state not in (begin.FAILED, begin.CANCELED):
            return Provisioning(state=state, done=state == begin.SUCCEEDED, ours=False)
        if there != entry.before and not entry.may_have_left(there):
            return Provisioning(state=state, done=True, ours=False, stays=CHANGED_SINCE)
        return Provisioning(state=write(entity, entry.before), done=False)


@activity
def plan_update(order: UpdateInput) -> Update:
    """What would change; raises why it cannot: there is none, it is not ready, it has all the traffic."""
    entity = _found(order.endpoint, order.deployment)
    if begin.state_of(entity) != begin.SUCCEEDED and not order.begun:
        message = f"deployment {order.deployment} is {begin.state_of(entity)}: only one that is Succeeded is changed"
        raise DeploymentConflict(message, suggestion="Wait for it, or deploy under another name.")
    after = _wanted(order.wanted)
    if TAGS in after:
        after[TAGS] = _spelled(entity.tags or {}, after[TAGS])
    if after.keys() != {SIZE}:
        made_from = (entity.tags or {}).get(DIGEST_TAG, "")
        after[MADE_FROM] = digest([made_from, after])
    before, pin = words_of(entity, after), pin_of(entity)
    code = order.wanted.get(CODE_CONFIGURATION) or {}
    update = Update(
        before=before,
        after=after,
        share=_share(order),
        run=pin.run,
        model=after.get("model", pin.model),
        registers=after[CODE] if codes.in_datastore(code.get(CODE)) else None,
    )
    if order.begun:
        return update
    if all(after[name] == before[name] for name in after if name != MADE_FROM):
        return update.model_copy(update={"before": {}, "after": {}})
    _refuse_what_undo_cannot(before, after)
    if update.share == 100 and not update.scales_only and not order.wanted.get("in_place"):
        raise StillServing(
            f"deployment {order.deployment} has all the traffic, and a change in place is no safe way to change it",
            suggestion="Deploy under another name and move the traffic, or send `in_place: true` (`--in-place`).",
        )
    problems = [*_of_image(after.get("environment")), *(_of_files(code, entity) if code else [])]
    return update.model_copy(update={"problems": problems}) if problems else update


def _found(endpoint: str, name: str) -> Any:
    entity = begin.find_deployment(endpoint, name)
    if entity is None:
        raise ResourceNotFound(f"endpoint {endpoint} has no deployment {name}")
    return entity


def _share(order: UpdateInput) -> int:
    endpoint = begin.find_endpoint(order.endpoint)
    return begin.traffic_of(endpoint).get(order.deployment, 0) if endpoint is not None else 0


def _wanted(asked: dict[str, Any]) -> Words:
    """A request's words, with the references that a ledger has."""
    wanted: Words = {name: asked[name] for name in (SIZE, *SETTINGS) if asked.get(name) is not None}
    for name in ASSETS:
        if asked.get(name):
            wanted[name] = _there(f"{name}s", asked[name])
    code = asked.get(CODE_CONFIGURATION) or {}
    if code.get(CODE):
        wanted[CODE] = codes.made_of(code[CODE]) if codes.in_datastore(code[CODE]) else _there("codes", code[CODE])
    if code.get(SCRIPT):
        wanted[SCRIPT] = code[SCRIPT]
    if asked.get(DESCRIPTION) is not None:
        wanted[DESCRIPTION] = kept(asked[DESCRIPTION])
    for part in NAMED:
        if asked.get(part):
            wanted[part] = {name: kept(text) for name, text in asked[part].items()}
    return wanted


def _spelled(there: Words, asked: Words) -> Words:
    """The tags that are asked for, under the names that they have already: to Azure these are the same in any case."""
    names = {name.lower(): name for name in there}
    return {names.get(name.lower(), name): text for name, text in asked.items()}


def _there(collection: str, asset: str) -> str:
    """The reference of an asset that is registered, or a registry's, which is not looked at."""
    named = assets.named(collection, asset)
    if not is_of_registry(named):
        assets.require(named)
    return named


def _refuse_what_undo_cannot(before: Words, after: Words) -> None:
    """Raises RequestRejected for what a ledger may not keep, or has no room for."""
    was: Words = {DESCRIPTION: given(before.get(DESCRIPTION))}
    for part in NAMED:
        there, wanted = before.get(part) or {}, after.get(part) or {}
        was[part] = {name: given(there[name]) for name, text in wanted.items() if text != there[name]}
    for secret in secrets_in(was, max_depth=2):
        message = f"what {secret.path} is now looks like a secret, which would have to be kept for undo"
        raise RequestRejected(message, suggestion=ANOTHER_NAME)
    if len(json.dumps([before, after])) > LEDGER_BYTES:
        raise RequestRejected("this changes more at once than undo could give back", suggestion=ANOTHER_NAME)


def _of_image(environment: Json) -> list[PlanProblem]:
    """Why the image of another environment may not be used here, as of a new deployment's."""
    finding = Finding()
    if environment and not is_of_registry(str(environment)):
        judge_image(assets.require(str(environment))["properties"], "environment", finding)
    return finding.problems


def _of_files(code: Words, entity: Any) -> list[PlanProblem]:
    """Why files in a datastore cannot be the code: they are not there, or not readable, or without the script."""
    there = entity.code_configuration
    script = code.get(SCRIPT) or (there.scoring_script if there else None)
    if not (code.get(CODE) or there) or not script:
        message = "the deployment has no code yet: name both, code and scoring_script"
        raise RequestRejected(message, suggestion="Add the other one to code_configuration.")
    finding = Finding()
    if codes.in_datastore(code.get(CODE)) and assets.find(codes.made_of(code[CODE])) is None:
        judge_path(f"{CODE_CONFIGURATION}.{CODE}", code[CODE], finding, inside=script, only_blobs=True)
    return finding.problems
