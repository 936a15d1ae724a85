"""What the target of a request means: its path, and its query.

As the true host's server reads them (recorded): the path is decoded, but for an encoded slash and what is not UTF-8,
then relieved of its dot segments, and encoded again for the function's `url`. Names of the query are one whatever
their case, values of one name are joined, and a name without a value is not there.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"https?://[^/]*", re.IGNORECASE)


def path_of(request: Request) -> str | None:
    """The decoded path; None if no function may see it: it is no path, or has a NUL."""
    encoded: bytes = request.scope["raw_path"]
    raw = _AUTHORITY.sub("", encoded.decode("latin-1"), count=1)
    path = _without_dots(_ESCAPES.sub(lambda found: _decoded(found[0], keep="/"), raw))
    return path if path.startswith("/") and "\0" not in path else None


def url_of(request: Request, path: str) -> str:
    """The address as the function is told it."""
    _, question, query = request.scope["state"]["target"].decode("latin-1").partition("?")
    encoded = quote(_LONE_PERCENT.sub("%25", path), safe="/!$&'()*+,;=:@~-._%")
    return f"http://{request.url.netloc}{encoded}{question}{query}"


def query_values(request: Request) -> dict[str, list[str]]:
    """All values of each name; the name as it was written last."""
    found: dict[str, tuple[str, list[str]]] = {}
    for part in filter(None, request.scope["query_string"].decode("latin-1").split("&")):
        name, _, value = (unescaped(text) for text in part.replace("+", " ").partition("="))
        _, earlier = found.get(name.lower(), ("", []))
        found[name.lower()] = (name, [*earlier, value])
    return dict(found.values())


def query_of(request: Request) -> dict[str, str]:
    """The query as a function gets it."""
    joined = {name: ",".join(values) for name, values in query_values(request).items()}
    return {name: text for name, text in joined.items() if text}


def unescaped(text: str) -> str:
    """The text decoded; what is not UTF-8 stays as it is written."""
    return _ESCAPES.sub(lambda found: _decoded(found[0]), text)


def _decoded(escapes: str, keep: str = "") -> str:
    """A run of escapes, character by character; one of `keep`, or of no character, is left."""
    octets, text, at = bytes.fromhex(escapes.replace("%", "")), "", 0
    while at < len(octets):
        length = next((size for size in (1, 2, 3, 4) if _character(octets[at : at + size])), 0)
        letter = octets[at : at + length].decode()
        length = length or 1
        text += letter if letter and letter not in keep else escapes[at * 3 : (at + length) * 3]
        at += length
    return text


def _character(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_dots(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        if segment not in {".", ".."}:
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/".join(kept)
