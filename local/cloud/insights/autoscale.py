"""Microsoft.Insights/autoscaleSettings of online deployments: kept, refused as Azure refuses, and acted on.

Sources: the REST reference (2022-10-01), azure-mgmt-monitor, and texts quoted in public issues, named where they are
used. Evaluated each minute of the virtual clock, when somebody looks or asks a model: nothing happens meanwhile that
anybody could see. New instances are there at once, where Azure is in state Scaling for minutes. Never compared with
live Azure.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import as_json
from local.cloud.arm.errors import not_emulated
from local.cloud.arm.schema import span
from local.cloud.insights import bodies
from local.cloud.insights.autoscale_rules import check
from local.cloud.insights.catalogue import GRAIN, emitter_of
from local.cloud.insights.errors import AutoscaleError, unsupported_content
from local.cloud.insights.group_resources import GroupResources
from local.cloud.insights.meter import KEPT, Chosen, Meter, has, minute_of
from local.cloud.insights.profiles import profile_at
from local.cloud.insights.records import AUTOSCALE, AutoscaleSetting
from local.cloud.insights.scaling import Rule, decide, window_value
from local.cloud.machinelearning.scaling import scaled
from local.cloud.machinelearning.state import WorkspaceState


class Autoscale(GroupResources[AutoscaleSetting]):
    """The autoscale settings of the group."""

    kind = AUTOSCALE
    body = bodies.AUTOSCALE
    patch_body = bodies.AUTOSCALE_PATCH
    versions = ("2015-04-01", "2021-05-01-preview", "2022-10-01")

    def __init__(self, state: WorkspaceState, meter: Meter) -> None:
        super().__init__()
        self._state = state
        self._meter = meter

    def catch_up(self, now: datetime) -> None:
        """Do what autoscale has done up to now."""
        for setting in self._held.values():
            # Of what happened before, nothing is known any more.
            tick = max(setting.looked, minute_of(now - KEPT)) + GRAIN
            while tick <= now:
                self._run(setting, tick)
                setting.looked = tick
                tick += GRAIN

    def _run(self, setting: AutoscaleSetting, now: datetime) -> None:
        emitter = emitter_of(setting.target)
        endpoint = self._state.endpoint(emitter.endpoint) if emitter else None
        deployment = endpoint.deployment(str(emitter.deployment)) if endpoint and emitter else None
        profile = profile_at(setting.properties["profiles"], now) if setting.properties["enabled"] else None
        if endpoint is None or deployment is None or profile is None or endpoint.running():
            return
        if deployment.state != "Succeeded":
            return
        there = deployment.capacity
        cooling = setting.rests_until is not None and now < setting.rests_until
        decision = decide(profile, there, lambda rule: self._value(rule, now, there), cooling=cooling)
        if decision.capacity != there and scaled(self._state, endpoint, deployment, decision.capacity):
            setting.rests_until = now + decision.cooldown

    def _value(self, rule: Rule, now: datetime, instances: int) -> float | None:
        trigger = rule["metricTrigger"]
        emitter = emitter_of(trigger["metricResourceUri"])
        metric = emitter.metric(trigger["metricName"]) if emitter else None
        if emitter is None or metric is None:
            return None
        chosen = _chosen(trigger.get("dimensions") or [])
        samples = self._meter.latest(emitter, metric, now, span(trigger["timeWindow"]), chosen)
        value = window_value(samples, trigger)
        return value / instances if value is not None and trigger.get("dividePerInstance") else value

    def _put(self, call: Call) -> Answer:
        """Make a setting, or make another one of it: 201, or 200."""
        name = call.parameters["name"]
        known = self._held.get(name.lower())
        properties = {"enabled": False, "notifications": [], **as_json(call.body["properties"]), "name": name}
        given = (str(call.body["location"]), as_json(call.body.get("tags")), properties)
        self._check(name, given[0], properties)
        if known:
            known.location, known.tags, known.properties = given
            return Answer(200, known.document())
        made = AutoscaleSetting(AUTOSCALE, name, *given, looked=minute_of(call.now))
        self._held[name.lower()] = made
        return Answer(201, made.document())

    def _check(self, name: str, _location: str, properties: dict[str, Any]) -> None:
        known = self._held.get(name.lower())
        target = properties.get("targetResourceUri")
        if not target:
            raise unsupported_content()
        if known and known.target.lower() != str(target).lower():
            # Text: quoted in Azure/Moodle#311.
            message = (
                f"The autoscale setting '{name}' under resource group '{known.identifier.split('/')[4]}' is "
                f"referencing target resource '{known.target}'. The target resource reference is immutable. If you "
                "want to change it, please create a new autoscale setting with a different name."
            )
            raise AutoscaleError(400, "TargetResourceIdIsImmutable", message)
        self._check_target(str(target))
        others = (one for one in self._held.values() if one is not known)
        if any(one.target.lower() == str(target).lower() for one in others):
            # The status is quoted in hashicorp/terraform-provider-azurerm#8712, the text was not found.
            raise AutoscaleError(409, "Conflict", f"Another autoscale setting exists for the resource '{target}'.")
        check(properties)

    def _check_target(self, target: str) -> None:
        emitter = emitter_of(target)
        if emitter is None or emitter.deployment is None:
            raise not_emulated(f"autoscale of {target}", "Name an online deployment of this workspace.")
        if not emitter.is_in(self._state):
            # The code is quoted in Azure/azure-powershell#11710.
            raise AutoscaleError(404, "TargetResourceNotFound", f"The target resource id '{target}' is not found.")


def _chosen(dimensions: list[dict[str, Any]]) -> Chosen:
    """Which requests a rule's dimensions are about."""
    return lambda request: all(
        has(request, one["DimensionName"], one["Values"]) == (one["Operator"].lower() == "equals") for one in dimensions
    )
