"""Environments are built for real: what comes of it, what is kept, and how failures are told apart."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from local.checkout import SCORING_PYTHON
from local.cloud.environment import of_this_machine
from local.cloud.images import interpreters, uv
from local.cloud.images.building import Builder, Built
from local.cloud.images.installed import inspect
from local.cloud.images.interpreters import Interpreter, choose, satisfies
from local.cloud.images.problems import Refused
from local.cloud.images.recipe import Recipe

Build = Callable[[Recipe], Built]


def says(built: Built, expression: str, module: str = "tiny") -> str:
    """What an expression is in the environment, or the last line of why not."""
    command = [str(built.python), "-c", f"import {module}; print({expression})"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return (answer.stdout or answer.stderr).strip().splitlines()[-1]


def test_an_environment_is_built_with_what_is_asked_for(build: Build, builder: Builder) -> None:
    recipe = Recipe("", ("needy",))

    built = build(recipe)

    assert says(built, "tiny.version") == "1.0"
    log = builder.log(builder.plan(recipe))
    assert f"image {built.image_id}" in log
    assert "needy==1.0" in log
    assert log.endswith("Image build succeeded.\n")


def test_pips_section_may_change_what_conda_chose(build: Build) -> None:
    built = build(Recipe("", ("tiny==2.0", "needy"), from_conda=("tiny==2.0",)))

    assert says(built, "tiny.version") == "1.0"
    assert built.notes == ("taken from PyPI instead of conda: tiny==2.0",)


def test_the_same_content_is_built_once(builder: Builder, build: Build, index: Path) -> None:
    first = build(Recipe("", ("tiny",)))
    another = Builder(builder._cache, SCORING_PYTHON, {"UV_NO_INDEX": "1"})

    again = another.build(another.plan(Recipe("", ("tiny",))), lambda: True)

    assert again == first
    assert build(Recipe("", ("tiny<2",))).python != first.python


@pytest.mark.parametrize(
    ("requirements", "text"),
    [
        (("no-such-package",), "no-such-package was not found"),
        (("tiny==3.0",), "there is no version of tiny==3.0"),
        (("needy", "tiny==2.0"), "needy"),
        (("-r more.txt",), "more.txt"),
        (("tiny @",), "tiny @"),
    ],
)
def test_what_does_not_resolve_fails_the_build_with_the_resolvers_text(
    build: Build, builder: Builder, requirements: tuple[str, ...], text: str
) -> None:
    with pytest.raises(Refused) as refused:
        build(Recipe("", requirements))

    code, message = refused.value.problem
    assert code == "ImageBuildFailure"
    assert message.startswith("Image build failed. error:")
    assert text in message
    assert text in builder.log(builder.plan(Recipe("", requirements)))


def test_what_conda_may_have_and_pypi_has_not_is_not_azures_no(build: Build) -> None:
    with pytest.raises(Refused, match="Conda's channels may have it") as refused:
        build(Recipe("", ("tiny==3.0",), from_conda=("tiny==3.0",)))

    assert refused.value.problem.code == "ImageNotRunnableLocally"


def test_an_index_that_does_not_answer_is_not_azures_no(tmp_path: Path) -> None:
    nowhere = {"UV_INDEX_URL": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0", "UV_NO_CACHE": "1"}
    builder = Builder(tmp_path, SCORING_PYTHON, {**of_this_machine(), **nowhere})

    with pytest.raises(Refused, match="the package index was not reached") as refused:
        builder.build(builder.plan(Recipe("", ("tiny",))), lambda: True)

    assert refused.value.problem.code == "ImageNotRunnableLocally"


@pytest.mark.parametrize(
    ("recorded", "says"),
    [
        (
            "error: Failed to build `numpy==1.19.5`\n  cause: Call to `setuptools.build_meta` failed",
            "has to be compiled",
        ),
        ("error: Git operation failed\n  cause: failed to clone into: /x", "index was not reached"),
        (
            "error: Request failed after 3 retries in 6.8s\n  cause: Failed to fetch: `https://pypi.org/simple/x/`",
            "not reached",
        ),
    ],
)
def test_what_only_this_machine_cannot_do_is_not_azures_no(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: str, says: str
) -> None:
    program = tmp_path / "uv"
    program.write_text(f"#!/bin/sh\ncat <<'END'\nUsing Python\n{recorded}\nEND\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(uv, "PROGRAM", program)

    with pytest.raises(Refused, match=says) as refused:
        build(Recipe("", ("x",)))

    assert refused.value.problem.code == "ImageNotRunnableLocally"
    assert recorded in refused.value.problem.message


def test_another_python_is_never_silent_and_its_failure_is_not_azures(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "of", lambda minor: None)

    built = build(Recipe("==2.7.*", ("tiny",)))
    with pytest.raises(Refused) as refused:
        build(Recipe("==2.7.*", ("no-such-package",)))

    (note,) = built.notes
    assert note.startswith("Python ==2.7.* is wanted and is not on this machine: this is Python 3.")
    assert refused.value.problem.code == "ImageNotRunnableLocally"
    assert note in refused.value.problem.message


def test_the_prebuilt_environment_is_used_where_it_is_enough(builder: Builder, build: Build) -> None:
    recipe = Recipe("", ("joblib", "pip", "setuptools"))

    built = build(recipe)

    assert builder.plan(recipe).packages == frozenset({"joblib", "cloudpickle"})
    assert says(built, "joblib.__version__", "joblib") == inspect(SCORING_PYTHON).packages["joblib"].version
    assert says(built, "1", "sklearn") == "ModuleNotFoundError: No module named 'sklearn'"


def test_a_folder_that_packages_share_has_only_what_was_asked_for(build: Build) -> None:
    built = build(Recipe("", ("azure-core",)))

    assert says(built, "azure.core.__name__", "azure.core") == "azure.core"
    assert says(built, "1", "azure.identity") == "ModuleNotFoundError: No module named 'azure.identity'"


def test_extras_and_markers_count_for_what_is_enough(builder: Builder) -> None:
    scoring = inspect(SCORING_PYTHON)

    assert {"inference-schema", "numpy", "wrapt"} <= (
        scoring.closure(["inference-schema[numpy-support]"]) or frozenset()
    )
    assert scoring.closure(["requests[socks]"]) is None
    assert scoring.closure(["pywin32==1; sys_platform == 'win32'"]) == frozenset()
    assert scoring.closure(["joblib==0.1"]) is None
    assert scoring.closure(["joblib @ https://example.com/joblib.whl"]) is None
    assert scoring.closure(["git+https://github.com/a/b"]) is None


def test_a_build_that_nobody_wants_any_more_ends(builder: Builder) -> None:
    with pytest.raises(uv.Stopped):
        builder.build(builder.plan(Recipe("", ("tiny",))), lambda: False)


@pytest.mark.parametrize(
    ("minor", "clauses", "fits"),
    [
        ("3.11", "==3.11.*", True),
        ("3.11", "==3.11.99", True),
        ("3.11", "==3.12.*", False),
        ("3.11", ">=3.9,<3.12", True),
        ("3.11", ">=3.11.2", True),
        ("3.11", "<3.11", False),
        ("3.11", "", True),
        ("3.10", "==3.1.*", False),
    ],
)
def test_a_python_is_chosen_by_its_minor_version(minor: str, clauses: str, fits: bool) -> None:
    assert satisfies(minor, clauses) is fits


def test_the_python_at_hand_comes_first_and_then_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Interpreter(Path("here"), "3.11.7")
    others = {minor: Interpreter(Path(f"p{minor}"), f"3.{minor}.1") for minor in (8, 9, 10)}
    monkeypatch.setattr(interpreters, "of", others.get)

    assert choose("", here) == here
    assert choose("<3.11", here) == others[10]
    assert choose("==3.9.*", here) == others[9]
    assert choose("==3.12.*", here) is None


def test_no_scoring_environment_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no scoring environment"):
        Builder(tmp_path, tmp_path / "python", {}).plan(Recipe("", ()))


def test_a_broken_scoring_environment_is_said_so(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no module named json >&2\nexit 1\n")
    broken.chmod(0o755)

    with pytest.raises(Refused, match="no module named json"):
        Builder(tmp_path, broken, {}).plan(Recipe("", ()))
