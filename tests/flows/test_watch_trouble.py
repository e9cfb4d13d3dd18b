"""Nothing that breaks on the way ends the watch."""

from __future__ import annotations

import logging

import pytest

from pos_app.domain.errors import BooksTrouble, GatewayTrouble, Outcome, Reason
from pos_app.domain.payment import Said, Status
from pos_app.flows.watch import UNCONFIGURED_STEP
from tests.flows.till import Till
from tests.flows.watching import DAY
from tests.helpers.fakes import one_after_another


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "error", [ValueError("a bug"), ZeroDivisionError(), AttributeError("None"), KeyError("x")]
)
def test_a_look_that_raises_does_not_end_the_watch(
    till: Till, expected_log: list[str], caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    expected_log.append("look failed")
    request = till.awaiting()
    till.gateway.looks = one_after_another(
        lambda _request: error, till.gateway.says(Said.UNPAID), till.gateway.says(Said.PAID)
    )
    till.gateway.confirms = till.gateway.says(Said.PAID)
    till.run(20)
    assert till.now(request).hand_over
    assert loud(caplog) == ["look failed"]


@pytest.mark.parametrize("reason", list(Reason)[:6])
def test_no_trouble_of_a_gateway_fails_a_request(till: Till, reason: Reason) -> None:
    request = till.awaiting()
    for outcome in Outcome:
        till.gateway.looks = lambda _request, outcome=outcome: GatewayTrouble(outcome, reason, "404")
        till.run(400)
        assert till.now(request).status is Status.AWAITING


def test_a_closed_book_does_not_end_the_watch(
    till: Till, expected_log: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    expected_log.append("books")
    request = till.awaiting()
    till.ledger.broken = True
    till.run(60)
    assert set(loud(caplog)) == {"books"}
    till.ledger.broken = False
    till.pays()
    till.run(20)
    assert till.now(request).hand_over


@pytest.mark.parametrize("expected_log", [["books"]])
def test_that_answers_can_not_be_kept_is_told_and_that_they_can_again_too(till: Till) -> None:
    till.awaiting()
    till.run(5)
    assert set(till.books) <= {""}
    till.ledger.broken = True
    till.run(30)
    assert till.books[-1] == "The books can't be read."
    till.ledger.broken, till.ledger.break_at = False, till.ledger.writes + 1
    till.pays()
    till.run(30)
    assert till.books[-1] == "The books can't be written."
    till.ledger.break_at = 0
    till.run(30)
    assert till.books[-1] == ""


@pytest.mark.parametrize("expected_log", [["look failed"]])
def test_a_broken_look_says_nothing_about_the_books(till: Till) -> None:
    till.awaiting()
    till.gateway.looks = lambda _request: ValueError("a bug")
    till.run(60)
    assert till.books == []


def test_an_answer_that_could_not_be_kept_is_asked_for_again(
    till: Till, expected_log: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    expected_log.append("books")
    request = till.awaiting()
    till.pays()
    till.ledger.break_at = till.ledger.writes + 2  # the hint is kept, the proof is not
    till.run(5)
    assert till.now(request).status is Status.CONFIRMING
    till.ledger.break_at = 0
    till.run(5)
    assert till.now(request).hand_over
    assert loud(caplog) == ["books"]


def test_a_watch_whose_end_can_not_be_kept_does_not_raise(till: Till, expected_log: list[str]) -> None:
    expected_log.append("books")
    request = till.awaiting(status=Status.EXPIRED, lifetime=0)
    till.run(5 * DAY - 60)
    till.ledger.break_at = till.ledger.writes + 1  # the look itself changes nothing and writes nothing
    try:
        till.run(120)
    except BooksTrouble:
        pytest.fail("a look raised")
    assert not till.now(request).watch_over


def test_a_gateway_that_is_not_set_up_is_waited_for(till: Till) -> None:
    request = till.awaiting()
    del till.gateways["smepay"]
    till.run(10 * UNCONFIGURED_STEP)
    assert till.gateway.calls == []
    till.gateways["smepay"] = till.gateway
    till.pays()
    till.run(UNCONFIGURED_STEP + 5)
    assert till.now(request).hand_over


def test_a_word_that_nobody_knows_changes_nothing(till: Till) -> None:
    request = till.awaiting()
    till.gateway.looks = till.gateway.says(Said.UNCLEAR)
    till.run(3600)
    assert till.now(request) == request
    assert till.ledger.events(request.reference) == []
