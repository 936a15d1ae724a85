"""Requirements are read while other threads do as they like."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from packaging.requirements import InvalidRequirement

from local.cloud.images.requirement import read_requirement


@contextmanager
def interrupted() -> Iterator[None]:
    """A few times, somebody builds a syntax tree while another one is being built."""
    left = 100

    def meanwhile(phase: str, _: object) -> None:
        nonlocal left
        if phase == "start" and left:
            left -= 1
            ast.literal_eval("'another'")

    usual = gc.get_threshold()
    gc.callbacks.append(meanwhile)
    gc.set_threshold(1, 1, 1)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.callbacks.remove(meanwhile)


def test_somebody_else_builds_a_syntax_tree_at_the_same_time() -> None:
    with interrupted():
        requirement = read_requirement("one; python_version >= '3'")
    assert requirement.marker


def test_a_line_that_asks_for_nothing_is_told() -> None:
    with pytest.raises(InvalidRequirement):
        read_requirement("one >")
