"""Whether a model's answer is the one expected: numbers within a tolerance, schemas, texts, bytes."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from activities.gates.exchange import Answer
from activities.gates.wording import brief
from contracts.base import Json
from contracts.schemas import keywords
from contracts.smoke_test import Expectation

# Keywords times values: some 3 microseconds each, so that comparing stays within seconds.
SCHEMA_WORK_LIMIT = 1_500_000
MISFIT_CHARACTERS = 200
# Where a script that catches its exceptions puts them.
ERRORS = ("error", "errors", "exception", "traceback")


def mismatch(expect: Expectation | None, answer: Json, text: str) -> str | None:
    """Why `answer` (the JSON value of `text`) is not what is expected; None when it is.

    Where nothing is expected, any answer will do that does not itself say that it is an error, as scripts do that
    catch their own exceptions.
    """
    if expect is None:
        failed = isinstance(answer, dict) and any(answer.get(name) for name in ERRORS)
        return f"the model answered with an error: {brief(text)}" if failed else None
    if expect.contains is not None:
        return None if expect.contains in text else f"the answer does not contain {expect.contains!r}: {brief(text)}"
    if expect.json_schema is not None:
        return _misfit(expect.json_schema, answer, text)
    if _equal(expect.json_value, answer, expect.tolerance):
        return None
    expected = brief(json.dumps(expect.json_value))
    return f"expected {expected} (tolerance {expect.tolerance:g}), the model answered {brief(text)}"


# Media types whose bodies are text; an answer that names none is looked at.
_TEXTUAL = re.compile(r"text/|application/(?:[\w.+-]+\+)?(?:json|xml|yaml)\b", re.IGNORECASE)


def is_bytes(said: Answer) -> bool:
    """Whether an answer is neither JSON nor text."""
    kind = said.headers.get("content-type", "")
    if kind:
        return _TEXTUAL.match(kind) is None
    try:
        said.content.decode()
    except UnicodeDecodeError:
        return True
    return False


def told(said: Answer) -> dict[str, Json]:
    """What is told of an answer in bytes."""
    kind = said.headers.get("content-type", "")
    return {"content_type": kind, "size": len(said.content), "sha256": hashlib.sha256(said.content).hexdigest()}


def bytes_mismatch(expect: Expectation | None, said: Answer) -> str | None:
    """Why an answer in bytes is not what is expected; None when it is, or when nothing is."""
    if expect is None:
        return None
    there = told(said)
    if expect.contains is not None:
        return None if expect.contains.encode() in said.content else f"the answer does not contain {expect.contains!r}"
    if expect.bytes_value is None:
        return f"the answer is {there['content_type']} of {there['size']} bytes, no JSON: expect `bytes`"
    wanted = expect.bytes_value.to_wire()
    wrong = [f"{name} {there[name]}, not {value}" for name, value in wanted.items() if not _is(there[name], value)]
    return f"the answer has {'; '.join(wrong)}" if wrong else None


def _is(there: Json, wanted: Json) -> bool:
    """Whether a size, a digest or a media type is the wanted one; a type's parameters count when they are named."""
    if isinstance(wanted, int):
        return bool(there == wanted)
    plain = str(there) if ";" in wanted else str(there).partition(";")[0]
    return plain.replace(" ", "").lower() == str(wanted).replace(" ", "").lower()


def _misfit(schema: dict[str, Any] | bool, answer: Json, text: str) -> str | None:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # Every keyword may be tried on every value, and a value takes two characters or more.
    if len(text) // 2 * sum(1 for _ in keywords(schema)) > SCHEMA_WORK_LIMIT:
        return f"an answer of {len(text)} characters is too long for a schema of this size"
    # An empty registry: a $ref in a caller's schema is never fetched from anywhere.
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        error = next(iter(validator.iter_errors(answer)), None)
    except OverflowError:
        return "the answer holds a number that no float can hold"
    if error is None:
        return None
    return f"the answer does not fit the schema at {error.json_path}: {brief(error.message, MISFIT_CHARACTERS)}"


def _equal(expected: Json, answer: Json, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(answer, bool) or expected is None:
        return expected is answer
    if isinstance(expected, int | float) and isinstance(answer, int | float):
        return _near(expected, answer, tolerance)
    if isinstance(expected, list) and isinstance(answer, list):
        return len(expected) == len(answer) and all(
            _equal(one, other, tolerance) for one, other in zip(expected, answer, strict=True)
        )
    if isinstance(expected, dict) and isinstance(answer, dict):
        return expected.keys() == answer.keys() and all(
            _equal(expected[key], answer[key], tolerance) for key in expected
        )
    return bool(expected == answer)


def _near(expected: float, answer: float, tolerance: float) -> bool:
    try:
        return abs(expected - answer) <= tolerance
    except OverflowError:
        return False  # a model may answer a whole number that no float can hold
