"""How a deployment answers the requests that others send it: Azure Monitor's metrics of its endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from activities.envelope import activity
from azure_api import versions
from azure_api.clients import clients
from azure_api.errors import translated
from contracts.ledger import arm_id, endpoint_reference
from contracts.rollout import AnswersInput, AnswersSeen

METRIC = "RequestsPerMinute"
READ = "Microsoft.Insights/metrics/read"
# What a failure is: the server says 424 where the model's own code failed (Azure ML's documents), 5xx for its own.
FAILURES = ("statusCode eq '424'", "statusCodeClass eq '5xx'")


@activity
def count_answers(order: AnswersInput) -> AnswersSeen:
    """How many requests the deployment answered in that time, and how many of them with a failure."""
    failed = sum(_count(order, failure) for failure in FAILURES)
    return AnswersSeen(requests=_count(order), failed=failed)


def _count(order: AnswersInput, *conditions: str) -> int:
    chosen = " and ".join([f"deployment eq '{order.deployment}'", *conditions])
    query = urlencode(
        {
            "metricnames": METRIC,
            "timespan": f"{_stamp(order.since)}/{_stamp(order.until)}",
            "interval": "PT1M",
            "aggregation": "Average",
            "$filter": chosen,
        }
    )
    resource = arm_id(endpoint_reference(order.endpoint), clients().settings.workspace_id)
    with translated():
        told = clients().get(f"{resource}/providers/Microsoft.Insights/metrics?{query}", versions.METRICS)
    minutes = [
        minute.get("average") or 0
        for value in told.get("value", [])
        for series in value.get("timeseries", [])
        for minute in series.get("data", [])
    ]
    return round(sum(minutes))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
