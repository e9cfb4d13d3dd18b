"""When a request is asked about next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.payment import OVER, PaymentRequest, Status
from pos_app.domain.watchplan import AFTER_EXPIRY, ON_SCREEN, PAST_EXPIRY, is_watched, next_look
from tests.helpers.requests import EXPIRES, NOW, a_request

steady = settings(deadline=None, max_examples=300)
jitters = st.floats(min_value=-1, max_value=1)
MINUTE, HOUR, DAY = 60, 3600, 86_400
ENDED = sorted(OVER)


def wait(request: PaymentRequest, at: datetime, *, on_screen: bool = False, jitter: float = 0.0) -> float:
    seconds = next_look(request, at, on_screen=on_screen, jitter=jitter)
    assert seconds is not None
    return seconds


def after(seconds: float) -> datetime:
    return EXPIRES + timedelta(seconds=seconds)


@steady
@given(st.floats(min_value=0, max_value=295), jitters)
def test_on_screen_it_is_asked_about_every_three_to_four_seconds(age: float, jitter: float) -> None:
    assert (
        3.06 - 1e-9 <= wait(a_request(), NOW + timedelta(seconds=age), on_screen=True, jitter=jitter) <= 3.74
    )


@steady
@given(st.floats(min_value=0, max_value=294), jitters)
def test_off_screen_it_is_asked_about_every_four_to_five_seconds(age: float, jitter: float) -> None:
    assert 4.05 - 1e-9 <= wait(a_request(), NOW + timedelta(seconds=age), jitter=jitter) <= 4.95


def test_off_screen_it_slows_with_age() -> None:
    request = a_request(expires_at=NOW + timedelta(hours=2))
    steps = [wait(request, NOW + timedelta(seconds=age)) for age in (60, 599, 601, 3599, 3601)]
    assert steps == [4.5, 4.5, 15, 15, 60]


def test_on_screen_age_does_not_slow_it() -> None:
    request = a_request(expires_at=NOW + timedelta(hours=2))
    assert wait(request, NOW + timedelta(hours=1, minutes=30), on_screen=True) == ON_SCREEN


@steady
@given(st.floats(min_value=0, max_value=2.3), st.booleans(), jitters)
def test_one_look_falls_just_behind_the_expiry_and_none_comes_too_soon(
    before: float, on_screen: bool, jitter: float
) -> None:
    seconds = wait(a_request(), after(-before), on_screen=on_screen, jitter=jitter)
    assert seconds >= 3.06 - 1e-9
    assert seconds > before
    assert seconds <= max(before + PAST_EXPIRY, 4.95)


def test_the_look_at_the_expiry_is_not_before_it() -> None:
    assert wait(a_request(), after(-3.5)) == pytest.approx(3.5 + PAST_EXPIRY)


@pytest.mark.parametrize("on_screen", [True, False])
def test_an_awaited_request_past_its_expiry_is_asked_about_until_an_answer_ends_it(on_screen: bool) -> None:
    for seconds in (1, 60, HOUR, 9 * DAY):
        assert wait(a_request(), after(seconds), on_screen=on_screen) > 0


def test_the_plan_after_the_expiry_is_the_one_of_the_rules() -> None:
    rules = [5, 15, 30, 60]
    rules += [minutes * MINUTE for minutes in range(5, 61, 5)]
    rules += [minutes * MINUTE for minutes in range(90, 6 * 60 + 1, 30)]
    rules += [hours * HOUR for hours in range(8, 25, 2)]
    rules += [2 * DAY, 5 * DAY]
    assert list(AFTER_EXPIRY) == rules


@pytest.mark.parametrize("status", ENDED)
def test_what_is_over_is_asked_about_at_the_points_of_the_plan(status: Status) -> None:
    request = a_request(status, ended_at=after(1))
    at, points = 0.0, list[float]()
    while (seconds := next_look(request, after(at), on_screen=False)) is not None:
        at += seconds
        points.append(at)
    assert points == pytest.approx(list(AFTER_EXPIRY))


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize("on_screen", [True, False])
def test_the_watch_ends_after_day_five(status: Status, on_screen: bool) -> None:
    request = a_request(status, ended_at=after(1))
    assert next_look(request, after(5 * DAY - 1), on_screen=on_screen) == pytest.approx(1)
    assert next_look(request, after(5 * DAY), on_screen=on_screen) is None
    assert next_look(request, after(50 * DAY), on_screen=on_screen) is None


@pytest.mark.parametrize("status", ENDED)
def test_what_ended_early_is_asked_about_closely_until_its_expiry(status: Status) -> None:
    request = a_request(status, ended_at=NOW + timedelta(seconds=5))
    assert wait(request, NOW + timedelta(seconds=10)) == 4.5


@pytest.mark.parametrize("status", ENDED)
def test_without_an_expiry_the_plan_counts_from_the_end(status: Status) -> None:
    request = a_request(status, expires_at=None, ended_at=NOW + timedelta(seconds=60))
    assert wait(request, NOW + timedelta(seconds=61)) == pytest.approx(4)


@pytest.mark.parametrize(("confirmations", "seconds"), [(0, 2), (1, 2), (2, 5), (3, 10), (4, 10), (99, 10)])
def test_confirming_backs_off_to_ten_seconds(confirmations: int, seconds: float) -> None:
    request = a_request(Status.CONFIRMING, was=Status.AWAITING)
    for on_screen in (True, False):
        assert next_look(request, after(-200), on_screen=on_screen, confirmations=confirmations) == seconds


def test_confirming_goes_on_at_a_minute_however_old_it_is() -> None:
    request = a_request(Status.CONFIRMING, was=Status.AWAITING)
    for seconds in (31 * MINUTE, DAY, 60 * DAY):
        assert wait(request, after(seconds)) == 60


@pytest.mark.parametrize("status", [Status.NEW, Status.PAID])
def test_what_is_new_or_paid_is_not_watched(status: Status) -> None:
    request = a_request(status)
    assert not is_watched(request)
    assert next_look(request, NOW, on_screen=True) is None


def test_a_watch_that_is_over_stays_over() -> None:
    assert not is_watched(a_request(Status.EXPIRED, watch_over=True))


@pytest.mark.parametrize("status", ENDED)
def test_what_is_over_and_has_no_id_can_not_be_asked_about(status: Status) -> None:
    assert not is_watched(a_request(status, gateway_ids={}))
    assert is_watched(a_request(status))


@steady
@given(
    st.sampled_from(Status),
    st.none() | st.timedeltas(timedelta(days=-4000), timedelta(days=4000)),
    st.none() | st.timedeltas(timedelta(days=-4000), timedelta(days=4000)),
    st.timedeltas(timedelta(days=-4000), timedelta(days=4000)),
    st.booleans(),
    st.integers(-5, 10**9),
    jitters,
)
def test_a_wait_is_never_nothing_and_never_negative(
    status: Status,
    expires: timedelta | None,
    ended: timedelta | None,
    age: timedelta,
    on_screen: bool,
    confirmations: int,
    jitter: float,
) -> None:
    request = a_request(
        status,
        expires_at=NOW + expires if expires is not None else None,
        ended_at=NOW + ended if ended is not None else None,
    )
    seconds = next_look(request, NOW + age, on_screen=on_screen, confirmations=confirmations, jitter=jitter)
    assert (seconds is None) or 0 < seconds <= 3 * DAY
    if status not in OVER | {Status.NEW, Status.PAID}:
        assert seconds is not None
        assert seconds >= 1.8 - 1e-9
