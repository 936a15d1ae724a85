"""The bodies that Microsoft.Insights takes, field for field as its models have them (azure-mgmt-monitor 7.0.0).

Ranges of durations are those that the models' own descriptions give.
"""

from __future__ import annotations

from datetime import timedelta

from local.cloud.arm.documents import Json
from local.cloud.arm.places import TAGS
from local.cloud.arm.schema import duration, flag, items, mapping, number, record, text, unavailable, whole
from local.cloud.insights.profiles import DAYS

_OPERATORS = ("Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
_MINUTE, _HALF_DAY, _WEEK = timedelta(minutes=1), timedelta(hours=12), timedelta(weeks=1)
DIMENSION = record({"DimensionName": text(), "Operator": text(one_of=("Equals", "NotEquals")), "Values": items(text())})
TRIGGER = record(
    {
        "metricName": text(),
        "metricResourceUri": text(),
        "timeGrain": duration(_MINUTE, _HALF_DAY),
        "statistic": text(one_of=("Average", "Min", "Max", "Sum", "Count")),
        "timeWindow": duration(5 * _MINUTE, _HALF_DAY),
        "timeAggregation": text(one_of=("Average", "Minimum", "Maximum", "Total", "Count", "Last")),
        "operator": text(one_of=_OPERATORS),
        "threshold": number(),
    },
    metricNamespace=text(),
    metricResourceLocation=text(),
    dimensions=items(DIMENSION),
    dividePerInstance=flag(),
)
ACTION = record(
    {
        "direction": text(one_of=("None", "Increase", "Decrease")),
        "type": text(one_of=("ChangeCount", "PercentChangeCount", "ExactCount", "ServiceAllowedNextValue")),
        "cooldown": duration(_MINUTE, _WEEK),
    },
    value=text(pattern=r"^[1-9][0-9]{0,3}$"),
)
RULE = record({"metricTrigger": TRIGGER, "scaleAction": ACTION})
_COUNT = text(pattern=r"^[0-9]{1,4}$")
CAPACITY = record({"minimum": _COUNT, "maximum": _COUNT, "default": _COUNT})
_MOMENT = text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
FIXED_DATE = record({"start": _MOMENT, "end": _MOMENT}, timeZone=text())
SCHEDULE = record(
    {
        "timeZone": text(),
        "days": items(text(one_of=DAYS)),
        "hours": items(whole(0, 23)),
        "minutes": items(whole(0, 59)),
    }
)
RECURRENCE = record(
    {
        "frequency": text(one_of=("None", "Second", "Minute", "Hour", "Day", "Week", "Month", "Year")),
        "schedule": SCHEDULE,
    }
)
PROFILE = record(
    {"name": text(), "capacity": CAPACITY, "rules": items(RULE, most=10)}, fixedDate=FIXED_DATE, recurrence=RECURRENCE
)
NOTIFICATION = record(
    {"operation": text(one_of=("Scale",))},
    email=record(
        sendToSubscriptionAdministrator=flag(),
        sendToSubscriptionCoAdministrators=flag(),
        customEmails=items(text()),
    ),
    webhooks=items(record(serviceUri=text(), properties=mapping(text()))),
)
PREDICTIVE = record(
    {"scaleMode": text(one_of=("Disabled", "ForecastOnly", "Enabled"))}, scaleLookAheadTime=duration(_MINUTE, _WEEK)
)
_PROFILES = items(PROFILE, most=20)
_SETTING: dict[str, Json] = {
    "notifications": items(NOTIFICATION),
    "enabled": flag(),
    "predictiveAutoscalePolicy": PREDICTIVE,
    "name": text(),
    "targetResourceUri": text(),
    "targetResourceLocation": text(),
}
AUTOSCALE = record({"location": text(), "properties": record({"profiles": _PROFILES}, **_SETTING)}, tags=TAGS)
AUTOSCALE_PATCH = record(tags=TAGS, properties=record(profiles=_PROFILES, **_SETTING))

_STATIC = "There are no dynamic thresholds here: give it one of its own."
METRIC_DIMENSION = record({"name": text(), "operator": text(one_of=("Include", "Exclude")), "values": items(text())})
CRITERION = record(
    {
        "criterionType": text(one_of=("StaticThresholdCriterion", "DynamicThresholdCriterion")),
        "name": text(),
        "metricName": text(),
        "timeAggregation": text(one_of=("Average", "Count", "Minimum", "Maximum", "Total")),
    },
    # Required of a static threshold; a dynamic one, which is refused by name, has other words and no number.
    operator=text(),
    threshold=number(),
    metricNamespace=text(),
    dimensions=items(METRIC_DIMENSION),
    skipMetricValidation=flag(),
    **dict.fromkeys(("alertSensitivity", "failingPeriods", "ignoreDataBefore"), unavailable(_STATIC)),
)
SINGLE_RESOURCE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
CRITERIA_KINDS = (
    SINGLE_RESOURCE,
    "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria",
    "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria",
)
CRITERIA = record({"odata.type": text(one_of=CRITERIA_KINDS)}, allOf=items(CRITERION, most=5))
ALERT_ACTION = record(actionGroupId=text(), webHookProperties=mapping(text()))
_ALERT: dict[str, Json] = {
    "severity": whole(0, 4),
    "enabled": flag(),
    "scopes": items(text()),
    "evaluationFrequency": duration(_MINUTE, timedelta(hours=1)),
    "windowSize": duration(_MINUTE, timedelta(days=1)),
    "criteria": CRITERIA,
}
_ALERT_BESIDES: dict[str, Json] = {
    "description": text(),
    "targetResourceType": text(),
    "targetResourceRegion": text(),
    "autoMitigate": flag(),
    "actions": items(ALERT_ACTION),
}
ALERT = record({"location": text(), "properties": record({**_ALERT}, **_ALERT_BESIDES)}, tags=TAGS)
ALERT_PATCH = record(tags=TAGS, properties=record(**_ALERT, **_ALERT_BESIDES))
