"""Signatures of an account's key: of a whole request (Shared Key), or of what a query allows (SAS).

Source: REST reference, "Authorize with Shared Key", "Create a service SAS", "Create an account SAS" (the forms of
versions 2015-04-05 and 2020-12-06 on). User delegation signatures are not emulated.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
# From this version on a SAS may name an encryption scope, which its text then has room for.
_WITH_SCOPE = "2020-12-06"
_WITH_SNAPSHOT = "2018-11-09"


def signed(key: str, text: str) -> str:
    """The signature of `text` by an account key, both in base64."""
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


def request_text(
    method: str, account: str, raw_path: str, query: Iterable[tuple[str, str]], headers: Mapping[str, str]
) -> str:
    """What a Shared Key signs of a request."""
    standard = [headers.get(name, "") for name in _SIGNED_HEADERS]
    standard[2] = "" if standard[2] == "0" else standard[2]
    own = sorted((name, " ".join(value.split())) for name, value in headers.items() if name.startswith("x-ms-"))
    resource = f"/{account}{raw_path}"
    for name, value in sorted((name.lower(), value) for name, value in query):
        resource += f"\n{name}:{unquote(value)}"
    return "\n".join((method, *standard, *(f"{name}:{value}" for name, value in own), resource))


def service_text(account: str, container: str, blob: str, query: Mapping[str, str]) -> str:
    """What a service SAS signs, of a container or of one blob."""
    place = f"/blob/{account}/{container}" + (f"/{blob}" if query.get("sr") == "b" else "")
    fields = [*_of(query, "sp", "st", "se"), place, *_of(query, "si", "sip", "spr", "sv")]
    version = query.get("sv", "")
    if version >= _WITH_SNAPSHOT:
        fields += [*_of(query, "sr"), ""]
    if version >= _WITH_SCOPE:
        fields += _of(query, "ses")
    return "\n".join([*fields, *_of(query, "rscc", "rscd", "rsce", "rscl", "rsct")])


def account_text(account: str, query: Mapping[str, str]) -> str:
    """What an account SAS signs."""
    fields = [account, *_of(query, "sp", "ss", "srt", "st", "se", "sip", "spr", "sv")]
    if query.get("sv", "") >= _WITH_SCOPE:
        fields += _of(query, "ses")
    return "\n".join([*fields, ""])


def _of(query: Mapping[str, str], *names: str) -> list[str]:
    return [query.get(name, "") for name in names]
