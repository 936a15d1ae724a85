"""Azure attribute-based conditions, version 2.0, as far as role assignments need them.

Read with a parser, not by pattern: what is not understood is refused by name, and a condition that cannot be
evaluated denies. Source: "Azure role assignment condition format and syntax" and "Examples to delegate Azure role
assignment management with conditions". Never compared with live Azure.

    condition  := and ( OR and )*            OR, ||
    and        := unary ( AND unary )*       AND, &&
    unary      := ( NOT | ! ) unary | ( condition ) | ActionMatches{'action'} | attribute operator value
    attribute  := @Request[...] | @Resource[...]   of Microsoft.Authorization/roleAssignments:
                  RoleDefinitionId, PrincipalId, PrincipalType
    operator   := [ ForAnyOfAnyValues: | ForAllOfAnyValues: | ForAnyOfAllValues: | ForAllOfAllValues: ]
                  Guid[Not]Equals | String[Not]Equals[IgnoreCase]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from local.cloud.authorization.comparisons import Attempt, ConditionError, comparison, literal
from local.cloud.authorization.roles import matches

_TOKEN = re.compile(r"\s*(?:(@\w+\[[^\]]+\])|('(?:[^'])*')|(&&|\|\||[(){},!])|([\w.:/*-]+))")
_END = ""


Test = Callable[[Attempt], bool]


@cache
def parse(condition: str) -> Test:
    """The condition as a function of the attempt; `ConditionError` when it is not understood."""
    parser = _Parser(_tokens(condition))
    test = parser.either()
    if parser.peek() != _END:
        raise ConditionError(f"unexpected {parser.peek()!r} after the end of the condition")
    return test


def satisfied(condition: str | None, attempt: Attempt) -> bool:
    """Whether `attempt` passes: no condition always does, one that is not understood never."""
    if condition is None:
        return True
    try:
        return parse(condition)(attempt)
    except ConditionError:
        return False


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise ConditionError(f"cannot read the condition at {text[position : position + 20]!r}")
        tokens.append(next(group for group in found.groups() if group is not None))
        position = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else _END

    def take(self, expected: str | None = None) -> str:
        word = self.peek()
        if word == _END or (expected is not None and word != expected):
            raise ConditionError(f"expected {expected or 'more'}, found {word or 'the end'}")
        self._next += 1
        return word

    def either(self) -> Test:
        parts = [self.both()]
        while self.peek().upper() in ("OR", "||"):
            self.take()
            parts.append(self.both())
        return lambda attempt: any(part(attempt) for part in parts)

    def both(self) -> Test:
        parts = [self.unary()]
        while self.peek().upper() in ("AND", "&&"):
            self.take()
            parts.append(self.unary())
        return lambda attempt: all(part(attempt) for part in parts)

    def unary(self) -> Test:
        word = self.peek()
        if word == "!" or word.upper() == "NOT":
            self.take()
            inner = self.unary()
            return lambda attempt: not inner(attempt)
        if word == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if word == "ActionMatches":
            self.take()
            patterns = self.values()
            return lambda attempt: any(matches(pattern, attempt.action) for pattern in patterns)
        if word.startswith("@"):
            return comparison(self.take(), self.take(), self.values())
        raise ConditionError(f"{word or 'the end'!r} is not supported in a condition here")

    def values(self) -> list[str]:
        if self.peek() != "{":
            return [literal(self.take())]
        self.take("{")
        found = [literal(self.take())]
        while self.peek() == ",":
            self.take()
            found.append(literal(self.take()))
        self.take("}")
        return found
