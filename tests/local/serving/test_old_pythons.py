"""What runs in a deployment's own Python, which a model of 2022 wants to be 3.8, has nothing in it that is newer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cloud
from local.cloud.serving import no_code

SERVING = Path(str(cloud.__file__)).with_name("serving")
OLDEST = (3, 8)


def newer(tree: ast.AST) -> Iterator[str]:
    """What compiles on any Python and fails on an old one when it is reached."""
    for found in ast.walk(tree):
        if isinstance(found, ast.Call):
            called = ast.unparse(found.func)
            if called in ("isinstance", "issubclass") and any(isinstance(one, ast.BinOp) for one in found.args):
                yield f"{ast.unparse(found)} needs 3.10"
            if called == "zip" and any(one.arg == "strict" for one in found.keywords):
                yield f"{ast.unparse(found)} needs 3.10"
            if called.rpartition(".")[2] in ("removeprefix", "removesuffix"):
                yield f"{ast.unparse(found)} needs 3.9"
        if isinstance(found, ast.ClassDef) and any(isinstance(base, ast.Subscript) for base in found.bases):
            yield f"the base of {found.name} may need 3.9"


@pytest.mark.parametrize(
    "script",
    [
        *(SERVING / name for name in ("supervise.py", "template.py", "gunicorn_settings.py")),
        no_code.RESOURCES / no_code.SCRIPT,
    ],
)
def test_nothing_is_newer_than_the_oldest_python(script: Path) -> None:
    assert list(newer(ast.parse(script.read_text(), feature_version=OLDEST))) == []
