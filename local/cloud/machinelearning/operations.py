"""Long operations on the wire: where a client is sent after a PUT or DELETE, and what it finds there.

Recorded: the status reads `Updating` until it ends, even while creating; `percentComplete` stays 0.0; `endTime` is
.NET's smallest date until then; the URL carries about 3 kB of signature. A failure has a null code and a message
that begins with the code (quoted in public issues; the raw document was never compared with live Azure).
"""

from __future__ import annotations

import secrets

from local.clock import Clock
from local.cloud.arm.call import Answer, Call
from local.cloud.arm.documents import Json
from local.cloud.arm.errors import not_found
from local.cloud.arm.polling import poll_headers
from local.cloud.arm.route import ArmRoute
from local.cloud.hosts import MANAGEMENT_URL
from local.cloud.machinelearning.records import Operation
from local.cloud.machinelearning.state import WorkspaceState
from local.cloud.machinelearning.versions import API_VERSIONS, LOCATION_PATTERN, PROVIDER
from local.cloud.moments import with_offset
from local.cloud.world import REGION, SUBSCRIPTION_ID, WORKSPACE_GUID

_LOCATION = f"{SUBSCRIPTION_ID}/providers/{PROVIDER}/locations/{REGION}"
_STATUS, _RESULT = "mfeOperationsStatus", "mfeOperationResults"
_NEVER = "0001-01-01T00:00:00+00:00"

ENDPOINT = "oeidp"
DEPLOYMENT = "odidp"
# Computes have an address of their own for it in Azure; clients go wherever they are sent.
COMPUTE = "compute"


def status_url(operation: Operation) -> str:
    """The operation's address without its signature, as a resource shows it in its properties."""
    return f"{MANAGEMENT_URL}{_LOCATION}/{_STATUS}/{operation.name}?api-version={operation.api_version}"


class Operations:
    """Begins long operations and answers for their progress."""

    def __init__(self, state: WorkspaceState, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        # Sizes as recorded; the emulator does not check them, callers must only carry them.
        self._signature = (
            f"c={secrets.token_urlsafe(2175)}&s={secrets.token_urlsafe(256)}&h={secrets.token_urlsafe(32)}"
        )

    def begin(self, kind: str, api_version: str) -> Operation:
        """A new operation; `kind` is ENDPOINT, DEPLOYMENT or COMPUTE."""
        name = f"{kind}:{WORKSPACE_GUID}:{_guid()}"
        operation = Operation(name=name, api_version=api_version, started=self._clock.now())
        self._state.operations[name] = operation
        return operation

    def end(self, operation: Operation, *, error: str | None = None) -> None:
        """Note how the operation ended: well, or with a message that begins with the error's code."""
        operation.status = "Failed" if error else "Succeeded"
        operation.error = error
        operation.ended = self._clock.now()

    def headers(self, operation: Operation, location: str | None = None) -> dict[str, str]:
        """Where to follow the operation; `location` is the path a client may GET for the result."""
        stamp = int(operation.started.timestamp() * 1e7)
        signed = f"api-version={operation.api_version}&t={stamp}&{self._signature}"
        status = f"{MANAGEMENT_URL}{_LOCATION}/{_STATUS}/{operation.name}?{signed}"
        result = f"{MANAGEMENT_URL}{_LOCATION}/{_RESULT}/{operation.name}?{signed}"
        if location:
            result = f"{MANAGEMENT_URL}{location}?api-version={operation.api_version}"
        told = {"Azure-AsyncOperation": status, "Location": result, "x-ms-async-operation-timeout": "PT30M"}
        return {**told, **poll_headers(self._clock)}

    def routes(self) -> list[ArmRoute]:
        """The routes of operation status and results.

        Any authenticated caller may follow an operation: ARM signs those URLs. Not compared with live Azure for the
        unsigned form that a resource shows in its properties.
        """
        status, result = (f"{LOCATION_PATTERN}/{name}/{{operation}}" for name in (_STATUS, _RESULT))
        return [
            ArmRoute("GET", status, API_VERSIONS, self._status, checked_by="handler"),
            ArmRoute("GET", result, API_VERSIONS, self._result, checked_by="handler"),
        ]

    def _status(self, call: Call) -> Answer:
        operation = self._named(call)
        body: Json = {
            "id": f"{_LOCATION}/{_STATUS}/{operation.name}",
            "name": operation.name,
            "status": operation.status,
            "startTime": with_offset(operation.started),
            "endTime": with_offset(operation.ended) if operation.ended else _NEVER,
            "percentComplete": 0.0,
        }
        if operation.error:
            body["error"] = {"code": None, "message": operation.error}
        return Answer(200, body, poll_headers(self._clock))

    def _result(self, call: Call) -> Answer:
        if self._named(call).status == "Updating":
            return Answer(202, headers=poll_headers(self._clock))
        return Answer(204)

    def _named(self, call: Call) -> Operation:
        operation = self._state.operations.get(call.parameters["operation"])
        if operation is None:
            raise not_found("OperationNotFound", f"Operation {call.parameters['operation']} not found.")
        return operation


def _guid() -> str:
    text = secrets.token_hex(16)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
