"""Request bodies become plain data in bounded time, or are refused with a reason."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.problems import RequestProblems
from triggers.body import BODY_LIMIT_BYTES, YAML_VALUES_LIMIT, BodyTooLarge, parse_body

# Generous for a busy machine; what these bodies did before there were limits took minutes.
SECONDS = 5.0

EXAMPLES = settings(max_examples=60)
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "|",
    ">",
    "%",
    "#",
    "---",
    "~",
    "a",
    "1",
    "0x",
    "1:1",
    ".inf",
    "&x",
    "*x",
    "<<",
    "?",
    "!!int",
    "!!map",
    "!!bool",
    "!!set",
    "!!float",
    "\\U",
    "\\x",
]
PIECES += ["- ", "\n", " ", "\t", "'", ": ", "!!int ", "!!bool ", "!!timestamp ", "!!null ", "? "]

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    # YAML takes no control characters and no surrogates, however they are quoted.
    | st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\u2028\u2029\ufeff")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc{}:#- ", max_size=5), inner, max_size=4),
    max_leaves=12,
)


def why_refused(body: bytes) -> str:
    with pytest.raises(RequestProblems) as refused:
        parse_body(body)
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == ("(body)", "unreadable")
    return problem.message


@given(value=st.dictionaries(st.text("abc", min_size=1, max_size=4), PLAIN, max_size=4))
@EXAMPLES
def test_json_reads_as_json_does(value: dict[str, Any]) -> None:
    assert parse_body(json.dumps(value).encode()) == value


@given(value=st.dictionaries(st.text("abc", min_size=1, max_size=4), PLAIN, min_size=1, max_size=4))
@EXAMPLES
def test_yaml_and_json_say_the_same(value: dict[str, Any]) -> None:
    assert parse_body(yaml.safe_dump(value, allow_unicode=True).encode()) == value


def taken_or_refused(body: bytes) -> None:
    with suppress(RequestProblems):
        assert isinstance(parse_body(body), dict)


@given(body=st.binary(max_size=200))
@EXAMPLES
def test_any_bytes_are_a_mapping_or_refused(body: bytes) -> None:
    taken_or_refused(body)


@given(body=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@EXAMPLES
def test_yaml_of_any_pieces_is_a_mapping_or_refused(body: str) -> None:
    taken_or_refused(f"a: {body}".encode())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is empty"),
        (b"[1]", "must be a mapping"),
        (b"just text", "must be a mapping"),
        (b"\xff\xfe{", "not UTF-8"),
        (b'{"a": 1', "Expecting"),
        (b'{"a": NaN}', "finite number"),
        (b'{"a": {"b": [-Infinity]}}', "finite number"),
        (b'{"a": 1e999}', "finite number"),
        (b"a: .nan", "finite number"),
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice"),
        (b"a: {b: 1, b: 2}", "the key 'b' stands twice"),
        (b"a: &x [1]\nb: *x", "anchors and aliases"),
        (b"a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        (b"a: !!binary aGk=", "is not allowed"),
        (b"a: !!set {b, c}", "is not allowed"),
        (b"a: !!bool maybe", "not what its YAML tag"),
        (b'a: !!int ""', "not what its YAML tag"),
        (b"a: !!int one", "not what its YAML tag"),
        (b'a: "\\UFFFFFFFF"', "not what its YAML tag"),
        (b"a: !!map text", "expected a mapping"),
        (b"a: 1\n---\nb: 2", "single document"),
        (b"a: 0x" + b"F" * 5000, "more than 40 characters"),
        (b"a: 1" + b":10" * 400 + b".5", "more than 40 characters"),
        (b'{"a": ' + b"1" * 5000 + b"}", "more than 40 characters"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "nested too deeply"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
        (b"a: " + b"[" * 100 + b"]" * 100, "nested too deeply"),
        (b"a: " + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_refused_with_a_reason(body: bytes, says: str) -> None:
    assert says in why_refused(body)


@pytest.mark.parametrize("opening", [b'{"a":', b"a: "])
def test_a_hundred_levels_are_read(opening: bytes) -> None:
    closing = b"}" if opening.startswith(b"{") else b""

    assert parse_body(opening + b"[" * 99 + b"]" * 99 + closing)["a"] != []


def test_a_date_is_text_and_a_merged_mapping_is_written_out() -> None:
    assert parse_body(b"a: 2026-01-31\nb: {<<: {c: 1}, d: 2}") == {"a": "2026-01-31", "b": {"c": 1, "d": 2}}


def test_the_limit_is_counted_in_bytes() -> None:
    frame = len('{"a": ""}')
    largest = b'{"a": "' + b"x" * (BODY_LIMIT_BYTES - frame) + b'"}'

    assert len(parse_body(largest)["a"]) == BODY_LIMIT_BYTES - frame
    with pytest.raises(BodyTooLarge, match="262145 bytes"):
        parse_body(largest + b" ")


@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"%d":0' % number for number in range(25_000)) + b',"1":0}',
        b"x: {" + b", ".join(b"k%d: " % number for number in range(25_000)) + b"}",
        b"\n".join(b"k%d: 1" % number for number in range(25_000)),
        b"- " * 130_000,
        b"a: " + b"[" * 260_000,
        b"a: 1" + b":1" * 130_000,
        b"a: &a [x,x,x,x]\n" + b"".join(b"b%d: &b%d [*a,*a,*a,*a]\n" % (level, level) for level in range(9_000)),
        b"? " * 130_000,
        b"a: " + b"!" * 260_000,
        b"a: '" + b"''" * 130_000,
    ],
    ids=["twice", "flow", "block", "dashes", "brackets", "sexagesimal", "laughs", "questions", "tags", "quotes"],
)
def test_the_worst_bodies_are_read_in_bounded_time(body: bytes) -> None:
    assert len(body) <= BODY_LIMIT_BYTES
    began = time.process_time()
    with pytest.raises(RequestProblems):
        parse_body(body)

    assert time.process_time() - began < SECONDS


def test_yaml_holds_so_many_values_and_json_more() -> None:
    count = YAML_VALUES_LIMIT + 1

    assert "send a body of this size as JSON" in why_refused(b"a: [" + b"1," * count + b"]")
    assert len(parse_body(b'{"a": [' + b"1," * count + b"1]}")["a"]) == count + 1
