"""A gateway's time is its own, however the shop's clock is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.clock import GatewayTimes, SystemClock
from tests.helpers.requests import NOW
from tests.helpers.time import StillClock

steady = settings(deadline=None, max_examples=100)
TEN_YEARS = 10 * 365 * 86_400.0


def _off(times: GatewayTimes, gateway: str, truth: datetime) -> float:
    return abs((times.now(gateway) - truth).total_seconds())


def test_before_a_gateway_answers_its_time_is_ours_carried_on_by_the_monotonic_clock() -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    clock.pass_seconds(90)
    clock.jump(TEN_YEARS)
    assert times.now("smepay") == NOW + timedelta(seconds=90)


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS, 3600.0, -1.0])
def test_the_shops_clock_may_jump_and_the_gateways_time_goes_on(jump: float) -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    times.learn("smepay", NOW, clock.ticks())
    clock.jump(jump)
    clock.pass_seconds(60)
    assert _off(times, "smepay", NOW + timedelta(seconds=60)) <= 0.5


@pytest.mark.parametrize("skew", [TEN_YEARS, -TEN_YEARS])
def test_a_shops_clock_that_is_years_off_is_set_right_by_the_first_answer(skew: float) -> None:
    clock = StillClock(NOW + timedelta(seconds=skew))
    times = GatewayTimes(clock)
    times.learn("smepay", NOW, clock.ticks())
    assert _off(times, "smepay", NOW) <= 0.5


@steady
@given(st.lists(st.floats(min_value=0.05, max_value=30), min_size=1, max_size=40))
def test_dates_of_whole_seconds_do_not_make_the_time_jitter(steps: list[float]) -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    start, first = clock.ticks(), NOW
    times.learn("smepay", first, start)
    base = times.now("smepay")
    for step in steps:
        clock.pass_seconds(step)
        truth = first + timedelta(seconds=clock.ticks() - start)
        times.learn("smepay", truth.replace(microsecond=0), clock.ticks())
        assert abs((times.now("smepay") - base).total_seconds() - (clock.ticks() - start)) < 1e-3
        assert _off(times, "smepay", truth) <= 1.0


@steady
@given(st.integers(-(10**8), 10**8), st.floats(min_value=0, max_value=1e6))
def test_the_last_date_decides_when_it_disagrees(skew: int, later: float) -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    times.learn("smepay", NOW, clock.ticks())
    clock.pass_seconds(later)
    told = NOW + timedelta(seconds=skew)
    times.learn("smepay", told, clock.ticks())
    assert _off(times, "smepay", told) <= 2.0


def test_an_answer_that_came_a_while_ago_counts_from_its_own_moment() -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    received = clock.ticks()
    clock.pass_seconds(20)
    times.learn("smepay", NOW, received)
    assert _off(times, "smepay", NOW + timedelta(seconds=20)) <= 0.5


def test_each_gateway_has_its_own_time() -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    times.learn("smepay", NOW + timedelta(hours=1), clock.ticks())
    times.learn("paytm", NOW - timedelta(hours=1), clock.ticks())
    assert _off(times, "smepay", NOW + timedelta(hours=1)) <= 0.5
    assert _off(times, "paytm", NOW - timedelta(hours=1)) <= 0.5
    assert times.now("payu") == NOW


def test_time_never_goes_back_while_a_gateway_agrees_with_itself() -> None:
    clock = StillClock()
    times = GatewayTimes(clock)
    seen: list[datetime] = []
    for step in range(200):
        times.learn("smepay", NOW + timedelta(seconds=step * 7 // 10), clock.ticks())
        seen.append(times.now("smepay"))
        clock.pass_seconds(0.7)
    assert seen == sorted(seen)


def test_many_threads_may_learn_and_ask() -> None:
    clock = StillClock()
    times = GatewayTimes(clock)

    def work(gateway: str) -> None:
        for _ in range(300):
            times.learn(gateway, NOW, clock.ticks())
            assert _off(times, gateway, NOW) <= 0.5

    threads = [Thread(target=work, args=(f"g{number % 3}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_systems_clock_is_aware_and_only_goes_forward() -> None:
    clock = SystemClock()
    before = clock.ticks()
    assert clock.now().tzinfo is UTC
    assert clock.ticks() >= before
