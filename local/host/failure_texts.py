"""What a history says of an error, as the true Functions host was recorded to say it.

The host takes everything for a credential that follows words such as `key=` or `Token=`, up to the next `<`, `"` or
`'`, and hides it: in the message of an activity's error, and in the whole text that an orchestrator's error arrives as,
the state behind it included. The Python traceback in an activity's details is not touched, so an orchestrator that lets
such an error through may have its own state broken by it; its instance then ends as non-deterministic.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Mapping

from local.host.worker_faults import FunctionTimedOut, WorkerExited

HIDDEN = "[Hidden Credential]"
_WORDS = (
    "Token=", "DefaultEndpointsProtocol=http", "AccountKey=", "Data Source=", "Server=", "Password=", "pwd=",
    "&amp;sig=", "&sig=", "?sig=", "SharedAccessKey=", "&amp;code=", "&code=", "?code=", "/code=", "key=",
)  # fmt: skip
_CREDENTIAL = re.compile(f"(?<!PublicKey)(?:{'|'.join(map(re.escape, _WORDS))})[^<\"']*", re.IGNORECASE)
_URL = re.compile(r"\b[A-Za-z]+://[^:/\s]+:[^@/\s]+@[^:/\s]+:\d+\b")
_SCRIPT = "Microsoft.Azure.WebJobs.Script"
_TIME_OUT = "Microsoft.Azure.WebJobs.Host.FunctionTimeoutException, Microsoft.Azure.WebJobs.Host"


def hide_credentials(text: str) -> str:
    """The text without what the host takes for credentials."""
    return _URL.sub(HIDDEN, _CREDENTIAL.sub(HIDDEN, text))


def of_activity(error: Exception) -> tuple[str, str]:
    """What TaskFailed says: the text, and the serialized .NET exception."""
    if isinstance(error, WorkerExited):
        kind = f"{_SCRIPT}.Workers.WorkerProcessExitException, {_SCRIPT}"
        return str(error), _json({"$type": kind, "Message": str(error)})
    if isinstance(error, FunctionTimedOut):
        return str(error), _json({"$type": _TIME_OUT, "Timeout": error.limit, "Message": str(error)})
    message = hide_credentials(f"{type(error).__name__}: {error}")
    inner = {
        "$type": f"{_SCRIPT}.Workers.Rpc.RpcException, {_SCRIPT}",
        "Message": f"Result: Failure\nException: {message}\nStack: {_stack(error)}",
        "Data": None,
        "InnerException": None,
        "HelpURL": None,
        "StackTraceString": None,
        "RemoteStackTraceString": _stack(error),
        "HResult": -2146233088,
        "Source": None,
    }
    return message, details_of(message, inner)


def of_unanswered_turn(error: Exception) -> str:
    """What an orchestrator's error says that handed back no state."""
    if isinstance(error, WorkerExited | FunctionTimedOut):
        return str(error)
    message = hide_credentials(f"{type(error).__name__}: {error}")
    return f"Result: Failure\nException: {message}\nStack: {_stack(error)}"


def of_child(name: str, reason: str) -> str:
    """The details of a sub-orchestration's failure, which are no JSON."""
    own = reason.removeprefix(f"Orchestrator function '{name}' failed: ")
    return f"Message: {own}, StackTrace: "


def details_of(message: str, inner: Mapping[str, object] | None = None) -> str:
    """The serialized .NET exception that accompanies a failure's Reason."""
    name = "System.Exception"
    return _json(
        {
            "$type": f"{name}, System.Private.CoreLib",
            "ClassName": name,
            "Message": message,
            "Data": None,
            "InnerException": inner,
            "HelpURL": None,
            "StackTraceString": None,
            "RemoteStackTraceString": None,
            "RemoteStackIndex": 0,
            "ExceptionMethod": None,
            "HResult": -2146233088,
            "Source": None,
            "WatsonBuckets": None,
        }
    )


def _stack(error: Exception) -> str:
    return "".join(traceback.format_tb(error.__traceback__)).rstrip()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
