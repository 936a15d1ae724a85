"""What settings of Azure Monitor say of metrics: spans of time as it writes them, and metrics that nobody knows."""

from __future__ import annotations

from datetime import timedelta

from activities.scene import Finding
from contracts.metrics import Of, is_documented


def duration(span: timedelta) -> str:
    """Whole minutes, in the form that Azure Monitor answers with: `PT5M`, `PT1H`, `P1D`."""
    minutes = round(span / timedelta(minutes=1))
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    clock = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (left, "M")) if amount)
    return f"P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def leave_metric_unchecked(path: str, metric: str, of: Of, finding: Finding) -> None:
    """A metric that the documents do not name: Azure tells when it is asked for."""
    if is_documented(metric, of):
        return
    message = f"whether there is a metric {metric} of an online {of}: the documents name none"
    command = f"az monitor metrics list-definitions --resource <ARM id of an online {of}>"
    finding.leave_unchecked("MetricUnknown", path, message, command)
