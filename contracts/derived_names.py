"""Names of endpoints and deployments made from those of models, of which Azure ML takes much more.

A name from which model and version can be read back stays as it is. Any other one (characters were replaced or made
small, it was cut, two ways lead to it) carries a digest of what it was made from: two never become the same.
"""

from __future__ import annotations

import re

from contracts.digests import digest
from contracts.names import LONGEST_ONLINE_NAME, is_online_name

_PLACEHOLDER = re.compile(r"\{(model|version)\}")
# No digit of a digest begins with an h, so that a date at the end of a model's name is not taken for one.
_DIGITS = 8
_DERIVED = re.compile(rf"-h[0-9a-f]{{{_DIGITS}}}")
_LONGEST_HEAD = LONGEST_ONLINE_NAME - len("-h") - _DIGITS


def online_name(template: str, model: str, version: str) -> str:
    """The name that `template` makes for that version: valid whenever `{model}` or `{version}` stands in it."""
    # Text and the names of placeholders by turns, text first and last.
    parts = _PLACEHOLDER.split(template)
    values = {"model": model, "version": version}
    used = {name: values[name] for name in parts[1::2]}
    plain = _taken("".join(values[part] if index % 2 else part for index, part in enumerate(parts))).strip("-")
    if not used:
        return plain
    plain = plain.lower()
    if is_online_name(plain) and _read_back(parts, plain) == used and not _DERIVED.fullmatch(plain[-2 - _DIGITS :]):
        return plain
    head = plain if plain[:1].isalpha() else f"m-{plain}"
    return f"{head[:_LONGEST_HEAD].strip('-')}-h{digest(used, _DIGITS)}"


def _taken(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text)


def _read_back(parts: list[str], name: str) -> dict[str, str]:
    """What `name` says of model and version; one way of several, always the same one."""
    texts = [_taken(part).lower() for part in parts[::2]]
    texts[0], texts[-1] = texts[0].lstrip("-"), texts[-1].rstrip("-")
    pattern, seen = re.escape(texts[0]), set()
    for placeholder, text in zip(parts[1::2], texts[1:], strict=True):
        group = f"(?P={placeholder})" if placeholder in seen else f"(?P<{placeholder}>.+)"
        pattern += group + re.escape(text)
        seen.add(placeholder)
    found = re.fullmatch(pattern, name)
    return found.groupdict() if found else {}
