"""Microsoft.Insights/metrics and metricDefinitions of online endpoints and deployments: what was seen, or was told.

Source: the REST reference (2024-02-01). Of the documented metrics, those that a local Azure cannot see honestly
(processor, memory, disk, network) are refused by name until a value was told. Never compared with live Azure.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import ArmError, not_emulated, resource_not_found
from local.cloud.arm.route import ArmRoute
from local.cloud.arm.schema import parsed_duration
from local.cloud.insights.catalogue import GRAIN, METRICS, Emitter, Metric, emitter_of
from local.cloud.insights.meter import Chosen, Meter, has, minute_of
from local.cloud.insights.scaling import aggregated
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.world import REGION, RESOURCE_GROUP

API_VERSIONS = ("2018-01-01", "2021-05-01", "2023-10-01", "2024-02-01")
_CONDITION = re.compile(r"(?P<name>\w+) (?P<how>eq|ne) '(?P<value>[^']*)'", re.IGNORECASE)
_HOW = ("Average", "Minimum", "Maximum", "Total", "Count")


class Metrics:
    """Answers for endpoints and deployments of the workspace."""

    def __init__(self, state: WorkspaceState, meter: Meter) -> None:
        self._state = state
        self._meter = meter

    def routes(self) -> list[ArmRoute]:
        """The provider's lines of the route table."""
        base = "/{scope}/providers/Microsoft.Insights"
        return [
            ArmRoute("GET", f"{base}/metricDefinitions", API_VERSIONS, self._definitions),
            ArmRoute("GET", f"{base}/metrics", API_VERSIONS, self._metrics),
        ]

    def _definitions(self, call: Call) -> Answer:
        emitter = self._emitter(call)
        return Answer(200, {"value": [_definition(call.extended, emitter, one) for one in METRICS[emitter.kind]]})

    def _metrics(self, call: Call) -> Answer:
        """The values of a time span, by default of the last hour."""
        emitter, query = self._emitter(call), call.query
        names = (query.get("metricnames") or METRICS[emitter.kind][-1].name).split(",")
        start, end = _span(query.get("timespan"), call.now)
        grain = parsed_duration(query.get("interval") or "PT1M")
        if grain is None or grain < GRAIN or grain % GRAIN:
            raise ArmError(400, "BadRequest", f"The interval {query.get('interval')} is not one of whole minutes.")
        hows = [one.strip() for one in (query.get("aggregation") or "Average").split(",")]
        chosen = _chosen(query.get("$filter") or "")
        values = []
        for name in names:
            metric = self._named(emitter, name.strip())
            samples = self._meter.samples(emitter, metric, start, end, chosen)
            if not metric.seen and not any(one is not None for one in samples):
                raise not_emulated(f"the metric {metric.name}", "Tell a value: POST /local/metrics of its control URL.")
            values.append(_value(call.extended, metric, _data(samples, start, grain, hows)))
        return Answer(
            200,
            {
                "cost": 0,
                "timespan": f"{_stamp(start)}/{_stamp(end)}",
                "interval": query.get("interval") or "PT1M",
                "namespace": emitter.kind,
                "resourceregion": REGION,
                "value": values,
            },
        )

    def _emitter(self, call: Call) -> Emitter:
        emitter = emitter_of(call.extended)
        if emitter is None:
            raise not_emulated(f"metrics of {call.extended}", "Ask for those of an online endpoint or deployment.")
        if not emitter.is_in(self._state):
            raise resource_not_found(call.extended.partition("/providers/")[2], RESOURCE_GROUP)
        return emitter

    def _named(self, emitter: Emitter, name: str) -> Metric:
        metric = emitter.metric(name)
        if metric is None:
            known = ",".join(one.name for one in METRICS[emitter.kind])
            message = f"{emitter.kind} has no metric {name}; valid metrics: {known}"
            raise ArmError(400, "BadRequest", message)
        return metric


def _definition(resource: str, emitter: Emitter, metric: Metric) -> Json:
    return {
        "id": f"{resource}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": resource,
        "namespace": emitter.kind,
        "name": _localizable(metric.name),
        "unit": metric.unit,
        "primaryAggregationType": "Average",
        "supportedAggregationTypes": list(metric.aggregations),
        "metricAvailabilities": [{"timeGrain": "PT1M", "retention": "P93D"}],
        "isDimensionRequired": False,
        "dimensions": [_localizable(one) for one in metric.dimensions],
    }


def _value(resource: str, metric: Metric, data: list[Json]) -> Json:
    return {
        "id": f"{resource}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": _localizable(metric.name),
        "unit": metric.unit,
        "timeseries": [{"metadatavalues": [], "data": data}],
        "errorCode": "Success",
    }


def _localizable(name: str) -> Json:
    return {"value": name, "localizedValue": name}


def _data(samples: list[float | None], start: datetime, grain: timedelta, hows: list[str]) -> list[Json]:
    """One entry for each grain, without a value where there is none."""
    known = {one.lower(): one for one in _HOW}
    unknown = [one for one in hows if one.lower() not in known]
    if unknown:
        raise ArmError(400, "BadRequest", f"The aggregation {unknown[0]} is none of {', '.join(_HOW)}.")
    step = grain // GRAIN
    found: list[Json] = []
    for at in range(0, len(samples), step):
        values = {how.lower(): aggregated(samples[at : at + step], how) for how in hows}
        there = {how: value for how, value in values.items() if value is not None}
        found.append({"timeStamp": _stamp(start + at * GRAIN), **there})
    return found


def _span(text: str | None, now: datetime) -> tuple[datetime, datetime]:
    """From when to when, in whole minutes."""
    if not text:
        return minute_of(now) - timedelta(hours=1), minute_of(now)
    try:
        start, end = (datetime.fromisoformat(part.replace(" ", "+")) for part in text.split("/"))
        return minute_of(start.astimezone(now.tzinfo)), minute_of(end.astimezone(now.tzinfo))
    except ValueError:
        raise ArmError(400, "BadRequest", f"The timespan {text} is not <start>/<end>.") from None


def _chosen(text: str) -> Chosen:
    conditions = [part.strip() for part in re.split(r"\band\b", text, flags=re.IGNORECASE)] if text else []
    found = [_CONDITION.fullmatch(one) for one in conditions]
    if not all(found) or any(one and one["value"] == "*" for one in found):
        raise not_emulated(f"the filter {text}", "Join conditions such as deployment eq 'blue' by and.")
    return lambda request: all(
        has(request, one["name"], [one["value"]]) == (one["how"].lower() == "eq") for one in found if one
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
