"""Nothing secret is stored or shown: keys, tokens, signatures and passwords are found in any text, and cut out of it.

Applied where a text that Azure or a model wrote becomes part of an error, an answer or a status, because those are
persisted in the task hub and logged; and, through `contracts.secrets`, to what callers send.
"""

from __future__ import annotations

import re
from functools import partial

from contracts.secret_contexts import CONTEXTS, MASK
from contracts.secret_kinds import TOKENS, Kind

__all__ = ["KINDS", "MASK", "redact", "secret_in"]

KINDS = TOKENS + CONTEXTS
# No kind is shorter, and none is a short word: most names of fields and most values, which need no closer look.
_NONE = re.compile(r"[\s\S]{0,7}|[A-Za-z_-]{0,28}")


def secret_in(text: str) -> str | None:
    """What kind of secret stands in `text`, as a phrase ("a GitHub token"); None when none is recognised."""
    if _NONE.fullmatch(text):
        return None
    lowered = text.lower()
    for kind in KINDS:
        if kind.worth_looking(lowered) and any(kind.secret_of(match)[1] for match in kind.pattern.finditer(text)):
            return kind.name
    return "a private key" if _without_torn_key(text) != text else None


def redact(text: str, *known: str) -> str:
    """`text` without anything that looks like a secret, and without each of the `known` secrets in it."""
    for secret in known:
        if secret:
            text = text.replace(secret, MASK)
    lowered = text.lower()
    for kind in KINDS:
        if kind.worth_looking(lowered):
            text = kind.pattern.sub(partial(_cut, kind), text)
    return _without_torn_key(text)


def _cut(kind: Kind, match: re.Match[str]) -> str:
    kept, secret = kind.secret_of(match)
    end = "@" if secret.endswith("@") else ""
    return f"{kept}{MASK}{end}" if secret else match.group()


def _without_torn_key(text: str) -> str:
    """`text` without the lines of a private key whose beginning was cut off, as the tail of a log has them."""
    if "PRIVATE KEY-----" not in text:
        return text
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        if re.match(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----", line):
            begun = len(kept)
            while kept and re.fullmatch(r"[A-Za-z0-9+/=]{16,}\s*", kept[-1]):
                kept.pop()
            kept += [MASK + "\n"] * (len(kept) < begun)
        kept.append(line)
    return "".join(kept)
