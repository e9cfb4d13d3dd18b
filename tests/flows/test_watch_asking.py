"""A request is adopted and let go, and a person may ask at any hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pos_app.domain.payment import Issue, Said, Status
from pos_app.flows.watch import SOONEST_RECHECK
from tests.flows.till import Till
from tests.flows.watching import DAY, gaps
from tests.helpers.fakes import one_after_another, silence
from tests.helpers.time import StillClock


def test_a_request_is_adopted_once(till: Till) -> None:
    request = till.awaiting()
    for _ in range(5):
        till.watch.adopt(request)
    assert till.watch.count() == 1


@pytest.mark.parametrize("more", [{"status": Status.PAID}, {"watch_over": True}, {"status": Status.NEW}])
def test_what_is_settled_is_not_adopted_and_is_let_go(till: Till, more: dict[str, Any]) -> None:
    till.awaiting(**more)
    assert till.watch.count() == 0


def test_a_request_that_was_settled_elsewhere_is_let_go(till: Till) -> None:
    request = till.awaiting()
    till.watch.adopt(till.ledger.put(replace(request, status=Status.PAID)))
    assert till.watch.count() == 0


def test_at_start_everything_still_watched_is_asked_about_at_once() -> None:
    till = Till()
    for _ in range(5):
        till.ledger.put(till.awaiting())
    fresh = Till()
    for request in till.ledger.watched():
        fresh.ledger.put(request)
    fresh.watch.adopt_all()
    fresh.watch.round()
    assert len(fresh.gateway.asked()) == 5
    assert len({call.reference for call in fresh.gateway.calls}) == 5


def test_a_person_may_force_a_look(till: Till) -> None:
    request = till.awaiting()
    till.run(5)
    asked, pokes = len(till.gateway.asked()), till.pokes
    till.clock.pass_seconds(1)
    till.watch.ask_now(request.reference)
    assert till.pokes == pokes + 1
    till.watch.round()
    assert len(till.gateway.asked()) == asked + 1


def test_looks_that_a_person_forces_are_a_second_apart(till: Till) -> None:
    request = till.awaiting()
    till.run(5)
    start = len(till.gateway.asked())
    for _ in range(50):
        till.watch.ask_now(request.reference)
        till.watch.round()
        till.clock.pass_seconds(0.1)
    found = gaps(till.gateway.asked()[start - 1 :])
    assert min(found) >= SOONEST_RECHECK - 1e-6
    assert len(found) >= 4


def test_a_person_may_ask_about_a_request_whose_watch_has_ended(till: Till) -> None:
    request = till.awaiting(status=Status.EXPIRED, watch_over=True)
    assert till.watch.count() == 0
    till.pays()
    till.watch.ask_now(request.reference)
    till.run(2)
    assert till.now(request).issue is Issue.LATE
    assert till.watch.count() == 0


def test_late_money_found_by_a_person_is_confirmed_until_it_is_proven(till: Till) -> None:
    request = till.awaiting(status=Status.EXPIRED, watch_over=True)
    till.gateway.looks = till.gateway.says(Said.PAID)
    till.gateway.confirms = one_after_another(silence(), till.gateway.says(Said.PAID))
    till.watch.ask_now(request.reference)
    till.run(30)
    assert till.now(request).status is Status.PAID


@pytest.mark.parametrize("said", [Said.UNPAID, Said.UNCLEAR, Said.PAID])
def test_one_who_looks_is_told_what_is_known_and_that_there_was_an_answer(till: Till, said: Said) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.confirms = till.gateway.says(said)
    told, answered = till.desk.check(request.reference)
    assert (told, answered) == (till.now(request), True)
    assert told.hand_over is (said is Said.PAID)


@pytest.mark.parametrize("expected_log", [["look failed", "books"]])
@pytest.mark.parametrize("why", ["silent", "broken", "not set up", "not kept"])
def test_one_who_looks_in_vain_is_told_so(till: Till, why: str) -> None:
    request = till.awaiting()
    till.pays()
    if why == "silent":
        till.gateway.looks = silence()
    elif why == "broken":
        till.gateway.looks = lambda _request: ValueError("a bug")
    elif why == "not set up":
        del till.gateways["smepay"]
    else:
        till.ledger.break_at = till.ledger.writes + 1
    assert till.desk.check(request.reference) == (request, False)


def test_a_success_that_could_not_be_confirmed_is_no_answer(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.says(Said.PAID)
    till.gateway.confirms = silence()
    told, answered = till.desk.check(request.reference)
    assert (told.status, told.issue, answered) == (Status.CONFIRMING, Issue.UNCONFIRMED, False)


def test_one_who_looks_waits_until_a_second_after_the_last_look() -> None:
    clock, slept = StillClock(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.pass_seconds(seconds)

    till = Till(clock, sleep=sleep)
    request = till.awaiting()
    assert till.watch.look_and_tell(request.reference)[1]
    assert slept == []
    clock.pass_seconds(0.3)
    assert till.watch.look_and_tell(request.reference)[1]
    assert slept == pytest.approx([SOONEST_RECHECK - 0.3])
    assert gaps(till.gateway.asked()) == pytest.approx([SOONEST_RECHECK])


def test_one_who_looks_waits_for_the_look_that_is_in_flight() -> None:
    waiting, clock = list[Callable[[], object]](), StillClock()

    def sleep(seconds: float) -> None:
        clock.pass_seconds(seconds)
        if clock.ticks() > 1012 and waiting:
            waiting.pop()()

    till = Till(clock, submit=waiting.append, sleep=sleep)
    request = till.awaiting()
    clock.pass_seconds(10)
    till.watch.round()
    assert till.watch.look_and_tell(request.reference)[1]
    assert len(till.gateway.asked()) == 2
    assert waiting == []


def test_one_who_looks_does_not_wait_for_ever_for_a_look_that_hangs() -> None:
    waiting, clock = list[Callable[[], object]](), StillClock()
    till = Till(clock, submit=waiting.append, sleep=clock.pass_seconds)
    request = till.awaiting()
    clock.pass_seconds(10)
    till.watch.round()
    assert till.watch.look_and_tell(request.reference) == (request, False)
    assert till.gateway.calls == []
    assert clock.ticks() <= 1010 + 60


def test_asking_about_an_unknown_reference_is_a_key_error(till: Till) -> None:
    with pytest.raises(KeyError):
        till.watch.ask_now("nobody")


def test_asking_now_never_makes_a_look_later(till: Till) -> None:
    request = till.ledger.put(till.awaiting())
    fresh = Till(till.clock)
    fresh.ledger.put(request)
    fresh.watch.adopt_all()
    fresh.watch.ask_now(request.reference)
    fresh.watch.round()
    assert len(fresh.gateway.asked()) == 1


def test_the_one_on_the_screen_is_asked_about_first() -> None:
    till = Till(per_gateway=1)
    requests = [till.awaiting() for _ in range(10)]
    till.clock.pass_seconds(60)
    till.watch.put_on_screen(requests[6].reference)
    till.watch.round()
    assert till.gateway.calls[0].reference == requests[6].reference


def test_a_request_put_on_screen_is_not_asked_before_its_shortest_step(till: Till) -> None:
    request = till.awaiting()
    till.run(4.6)
    till.watch.put_on_screen(request.reference)
    till.run(10)
    assert gaps(till.gateway.asked())[0] == pytest.approx(3.0, abs=0.1)


def test_the_wall_clock_alone_decides_nothing(till: Till) -> None:
    request = till.awaiting()
    till.times.learn("smepay", till.clock.now(), till.clock.ticks())
    for jump in (3650 * DAY, -7300 * DAY, 3650 * DAY):
        till.clock.jump(jump)
        till.run(20)
    assert till.now(request).status is Status.AWAITING
    assert max(gaps(till.gateway.asked())) < 5
