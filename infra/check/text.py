"""Bicep as text, for the rules that look at how something is written."""

from __future__ import annotations

import re

STRING_OR_COMMENT = re.compile(r"('''.*?'''|'(?:\\.|[^'\\\n])*')|//[^\n]*|/\*.*?\*/", re.S)


def without_comments(bicep: str) -> str:
    """The same Bicep with comments removed and strings, in which // is text, left alone."""
    return STRING_OR_COMMENT.sub(lambda match: match[1] or "", bicep)


def field(body: str, name: str) -> str:
    """The text after `name:` on its line in a resource body, or an empty string."""
    found = re.search(rf"^\s+{name}: (.+)$", body, re.M)
    return found[1].strip() if found else ""
