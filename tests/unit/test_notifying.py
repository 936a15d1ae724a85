"""Azure Monitor is told how runs end, for an alert rule upon it: what the documents say of it fits the app."""

from __future__ import annotations

import json
import re

from local.checkout import ROOT
from orchestrations.runbooks import CHILDREN, RUNBOOKS

PAGE = (ROOT / "docs" / "monitoring.md").read_text()
# What the Durable extension writes its tracking events under, at this level.
CATEGORY, TOLD = "Host.Triggers.DurableTask", ("Trace", "Debug", "Information")


def test_the_end_of_every_run_is_told_to_azure_monitor() -> None:
    levels = json.loads((ROOT / "host.json").read_text())["logging"]["logLevel"]
    parts = CATEGORY.split(".")
    nearest = (levels.get(".".join(parts[:count])) for count in range(len(parts), 0, -1))

    assert next((level for level in nearest if level), levels["default"]) in TOLD


def test_the_query_of_the_documents_names_what_there_is() -> None:
    [named] = re.findall(r"prop__functionName in \((.*)\)", PAGE)

    orchestrations = {runbook.orchestration.__name__ for runbook in RUNBOOKS} | {one.__name__ for one in CHILDREN}
    assert set(json.loads(f"[{named}]")) <= orchestrations
    assert f'Category == "{CATEGORY}"' in PAGE
