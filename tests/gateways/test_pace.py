"""Pace: calls are spaced, and a rest is kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from pos_app.domain.errors import GatewayTrouble, Outcome, Reason
from pos_app.gateways import pace as pace_module
from pos_app.gateways.pace import LONGEST_REST, Pace


class Ticks:
    """What `time` is in pace.py: a sleep moves the clock and is remembered."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    found = Ticks()
    monkeypatch.setattr(pace_module, "time", found)
    return found


def trouble_of(act: Callable[[], None]) -> GatewayTrouble:
    with pytest.raises(GatewayTrouble) as caught:
        act()
    return caught.value


def test_the_first_call_does_not_wait() -> None:
    began = time.monotonic()
    Pace(0.1).wait()
    assert time.monotonic() - began < 0.1


def test_calls_one_after_the_other_are_spaced() -> None:
    pace = Pace(50)
    began = time.monotonic()
    for _ in range(6):
        pace.wait()
    assert time.monotonic() - began >= 5 / 50 - 0.005


def test_calls_of_many_threads_are_spaced() -> None:
    pace = Pace(200)
    went: list[float] = []
    lock = threading.Lock()

    def run() -> None:
        for _ in range(5):
            pace.wait()
            with lock:
                went.append(time.monotonic())

    threads = [threading.Thread(target=run) for _ in range(8)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(went) - began >= 39 / 200 - 0.005
    assert len(went) == 40


def test_time_that_went_by_is_not_saved_for_a_burst(ticks: Ticks) -> None:
    pace = Pace(1)
    pace.wait()
    ticks.now += 60
    pace.wait()
    assert ticks.slept == []
    pace.wait()
    assert ticks.slept == pytest.approx([1.0])


def test_while_the_gateway_rests_nothing_is_sent(ticks: Ticks) -> None:
    pace = Pace(1000)
    pace.rest(5)
    trouble = trouble_of(pace.wait)
    assert (trouble.outcome, trouble.reason, trouble.retry_after) == (Outcome.NOT_SENT, Reason.BUSY, 5.0)
    ticks.now += 4.9
    assert trouble_of(pace.wait).retry_after == pytest.approx(0.1)
    ticks.now += 0.2
    pace.wait()


def test_a_refused_wait_takes_no_place(ticks: Ticks) -> None:
    pace = Pace(1)
    pace.rest(5)
    for _ in range(10):
        trouble_of(pace.wait)
    ticks.now += 5
    pace.wait()  # at once: none of the ten is before it
    assert ticks.slept == []


def test_a_shorter_rest_does_not_end_a_longer_one(ticks: Ticks) -> None:
    pace = Pace(1000)
    pace.rest(60)
    pace.rest(1)
    ticks.now += 30
    assert trouble_of(pace.wait).retry_after == pytest.approx(30)


@pytest.mark.parametrize("asked", [LONGEST_REST + 1, 1e9, float("inf")])
def test_a_rest_is_bounded(ticks: Ticks, asked: float) -> None:
    pace = Pace(1000)
    pace.rest(asked)
    assert trouble_of(pace.wait).retry_after == LONGEST_REST
