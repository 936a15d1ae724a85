"""Azure's worker and the local host take the same functions: Microsoft's own worker library judges beside ours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import function_app
from local.checkout import ROOT
from local.host.index import UnsupportedApp, index_app
from tests.local.host.variants import BEFORE, FUTURE, REFUSED, TAKEN
from tests.registered import triggers

Load = Callable[[str], func.FunctionRegister]
WORKER = ROOT / ".venv-worker"
# What the library wants of the wire's vocabulary: the numbers that the azure-functions library gives directions.
_WIRE = SimpleNamespace(BindingInfo=SimpleNamespace(out=1, inout=2, undefined=0))


@pytest.fixture(scope="module")
def worker() -> Any:
    """Microsoft's worker library, without what is installed beside it."""
    assert WORKER.is_dir(), "the worker library is missing: `make test` installs it"
    sys.path.append(str(WORKER))
    try:
        from azure_functions_runtime import functions
        from azure_functions_runtime.bindings import meta
    finally:
        sys.path.remove(str(WORKER))
    meta.load_binding_registry()
    return functions


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """The app in a text, imported from a file."""

    def load(source: str) -> func.FunctionRegister:
        future = FUTURE if source.startswith(FUTURE) else ""
        file = tmp_path / "variant.py"
        file.write_text(future + BEFORE + source.removeprefix(future))
        module: Any = ModuleType("variant")
        monkeypatch.setitem(sys.modules, "variant", module)
        exec(compile(file.read_text(), str(file), "exec"), module.__dict__)
        app: func.FunctionRegister = module.app
        return app

    return load


def theirs(worker: Any, app: func.FunctionRegister) -> str | None:
    """Why Microsoft's library refuses the app; None if it does not."""
    app.functions_bindings = None
    registry = worker.Registry()
    try:
        for function in app.get_functions():
            registry.add_indexed_function(function=function, protos=_WIRE)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def ours(app: func.FunctionRegister) -> str | None:
    """Why the local host refuses it."""
    try:
        index_app(app)
    except UnsupportedApp as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", TAKEN)
def test_both_take_what_can_be_called(name: str, worker: Any, loaded: Load) -> None:
    app = loaded(TAKEN[name])
    assert (theirs(worker, app), ours(app)) == (None, None)


@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse_what_cannot(name: str, worker: Any, loaded: Load) -> None:
    app = loaded(REFUSED[name])
    judged, reason = theirs(worker, app), ours(app)
    assert judged is not None
    assert reason is not None
    assert "f" in reason


def test_both_find_the_same_functions_in_slipway(worker: Any) -> None:
    assert theirs(worker, function_app.app) is None
    index = index_app(function_app.app)
    assert set(index.functions) == {name for name, _, _ in triggers()}
    assert index.in_error == {}
