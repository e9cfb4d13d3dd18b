"""What a look asks, late money, and the end of the plan."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, Said, Sighting, Status
from tests.flows.till import Till
from tests.flows.watching import DAY
from tests.helpers.fakes import one_after_another, silence
from tests.helpers.requests import AMOUNT
from tests.helpers.time import StillClock

# ── what is asked ──────────────────────────────────────────────────────────────────────────────────


def test_a_look_asks_one_question_while_nothing_is_paid(till: Till) -> None:
    till.awaiting()
    till.run(60)
    assert till.gateway.asked("look")
    assert till.gateway.asked("confirm") == []


def test_a_hint_of_money_is_confirmed_in_the_same_look(till: Till) -> None:
    request = till.awaiting()
    till.pays()
    till.run(5)
    assert [call.what for call in till.gateway.calls] == ["look", "confirm"]
    assert len({call.ticks for call in till.gateway.calls}) == 1
    assert till.now(request).hand_over
    assert till.statuses(request) == [Status.CONFIRMING, Status.PAID]


def test_while_confirming_only_the_proof_is_asked_for(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.says(Said.PAID)
    till.run(60)
    assert len(till.gateway.asked("look")) == 1
    assert len(till.gateway.asked("confirm")) > 4
    assert till.now(request).issue is Issue.UNCONFIRMED


def test_an_underpaid_bill_is_looked_at_again_so_that_the_rest_is_seen(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.says(Said.PAID, amount=Money(1000_00))
    till.gateway.confirms = till.gateway.says(Said.PAID)
    till.run(30)
    assert till.now(request).issue is Issue.UNDERPAID
    till.gateway.looks = till.gateway.says(Said.PAID, amount=AMOUNT)
    till.run(15)
    assert (till.now(request).told, till.now(request).received) == (AMOUNT, AMOUNT)
    assert till.now(request).issue is Issue.UNDERPAID  # a hint may hold goods, never release them
    till.gateway.confirms = till.gateway.says(Said.PAID, amount=AMOUNT)
    till.run(15)
    assert till.now(request).hand_over


def test_a_bill_that_a_hint_called_underpaid_stays_so_until_a_proof_names_the_amount(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = one_after_another(
        till.gateway.says(Said.PAID, amount=Money(1000_00)), till.gateway.says(Said.PAID, amount=AMOUNT)
    )
    till.gateway.confirms = till.gateway.says(Said.PAID)
    till.run(3600)
    assert (till.now(request).status, till.now(request).issue) == (Status.CONFIRMING, Issue.UNDERPAID)
    assert till.watch.count() == 1


def test_a_paid_request_is_let_go(till: Till) -> None:
    till.awaiting()
    till.pays()
    till.run(5)
    asked = len(till.gateway.calls)
    till.run(600)
    assert (till.watch.count(), len(till.gateway.calls)) == (0, asked)


def test_what_did_not_change_is_not_published(till: Till) -> None:
    till.awaiting()
    till.run(60)
    assert till.published == []
    assert till.ledger.events() == []


def test_a_hint_alone_never_hands_over(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.says(Said.PAID, amount=AMOUNT)
    till.gateway.confirms = silence()
    till.run(2 * 3600)
    assert till.now(request).status is Status.CONFIRMING
    assert till.now(request).issue is Issue.UNCONFIRMED
    assert till.watch.count() == 1


# ── late money, and the end of the plan ────────────────────────────────────────────────────────────


def test_money_hours_after_the_expiry_is_paid_and_late(till: Till) -> None:
    request = till.awaiting()
    till.watch.put_on_screen(request.reference)
    till.run(310)
    assert till.now(request).status is Status.EXPIRED
    assert till.statuses(request) == [Status.EXPIRED]
    till.run(9 * 3600)
    assert till.now(request).status is Status.EXPIRED
    till.pays()
    till.run(15 * 3600)
    assert (till.now(request).status, till.now(request).issue) == (Status.PAID, Issue.LATE)
    assert not till.now(request).hand_over
    assert till.watch.count() == 0


def test_the_looks_after_the_expiry_keep_to_the_plan(till: Till) -> None:
    till.awaiting(status=Status.EXPIRED, lifetime=0)
    till.run(DAY + 60)
    points = [round(at - 1000) for at in till.gateway.asked()]
    assert points[:6] == [5, 15, 30, 60, 300, 600]
    assert points[-3:] == [20 * 3600, 22 * 3600, 24 * 3600]
    assert len(points) == 4 + 12 + 10 + 9


def test_the_watch_ends_after_the_last_point_of_the_plan(till: Till) -> None:
    request = till.awaiting(status=Status.EXPIRED, lifetime=0)
    till.run(5 * DAY + 60)
    assert till.watch.count() == 0
    assert till.now(request).watch_over
    assert till.ledger.events(request.reference)[-1].why == "the watch plan has ended"
    assert round(till.gateway.asked()[-1] - 1000) == 5 * DAY


@pytest.mark.parametrize("why", ["silent", "broken", "not set up"])
def test_a_watch_does_not_end_on_a_look_that_brought_no_answer(
    till: Till, expected_log: list[str], why: str
) -> None:
    expected_log.append("look failed")
    request = till.awaiting(status=Status.EXPIRED, lifetime=0)
    before = till.gateways["smepay"]
    if why == "silent":
        till.gateway.looks = silence(Reason.UNREACHABLE)
    elif why == "broken":
        till.gateway.looks = lambda _request: ValueError("a bug in a connector")
    else:
        del till.gateways["smepay"]
    till.clock.pass_seconds(6 * DAY)
    till.watch.adopt_all()
    till.run(300)
    till.gateways["smepay"] = before
    till.pays()
    till.run(300)
    assert till.now(request).issue is Issue.LATE


def test_an_awaited_request_that_no_answer_ended_is_watched_on_for_ever(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = silence()
    till.run(6 * DAY)
    assert till.now(request).status is Status.AWAITING
    till.pays()
    till.run(61)
    assert till.now(request).hand_over


def test_an_answer_asked_for_after_a_long_closure_ends_it_and_no_screen_says_so_before(till: Till) -> None:
    request = till.ledger.put(till.awaiting())
    till.clock.pass_seconds(2 * 3600)
    assert till.now(request).status is Status.AWAITING
    till.watch.adopt_all()
    till.watch.round()
    assert till.now(request).status is Status.EXPIRED


def test_a_sighting_is_judged_by_the_gateways_time_and_not_by_ours() -> None:
    till = Till(StillClock())
    till.times.learn("smepay", till.clock.now() - timedelta(hours=3), till.clock.ticks())
    request = till.awaiting()
    till.run(60)
    assert till.now(request).status is Status.AWAITING
    till.gateway.looks = lambda _request: Sighting(Said.UNPAID, till.times.now("smepay"))
    till.run(260)
    assert till.now(request).status is Status.EXPIRED


def test_after_a_stop_no_look_begins(till: Till) -> None:
    till.awaiting()
    till.watch.stop()
    till.run(60)
    assert till.gateway.calls == []
