"""An endpoint with more settings of Azure Monitor than a status can name is deleted all the same."""

from __future__ import annotations

import json

from activities.monitoring import name_of
from contracts.marks import MARK_TAG
from contracts.operations import OperationResult
from contracts.status import Progress
from orchestrations.policies import PROGRESS_LIMIT_BYTES, ROUNDS_OF_TEARDOWN
from tests.schedules.instances import Instance
from tests.schedules.monitoring import INSIGHTS
from tests.schedules.stage import Stage, error_of

# More than are told of in as many looks as there may be at what is not gone.
ALERTS = 6 * ROUNDS_OF_TEARDOWN + 1


def test_an_endpoint_with_more_settings_than_a_status_can_name_is_deleted(stage: Stage) -> None:
    made = stage.deploys(access={})
    for number in range(ALERTS):
        name = f"{name_of('north', 'blue')}-alert-{number}"
        alert = {"id": f"{INSIGHTS}/metricAlerts/{name}", "name": name, "tags": {MARK_TAG: made.id}, "properties": {}}
        stage.azure.settings[f"metricalerts/{name}"] = alert
    run, sizes = stage.operates("delete_endpoint", {"force": True}), [0]

    def measured(instance: Instance) -> None:
        sizes.append(len(json.dumps(run.shown)) if instance is run else 0)

    stage.hub.turned = measured
    stage.hub.run()

    assert run.status == "Completed", error_of(run)
    assert max(sizes) <= PROGRESS_LIMIT_BYTES
    assert not [one for one in stage.azure.settings if one.startswith("metricalerts")]
    gone = [one for one in OperationResult.from_wire(run.output).ledger if one.how == "removed"]
    assert sum(one.kind == "alerts" for one in gone) == ALERTS
    assert Progress.from_wire(run.shown).ledger[-1] == gone[-1]
