"""The host's own pages: which handler answers which path.

As on the true host (recorded), case does not matter, a slash at the end neither, and what no page answers, a wrong
method included, is 404 with an empty body.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.host.events import well_formed

Handler = Callable[[Request], Awaitable[Response]]

_VARIABLE = re.compile(r"\{(\w+)(?::([^}]+))?\}")


class Json(JSONResponse):
    """A JSON answer as the host and its extensions write them."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: Any) -> bytes:
        """As .NET writes it: a number that JSON does not have is a text."""
        text = json.dumps(_writable(content), ensure_ascii=False, separators=(",", ":"))
        return well_formed(text).encode()


def _writable(content: Any) -> Any:
    """The content without numbers that JSON does not have."""
    if isinstance(content, float) and not math.isfinite(content):
        return "NaN" if math.isnan(content) else "Infinity" if content > 0 else "-Infinity"
    if isinstance(content, dict):
        return {name: _writable(part) for name, part in content.items()}
    return [_writable(part) for part in content] if isinstance(content, list | tuple) else content


@dataclass(frozen=True)
class Page:
    """One method (`*`: any) and path. `{name}` stands for a segment, `{name:pattern}` for what the pattern matches."""

    method: str
    path: str
    handler: Handler


class Site:
    """Finds the page for a request; the first that fits answers."""

    def __init__(self, pages: list[Page], otherwise: Handler) -> None:
        self._pages = [(page, _pattern(page.path)) for page in pages]
        self._otherwise = otherwise

    async def answer(self, request: Request) -> Response:
        """The answer of the page, or of `otherwise`, which gets everything that is no page's."""
        path = raw_path(request)
        for page, pattern in self._pages:
            found = pattern.fullmatch(path)
            if found and page.method in {"*", request.method}:
                request.scope["path_params"] = {name: unquote(text) for name, text in found.groupdict().items()}
                return await page.handler(request)
        return await self._otherwise(request)


def raw_path(request: Request) -> str:
    """The path as it stands in the request, percent-encoded."""
    encoded: bytes = request.scope["raw_path"]
    return encoded.decode("latin-1")


def _pattern(path: str) -> re.Pattern[str]:
    text, end = "", 0
    for variable in _VARIABLE.finditer(path):
        text += re.escape(path[end : variable.start()]) + f"(?P<{variable[1]}>{variable[2] or '[^/]+'})"
        end = variable.end()
    return re.compile(text + re.escape(path[end:]) + "/?", re.IGNORECASE)
