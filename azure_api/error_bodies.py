"""What an error body of Azure says, however deep it hides it.

The services write errors in many shapes: `details` within `details`, `innererror`, JSON inside of a message, problem
details of ASP.NET, OAuth's two fields, the storage services' XML, a gateway's HTML, a code in front of a message. All
that is said is gathered, and the most telling of it chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from azure_api.error_rule import AzureError
from azure_api.error_rules import is_telling

DEEPEST = 8
MOST_CHARACTERS = 65536  # of a body or of JSON in a message: no error of Azure's is longer
MOST_SAID = 100
MOST_OF_A_MESSAGE = 16384  # characters that rules look through

# Patterns are text: they are compiled when the first error comes, not when the app starts.

# Codes that only say that there is another one, or where the error came from.
_WRAPPERS = (
    r"(?i)bad(?:argument|request)|conflict|error|exception|forbidden|generalerror|invalidrequest|notfound"
    r"|un(?:authorized|known|specified)|(?:user|system|service|validation)error|multipleerrorsoccurred"
    r"|invalidtemplatedeployment|(?:resource)?deploymentfail(?:ed|ure)|resourceoperationfailure|inferencingclient\w+failed"
)
# `OutOfQuota: ...`, after a time perhaps; two humps at least, to be a code and no word.
_PREFIX = r"(?:\d{4}-\d\d-\d\dT\S+ )?(?:\((?:None|\w+)\) )?([A-Z][a-z0-9]*(?:[A-Z]+[a-z0-9]*)+): "
# `(OutOfQuota) ...`, as the SDK prints errors.
_PRINTED = r"\(([A-Z]\w+)\) "
# A code in text that is no valid JSON: a printed Python dictionary, JSON cut short, the storage services' last line.
_QUOTED = r"""(?i)['"]code['"]\s*:\s*['"](\w+)['"]|\bErrorCode:(\w+)"""
_XML = r"(?s)<Code>(\w+)</Code>.*?<Message>(.*?)</Message>"
_TAGS = r"(?is)<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]+>"

_CODES = ("code", "errorcode")
_MESSAGES = ("message", "detail", "error_description", "title", "value")
_WITHIN = ("error", "odata.error", "details", "innererror", "inner_error", "errors")


@dataclass(frozen=True)
class Said:
    """One thing that a body says; a code or a message that is missing is its parent's."""

    code: str
    message: str
    depth: int

    @property
    def weight(self) -> tuple[bool, bool, int]:
        """How telling it is: a code that means one thing, then one that is no wrapper, then the innermost."""
        return is_telling(self.code), bool(self.code) and not re.fullmatch(_WRAPPERS, self.code), self.depth


def unwrap(status: int, body: Any, retry_after: float | None = None) -> AzureError:
    """The most telling code and message of an error body, synchronous or of a failed operation; empty without."""
    nothing = Said("", "", 0)
    best = max(islice(_said(body, nothing), MOST_SAID), key=lambda one: one.weight, default=nothing)
    return AzureError(status, best.code, best.message[:MOST_OF_A_MESSAGE], retry_after)


def read_body(text: str) -> Any:
    """The body of an answer: JSON as its value, XML and HTML as what they say, anything else as text."""
    text = text[:MOST_CHARACTERS].lstrip("\ufeff").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    if storage := re.search(_XML, text):
        return {"code": storage[1], "message": storage[2]}
    if text.startswith("<"):
        return " ".join(re.sub(_TAGS, " ", text).split())
    return text


def _said(body: Any, parent: Said) -> Iterator[Said]:
    if parent.depth > DEEPEST:
        return
    if isinstance(body, str):
        yield from _said_in_text(body, parent)
    elif isinstance(body, list):
        for one in body:
            yield from _said(one, parent)
    elif isinstance(body, dict):
        yield from _said_in_mapping({str(key).lower(): value for key, value in body.items()}, parent)


def _said_in_mapping(body: dict[str, Any], parent: Said) -> Iterator[Said]:
    code = next((str(body[name]) for name in _CODES if _is_word(body.get(name))), parent.code)
    if "error_description" in body and _is_word(body.get("error")):  # OAuth
        code = body.pop("error")
    message = next((text for name in _MESSAGES if (text := _text(body.get(name)))), "")
    here = Said(code, message or parent.message, parent.depth + 1)
    if code or message:
        yield here
    if message:
        yield from _said_in_text(message, here, told=True)
    for name in _WITHIN:
        within = body.get(name)
        if name == "errors" and isinstance(within, dict):
            yield from _said_of_fields(within, here)
        else:
            yield from _said(within, here)


def _said_of_fields(errors: dict[str, Any], parent: Said) -> Iterator[Said]:
    """ASP.NET's problem details: what is wrong with each field of the request."""
    for field, whats in errors.items():
        if isinstance(whats, list):
            yield Said(parent.code, f"{field}: {' '.join(map(str, whats))}", parent.depth + 1)


def _said_in_text(text: str, parent: Said, *, told: bool = False) -> Iterator[Said]:
    """What a message says, itself (unless it is `told` already) and in front of and inside of it."""
    text = text[:MOST_CHARACTERS]
    if not text.strip():
        return
    here = Said(parent.code, text, parent.depth + 1)
    if not told:
        yield here
    rest = text
    while here.depth < DEEPEST and (front := re.match(_PREFIX, rest) or re.match(_PRINTED, rest)):
        here = Said(here.code if front[1] == "None" else front[1], text, here.depth + 1)
        yield here
        rest = rest[front.end() :]
    inside = _json_in(text)
    if inside is not None:
        yield from _said(inside, here)
    else:
        yield from (Said(found[1] or found[2], text, here.depth + 1) for found in re.finditer(_QUOTED, text))


def _json_in(text: str) -> Any:
    at = -1
    for _ in range(3):  # `{{"title": ...}}` begins with a brace that is none
        at = text.find("{", at + 1)
        if at < 0:
            break
        piece = text[at : at + MOST_CHARACTERS]
        for written in (piece, piece.replace('\\"', '"')):
            try:
                return json.JSONDecoder().raw_decode(written)[0]
            except (ValueError, RecursionError):
                continue
    return None


def _text(value: Any) -> str:
    if isinstance(value, dict):  # OData: {"lang": ..., "value": ...}
        value = value.get("value")
    return value if isinstance(value, str) else ""


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
