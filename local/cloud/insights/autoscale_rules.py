"""What Azure refuses about the profiles and rules of an autoscale setting, and what is refused by name here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from local.cloud.arm.errors import not_emulated
from local.cloud.insights.catalogue import emitter_of
from local.cloud.insights.errors import AutoscaleError
from local.cloud.insights.profiles import moment_of
from local.cloud.insights.zones import zone_named

# "The number of days between the start and end times of a fixedDate profile can't exceed 365 days".
LONGEST_FIXED = timedelta(days=365)


def check(properties: dict[str, Any]) -> None:
    """Raises an ArmError for the first thing that is wrong."""
    profiles: list[dict[str, Any]] = properties["profiles"]
    if sum(1 for one in profiles if not one.get("fixedDate") and not one.get("recurrence")) > 1:
        raise _bad("An autoscale setting can have only one default profile.")
    policy = properties.get("predictiveAutoscalePolicy") or {}
    if str(policy.get("scaleMode", "Disabled")).lower() != "disabled":
        raise not_emulated("predictive autoscale", "Leave predictiveAutoscalePolicy out; it is for scale sets only.")
    for profile in profiles:
        _check_capacity(profile["capacity"])
        _check_times(profile)
        for rule in profile["rules"]:
            _check_rule(rule, profile["capacity"])


def _check_capacity(capacity: dict[str, str]) -> None:
    least, most, default = (int(capacity[name]) for name in ("minimum", "maximum", "default"))
    if least > default:
        # Text: quoted in microsoft/onefuzz#2249.
        raise _bad(
            f"The minimum capacity value '{least}' that you specified in the autoscale setting is greater than the "
            f"default capacity of '{default}'.  Enter a minimum capacity less than '{default}'."
        )
    if default > most:
        raise _bad(f"The default capacity value '{default}' is greater than the maximum capacity of '{most}'.")


def _check_times(profile: dict[str, Any]) -> None:
    fixed, recurrence = profile.get("fixedDate"), profile.get("recurrence")
    if fixed:
        try:
            start, end = (moment_of(fixed[name], fixed) for name in ("start", "end"))
        except ValueError as reason:
            raise _bad(f"The fixed date of profile '{profile['name']}' is no moment: {reason}.") from None
        if not timedelta() < end - start <= LONGEST_FIXED:
            raise _bad(f"The fixed date of profile '{profile['name']}' must end after it starts, within 365 days.")
    if recurrence:
        if recurrence["frequency"].lower() != "week":
            raise not_emulated(f"profiles that recur each {recurrence['frequency']}", "Use Week, the documented one.")
        zone_named(recurrence["schedule"]["timeZone"])


def _check_rule(rule: dict[str, Any], capacity: dict[str, str]) -> None:
    trigger, action = rule["metricTrigger"], rule["scaleAction"]
    emitter = emitter_of(trigger["metricResourceUri"])
    if emitter is None:
        raise not_emulated(f"metrics of {trigger['metricResourceUri']}", "Name an online endpoint or deployment.")
    namespace = trigger.get("metricNamespace")
    foreign = bool(namespace) and str(namespace).lower() != emitter.kind.lower()
    if foreign or emitter.metric(trigger["metricName"]) is None:
        # Code and text: quoted in Azure/azure-cli#25986.
        raise AutoscaleError(
            400,
            "UnsupportedMetric",
            f"resource: {trigger['metricResourceUri']}, metricnamespace: {namespace or 'metricNamespace is null'}, "
            f"metricname: {trigger['metricName']}",
        )
    if action["direction"].lower() == "none" or action["type"].lower() == "serviceallowednextvalue":
        raise not_emulated("scale actions that neither add nor remove a number of instances", "Say how many.")
    _check_amount(action, capacity)


def _check_amount(action: dict[str, Any], capacity: dict[str, str]) -> None:
    least, most = int(capacity["minimum"]), int(capacity["maximum"])
    value = action.get("value") or "1"
    if action["type"].lower() == "changecount" and int(value) > most - least:
        # Text: quoted in Azure/bicep-types-az#1859.
        message = (
            f"The autoscale setting you provided has an invalid scale action value ('{value}'). Specify a scale value "
            f"less than or equal to the difference between the capacity maximum {most} and the capacity minimum "
            f"{least}."
        )
        raise AutoscaleError(400, "InvalidActionValue", message)


def _bad(message: str) -> AutoscaleError:
    return AutoscaleError(400, "BadRequest", message)
