"""However an opening ends, silence is never called a failure."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from pos_app.domain.collecting import OPENING_LIFETIME
from pos_app.domain.errors import BooksTrouble, GatewayTrouble, Outcome, Reason
from pos_app.domain.payment import Issue, PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.domain.promises import Ask, Keep
from pos_app.domain.watchplan import is_watched
from tests.flows.till import SALE, Till
from tests.helpers.requests import NOW
from tests.helpers.time import StillClock

# outcome, the connector had called `keep` → status
ENDS = [
    (Outcome.NOT_SENT, False, Status.FAILED),
    (Outcome.NOT_SENT, True, Status.FAILED),
    (Outcome.REJECTED, False, Status.FAILED),
    (Outcome.REJECTED, True, Status.FAILED),
    (Outcome.UNKNOWN, False, Status.FAILED),
    (Outcome.UNKNOWN, True, Status.OPENING),
    (Outcome.EXISTS, False, Status.OPENING),
    (Outcome.EXISTS, True, Status.OPENING),
    (Outcome.ACCEPTED, False, Status.FAILED),
    (Outcome.ACCEPTED, True, Status.OPENING),
]


def test_every_outcome_is_among_the_ends() -> None:
    assert {(outcome, has_ids) for outcome, has_ids, _ in ENDS} == set(product(Outcome, (False, True)))


@pytest.mark.parametrize(("outcome", "has_ids", "status"), ENDS)
def test_an_opening_ends_as_the_outcome_says(outcome: Outcome, has_ids: bool, status: Status) -> None:
    till = Till()
    till.gateway.opening = till.gateway.fails(outcome, Reason.NO_ANSWER, after_ids=has_ids)
    request = till.checkout.charge(SALE)
    assert (request.status, request.reason, request.words) == (status, Reason.NO_ANSWER, "their words")
    assert bool(request.gateway_ids) is has_ids
    assert is_watched(request) is (has_ids or status is Status.OPENING)
    assert till.reach == [("smepay", Reason.NO_ANSWER)]
    assert till.statuses(request) == [Status.OPENING, status]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_money_for_whatever_was_kept_is_seen_however_the_opening_ended(outcome: Outcome) -> None:
    till = Till()
    till.gateway.opening = till.gateway.fails(outcome, after_ids=True)
    request = till.checkout.charge(SALE)
    till.pays()
    till.run(10)
    assert till.now(request).status is Status.PAID
    assert till.now(request).hand_over is (request.status is Status.OPENING)


def test_a_duplicate_answer_is_never_failed(till: Till) -> None:
    till.gateway.opening = till.gateway.fails(Outcome.EXISTS, Reason.DUPLICATE)
    assert till.checkout.charge(SALE).status is Status.OPENING


def test_the_id_kept_between_the_two_steps_survives_whatever_follows(till: Till) -> None:
    till.gateway.opening = till.gateway.fails(Outcome.UNKNOWN, after_ids=True)
    request = till.checkout.charge(SALE)
    assert till.now(request).gateway_ids == {"slug": f"slug-{request.reference}"}
    assert is_watched(till.now(request))


def test_the_id_is_durable_before_the_second_step(till: Till) -> None:
    def opening(ask: Ask, _draft: bytes, keep: Keep) -> Sighting:
        keep({"slug": "first"})
        assert till.ledger.request(ask.reference).gateway_ids == {"slug": "first"}
        return till.gateway.says(Said.LOST)(till.ledger.request(ask.reference))  # pyright: ignore[reportReturnType]

    till.gateway.opening = opening
    assert till.checkout.charge(SALE).status is Status.OPENING


def test_a_refused_qr_is_watched_and_shows_nothing(till: Till) -> None:
    def opening(ask: Ask, _draft: bytes, keep: Keep) -> Sighting:
        keep({"slug": "s"})
        now = till.times.now("smepay")
        ticket = Ticket("upi://pay?pa=evil@ybl&am=1", now + timedelta(minutes=5))
        return Sighting(Said.TICKET_REFUSED, now, ticket=ticket, reason=Reason.QR_AMOUNT)

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert (request.status, request.issue) == (Status.AWAITING, Issue.MISMATCH)
    assert not request.payable_link(NOW)
    assert till.watch.count() == 1


def test_an_opening_whose_answer_was_lost_is_found_paid() -> None:
    till = Till()
    till.gateway.opening = till.gateway.fails(Outcome.UNKNOWN, after_ids=True)
    request = till.checkout.charge(SALE)
    till.pays()
    till.run(10)
    assert till.now(request).hand_over


def lost_in_one_step(ask: Ask, _draft: bytes, keep: Keep) -> GatewayTrouble:
    """A gateway whose only step may leave something payable: asked about by our own reference."""
    keep({"order_id": ask.reference})
    return GatewayTrouble(Outcome.UNKNOWN, Reason.NO_ANSWER)


def test_an_opening_that_may_have_left_something_payable_is_queried_by_our_own_reference(till: Till) -> None:
    till.gateway.opening = lost_in_one_step
    request = till.checkout.charge(SALE)
    assert request.status is Status.OPENING
    till.pays()
    till.run(10)
    assert till.gateway.asked("look", request.reference)
    assert till.now(request).hand_over


def test_a_cancelled_opening_that_may_be_payable_is_watched_on(till: Till) -> None:
    till.gateway.opening = lost_in_one_step
    request = till.checkout.charge(SALE)
    till.checkout.cancel(request.reference)
    assert is_watched(till.now(request))
    till.pays()
    till.run(10)
    assert (till.now(request).status, till.now(request).issue) == (Status.PAID, Issue.LATE)


BREAKS = [
    BooksTrouble("disk full"),
    ValueError("a bug in a connector"),
    KeyError("x"),
    RuntimeError("threads"),
]


@pytest.mark.parametrize("expected_log", [["opening broke"]])
@pytest.mark.parametrize("error", BREAKS)
def test_an_opening_that_broke_before_any_id_does_not_stay_open(error: Exception) -> None:
    till = Till()
    till.gateway.opening = lambda _ask, _draft, _keep: error
    request = till.checkout.charge(SALE)
    assert (request.status, request.reason) == (Status.FAILED, Reason.NOT_UNDERSTOOD)
    assert till.ledger.recent(1) == [request] == till.published[-1:]
    till.run(3600)
    assert till.now(request).status is Status.FAILED
    assert till.watch.count() == 0


@pytest.mark.parametrize("expected_log", [["opening broke"]])
@pytest.mark.parametrize("error", BREAKS)
def test_an_opening_that_broke_after_an_id_is_not_failed_and_is_found_paid(error: Exception) -> None:
    till = Till()

    def opening(ask: Ask, _draft: bytes, keep: Keep) -> Exception:
        keep({"slug": f"slug-{ask.reference}"})
        return error

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert (request.status, request.reason) == (Status.OPENING, Reason.NOT_UNDERSTOOD)
    assert is_watched(request)
    assert till.ledger.recent(1) == [request] == till.published[-1:]
    till.pays()
    till.run(10)
    assert till.now(request).hand_over


@pytest.mark.parametrize("expected_log", [["opening broke"]])
@pytest.mark.parametrize("error", BREAKS)
def test_a_renewal_that_broke_does_not_look_as_if_it_was_not_kept(error: Exception) -> None:
    till = Till()
    old = till.checkout.charge(SALE)
    till.gateway.opening = lambda _ask, _draft, _keep: error
    new = till.checkout.renew(old.reference)
    assert (new.status, new.bill_reference) == (Status.FAILED, old.bill_reference)
    assert new == till.now(new)


@pytest.mark.parametrize("expected_log", [["books"]])
def test_an_opening_whose_last_write_fails_gives_what_was_kept_and_is_found_paid() -> None:
    till = Till()
    till.ledger.break_at = till.ledger.writes + 3  # the intent and the ids are kept, the ticket is not
    request = till.checkout.charge(SALE)
    assert (request.status, till.opened) == (Status.OPENING, [request])
    assert not request.payable_link(NOW)
    till.ledger.break_at = 0
    assert till.now(request).gateway_ids
    assert not till.checkout.is_opening(request.reference)
    till.checkout.settle_interrupted(till.now(request))
    assert till.now(request).status is Status.OPENING
    till.pays()
    till.run(10)
    assert till.now(request).hand_over


@pytest.mark.parametrize("expected_log", [["opening broke"]])
def test_an_opening_whose_ids_could_not_be_kept_is_lost_and_never_failed(till: Till) -> None:
    def opening(ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        till.ledger.break_at = till.ledger.writes + 1
        try:
            keep({"slug": "s"})
        finally:
            till.ledger.break_at = 0
        return till.gateway.makes_a_ticket(ask, draft, keep)

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert (request.status, request.reason) == (Status.OPENING, Reason.NOT_UNDERSTOOD)
    till.run(3600)
    assert till.now(request).status is Status.OPENING


def test_a_new_opening_is_told_once_and_apart_from_its_changes(till: Till) -> None:
    old = till.checkout.charge(SALE)
    new = till.checkout.renew(old.reference)
    till.checkout.cancel(new.reference)
    assert [(each.reference, each.status) for each in till.opened] == [
        (old.reference, Status.OPENING),
        (new.reference, Status.OPENING),
    ]


def test_what_was_kept_is_asked_about_for_ten_minutes_of_the_gateways_time_until_the_ticket_says_more() -> (
    None
):
    till = Till(StillClock(NOW - timedelta(days=30)))
    till.times.learn("smepay", NOW, till.clock.ticks())
    at_keep: list[PaymentRequest] = []

    def opening(ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        ticket = till.gateway.makes_a_ticket(ask, draft, keep)
        at_keep.append(till.ledger.request(ask.reference))
        return ticket

    till.gateway.opening = opening
    now = till.times.now("smepay")
    request = till.checkout.charge(SALE)
    assert at_keep[0].expires_at == now + OPENING_LIFETIME
    assert not at_keep[0].payable_link(now)
    assert request.expires_at == now + till.gateway.lifetime
    assert request.created_at == now
