"""What is written to the Azure of random schedules has the schemas that the local Azure holds to the official ones."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from local.cloud import diagnostics
from local.cloud.arm.schema import problem, unknown
from local.cloud.authorization import requests as authorization
from local.cloud.insights import bodies as insights
from local.cloud.machinelearning import bodies
from tests.schedules.records import Document

SCHEMAS = {
    "onlineEndpoints": bodies.ENDPOINT,
    "onlineEndpoints/deployments": bodies.DEPLOYMENT,
    "models/versions": bodies.MODEL,
    "environments/versions": bodies.ENVIRONMENT,
    "codes/versions": bodies.CODE,
    "roleAssignments": authorization.BODY,
    "diagnosticSettings": diagnostics.BODY,
    "autoscaleSettings": insights.AUTOSCALE,
    "metricAlerts": insights.ALERT,
}
# Names and ids, which differ from schedule to schedule: a body that differs in nothing else was judged before.
_OWN = re.compile(r"[0-9a-f]{8,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check(method: str, path: str, body: Document) -> None:
    """Raise AssertionError for a body that is not of its resource's schema, or has a field that it does not know."""
    _provider, *parts = path.rpartition("/providers/")[2].split("/")
    kind = "/".join(parts[::2]).removeprefix("workspaces/")
    told = _judged(kind, _OWN.sub("#", json.dumps(body)))
    assert not told, f"{method} {path}: {told}"


@cache
def _judged(kind: str, body: str) -> Any:
    document, schema = json.loads(body), SCHEMAS[kind]
    return problem(schema, document) or unknown(schema, document)
