"""What a function app consists of, read the way the Functions Python worker indexes the v2 model.

Triggers and bindings the local host cannot run are refused when the app is loaded, by name: a function that is
silently never called would be the worst of all answers. So is what Azure's worker refuses, after which an app there
has no functions at all and nothing says why.
"""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import azure.functions as func

from local.host.signatures import RETURN, WrongSignature, check, has_implicit_output, hints_of, takes_text

_TRIGGERS = {
    "httpTrigger": "http",
    "eventGridTrigger": "eventgrid",
    "timerTrigger": "timer",
    "activityTrigger": "activity",
    "orchestrationTrigger": "orchestrator",
    "entityTrigger": "entity",
}
# Where a durable trigger may override the function's name.
_DURABLE_NAMES = {"activityTrigger": "activity", "orchestrationTrigger": "orchestration", "entityTrigger": "entityName"}
# What the true host takes for a name; a function called otherwise is in error, the others are served (recorded).
_NAME = re.compile(r"[A-Za-z][\w-]{0,127}", re.ASCII)
_loaded = itertools.count(1)


class UnsupportedApp(Exception):
    """The app cannot be run here; the message names the function and what is in the way."""


@dataclass(frozen=True)
class Function:
    """One function of the app."""

    name: str
    kind: str
    """`http`, `eventgrid`, `timer`, `activity`, `orchestrator` or `entity`."""
    called: str
    """The name orchestrations use for it; differs from `name` only if the trigger says so."""
    binding: dict[str, Any]
    """The trigger's binding, as it would stand in function.json."""
    code: Callable[..., Any]
    bindings: tuple[dict[str, Any], ...]
    """All of them."""
    clients: tuple[str, ...]
    """Parameters that receive a durable client."""
    wants_context: bool
    takes_text: bool
    """Its trigger's payload is handed over as it came."""
    may_return: bool
    """What it returns goes somewhere; of others a result is an error."""

    @property
    def trigger_type(self) -> str:
        """The binding type, such as `httpTrigger`."""
        return str(self.binding["type"])

    @property
    def parameter(self) -> str:
        """The parameter that receives the trigger's payload."""
        return str(self.binding["name"])

    @property
    def module(self) -> str:
        """Name of the module that defines the function, in `sys.modules`."""
        wrapped = getattr(self.code, "orchestrator_function", None) or getattr(self.code, "entity_function", None)
        return str((wrapped or self.code).__module__)

    @property
    def folder(self) -> str:
        """The folder of the file that defines the function."""
        return str(Path(sys.modules[self.module].__file__ or ".").parent)

    @property
    def is_async(self) -> bool:
        """Whether it runs on the event loop instead of a thread."""
        return inspect.iscoroutinefunction(self.code)


class FunctionIndex:
    """All functions of one app."""

    def __init__(self, functions: Iterable[Function]) -> None:
        found = list(functions)
        self.functions = {function.name: function for function in found if _NAME.fullmatch(function.name)}
        self.in_error = {
            function.name: f"'{function.name}' is not a valid function name."
            for function in found
            if function.name not in self.functions
        }
        """Functions that cannot be called, and why."""
        self._called = {(function.kind, function.called.lower()): function for function in self.functions.values()}

    def of_kind(self, kind: str) -> list[Function]:
        """The functions of one kind, in the app's order."""
        return [function for function in self.functions.values() if function.kind == kind]

    def known(self, kind: str) -> list[str]:
        """The names under which functions of `kind` are called."""
        return [function.called for function in self.of_kind(kind)]

    def find(self, kind: str, name: str) -> Function | None:
        """The function orchestrations (or Event Grid) call `name`; case does not matter."""
        return self._called.get((kind, name.lower()))


def index_app(app: func.FunctionRegister) -> FunctionIndex:
    """The functions of an app object. Raises UnsupportedApp."""
    # The SDK remembers the names of an earlier call and would call every function a duplicate of itself.
    app.functions_bindings = None
    try:
        items = app.get_functions()
    except ValueError as error:
        raise UnsupportedApp(f"the app cannot be indexed: {error}") from error
    names: dict[str, str] = {}
    for item in items:
        name = str(item.get_function_name())
        if names.setdefault(name.lower(), name) != name:
            raise UnsupportedApp(f"the functions {names[name.lower()]!r} and {name!r} differ in case only")
    return FunctionIndex(_describe(item) for item in items if not _disabled(item))


def load_app(folder: Path, module_name: str | None = None) -> func.FunctionRegister:
    """Import `folder`/function_app.py and return its app object.

    Without a name the module gets a private one, so that several hosts in one process each have their own copy;
    a host of its own process passes `function_app`, the name Azure uses, which classes in payloads refer to.
    Raises UnsupportedApp; whatever the import raises passes through.
    """
    path = folder / "function_app.py"
    if not path.is_file():
        raise UnsupportedApp(f"{folder} has no function_app.py; the local host runs the Python v2 model only")
    name = module_name or f"_function_app_{next(_loaded)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return _only_app(module)


def _only_app(module: ModuleType) -> func.FunctionRegister:
    apps = {id(value): value for value in vars(module).values() if isinstance(value, func.FunctionRegister)}
    if len(apps) != 1:
        raise UnsupportedApp(f"function_app.py must have exactly one app object at module level, found {len(apps)}")
    return next(iter(apps.values()))


def _disabled(item: Any) -> bool:
    return os.environ.get(f"AzureWebJobs.{item.get_function_name()}.Disabled", "").lower() in {"1", "true"}


def _describe(item: Any) -> Function:
    name: str = item.get_function_name()
    bindings = [json.loads(text) for text in item.get_raw_bindings()]
    trigger = next(binding for binding in bindings if binding["type"].endswith("Trigger"))
    if trigger["type"] not in _TRIGGERS:
        raise UnsupportedApp(
            f"function {name!r} has a {trigger['type']}; the local host runs {', '.join(sorted(_TRIGGERS))}. "
            f"Set AzureWebJobs.{name}.Disabled=true to run the rest of the app."
        )
    if item.get_setting("retry_policy"):
        raise UnsupportedApp(f"function {name!r} has a retry policy, which the local host does not apply")
    code = item.get_user_function()
    try:
        check(code, item.get_bindings())
    except WrongSignature as error:
        raise UnsupportedApp(
            f"function {name!r} cannot be loaded: {error}. In Azure the whole app would have no functions."
        ) from error
    parameters = inspect.signature(code).parameters
    return Function(
        name=name,
        kind=_TRIGGERS[trigger["type"]],
        called=trigger.get(_DURABLE_NAMES.get(trigger["type"], "")) or name,
        binding=trigger,
        code=code,
        bindings=tuple(bindings),
        clients=tuple(_clients(name, [binding for binding in bindings if binding is not trigger])),
        wants_context="context" in parameters and trigger["name"] != "context",
        takes_text=takes_text(trigger["type"], hints_of(code).get(trigger["name"])),
        may_return=has_implicit_output(trigger["type"]) or any(binding["name"] == RETURN for binding in bindings),
    )


def _clients(name: str, bindings: list[dict[str, Any]]) -> Iterable[str]:
    for binding in bindings:
        if binding["type"] == "durableClient":
            yield binding["name"]
        elif binding["type"] != "http":
            raise UnsupportedApp(
                f"function {name!r} has a {binding['type']} binding; the local host provides durableClient and http"
            )
