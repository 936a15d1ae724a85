"""What the documents ask for, row by row: each proof is a test that there is, and no row goes without a word."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "coverage.md").read_text()
ROWS = [line.strip("|\n ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| (\d|mission)", line)]
# What each document asks for, as it was counted on 2026-11-25.
ASKED = {"1": 62, "2": 38, "3": 56, "4": 44, "5": 27}


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(function.name for function in functions)


def test_every_row_of_every_document_is_there_and_counted() -> None:
    parts = re.split(r"^## Document (\d).*$", PAGE, flags=re.MULTILINE)[1:]
    rows = {
        number: len(re.findall(r"^\| (?:\d|mission)", part, re.MULTILINE))
        for number, part in zip(*[iter(parts)] * 2, strict=True)
    }
    kinds = [
        "missing" if "missing: " in row[2] else "not" if "not applicable: " in row[2] else "proved" for row in ROWS
    ]

    assert rows == ASKED
    told = re.search(r"Of (\d+) rows (\d+) are proved, (\d+) are missing, (\d+) are not applicable", PAGE)
    assert told
    assert [*map(int, told.groups())] == [len(ROWS), *(kinds.count(kind) for kind in ("proved", "missing", "not"))]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}"[:60])
def test_a_row_names_tests_that_there_are_or_what_is_missing(row: list[str]) -> None:
    assert len(row) == 3
    named = re.findall(r"`(tests/[\w/]+\.py)::(?:\w+::)?(\w+)`", row[2])

    assert named or re.match(r"(?:missing|not applicable): \w", row[2])
    assert [test for path, test in named if test not in functions_of(ROOT / path)] == []
