"""Nothing secret leaves an activity: keys, tokens, signatures and connection strings are cut out of text.

Applied where a text that Azure or a model wrote becomes part of an error, because errors are persisted in the task
hub, shown in status bodies and logged.
"""

from __future__ import annotations

import re

MASK = "[redacted]"

# Between a name and its value: `=` or `:`, in JSON's quotes or in those of a printed Python dictionary.
_IS = r"[\"']?\s*[=:]\s*[\"']?"
_NAMES = (
    "x-identity-header|identity_header|(?:client|shared|msi)[-_ ]?secret|(?:access|refresh|id)[-_ ]?token|password|pwd"
)

_SECRETS = (
    re.compile(r"(?i)(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(authorization" + _IS + r"basic\s+)[A-Za-z0-9+/=]{4,}"),
    re.compile(r"(?i)((?:[?&]|\b)sig=)[^&\s\"']+"),
    re.compile(r"(?i)((?:account|access|shared|primary|secondary|api)[-_ ]?key" + _IS + r")[A-Za-z0-9+/=_-]{8,}"),
    re.compile(rf"(?i)((?:{_NAMES}){_IS})[^\s\"',;&]{{4,}}"),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
    re.compile(r"()\beyJ[A-Za-z0-9_-]{8,1024}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"()(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])"),
)


def redact(text: str, *known: str) -> str:
    """`text` without anything that looks like a secret, and without each of the `known` secrets in it."""
    for secret in known:
        if secret:
            text = text.replace(secret, MASK)
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text
