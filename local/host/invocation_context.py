"""The `context` argument a function may ask for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import cast

import azure.functions as func


class _TraceContext(func._abc.TraceContext):
    """No distributed trace reaches the local host."""

    trace_parent = ""
    trace_state = ""

    @property
    def attributes(self) -> dict[str, str]:
        """Always empty."""
        return {}


@dataclass
class _RetryContext:
    """The local host applies no retry policies (apps that have one are refused). Names of Azure's worker."""

    retry_count: int = 0
    max_retry_count: int = 0
    rpc_exception: str = ""
    """There is no earlier failure to show."""


class InvocationContext(func.Context):
    """What `azure.functions.Context` promises, for one invocation."""

    def __init__(self, function_name: str, invocation_id: str, folder: str) -> None:
        self._function_name = function_name
        self._invocation_id = invocation_id
        self._folder = folder

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
        """The folder of the file that defines the function."""
        return self._folder

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
        return cast("func._abc.RetryContext", _RetryContext())
