"""The `context` argument a function may ask for."""

from __future__ import annotations

import threading

import azure.functions as func


class _TraceContext(func._abc.TraceContext):
    """No distributed trace reaches the local host."""

    trace_parent = ""
    trace_state = ""

    @property
    def attributes(self) -> dict[str, str]:
        """Always empty."""
        return {}


class _RetryContext(func._abc.RetryContext):
    """The local host applies no retry policies (apps that have one are refused)."""

    retry_count = 0
    max_retry_count = 0

    @property
    def exception(self) -> func._abc.RpcException:
        """There is no earlier failure to show."""
        raise LookupError("this is the first attempt; nothing failed before it")


class InvocationContext(func.Context):
    """What `azure.functions.Context` promises, for one invocation."""

    def __init__(self, function_name: str, invocation_id: str) -> None:
        self._function_name = function_name
        self._invocation_id = invocation_id

    @property
    def invocation_id(self) -> str:
        """ID of this invocation, as in the log."""
        return self._invocation_id

    @property
    def function_name(self) -> str:
        """Name of the function."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """Empty: functions of the v2 model have no folder of their own."""
        return ""

    @property
    def thread_local_storage(self) -> type[threading.local]:
        """For the invocation ID in threads the function starts itself; the local log does not read it."""
        return threading.local

    @property
    def trace_context(self) -> func._abc.TraceContext:
        """Empty trace context."""
        return _TraceContext()

    @property
    def retry_context(self) -> func._abc.RetryContext:
        """A first attempt, always."""
        return _RetryContext()
