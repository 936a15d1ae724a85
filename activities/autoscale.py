"""Autoscale of a deployment: the limits, rules and schedules by which Azure Monitor changes its number of instances.

Made after the deployment, which must be there. A resource has at most one such setting (Azure Monitor's documents), so
that one that somebody else made is in the way. It outlives its deployment, and is removed before it.
"""

from __future__ import annotations

from typing import Any

from activities import commands
from activities.autoscale_profiles import profiles
from activities.capacity import judge_maximum
from activities.metrics import leave_metric_unchecked
from activities.monitoring import Document, MonitorSettings, name_for
from activities.platforms.managed import Managed
from activities.scene import Finding, Scene
from azure_api import versions
from azure_api.clients import clients
from contracts.autoscale import AutoscaleRequest, AutoscaleRule
from contracts.errors import RequestRejected
from contracts.ledger import arm_id
from contracts.marks import mark_in
from contracts.metrics import Of, resource_of
from contracts.plan import Resolved
from contracts.time_zones import DOCUMENTED

WRITE = "Microsoft.Insights/autoscaleSettings/write"


class Autoscale(MonitorSettings[AutoscaleRequest]):
    """`autoscale` of a request."""

    kind = "autoscale"
    rights = (WRITE,)
    words = AutoscaleRequest
    resource_type = "autoscaleSettings"
    api_version = versions.AUTOSCALE
    called = "autoscale"

    def read(self, part: Any) -> AutoscaleRequest:
        """The setting as asked for."""
        return AutoscaleRequest.from_wire(part)

    def documents(self, wanted: AutoscaleRequest, resolved: Resolved) -> dict[str, Document]:
        """The one setting."""
        ids: dict[Of, str] = {
            "deployment": arm_id(resolved.deployment, clients().settings.workspace_id),
            "endpoint": arm_id(resolved.endpoint, clients().settings.workspace_id),
        }
        name = name_for(resolved)
        properties = {
            "name": name,
            "enabled": wanted.enabled,
            "targetResourceUri": ids["deployment"],
            "targetResourceLocation": resolved.location,
            "profiles": profiles(wanted, ids),
        }
        return {name: {"location": resolved.location, "properties": properties}}

    def in_the_way(self, resolved: Resolved, there: list[Document]) -> str | None:
        """Another setting that scales the same deployment."""
        target = arm_id(resolved.deployment, clients().settings.workspace_id).lower()
        for one in there:
            about = str(one["properties"].get("targetResourceUri") or "").lower()
            if about == target and not mark_in(one):
                return str(one["id"])
        return None

    def judge(self, wanted: AutoscaleRequest, scene: Scene, finding: Finding) -> None:
        """Whether it can do what it is for."""
        if scene.resolved.platform != Managed.name:
            message = "only managed deployments are scaled by Azure Monitor"
            advice = "Write `scale_settings: {type: target_utilization}` in the deployment instead."
            finding.problem("autoscale", RequestRejected(message, suggestion=advice))
            return
        deployment = scene.order.part("deployment")
        if scene.resolved.location:
            judge_maximum(str(deployment["instance_type"]), wanted.most, scene, finding)
        count = int(deployment.get("instance_count") or 1)
        if wanted.enabled and not wanted.minimum <= count <= wanted.maximum:
            nearest = wanted.minimum if count < wanted.minimum else wanted.maximum
            message = f"the deployment begins with {count} instances, and autoscale makes {nearest} of them at once"
            command = commands.setting("deployment.instance_count", str(nearest))
            finding.warn("CountOutsideAutoscale", "deployment.instance_count", message, command)
        _judge_directions(wanted.rules, finding)
        _leave_zones_unchecked(wanted, finding)
        for where, rule in wanted.all_rules:
            leave_metric_unchecked(f"autoscale.{where}.metric", rule.metric, resource_of(rule.metric, rule.of), finding)


def _leave_zones_unchecked(wanted: AutoscaleRequest, finding: Finding) -> None:
    """Zones that no document names: Azure tells when the setting is made, and then the deployment is there."""
    for number, schedule in enumerate(wanted.schedules):
        if schedule.time_zone.lower() not in DOCUMENTED:
            message = f"whether Azure Monitor knows the time zone {schedule.time_zone}: its documents do not name it"
            command = "az monitor autoscale profile list-timezones --output table"
            finding.leave_unchecked("TimeZoneUnknown", f"autoscale.schedules.{number}.time_zone", message, command)


def _judge_directions(rules: list[AutoscaleRule], finding: Finding) -> None:
    """Rules that only scale one way, or would undo one another (Azure Monitor's best practices)."""
    out, back = ([one for one in rules if one.scale == way] for way in ("out", "in"))
    if bool(out) != bool(back):
        way = "out" if out else "in"
        message = f"all rules scale {way}: once it has, the number of instances stays"
        finding.warn(
            "OneWayAutoscale", "autoscale.rules", message, commands.setting("autoscale.rules", "<one each way>")
        )
    for more in out:
        for fewer in back:
            if more.metric.lower() == fewer.metric.lower() and fewer.threshold >= more.threshold:
                message = f"{more.metric} scales out above {more.threshold:g}, and in below {fewer.threshold:g}"
                command = commands.setting("autoscale.rules", "<thresholds with a margin between them>")
                finding.warn("AutoscaleMayFlap", "autoscale.rules", message, command)
