"""Apps that the true host serves nothing of, or not all of: what the local host says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local.host.index import UnsupportedApp, index_app, load_app
from local.host.routes import RouteTable

Written = Callable[[str], Path]
_APP = "import azure.functions as func\napp = func.FunctionApp()\n"


def function(name: str, route: str) -> str:
    """The text of an HTTP function."""
    return f"@app.function_name({name!r})\n@app.route(route={route!r})\ndef {name.lower()}_(req): ...\n"


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The folder of an app of that text."""

    def write(source: str) -> Path:
        (tmp_path / "function_app.py").write_text(source)
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("", "exactly one app object at module level, found 0"),
        (_APP + "other = func.FunctionApp()", "exactly one app object at module level, found 2"),
        (
            _APP + "@app.route('f')\n@app.timer_trigger(arg_name='t', schedule='0 0 0 * * *')\ndef f(req): ...",
            "trigger",
        ),
        (_APP + function("one", "f") + function("ONE", "g"), "'one' and 'ONE' differ in case only"),
        (_APP + function("one", "/f"), "'/f': a route must not begin with a slash"),
        (_APP + function("one", "a/{b"), "has '{b' in its route"),
        (_APP + function("one", "a/{b:regex(x)}"), "and the constraints int, long, bool, alpha, guid"),
    ],
)
def test_an_app_of_which_azure_serves_nothing_is_refused_with_the_reason(
    written: Written, source: str, told: str
) -> None:
    with pytest.raises((UnsupportedApp, ValueError), match=told):
        RouteTable("api", index_app(load_app(written(source))).of_kind("http"))


def test_whatever_an_import_raises_is_the_reason(written: Written) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        load_app(written("import no_such_module"))
    with pytest.raises(SystemExit):
        load_app(written("import sys; sys.exit(3)"))


def test_the_modules_of_an_app_may_ask_for_the_app_that_imports_them(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seen in public apps; possible because the app is imported by its name, as in Azure.
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "more_of_it.py").write_text("from circular import app\n" + function("inner", "inner"))
    (tmp_path / "circular.py").write_text(_APP + function("outer", "outer") + "import more_of_it")
    folder = written("from circular import app")
    assert set(index_app(load_app(folder)).functions) == {"outer", "inner"}
