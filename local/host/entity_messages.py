"""What goes to and from an entity: the texts of the extension's messages (recorded), and an entity's ID.

An entity is an instance whose ID is `@name@key`, its name in lower case.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from local.host.events import stamp

# The name of every event that carries a request.
OPERATION = "op"
_PACKAGE = "Microsoft.Azure.WebJobs.Extensions.DurableTask"
# By which an answer is known in a history.
RESPONSE = f"{_PACKAGE}.ResponseMessage"


class EntityId(NamedTuple):
    """Which entity."""

    name: str
    key: str

    @classmethod
    def of(cls, instance_id: str) -> EntityId:
        """The entity whose instance this is."""
        _, name, key = instance_id.split("@", 2)
        return cls(name, key)

    @property
    def instance_id(self) -> str:
        """The ID of its instance."""
        return f"@{self.name.lower()}@{self.key}"


def request_message(
    operation: str,
    content: str | None,
    *,
    now: datetime,
    signal: bool,
    parent: tuple[str, str] | None = None,
) -> str:
    """A request to do `operation`; `content` is its input as JSON text, `parent` the instance and execution that ask.

    The order in which messages of one instance were sent is part of them on Azure; here nothing overtakes anything.
    """
    message: dict[str, Any] = {"$type": f"{_PACKAGE}.RequestMessage, {_PACKAGE}", "op": operation}
    if signal:
        message["signal"] = True
    message |= {"input": content, "id": str(uuid.uuid4())}
    if parent is not None:
        message |= {"parent": parent[0], "parentExecution": parent[1]}
        message |= {"Timestamp": stamp(now), "Predecessor": "0001-01-01T00:00:00"}
    return json.dumps({**message, "requestTime": now.isoformat()}, separators=(",", ":"))


def response_message(result: str | None, *, failed: bool) -> str:
    """The answer to a request; `result` is JSON text, that of the error if it failed."""
    message = {"$type": f"{RESPONSE}, {_PACKAGE}", "result": result}
    return json.dumps(message | ({"exceptionType": "Error"} if failed else {}), separators=(",", ":"))
