"""Online endpoints: created or confirmed, watched, and deleted when they never came up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from activities import commands
from activities.departing import Belonging, Departing
from activities.endpoint_settings import change, changes_of, endpoint_conflict
from activities.expiring import judge_ttl
from activities.networks import judge_network
from activities.operator_limits import check_identity
from activities.platforms import platform_for
from activities.platforms.managed import Managed
from activities.resource import Resource, There
from activities.role_assignments import revoke_roles
from activities.scene import Finding, Scene
from azure_api import begin, online, versions
from azure_api.clients import clients
from azure_api.errors import translated
from azure_api.rights import Right
from contracts.activities import EndpointEnsured, EnsureInput, EntryInput, Provisioning
from contracts.endpoint_errors import MadeByOthers, StillServing
from contracts.errors import DeploymentError, EndpointBusy, EndpointConflict, IdentityNotFound, MissingRight
from contracts.ledger import LedgerEntry, reference, short_name
from contracts.marks import mark_in
from contracts.online import EndpointRequest
from contracts.operator_limits import IdentityNotAllowed

WRITE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"
ATTACH_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"

SHARES = (
    "Let the policy name an endpoint for each model, with {model} in endpoint.name, or write"
    " `shares_endpoint: true` in it if its models shall share this one and its traffic."
)
TAKES = (
    "It was empty when this deployment began. Give each model an endpoint of its own, or send the request again if it"
    " shall take the traffic; a policy says so with `shares_endpoint: true`."
)
CHANGED = "what was asked of it besides stays: description, tags, settings"
KEPT = "an empty endpoint costs nothing, and the next attempt finds its roles in effect"


class Endpoints(Resource[EndpointRequest]):
    """The endpoint of a request."""

    kind = "endpoint"
    rights = (WRITE, ATTACH_IDENTITY)
    answers = EndpointEnsured
    long = True

    def read(self, part: Any) -> EndpointRequest:
        """The endpoint as asked for."""
        return EndpointRequest.from_wire(part)

    def plan(self, wanted: EndpointRequest, scene: Scene) -> Finding:
        """Whether it exists as asked for, and whose identity it has."""
        finding = Finding(needs=[Right(WRITE, clients().settings.workspace_id)])
        found = scene.endpoint
        platform = platform_for(wanted, found)
        scene.resolve(platform=platform.name)
        self._plan_identity(wanted, scene, finding)
        _plan_platform(platform.name, wanted, scene, finding)
        if platform.name == Managed.name and scene.resolved.location:
            judge_network(wanted, scene, finding)
        if found is None:
            self._plan_sharing(wanted.name, scene, finding)
            finding.creates.append(f"endpoint {wanted.name}")
            _leave_name_unchecked(wanted.name, platform.name, scene, finding)
            return finding
        conflict = endpoint_conflict(wanted, found)
        if conflict:
            finding.problem("endpoint", EndpointConflict(conflict))
            return finding
        judge_ttl(scene, finding)
        self._plan_sharing(wanted.name, scene, finding)
        changes = changes_of(wanted, found)
        if changes:
            finding.changes.append(f"endpoint {wanted.name}: {', '.join(changes)}")
        finding.confirms.append(f"endpoint {wanted.name}")
        scene.resolve(principal_id=begin.principal_of(found))
        return finding

    def ensure(self, wanted: EndpointRequest, order: EnsureInput) -> EndpointEnsured:
        """Confirm the endpoint or begin to change it, or begin creating it (again).

        The answer already names the identity's principal. What is changed is the fetched endpoint: a bare PUT would
        reset the rest.
        Raises EndpointConflict when it exists with another auth mode or identity, EndpointBusy while it is deleted.
        """
        found, changes = begin.find_endpoint(wanted.name), {}
        if found is not None:
            state = begin.state_of(found)
            if state == "Deleting":
                raise EndpointBusy(f"endpoint {wanted.name} is being deleted")
            conflict = endpoint_conflict(wanted, found)
            if conflict:
                raise EndpointConflict(conflict)
            changes = changes_of(wanted, found)
            if state not in (begin.FAILED, begin.CANCELED) and not changes:
                return self._ensured(order, found)
            # One that failed is put again as it is: it may hold deployments and traffic of others.
            change(found, changes)
        entity = found or platform_for(wanted).endpoint(wanted, order.mark)
        with translated():
            begun = begin.begin_endpoint(entity, order.resolved.location)
        return self._ensured(order, begun, changed=bool(changes))

    def foretold(self, finding: Finding, scene: Scene, wanted: Any) -> EndpointEnsured:
        """A new identity where the plan knows of none."""
        return EndpointEnsured(
            done=not (finding.creates or finding.changes), principal_id=scene.resolved.principal_id or "new"
        )

    def provisioned(self, entry: LedgerEntry) -> Provisioning:
        """How far creating the endpoint is; raises its error when it failed."""
        return endpoint_state(short_name(entry.id))

    def there(self, order: EntryInput) -> There | None:
        """The endpoint of that name."""
        found = online.endpoint(short_name(order.entry.id))
        if found is None:
            return None
        # What was changed is another's endpoint, with this run's words on it.
        ours = order.entry.how == "changed" or mark_in(found) == order.mark
        return There(found, ours=ours, state=online.state_of(found))

    def why_it_stays(self, found: There, order: EntryInput) -> str | None:
        """One that works stays after a failure, one that others have made, and one that holds something."""
        if order.entry.how == "changed":
            return CHANGED
        if order.wish or (found.state == begin.SUCCEEDED and not order.canceled):
            return order.wish or KEPT
        others = begin.deployments_of(short_name(order.entry.id))
        return f"it is in use by now ({', '.join(others)})"[:200] if others else None

    def delete(self, found: There, order: EntryInput) -> Provisioning:
        """Begin deleting an endpoint that never came up, or that nobody wants any more.

        The roles that other runs gave to its own identity go with it.
        Those runs may have ended, and left them for whoever deploys to it next.
        """
        identity = found.thing.get("identity") or {}
        # One that never came up may have none yet.
        if identity.get("principalId") and not identity.get("userAssignedIdentities"):
            revoke_roles(str(identity["principalId"]), but_of=order.mark)
        with translated():
            begin.begin_delete_endpoint(short_name(order.entry.id))
        return Provisioning(state="Deleting", done=False)

    def belongings(self, departing: Departing) -> Iterable[Belonging]:
        """The endpoint itself, and last."""
        if departing.entity is None or departing.deployment:
            return
        problems: list[DeploymentError] = []
        if traffic := begin.traffic_of(departing.entity):
            shares = ", ".join(f"{name} {share} %" for name, share in traffic.items())
            problems.append(StillServing(f"endpoint {departing.endpoint} has traffic: {shares}"))
        if not begin.mark_of(departing.entity):
            problems.append(MadeByOthers(f"endpoint {departing.endpoint} was not made by Slipway"))
        yield Belonging(entry=self.entry(departing.reference, made=False), problems=problems)

    def _plan_identity(self, wanted: EndpointRequest, scene: Scene, finding: Finding) -> None:
        for number, identity_id in enumerate(wanted.user_assigned_ids):
            self._plan_user_assigned(identity_id, scene, finding, first=number == 0)
        if len(wanted.user_assigned_ids) > 1:
            message = (
                f"roles are granted to {short_name(wanted.user_assigned_ids[0])}, the first of the identities; the"
                " others need theirs already"
            )
            command = commands.granting("<role>", "<scope>", to="<the other identity>")
            finding.warn("OneIdentityGranted", "endpoint.identity", message, command)

    def _plan_user_assigned(self, identity_id: str, scene: Scene, finding: Finding, *, first: bool) -> None:
        attach = Right(ATTACH_IDENTITY, identity_id)
        try:
            check_identity(identity_id)
            with translated(not_found=IdentityNotFound):
                found = clients().get(identity_id, versions.IDENTITIES)
        except (IdentityNotAllowed, IdentityNotFound, MissingRight) as error:
            finding.problem("endpoint.identity", error)
            # Whoever may not look at it may not attach it either, and is told both; nothing can be asked of nothing.
            finding.needs += [attach] if isinstance(error, MissingRight) else []
        else:
            if first:
                scene.resolve(principal_id=str(found["properties"]["principalId"]))
            finding.needs.append(attach)

    def _plan_sharing(self, name: str, scene: Scene, finding: Finding) -> None:
        """A policy must not take the traffic of another model: it deploys without anybody looking."""
        if scene.order.shares_endpoint or scene.resolved.model is None:
            return
        there = other_models(name, scene.resolved.model) if scene.endpoint is not None else {}
        scene.resolve(alone=not there)
        if there and scene.order.shares_endpoint is False:
            message = f"endpoint {name} has deployments of another model: {_listed(there)}"
            finding.problem("endpoint.name", EndpointConflict(message, suggestion=SHARES))

    def _ensured(self, order: EnsureInput, found: Any, *, changed: bool = False) -> EndpointEnsured:
        entry = self.entry(order.resolved.endpoint, made=begin.mark_of(found) == order.mark)
        if changed and entry.how == "found":
            entry = entry.model_copy(update={"how": "changed"})
        return EndpointEnsured(
            entries=[entry],
            done=begin.state_of(found) == begin.SUCCEEDED,
            principal_id=begin.principal_of(found),
        )


def other_models(name: str, model: str) -> dict[str, str]:
    """The endpoint's deployments that serve another model than that one, and what they serve."""
    with translated():
        there = [one for one in clients().ml.online_deployments.list(name) if begin.state_of(one) != "Deleting"]
    workspace_id = clients().settings.workspace_id
    served = {str(one.name): reference(str(one.model), workspace_id) if one.model else "no model" for one in there}
    return {
        one: short_name(_without_version(other))
        for one, other in served.items()
        if _without_version(other) != _without_version(model)
    }


def refuse_taking(name: str, traffic: Mapping[str, int], model: str) -> None:
    """Raise EndpointConflict when another model has the endpoint's traffic."""
    serving = {one: other for one, other in other_models(name, model).items() if one in traffic}
    if serving:
        raise EndpointConflict(f"endpoint {name} serves another model by now: {_listed(serving)}", suggestion=TAKES)


def _listed(models: Mapping[str, str]) -> str:
    return ", ".join(f"{one} has {other}" for one, other in sorted(models.items()))


def _without_version(model: str) -> str:
    return model.rsplit("/versions/", 1)[0]


def endpoint_state(name: str) -> Provisioning:
    """How far an endpoint is; raises its error when it failed."""
    found = online.endpoint(name)
    if found is None:
        return Provisioning(state="Deleted", done=False, absent=True)
    state = online.state_of(found)
    if state in (begin.FAILED, begin.CANCELED):
        raise online.why_failed(found)
    return Provisioning(state=state, done=state == begin.SUCCEEDED)


def _plan_platform(platform: str, wanted: EndpointRequest, scene: Scene, finding: Finding) -> None:
    asked = (scene.order.part("deployment") or {}).get("type")
    if asked and asked != platform:
        message = f"endpoint {wanted.name} is {platform}, and the deployment asks for type {asked}"
        finding.problem("deployment.type", EndpointConflict(message, suggestion="Leave `type` out, or name `compute`."))
    if wanted.compute:
        message = f"whether {wanted.compute} is attached, and has what is asked of it"
        name = short_name(wanted.compute.removeprefix("azureml:"))
        command = f"az ml compute show --name {name} {commands.of_workspace()}"
        finding.leave_unchecked("ComputeUnknown", "endpoint.compute", message, command)


def _leave_name_unchecked(name: str, platform: str, scene: Scene, finding: Finding) -> None:
    """Names of managed endpoints are one region's, whoever has them: of other workspaces Azure tells nothing."""
    if platform != Managed.name or not scene.resolved.location:
        return
    where = scene.resolved.location
    host = f"{name}.{where}{clients().settings.scoring_host_suffix}"
    message = f"whether another workspace in {where} has an endpoint {name}: Azure only tells when it is made"
    finding.leave_unchecked("NameUnknown", "endpoint.name", message, f"nslookup {host}")
