"""The guard: carries on what the platform ended.

When the worker process dies, Azure Functions ends every orchestration whose turn is in flight as *Failed*, for good and
in words that name another culprit (measured on Microsoft's own host). Such an instance is started again under its own
id, with what it knew: its steps and its ledger, recalled from its history (the platform drops its custom status).
Everything it made carries its mark, so that it confirms its own work and goes on.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func
from azure.durable_functions.models.OrchestrationRuntimeStatus import OrchestrationRuntimeStatus
from azure.durable_functions.models.RpcManagementOptions import RpcManagementOptions
from pydantic import ValidationError

from contracts.base import Json
from contracts.orders import Carried
from contracts.status import Progress
from orchestrations.run import OWN_WORDS
from orchestrations.runbooks import DEPLOY, RUNBOOKS, Runbook
from orchestrations.stage import recall
from triggers.statuses import plain

log = logging.getLogger("slipway.guard")

# How often somebody looks; whoever reads a status looks too.
SCHEDULE = "0 */5 * * * *"
# What ended longer ago was seen by many a look before.
LOOKED_BACK = timedelta(days=2)


async def guard(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Timer function: carry on every instance that the platform ended."""
    since = datetime.now(UTC) - LOOKED_BACK
    for runbook in RUNBOOKS:
        ended = await client.get_status_by(
            created_time_from=since,
            runtime_status=[OrchestrationRuntimeStatus.Failed],
            instance_id_prefix=runbook.prefix,
        )
        for instance in ended:
            await carry_on(client, runbook, instance)


async def carry_on(client: Any, runbook: Runbook, instance: Any) -> bool:
    """Start an instance again that the platform ended; False when it ended in its own words, or runs."""
    if instance.runtime_status is not OrchestrationRuntimeStatus.Failed or _in_own_words(runbook, instance):
        return False
    full = await _whole(client, instance.instance_id)
    try:
        order = runbook.order.from_wire(plain(full["input"]))
        carried = _carried(runbook, order, instance.instance_id, full.get("historyEvents") or [])
    except (ValidationError, ValueError, LookupError, TypeError):
        log.error("instance %s was ended by the platform, and its input cannot be read", instance.instance_id)  # noqa: TRY400 - the message is the whole story
        return False
    again = order.model_copy(update={"carried": carried})
    try:
        await client.start_new(runbook.name, instance.instance_id, again.to_wire())
    except Exception as error:  # the SDK raises bare Exception; whoever else looked may have been first
        log.warning("instance %s is not carried on: %s", instance.instance_id, type(error).__name__)
        return False
    log.warning("instance %s was ended by the platform: carried on (%d)", instance.instance_id, carried.resumptions)
    return True


def _in_own_words(runbook: Runbook, instance: Any) -> bool:
    if OWN_WORDS in str(instance.output):
        return True
    try:
        return runbook.ended(plain(instance.custom_status) or {})
    except (ValidationError, ValueError):
        return False


async def _whole(client: Any, instance_id: str) -> Json:
    """The status with input and history, which the SDK looks for under another name than the hub's."""
    options = RpcManagementOptions(
        instance_id=instance_id, show_history=True, show_history_output=True, show_input=True
    )
    _, body = await client._get_async_request(options.to_url(client._orchestration_bindings.rpc_base_url))
    return body


def _carried(runbook: Runbook, order: Any, instance_id: str, history: list[Json]) -> Carried:
    known = Progress()
    if runbook is DEPLOY and history:
        known = recall(runbook.orchestration, order.to_wire(), instance_id, history)
    # An instance that was ended before it showed anything knows what was carried before.
    before: Carried = order.carried
    steps, ledger = known.steps or before.steps, known.ledger or before.ledger
    return Carried(resumptions=before.resumptions + 1, steps=steps, ledger=ledger, error=known.error or before.error)
