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

from contracts.base import Json
from contracts.errors import Canceled
from contracts.lifetimes import LONGEST
from contracts.orders import Carried, Ending
from contracts.status import Progress
from orchestrations.policies import RESUMPTIONS_ALLOWED
from orchestrations.run import OWN_WORDS
from orchestrations.runbooks import RUNBOOKS, Runbook
from orchestrations.stage import Recalled, recall
from triggers.hub import Hub, HubUnavailable, Instance, Query, every
from triggers.statuses import UNREADABLE, is_of, plain, progress_of

log = logging.getLogger("slipway.guard")

# How often somebody looks; whoever reads a status looks too.
SCHEDULE = "0 */5 * * * *"
# The hub finds instances by when they began. Most end soon; what began before was seen by many a look.
LOOKED_BACK = timedelta(days=2)
# But a rollout may take days, and who waits for a thing's time a month: those are looked for at the hour, and again
# since a timer may be late.
LOOKED_FAR_BACK = LONGEST + LOOKED_BACK
AT_THE_HOUR = range(10)
FAILED, TERMINATED = "Failed", "Terminated"
# Somebody who terminates a run through the platform wants it to end: it is undone as a canceled one is.
TERMINATED_BY_SOMEBODY = "somebody terminated it through the platform"


async def guard(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Timer function: carry on every instance that the platform ended."""
    since = began_since(datetime.now(UTC))
    async with Hub(client) as hub:
        for runbook in RUNBOOKS:
            async for instance in every(hub, Query(runbook.prefix, (FAILED, TERMINATED), since)):
                await carry_on(client, runbook, instance)


def began_since(now: datetime) -> datetime:
    """Which instances a look at that moment is about."""
    return now - (LOOKED_FAR_BACK if now.minute in AT_THE_HOUR else LOOKED_BACK)


async def carry_on(client: Any, runbook: Runbook, instance: Instance) -> bool:
    """Start an instance again that the platform ended, or somebody through it; False when it ended itself, or runs."""
    if not _is_unfinished(runbook, instance):
        return False
    try:
        async with Hub(client) as hub:
            full = await hub.instance(instance.id, history=True)
        order = runbook.order.from_wire(plain(full.input if full else None))
        carried, ending = _carried(runbook, order, instance, list(full.history) if full else [])
    except HubUnavailable as error:
        log.warning("instance %s is not carried on yet: %s", instance.id, error)
        return False
    except (*UNREADABLE, LookupError, TypeError):
        log.error("instance %s was ended by the platform, and its input cannot be read", instance.id)  # noqa: TRY400 - the message is the whole story
        return False
    if instance.runtime_status == TERMINATED:
        if carried.resumptions > RESUMPTIONS_ALLOWED:
            return False  # whoever terminates it again and again does not want it undone
        why = carried.error or Canceled(TERMINATED_BY_SOMEBODY).to_failure()
        carried = carried.model_copy(update={"error": why})
    again = order.model_copy(update={"carried": carried, "ending": ending})
    try:
        await client.start_new(runbook.name, instance.id, again.to_wire())
    except Exception as error:  # the SDK raises bare Exception; whoever else looked may have been first
        log.warning("instance %s is not carried on: %s", instance.id, type(error).__name__)
        return False
    log.warning("instance %s was ended by the platform: carried on (%d)", instance.id, carried.resumptions)
    return True


def _is_unfinished(runbook: Runbook, instance: Instance) -> bool:
    ends = (FAILED, TERMINATED) if runbook.writes else (FAILED,)
    ended = instance.runtime_status in ends and is_of(runbook, instance)
    return ended and not in_own_words(runbook, instance)


def in_own_words(runbook: Runbook, instance: Instance) -> bool:
    """Whether an instance that failed did so in its own words; otherwise the platform ended it."""
    if OWN_WORDS in str(instance.output):
        return True
    try:
        return runbook.ended(plain(instance.custom_status) or {})
    except UNREADABLE:
        return False


def _carried(runbook: Runbook, order: Any, instance: Instance, history: list[Json]) -> tuple[Carried, Ending | None]:
    """What an instance knew, and how it ends if only that was left."""
    recalled, shown = Recalled(Progress()), Progress()
    if runbook.writes:
        shown = progress_of(instance)
        if history:
            recalled = recall(runbook.orchestration, order.to_wire(), instance.id, history)
    # What was terminated keeps its custom status; what the platform ended does not. An instance that was ended before
    # it showed anything knows what was carried before.
    known, before = shown if shown.steps else recalled.progress, order.carried
    steps, ledger = known.steps or before.steps, known.ledger or before.ledger
    carried = Carried(resumptions=before.resumptions + 1, steps=steps, ledger=ledger, error=known.error or before.error)
    return carried, recalled.ending or order.ending
