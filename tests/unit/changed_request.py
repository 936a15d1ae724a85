"""A good request with one thing otherwise, and what is said of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contracts.problems import RequestProblems, read_request
from tests.samples import request

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GRANT_SCOPE = SUBSCRIPTION + "/resourceGroups/x"
IDENTITY = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"


def changed(path: str, value: object) -> dict[str, Any]:
    """A good request with one value put somewhere."""
    body: Any = request()
    *parents, last = path.split("/")
    here = body
    for parent in parents:
        here = here.setdefault(parent, {})
    here[last] = value
    return copy.deepcopy(body)


def problems(body: object) -> list[tuple[str, str]]:
    """Path and code of everything that is wrong with it; each is told in words."""
    with pytest.raises(RequestProblems) as refused:
        read_request(body)
    assert all(problem.message for problem in refused.value.problems)
    return [(problem.path, problem.code) for problem in refused.value.problems]
