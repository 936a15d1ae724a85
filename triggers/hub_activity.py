"""Activities that ask the task hub: they need its client, and belong to no resource."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import azure.durable_functions as df

from activities.envelope import fault_in
from contracts.base import Json
from triggers.hub import HubUnavailable

Asking = Callable[[Json, df.DurableOrchestrationClient], Awaitable[dict[str, Any]]]


def hub_activity(function: Asking) -> Asking:
    """Wrap `function(payload, client) -> envelope` as the activity of the same name.

    A hub that does not answer is told to the run, which asks again; of what nobody foresaw only our own words are
    raised, as by every activity.
    """

    @wraps(function)
    async def answer(payload: Json, client: df.DurableOrchestrationClient) -> dict[str, Any]:
        try:
            return await function(payload, client)
        except HubUnavailable as error:
            return error.to_run()
        except Exception as error:
            raise fault_in(function.__name__, error) from None

    return answer
