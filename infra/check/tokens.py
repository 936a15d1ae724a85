"""Bicep text in pieces: words, strings with their holes, numbers, signs and line ends; comments left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIGNS = ("&&", "||", "==", "!=", "<=", ">=", "??", *"{}[]()=:,.?!<>+-*/%@")
WORD = re.compile(r"[A-Za-z_]\w*")
NUMBER = re.compile(r"\d+")
BLANK = re.compile(r"(?:[ \t\r]|//[^\n]*|/\*.*?\*/)+", re.S)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\", "$": "$"}


class BicepError(ValueError):
    """Text that is not the Bicep understood here; the message says where and what."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")


@dataclass(frozen=True)
class Token:
    """One piece. `kind` is word, number, sign, string, newline or end; a string's `parts` alternate text and code."""

    kind: str
    text: str
    line: int
    parts: tuple[str, ...] = ()


def tokens(text: str, line: int = 1) -> Iterator[Token]:
    """The pieces of `text`, which begins on `line`; raises BicepError for what is none."""
    position = 0
    while position < len(text):
        if blank := BLANK.match(text, position):
            line += blank[0].count("\n")
            position = blank.end()
            continue
        token, end = _token(text, position, line)
        yield token
        line += text.count("\n", position, end)
        position = end
    yield Token("end", "", line)


def _token(text: str, position: int, line: int) -> tuple[Token, int]:
    if text[position] == "\n":
        return Token("newline", "\n", line), position + 1
    if text.startswith("'''", position):
        end = text.find("'''", position + 3)
        if end < 0:
            raise BicepError(line, "a ''' string that does not end")
        return Token("string", text[position : end + 3], line, (text[position + 3 : end].removeprefix("\n"),)), end + 3
    if text[position] == "'":
        return _string(text, position, line)
    for kind, pattern in (("word", WORD), ("number", NUMBER)):
        if found := pattern.match(text, position):
            return Token(kind, found[0], line), found.end()
    for sign in SIGNS:
        if text.startswith(sign, position):
            return Token("sign", sign, line), position + len(sign)
    raise BicepError(line, f"{text[position]!r} is not understood")


def _string(text: str, start: int, line: int) -> tuple[Token, int]:
    """A quoted string: text, code of a hole, text, …"""
    parts: list[str] = []
    written, position = "", start + 1
    while position < len(text) and text[position] != "\n":
        sign = text[position]
        if sign == "'":
            return Token("string", text[start : position + 1], line, (*parts, written)), position + 1
        if sign == "\\":
            written += ESCAPES.get(text[position + 1], text[position : position + 2])
            position += 2
        elif text.startswith("${", position):
            end = _end_of_hole(text, position + 2, line)
            parts += [written, text[position + 2 : end]]
            written, position = "", end + 1
        else:
            written += sign
            position += 1
    raise BicepError(line, "a string that does not end on its line")


def _end_of_hole(text: str, position: int, line: int) -> int:
    """Where the brace is that closes a hole which begins at `position`; holes may hold strings with holes."""
    depth = 0
    while position < len(text) and text[position] != "\n":
        sign = text[position]
        if sign == "'":
            _, position = _string(text, position, line)
            continue
        if sign == "}" and depth == 0:
            return position
        depth += {"{": 1, "}": -1}.get(sign, 0)
        position += 1
    raise BicepError(line, "${ without }")
