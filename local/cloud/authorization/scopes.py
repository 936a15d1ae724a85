"""ARM scopes: the path of a subscription, a resource group, a resource or a part of a resource.

Comparison ignores case, as Azure Resource Manager does.
"""


def normalise(scope: str) -> str:
    """`scope` in one spelling (lower case, one leading slash, none trailing), for comparing only."""
    return "/" + scope.strip("/").lower()


def covers(assigned: str, target: str) -> bool:
    """Whether what is granted at `assigned` is inherited by `target`: itself and everything below it."""
    above, below = normalise(assigned), normalise(target)
    return above in ("/", below) or below.startswith(above + "/")
