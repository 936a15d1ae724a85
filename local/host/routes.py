"""Route templates of HTTP triggers: `models/{name}/{version:int?}`, `{*rest}`.

The subset of ASP.NET Core's templates that Azure Functions documents, with the constraints below; a template that
uses anything else is refused by name. Recorded: the functions are tried in the order of their names, so a literal
segment does not win over a parameter; of two on one route the second is in error; a path that matches with another
method only is 404.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from local.host.index import Function, UnsupportedApp


def _whole(bits: int) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        return bool(re.fullmatch(r"[+-]?[0-9]+", text)) and -(1 << bits) <= int(text) < 1 << bits

    return fits


def _like(pattern: str) -> Callable[[str], bool]:
    return lambda text: bool(re.fullmatch(pattern, text, re.IGNORECASE))


_CONSTRAINTS: dict[str, Callable[[str], bool]] = {
    "int": _whole(31),
    "long": _whole(63),
    "bool": _like("true|false"),
    "alpha": _like("[a-z]+"),
    "guid": _like("[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"),
}
_PARAMETER = re.compile(r"\{(?P<rest>\*)?(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")
# Longest that a whole number may be before Python refuses to read it.
_LONGEST = 4000


@dataclass(frozen=True)
class Route:
    """One HTTP function and the paths it serves."""

    function: Function
    template: str
    """With the app's prefix."""
    methods: frozenset[str]
    """Upper case; empty means any."""
    pattern: re.Pattern[str]
    constraints: dict[str, str]

    @property
    def auth_level(self) -> str:
        """`ANONYMOUS`, `FUNCTION` or `ADMIN`."""
        return str(self.function.binding.get("authLevel", "FUNCTION"))

    def parameters(self, path: str) -> dict[str, str] | None:
        """What the path gives the route's parameters; None if it is not the route's."""
        found = self.pattern.fullmatch(path)
        if not found:
            return None
        values = {name: text for name, text in found.groupdict().items() if text}
        kept = all(len(values[name]) < _LONGEST and _CONSTRAINTS[rule](values[name])
                   for name, rule in self.constraints.items() if name in values)  # fmt: skip
        return values if kept else None

    def conflicts(self, other: Route) -> bool:
        """Whether both claim the same template and a method."""
        shared = not self.methods or not other.methods or self.methods & other.methods
        return self.template.lower() == other.template.lower() and bool(shared)


class RouteTable:
    """The HTTP functions of an app, in the order in which they are tried."""

    def __init__(self, prefix: str, functions: list[Function]) -> None:
        self._routes: list[Route] = []
        self.in_error: dict[str, str] = {}
        """Functions that no request reaches, and why."""
        for route in (_route(prefix, function) for function in sorted(functions, key=_order)):
            rival = next((taken for taken in self._routes if route.conflicts(taken)), None)
            if rival is None:
                self._routes.append(route)
            else:
                self.in_error[route.function.name] = (
                    f"The route specified conflicts with the route defined by function '{rival.function.name}'."
                )

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The function that serves this call and its route parameters; None is 404. `path` is decoded."""
        for route in self._routes:
            if not route.methods or method in route.methods:
                values = route.parameters(path)
                if values is not None:
                    return route, values
        return None


def _order(function: Function) -> tuple[str, str]:
    """As .NET sorts names: without regard to case, punctuation first."""
    return function.name.lower().replace("_", " "), function.name


def _route(prefix: str, function: Function) -> Route:
    own = str(function.binding["route"])
    if own.startswith("/"):
        raise UnsupportedApp(f"function {function.name!r} has the route {own!r}: a route must not begin with a slash")
    template = "/".join(part for part in (prefix, own.rstrip("/")) if part)
    pattern, ending, constraints = "", "/?", {}
    for segment in template.split("/"):
        text, parameter = _segment(function, segment)
        optional = parameter is not None and bool(parameter["optional"] or parameter["rest"])
        pattern += f"(?:/{text})?" if optional else f"/{text}"
        if parameter and parameter["constraint"]:
            constraints[parameter["name"]] = parameter["constraint"]
        ending = "" if parameter and parameter["rest"] else "/?"
    methods = frozenset(method.upper() for method in function.binding.get("methods") or ())
    compiled = re.compile(pattern + ending, re.IGNORECASE | re.DOTALL)
    return Route(function, template, methods, compiled, constraints)


def _segment(function: Function, segment: str) -> tuple[str, re.Match[str] | None]:
    """The pattern of one segment, and its parameter if it is one."""
    if not {"{", "}"} & set(segment):
        return re.escape(segment), None
    found = _PARAMETER.fullmatch(segment)
    if not found or (found["constraint"] and found["constraint"] not in _CONSTRAINTS):
        raise UnsupportedApp(
            f"function {function.name!r} has {segment!r} in its route; the local host understands one parameter per "
            f"segment, {{*rest}}, and the constraints {', '.join(_CONSTRAINTS)}"
        )
    return f"(?P<{found['name']}>{'.*' if found['rest'] else '[^/]+'})", found
