"""Request bodies: JSON or YAML, bounded, and nothing but plain data.

YAML anchors are refused (a few lines can name a billion items), so are duplicate keys, NaN and Infinity; dates are
text. Every limit is a bound on the time that reading somebody's body can take.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import yaml

from contracts.base import Json
from contracts.problems import Problem, RequestProblems

BODY_LIMIT_BYTES = 256 * 1024
# Measured on Microsoft's host: what has no Content-Length reaches no function.
EMPTY = (
    "the body is empty: send JSON or YAML, with its Content-Length (a body that is sent in chunks arrives empty in"
    " Azure: `curl -T -` sends in chunks, `curl --data-binary @file` does not)"
)

# Reading YAML takes some 15 microseconds per value; JSON has no such limit.
YAML_VALUES_LIMIT = 20_000
# Longer than any number that fits 64 bits or a float; YAML's 1:30:00 and 0xFF… can stand for numbers without end.
NUMBER_LIMIT = 40
# Deeper than any tensor. Python's own limit is another one in each version, and for JSON and YAML.
NESTING_LIMIT = 100


class BodyTooLarge(Exception):
    """The body is larger than `BODY_LIMIT_BYTES`."""


def parse_body(body: bytes, *, aliases: bool = False) -> Json:
    """The body as plain data: JSON when it starts like JSON, YAML otherwise (curl's default content type lies).

    With `aliases`, for files of one's own, YAML's anchors are followed, as far as they do not grow beyond all measure.
    Raises BodyTooLarge, or RequestProblems when it cannot be read.
    """
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLarge(f"the body has {len(body)} bytes; at most {BODY_LIMIT_BYTES} are read")
    if not body.strip():
        raise _unreadable(EMPTY)
    try:
        text = body.decode("utf-8")
        starts_like_json = text.lstrip()[:1] in ("{", "[", '"')
        loader = _AliasLoader if aliases else _PlainLoader
        value = _json(text) if starts_like_json else yaml.load(text, loader)  # noqa: S506 - a SafeLoader
        finite = _finite(value)
    except UnicodeDecodeError:
        raise _unreadable("the body is not UTF-8 text") from None
    except RecursionError:
        raise _unreadable("the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _unreadable(f"no JSON at line {error.lineno}, column {error.colno}: {error.msg[:200]}") from None
    except yaml.YAMLError as error:
        raise _unreadable(_without_excerpt(error)) from None
    except (ValueError, LookupError, ArithmeticError):
        # What PyYAML's own constructors raise for `!!bool maybe`, `!!int ""` and "\UFFFFFFFF".
        raise _unreadable("a value is not what its YAML tag or escape says: write it plainly") from None
    if not isinstance(value, dict):
        raise _unreadable("the body must be a mapping (a JSON object or YAML key: value lines)")
    if not finite:
        raise _unreadable("NaN and Infinity are not JSON numbers: write a finite number")
    return value


def _without_excerpt(error: yaml.YAMLError) -> str:
    # PyYAML shows the line where it stopped, with whatever secret stands there.
    if not isinstance(error, yaml.MarkedYAMLError) or not error.problem_mark:
        return str(error)[:300]
    mark = error.problem_mark
    says = ", ".join(part for part in (error.context, error.problem) if part)
    return f"no YAML at line {mark.line + 1}, column {mark.column + 1}: {says[:200]}"


def _unreadable(message: str) -> RequestProblems:
    return RequestProblems([Problem(path="(body)", code="unreadable", message=message)])


def _json(text: str) -> Json:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = _twice(key for key, _ in pairs)
        if twice is not None:
            raise _unreadable(f"the key {twice!r} stands twice")
        return dict(pairs)

    def whole_number(digits: str) -> int:
        return int(_short(digits))

    return json.loads(text, object_pairs_hook=once, parse_int=whole_number)


def _twice(keys: Iterable[str]) -> str | None:
    return next((key for key, count in Counter(keys).items() if count > 1), None)


def _finite(value: Json, levels: int = NESTING_LIMIT) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if not isinstance(value, dict | list):
        return True
    if levels == 0:
        raise RecursionError
    inside = value.values() if isinstance(value, dict) else value
    return all(_finite(one, levels - 1) for one in inside)


def _anchor(loader: Any) -> str | None:
    anchor: str | None = getattr(loader.peek_event(), "anchor", None)
    return anchor


class _PlainLoader(yaml.SafeLoader):
    """YAML as JSON: no anchors, no dates, no sets, no key twice, no more than so many values."""

    _composed = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent) or _anchor(self):
            raise yaml.YAMLError("anchors and aliases are not allowed: write the value out")
        self._composed += 1
        if self._composed > YAML_VALUES_LIMIT:
            raise yaml.YAMLError(f"more than {YAML_VALUES_LIMIT} values: send a body of this size as JSON")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return super().construct_mapping(node, deep=deep)
        twice = _twice(key.value for key, _ in node.value if isinstance(key.value, str))
        if twice is not None:
            raise yaml.YAMLError(f"the key {twice!r} stands twice")
        return super().construct_mapping(node, deep=deep)


class _AliasLoader(_PlainLoader):
    """The same with anchors, written out: as many values as without them."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        return yaml.SafeLoader.compose_node(self, parent, index)

    def get_single_node(self) -> Any:
        node = super().get_single_node()
        if sum(1 for _ in islice(_written_out(node), YAML_VALUES_LIMIT + 1)) > YAML_VALUES_LIMIT:
            raise yaml.YAMLError(f"more than {YAML_VALUES_LIMIT} values, written out")
        return node


def _written_out(node: Any) -> Iterator[Any]:
    """Every value, those of an anchor wherever it is named; without end for one that names itself."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, yaml.MappingNode):
            waiting += [part for pair in here.value for part in pair]
        elif isinstance(here, yaml.SequenceNode):
            waiting += here.value


def _as_text(loader: yaml.SafeLoader, node: Any) -> Any:
    return loader.construct_scalar(node)


def _whole_number(loader: yaml.SafeLoader, node: Any) -> int:
    _short(node.value)
    return loader.construct_yaml_int(node)


def _fraction(loader: yaml.SafeLoader, node: Any) -> float:
    _short(node.value)
    return loader.construct_yaml_float(node)


def _short(number: str) -> str:
    if len(number) > NUMBER_LIMIT:
        raise _unreadable(f"a number of more than {NUMBER_LIMIT} characters: put it in quotes if it is text")
    return number


def _refused(_: yaml.SafeLoader, node: Any) -> Any:
    raise yaml.YAMLError(f"{node.tag} is not allowed: use plain values, lists and mappings")


_PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_PlainLoader.add_constructor("tag:yaml.org,2002:float", _fraction)
for _tag in ("binary", "omap", "pairs", "set"):
    _PlainLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _refused)
