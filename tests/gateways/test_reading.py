"""Reading what a gateway wrote: JSON objects strictly, its times in all their forms, its own words as plain text."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways.connector import (
    DEEPEST,
    LONGEST_WORDS,
    Answer,
    Refused,
    gateway_words,
    read_object,
    refusal,
    wire_time,
    write_object,
)

AT = datetime(2025, 1, 4, 23, 15, 23, tzinfo=UTC)
EPOCH = 1736032523


def nested(depth: int, opening: bytes = b'{"a":', closing: bytes = b"}") -> bytes:
    return opening * depth + b"1" + closing * depth


GOOD: dict[bytes, object] = {
    b"{}": {},
    b' \r\n\t{ "a" : 1 } \n': {"a": 1},
    b'{"a":100.50}': {"a": Decimal("100.50")},
    b'{"a":0.1}': {"a": Decimal("0.1")},
    b'{"a":1e2}': {"a": Decimal("1E+2")},
    b'{"a":1E+400}': {"a": Decimal("1E+400")},
    b'{"a":-0.0}': {"a": Decimal("-0.0")},
    b'{"a":12345678901234567890123}': {"a": 12345678901234567890123},
    b'{"a":[1,{"b":null}],"b":true}': {"a": [1, {"b": None}], "b": True},
    b'{"a":{"k":1},"b":{"k":2}}': {"a": {"k": 1}, "b": {"k": 2}},
    '{"a":"₹ \\u20b9 \\ud83d\\ude00"}'.encode(): {"a": "₹ ₹ 😀"},
    b'{"":""}': {"": ""},
    nested(DEEPEST - 1): None,
}
BAD = {
    "empty": b"",
    "blank": b" \n",
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b'{"a":-Infinity}',
    "NaN nested": b'{"a":[{"b":[NaN]}]}',
    "twice": b'{"a":1,"a":1}',
    "twice nested": b'{"a":[{"b":{"c":1,"c":2}}]}',
    "twice by escape": b'{"status":false,"st\\u0061tus":true}',
    "too deep": nested(DEEPEST + 1),
    "abyss": nested(30_000),
    "abyss of lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "unclosed abyss": b'{"a":' + b"[" * 200_000,
    "huge int": b'{"a":' + b"9" * 5000 + b"}",
    "huge exponent": b'{"a":1e' + b"9" * 30 + b"}",
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-32": '{"a":1}'.encode("utf-32-le"),
    "invalid UTF-8": b'{"a":"\xff"}',
    "overlong UTF-8": b'{"a":"\xc0\xaf"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "truncated UTF-8": b'{"a":"\xe2\x82"}',
    "list": b"[]",
    "list of objects": b'[{"status":true}]',
    "text": b'"a"',
    "number": b"1",
    "null": b"null",
    "two objects": b"{}{}",
    "trailing": b"{}x",
    "trailing NUL": b"{}\x00",
    "comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "comment": b'{"a":1/**/}',
    "bare key": b"{a:1}",
    "leading zero": b'{"a":01}',
    "plus": b'{"a":+1}',
    "hexadecimal": b'{"a":0x10}',
    "point first": b'{"a":.5}',
    "point last": b'{"a":5.}',
    "newline in text": b'{"a":"\n"}',
    "truncated": b'{"a":"b',
    "truncated escape": b'{"a":"\\u12"}',
    "HTML": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "JSONP": b"callback({})",
    "guarded": b")]}',\n{}",
}
HALVES = {
    "lone surrogate": b'{"a":"\\ud800"}',
    "lone low surrogate": b'{"a":"x\\udc00y"}',
    "swapped surrogates": b'{"a":"\\udc00\\ud800"}',
    "lone surrogate nested": b'{"a":[{"b":"\\udfff"}]}',
    "lone surrogate in a key": b'{"\\ud800":1}',
}


@pytest.mark.parametrize("body", GOOD, ids=lambda body: body[:30])
def test_a_json_object_is_read_exactly(body: bytes) -> None:
    read = read_object(body)
    expected = GOOD[body]
    if expected is not None:
        assert read == expected
        assert repr(read) == repr(expected)


@pytest.mark.parametrize("name", [*BAD, *HALVES])
def test_anything_else_is_a_broken_answer(name: str) -> None:
    with pytest.raises(GatewayTrouble) as caught:
        read_object({**BAD, **HALVES}[name])
    assert (caught.value.outcome, caught.value.reason) == (Outcome.UNKNOWN, Reason.BROKEN_ANSWER)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_object_or_a_broken_answer(body: bytes) -> None:
    with contextlib.suppress(GatewayTrouble):
        assert isinstance(read_object(body), dict)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcd", max_size=2), JSON, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, object]) -> None:
    assert read_object(write_object(data)) == data
    assert write_object(data).isascii()


# ── times ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("value", "time"),
    [
        (EPOCH, AT),
        (str(EPOCH), AT),
        (Decimal(EPOCH), AT),
        (Decimal("1736032523.5"), AT + timedelta(seconds=0.5)),
        (EPOCH * 1000, AT),
        (str(EPOCH * 1000), AT),
        (EPOCH * 1000 + 250, AT + timedelta(seconds=0.25)),
        (f" {EPOCH} ", AT),
        ("2025-01-05T04:45:23+05:30", AT),
        ("2025-01-05T04:45:23.000+05:30", AT),
        ("2025-01-04T23:15:23Z", AT),
        ("2025-01-04T23:15:23+00:00", AT),
        ("2025-01-05T04:45:23", AT),
        ("2025-01-05 04:45:23", AT),
        (" 2025-01-05 04:45:23 ", AT),
        ("2025-01-05T04:45:23.123456", AT + timedelta(microseconds=123456)),
    ],
)
def test_a_time_in_each_of_its_forms(value: object, time: datetime) -> None:
    assert wire_time(value) == time
    read = wire_time(value)
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, -EPOCH, "", " ", "soon", "0", "-1", "NaN", "inf", "1e9", "12:00", "٣", "१७३६०३२५२३",
        "2025-13-01T00:00:00", "2025-02-30T00:00:00", "2025-01-05T25:00:00", "2025-01-05T04:45:23+99:00",
        "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "2025-01-05T04:45:23 IST", [], {}, [EPOCH], {"a": 1}, 1.5,
        Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999"), Decimal("1E-999999"), Decimal(-1), 10**20, "9" * 30,
        10**13 * 10**6, "9" * 5000, b"1736032523", EPOCH * 1_000_000, str(EPOCH * 10**9),
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_what_is_no_time_is_none(value: object) -> None:
    assert wire_time(value) is None


@pytest.mark.parametrize(
    ("value", "time"),
    [(10**400, None), (10**4000, None), (" " * 20 + str(EPOCH), AT), (" " * 12 + str(EPOCH), AT)],
    ids=["10**400", "10**4000", "20 spaces", "12 spaces"],
)
def test_an_absurd_time_is_none_too(value: object, time: datetime | None) -> None:
    assert wire_time(value) == time


@given(
    st.one_of(
        st.integers(),
        st.text(max_size=30),
        st.decimals(),
        st.datetimes().map(str),
        st.from_regex(r"\A[ 0-9]{0,30}\Z"),
    )
)
def test_no_value_is_more_than_a_time_can_bear(value: object) -> None:
    read = wire_time(value)
    assert read is None or read.tzinfo is UTC


def test_a_time_keeps_its_own_zone() -> None:
    there = datetime(2025, 1, 5, 1, 15, 23, tzinfo=timezone(timedelta(hours=2)))
    assert wire_time(there.isoformat()) == AT


# ── the gateway's words ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"message": "No"}, "No"),
        ({"error": "ip_not_whitelisted", "message": "IP 1.2.3.4"}, "ip_not_whitelisted · IP 1.2.3.4"),
        ({"error": "No", "message": "No"}, "No"),
        ({"error": {"message": "inner"}}, ""),
        ({"message": None, "msg": "No"}, "No"),
        ({"message": 5}, ""),
        ({"message": ["No"]}, ""),
        ({}, ""),
        ({"message": "a\nb\tc\x00\u202ed\u2066"}, "a b c  d "),
        ({"message": "<b>bold</b>"}, "<b>bold</b>"),
        ({"message": "क्षमा"}, "क्षमा"),
        ({"message": "x" * 1000}, "x" * LONGEST_WORDS),
        ({"message": "\ud800"}, " "),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_the_gateway_s_words_are_short_plain_text_on_one_line(data: dict[str, object], words: str) -> None:
    assert gateway_words(data) == words


def test_the_first_row_that_fits_decides() -> None:
    rows = (Refused(403, "ip", Reason.ADDRESS_NOT_ALLOWED), Refused(0, "ip", Reason.BAD_REQUEST))
    assert refusal(rows, 403, {"message": "Your IP"}).reason is Reason.ADDRESS_NOT_ALLOWED
    assert refusal(rows, 400, {"message": "Your IP"}).reason is Reason.BAD_REQUEST
    other = refusal(rows, 400, {"message": "whatever"})
    assert (other.outcome, other.reason, other.said) == (Outcome.UNKNOWN, Reason.NOT_UNDERSTOOD, "whatever")


class Shape(msgspec.Struct):
    flag: bool
    text: str = ""


@pytest.mark.parametrize(
    "data",
    [
        {}, {"flag": 1}, {"flag": 0}, {"flag": "true"}, {"flag": None}, {"flag": [True]}, {"flag": True, "text": None},
        {"flag": True, "text": 5}, {"flag": True, "text": Decimal("1.5")}, {"flag": Decimal(1)}, {"Flag": True},
        {"flag": True, "text": 10**400}, {"flag": {}},
    ],
    ids=lambda data: json.dumps(data, default=str)[:30],
)  # fmt: skip
def test_another_shape_is_a_broken_answer(data: dict[str, object]) -> None:
    with pytest.raises(GatewayTrouble) as caught:
        Answer(data, AT).read(Shape)
    assert (caught.value.outcome, caught.value.reason) == (Outcome.UNKNOWN, Reason.BROKEN_ANSWER)


def test_more_fields_than_we_know_are_no_trouble() -> None:
    assert Answer({"flag": True, "new": {"a": 1}}, AT).read(Shape) == Shape(flag=True)
