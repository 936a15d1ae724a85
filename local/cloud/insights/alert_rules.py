"""What Azure refuses about a metric alert, and what is refused by name here."""

from __future__ import annotations

from typing import Any

from local.cloud.arm.errors import ArmError, malformed, not_emulated
from local.cloud.arm.schema import span
from local.cloud.insights.bodies import SINGLE_RESOURCE
from local.cloud.insights.catalogue import Emitter, emitter_of
from local.cloud.machinelearning.state import WorkspaceState

# In minutes; the values that the REST reference and the portal offer.
FREQUENCIES = (1, 5, 15, 30, 60)
OPERATORS = ("equals", "greaterthan", "greaterthanorequal", "lessthan", "lessthanorequal")
WINDOWS = (1, 5, 15, 30, 60, 360, 720, 1440)


def check(state: WorkspaceState, location: str, properties: dict[str, Any]) -> None:
    """Raises an ArmError for the first thing that is wrong."""
    if location.lower() != "global":
        raise _bad(f"The location of a metric alert must be global, not {location}.")
    emitter = _scope(state, properties["scopes"])
    _check_times(properties)
    criteria = properties["criteria"]
    if criteria["odata.type"].lower() != SINGLE_RESOURCE.lower():
        raise not_emulated(f"alerts of {criteria['odata.type']}", f"Use {SINGLE_RESOURCE}.")
    if not criteria.get("allOf"):
        raise _bad("A metric alert needs at least one criterion.")
    for criterion in criteria["allOf"]:
        _check_criterion(criterion, emitter)


def _scope(state: WorkspaceState, scopes: list[str]) -> Emitter:
    emitter = emitter_of(scopes[0]) if len(scopes) == 1 else None
    if emitter is None or not emitter.is_in(state):
        # Text: quoted in Azure/ResourceModules#4550.
        raise _bad("Alert scope is invalid.")
    return emitter


def _check_times(properties: dict[str, Any]) -> None:
    frequency, window = (span(properties[name]).total_seconds() / 60 for name in ("evaluationFrequency", "windowSize"))
    if frequency not in FREQUENCIES or window not in WINDOWS or window < frequency:
        message = (
            f"evaluationFrequency {properties['evaluationFrequency']} must be one of {FREQUENCIES} minutes and "
            f"windowSize {properties['windowSize']} one of {WINDOWS}, and not the shorter one."
        )
        raise _bad(message)


def _check_criterion(criterion: dict[str, Any], emitter: Emitter) -> None:
    if criterion["criterionType"].lower() != "staticthresholdcriterion":
        raise not_emulated("dynamic thresholds, which learn from days of metrics", "Use a StaticThresholdCriterion.")
    if str(criterion.get("operator")).lower() not in OPERATORS or criterion.get("threshold") is None:
        raise malformed(f"criterion {criterion['name']} needs an operator of {', '.join(OPERATORS)}, and a threshold")
    namespace = criterion.get("metricNamespace")
    if namespace and str(namespace).lower() != emitter.kind.lower():
        # Text: quoted in hashicorp/terraform-provider-azurerm#2470.
        raise _bad(
            f"Detect invalid value: {namespace} for query parameter: 'metricnamespace', the value must be: "
            f"{emitter.kind} if the query parameter is provided, you can also skip this optional query parameter."
        )
    metric = emitter.metric(criterion["metricName"])
    if metric is None and not criterion.get("skipMetricValidation"):
        # Text: quoted in hashicorp/terraform-provider-azurerm#14743.
        raise _bad(
            f"Couldn't find a metric named {criterion['metricName']}. Make sure the name is correct. If this metric "
            "hasn't been reported yet, use the -skipMetricValidation flag."
        )
    known = {name.lower() for name in metric.dimensions} if metric else set()
    for dimension in criterion.get("dimensions") or []:
        if metric and dimension["name"].lower() not in known:
            raise _bad(f"The dimension {dimension['name']} is not one of metric {metric.name}'s.")


def _bad(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message)
