"""What a condition on a role assignment lets its holder grant: read before a grant, so that a plan can tell.

Grammar of version 2.0 (Azure RBAC's "condition format and syntax"), as far as it is about role assignments. What is
not understood, and what is not known yet, makes neither true nor false: three values, joined as in Kleene's logic.
Never compared with live Azure.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping

Truth = bool | None
"""None: not known."""
_WORD = re.compile(r"\s*(?:(@\w+\[[^\]]+\])|'([^']*)'|(&&|\|\||[(){},!])|([\w.:/*-]+))")
_OPERATOR = re.compile(r"(?:For(?:Any|All)Of(Any|All)Values:)?(Guid|String)(Not)?Equals(IgnoreCase)?")


class _NotUnderstood(Exception):
    pass


def holds(condition: str, action: str, request: Mapping[str, str | None]) -> Truth:
    """Whether `action` passes, of a request with these attributes by their last names (`RoleDefinitionId`).

    None for a condition that this does not read, or that hangs on an attribute whose value is None.
    """
    try:
        return _Condition(condition, action, {name.lower(): value for name, value in request.items()}).value()
    except _NotUnderstood:
        return None


def _any(values: list[Truth]) -> Truth:
    return True if True in values else None if None in values else False


def _all(values: list[Truth]) -> Truth:
    return False if False in values else None if None in values else True


def _not(value: Truth) -> Truth:
    return None if value is None else not value


class _Condition:
    def __init__(self, text: str, action: str, request: Mapping[str, str | None]) -> None:
        self._words = _split(text)
        self._action = action
        self._request = request

    def value(self) -> Truth:
        found = self._either()
        if self._words:
            raise _NotUnderstood
        return found

    def _either(self) -> Truth:
        return self._joined(self._both, ("OR", "||"), _any)

    def _both(self) -> Truth:
        return self._joined(self._one, ("AND", "&&"), _all)

    def _joined(self, part: Callable[[], Truth], signs: tuple[str, str], join: Callable[[list[Truth]], Truth]) -> Truth:
        values = [part()]
        while self._words and self._words[0].upper() in signs:
            self._take()
            values.append(part())
        return join(values)

    def _one(self) -> Truth:
        word = self._take()
        if word.upper() in ("!", "NOT"):
            return _not(self._one())
        if word == "(":
            found = self._either()
            self._take(")")
            return found
        if word == "ActionMatches":
            return any(fnmatch.fnmatchcase(self._action.lower(), one.lower()) for one in self._values())
        if word.startswith("@"):
            return self._compared(word)
        raise _NotUnderstood

    def _compared(self, attribute: str) -> Truth:
        operator, wanted = _OPERATOR.fullmatch(self._take()), self._values()
        name = attribute.rstrip("]").rpartition(":")[2].lower()
        if operator is None or not attribute.lower().startswith("@request["):
            return None
        value = self._request.get(name)
        if value is None:
            return None
        fold = str.lower if operator[2] == "Guid" or operator[4] else str
        equal = [fold(value) == fold(one) for one in wanted]
        found = [not one for one in equal] if operator[3] else equal
        return all(found) if operator[1] == "All" else any(found)

    def _values(self) -> list[str]:
        if not self._words or self._words[0] != "{":
            return [_literal(self._take())]
        self._take("{")
        found = [_literal(self._take())]
        while self._words and self._words[0] == ",":
            self._take()
            found.append(_literal(self._take()))
        self._take("}")
        return found

    def _take(self, expected: str | None = None) -> str:
        if not self._words or expected not in (None, self._words[0]):
            raise _NotUnderstood
        return self._words.pop(0)


def _literal(word: str) -> str:
    if word in ("(", ")", "{", "}", ",", "!"):
        raise _NotUnderstood
    return word.removeprefix("'")


def _split(text: str) -> list[str]:
    words, position = [], 0
    while text[position:].strip():
        found = _WORD.match(text, position)
        if found is None:
            raise _NotUnderstood
        # A value in quotes keeps the first one: it is no word of the grammar, whatever it says.
        words.append(f"'{found[2]}" if found[2] is not None else next(filter(None, found.groups())))
        position = found.end()
    return words
