"""The shape targets of the code base: small files, small functions, names that say something."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "activities",
    "azure_api",
    "bench",
    "cli",
    "contracts",
    "local",
    "orchestrations",
    "triggers",
    "infra",
    "examples",
)
SOURCES = sorted([*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "types", "logging"}


def test_no_file_is_longer_than_300_lines() -> None:
    long = {str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 300}

    assert not long


def test_the_median_file_has_at_most_90_lines() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in SOURCES if path.name != "__init__.py")

    assert lengths[len(lengths) // 2] <= 90


def test_functions_are_at_most_40_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
        if node.end_lineno - node.lineno >= 40
    ]

    assert not long


def test_the_runbook_is_read_at_one_go() -> None:
    assert len((ROOT / "orchestrations" / "deploy.py").read_text().splitlines()) < 150


def test_names_say_something() -> None:
    assert not [path for path in SOURCES if path.stem in SAYS_NOTHING]
