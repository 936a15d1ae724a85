"""Instances written straight into the task hub of a local host, through its own code: many take no time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.digests import digest
from local.host.events import stamp
from local.host.store import Row, Store
from tests import samples

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def write(data: Path, rows: Iterable[Row]) -> None:
    """Put the rows into the hub of the host whose data folder this is; it may be running."""
    store = Store(data)
    store.begin()
    for row in rows:
        store.put_instance(row)
    store.commit()
    store.close()


def deployment(
    number: int,
    *,
    endpoint: str = "many",
    status: str = "Completed",
    every: timedelta = timedelta(seconds=10),
    **columns: Any,
) -> Row:
    """A deployment that was asked for as the `number`th; `columns` as the host stores them."""
    created = stamp(EPOCH + number * every)
    told = {"endpoint": endpoint, "deployment": f"blue{number}", "model": "credit-risk:1"}
    row = Row(
        id="dep-" + digest(["many", number]),
        execution_id=digest(["execution", number]),
        name="deploy",
        version="1.0",
        status=status,
        input=json.dumps({"request": samples.request(endpoint=endpoint), "digest": digest(number)}),
        output=None,
        custom_status=json.dumps(told),
        created=created,
        updated=created,
    )
    return row._replace(**columns)


def event(number: int, *, model: str = "credit-risk", **columns: Any) -> Row:
    """What became of the `number`th registration of a model."""
    outcome = {"id": f"event-{digest(number)}", "model": model, "version": str(number), "outcome": "ignored"}
    told = {"custom_status": json.dumps(outcome), "input": json.dumps({"outcome": outcome})}
    return deployment(number, **{"id": outcome["id"], "name": "react_to_registration", **told, **columns})
