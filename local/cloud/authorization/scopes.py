"""ARM scopes: the path of a subscription, a resource group, a resource or a part of a resource.

Comparison ignores case, as Azure Resource Manager does.
"""

from functools import lru_cache


@lru_cache(maxsize=16384)
def normalise(scope: str) -> str:
    """`scope` in one spelling (lower case, single slashes, none trailing), for comparing only.

    Clients write `//` where a resource has no parent path (azure-mgmt-authorization, permissions of a resource).
    """
    return "/" + "/".join(part for part in scope.lower().split("/") if part)


def covers(assigned: str, target: str) -> bool:
    """Whether what is granted at `assigned` is inherited by `target`: itself and everything below it."""
    above, below = normalise(assigned), normalise(target)
    return above in ("/", below) or below.startswith(above + "/")
