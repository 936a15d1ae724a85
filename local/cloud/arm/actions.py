"""What a request does, in ARM's words: the action it performs and the scope it performs it over.

ARM derives both from the path: the last `/providers/` names the resource provider, then types and names alternate.
GET is `read`, PUT and PATCH are `write`, DELETE is `delete`, and a POST ends in the name of its `action`
(Microsoft Learn, "Understand Azure role definitions").
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PROVIDERS = re.compile("/providers/", re.IGNORECASE)
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}


class Target(NamedTuple):
    """`action`, for example `Microsoft.MachineLearningServices/workspaces/read`, over the ARM id `scope`."""

    action: str
    scope: str


@lru_cache(maxsize=4096)
def target_of(method: str, path: str) -> Target:
    """The action and scope of one ARM request; a list is a read over the resource that holds the list."""
    whole = path.rstrip("/")
    *before, tail = _PROVIDERS.split(whole)
    if not before:
        return _container(method, whole)
    head = whole[: -len(f"/providers/{tail}")]
    provider, *rest = tail.split("/")
    types, names = rest[0::2], rest[1::2]
    verb = _VERBS.get(method)
    scope = head
    if names:
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(types, names, strict=False))
        scope = f"{head}/providers/{provider}/{pairs}"
    if verb is None:
        return Target("/".join([provider, *types, "action"]), scope)
    return Target("/".join([provider, *types, verb]), scope)


def _container(method: str, path: str) -> Target:
    """A subscription or a resource group, which have no provider in their path."""
    kind = "resourceGroups" if "/resourcegroups" in path.lower() else ""
    parts = ["Microsoft.Resources", "subscriptions", kind, _VERBS.get(method, "action")]
    return Target("/".join(part for part in parts if part), path)
