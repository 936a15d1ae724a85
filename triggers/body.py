"""Request bodies: JSON or YAML, bounded, and nothing but plain data.

YAML anchors are refused (a few lines can name a billion items), so are duplicate keys, dates, NaN and Infinity.
"""

from __future__ import annotations

import json
import math
from typing import Any

import yaml

from contracts.base import Json
from contracts.problems import Problem, RequestProblems

BODY_LIMIT_BYTES = 256 * 1024


class BodyTooLarge(Exception):
    """The body is larger than `BODY_LIMIT_BYTES`."""


def parse_body(body: bytes) -> Json:
    """The body as plain data: JSON when it starts like JSON, YAML otherwise (curl's default content type lies).

    Raises BodyTooLarge, or RequestProblems when it cannot be read.
    """
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLarge(f"the body has {len(body)} bytes; at most {BODY_LIMIT_BYTES} are read")
    try:
        text = body.decode("utf-8")
        starts_like_json = text.lstrip()[:1] in ("{", "[", '"')
        value = _json(text) if starts_like_json else yaml.load(text, _PlainLoader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError:
        raise _unreadable("the body is not UTF-8 text") from None
    except RecursionError:
        raise _unreadable("the body is nested too deeply") from None
    except (ValueError, yaml.YAMLError) as error:
        raise _unreadable(" ".join(str(error).split())[:300]) from None
    if not isinstance(value, dict):
        raise _unreadable("the body must be a mapping (a JSON object or YAML key: value lines)")
    if not _finite(value):
        raise _unreadable("NaN and Infinity are not JSON numbers: write a finite number")
    return value


def _unreadable(message: str) -> RequestProblems:
    return RequestProblems([Problem(path="(body)", code="unreadable", message=message)])


def _json(text: str) -> Json:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            raise ValueError(f"the key {twice[0]!r} stands twice")
        return found

    return json.loads(text, object_pairs_hook=once)


def _finite(value: Json) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return all(map(_finite, value)) if isinstance(value, list) else True


def _anchor(loader: Any) -> str | None:
    anchor: str | None = getattr(loader.peek_event(), "anchor", None)
    return anchor


class _PlainLoader(yaml.SafeLoader):
    """YAML as JSON: no anchors, no dates, no sets, no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent) or _anchor(self):
            raise yaml.YAMLError("anchors and aliases are not allowed: write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _ in node.value]
        twice = sorted({str(key) for key in keys if isinstance(key, str) and keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"the key {twice[0]!r} stands twice")
        return super().construct_mapping(node, deep=deep)


def _as_text(loader: yaml.SafeLoader, node: Any) -> Any:
    return loader.construct_scalar(node)


def _refused(_: yaml.SafeLoader, node: Any) -> Any:
    raise yaml.YAMLError(f"{node.tag} is not allowed: use plain values, lists and mappings")


_PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)
for _tag in ("binary", "omap", "pairs", "set"):
    _PlainLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _refused)
