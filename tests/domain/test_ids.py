"""A reference is short, plain, unique and in the order of time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.ids import new_reference
from tests.helpers.requests import NOW

steady = settings(deadline=None, max_examples=200)
prefixes = st.from_regex(r"[A-Za-z]{2,6}", fullmatch=True)
moments = st.timedeltas(timedelta(0), timedelta(days=360 * 365)).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)


@steady
@given(prefixes, moments)
def test_a_reference_is_made_of_letters_and_digits_and_not_too_long(prefix: str, now: datetime) -> None:
    reference = new_reference(prefix, now)
    assert re.fullmatch(r"[A-Za-z0-9]{1,35}", reference, re.ASCII)
    assert reference.startswith(prefix)
    assert len(reference) == len(prefix) + 26


def test_references_of_one_moment_differ() -> None:
    assert len({new_reference("ASH", NOW) for _ in range(20_000)}) == 20_000


@steady
@given(moments, st.timedeltas(min_value=timedelta(milliseconds=2), max_value=timedelta(days=3650)))
def test_a_later_reference_sorts_behind(now: datetime, later: timedelta) -> None:
    assert new_reference("ASH", now) < new_reference("ASH", now + later)


def test_a_day_of_references_sorts_by_time() -> None:
    made = [new_reference("ASH", NOW + timedelta(seconds=step)) for step in range(1000)]
    assert all(one < other for one, other in pairwise(made))


def test_a_clock_before_1970_still_gives_a_reference() -> None:
    assert len(new_reference("ASH", datetime(1969, 1, 1, tzinfo=UTC))) == 29


def test_a_reference_has_no_letters_that_are_read_as_digits() -> None:
    letters = "".join(new_reference("", NOW) for _ in range(500))
    assert not set(letters) & set("ILOU")
