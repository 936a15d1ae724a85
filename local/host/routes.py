"""Route templates of HTTP triggers: `models/{name}/{version:int?}`, `{*rest}`.

The subset of ASP.NET Core's templates that Azure Functions documents, with the constraints below; a template that
uses anything else is refused by name. Literal segments win over parameters, parameters over the catch-all. A path
that matches with another method is 404, as if the route did not exist (believed, not compared with a live host).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.index import Function, UnsupportedApp

_CONSTRAINTS = {
    "": r"[^/]+",
    "int": r"-?\d{1,10}",
    "long": r"-?\d{1,19}",
    "bool": r"true|false",
    "alpha": r"[A-Za-z]+",
    "guid": r"[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}",
}
_PARAMETER = re.compile(r"\{(?P<rest>\*)?(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")


@dataclass(frozen=True)
class Route:
    """One HTTP function and the paths it serves."""

    function: Function
    methods: frozenset[str]
    """Upper case; empty means any."""
    pattern: re.Pattern[str]
    rank: tuple[int, ...]

    @property
    def auth_level(self) -> str:
        """`ANONYMOUS`, `FUNCTION` or `ADMIN`."""
        return str(self.function.binding.get("authLevel", "FUNCTION"))


class RouteTable:
    """The HTTP functions of an app, most specific route first."""

    def __init__(self, prefix: str, functions: list[Function]) -> None:
        self._routes = sorted((_route(prefix, function) for function in functions), key=lambda route: route.rank)

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The function that serves this call and its route parameters, decoded; None is 404."""
        for route in self._routes:
            if route.methods and method not in route.methods:
                continue
            found = route.pattern.fullmatch(path.strip("/"))
            if found:
                values = {name: unquote(text) for name, text in found.groupdict().items() if text}
                return route, values
        return None


def _route(prefix: str, function: Function) -> Route:
    template = "/".join(part for part in (prefix, function.binding["route"].strip("/")) if part)
    pattern, rank = "", []
    for segment in template.split("/"):
        text, weight = _segment(function, segment)
        optional = weight >= OPTIONAL
        joined = f"/{text}" if pattern else text
        pattern += f"(?:{joined})?" if optional else joined
        rank.append(weight)
    methods = frozenset(method.upper() for method in function.binding.get("methods") or ())
    return Route(function, methods, re.compile(pattern, re.IGNORECASE), tuple(rank))


LITERAL, CONSTRAINED, PARAMETER, OPTIONAL, CATCH_ALL = range(5)


def _segment(function: Function, segment: str) -> tuple[str, int]:
    """The pattern of one segment and how specific it is."""
    if "{" not in segment:
        return re.escape(segment), LITERAL
    found = _PARAMETER.fullmatch(segment)
    if not found or (found["constraint"] or "") not in _CONSTRAINTS:
        raise UnsupportedApp(
            f"function {function.name!r} has {segment!r} in its route; the local host understands one parameter per "
            f"segment, {{*rest}}, and the constraints {', '.join(filter(None, _CONSTRAINTS))}"
        )
    if found["rest"]:
        return f"(?P<{found['name']}>.*)", CATCH_ALL
    text = f"(?P<{found['name']}>{_CONSTRAINTS[found['constraint'] or '']})"
    if found["optional"]:
        return text, OPTIONAL
    return text, CONSTRAINED if found["constraint"] else PARAMETER
