"""A sale becomes a bill and a request: kept first, sent then, and never called failed for being silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from pos_app.domain.bill import Sale
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.collecting import OPENING_LIFETIME
from pos_app.domain.errors import BooksTrouble, GatewayTrouble, InputRefused, Outcome, Reason, Refusal
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest, Said, Sighting, Status, Ticket
from pos_app.domain.promises import Ask, Keep
from pos_app.domain.shop import Shop
from pos_app.domain.watchplan import is_watched
from pos_app.flows.checkout import Checkout
from tests.flows.till import SALE, Till
from tests.helpers.fakes import FakeLedger, ReportingGateway, facts_of
from tests.helpers.requests import NOW
from tests.helpers.time import StillClock

DAY = 86_400.0


def cancels_while_opening(till: Till, then: Callable[[Ask, bytes, Keep], object]) -> PaymentRequest:
    """The cashier cancels when the order is made but its answer is not here yet."""

    def opening(ask: Ask, draft: bytes, keep: Keep) -> object:
        keep({"slug": "s"})
        till.checkout.cancel(ask.reference)
        return then(ask, draft, keep)

    till.gateway.opening = opening  # pyright: ignore[reportAttributeAccessIssue]
    return till.checkout.charge(SALE)


# ── kept, then sent ────────────────────────────────────────────────────────────────────────────────


def test_a_charge_shows_a_qr_for_a_numbered_bill(till: Till) -> None:
    request = till.checkout.charge(Sale(Money(500_00), "9876543210", "saree"))
    assert (request.status, request.amount, request.bill_number) == (Status.AWAITING, Money(500_00), 1)
    assert request.payable_link(NOW).startswith("upi://pay?")
    bill = till.ledger.bill(request.bill_reference)
    assert (bill.number, bill.mobile, bill.note) == (1, "9876543210", "saree")
    assert request == till.now(request)


def test_the_intent_is_durable_with_the_hash_of_the_very_bytes_before_anything_is_sent(till: Till) -> None:
    request = till.checkout.charge(SALE)  # the gateway asserts it
    assert till.gateway.sent == [f"{request.reference} 1250.00  ".encode()]
    assert request.body_hash == till.ledger.request(request.reference).body_hash != ""


def test_every_change_is_kept_first_and_published_then() -> None:
    till = Till()
    kept: list[bool] = []
    till.published = list[PaymentRequest]()
    checkout = Checkout(
        ledger=till.ledger,
        gateways=till.gateways,
        shop=Shop(),
        times=till.times,
        clock=till.clock,
        publish=lambda request: kept.append(till.ledger.request(request.reference) == request),
        publish_opened=lambda request: kept.append(till.ledger.request(request.reference) == request),
        publish_reach=lambda _gateway, _reason: None,
    )
    request = checkout.charge(SALE)
    checkout.cancel(request.reference)
    assert kept == [True, True, True]


def test_a_charge_is_published_while_it_opens_and_when_it_is_open(till: Till) -> None:
    request = till.checkout.charge(SALE)
    assert till.statuses(request) == [Status.OPENING, Status.AWAITING]
    assert till.reach == [("smepay", None)]


def test_nothing_is_sent_when_the_books_can_not_be_written(till: Till) -> None:
    till.ledger.broken = True
    with pytest.raises(BooksTrouble):
        till.checkout.charge(SALE)
    assert till.gateway.calls == []
    assert till.published == []


def test_nothing_is_sent_when_a_renewal_can_not_be_written(till: Till) -> None:
    request = till.checkout.charge(SALE)
    till.ledger.break_at = till.ledger.writes + 1
    sent = len(till.gateway.sent)
    with pytest.raises(BooksTrouble):
        till.checkout.renew(request.reference)
    assert len(till.gateway.sent) == sent


@pytest.mark.parametrize("expected_log", [["opening broke", "books"]])
def test_the_second_step_is_not_taken_when_the_id_of_the_first_can_not_be_kept(till: Till) -> None:
    steps: list[str] = []

    def opening(ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        till.ledger.break_at = till.ledger.writes + 1
        keep({"slug": "s"})
        steps.append("second step")
        return till.gateway.makes_a_ticket(ask, draft, keep)

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert steps == []
    assert request.status is Status.OPENING
    assert not request.payable_link(NOW)
    till.ledger.break_at = 0
    assert till.now(request) == request
    assert till.watch.count() == 1


def test_without_a_gateway_that_makes_a_qr_a_charge_is_refused_and_nothing_is_kept() -> None:
    till = Till()
    only_reports = ReportingGateway(facts_of("payu"), till.times, till.clock.ticks)
    for gateways in ({}, {"payu": only_reports}):
        ledger = FakeLedger()
        checkout = Checkout(
            ledger=ledger,
            gateways=gateways,
            shop=Shop(),
            times=till.times,
            clock=till.clock,
            publish=lambda _: None,
            publish_opened=lambda _: None,
            publish_reach=lambda _gateway, _reason: None,
        )
        with pytest.raises(InputRefused) as refused:
            checkout.charge(SALE)
        assert refused.value.refusal is Refusal.NO_GATEWAY
        assert ledger.recent(1) == []


def test_each_charge_has_a_bill_and_a_reference_of_its_own(till: Till) -> None:
    requests = [till.checkout.charge(SALE) for _ in range(50)]
    assert len({request.reference for request in requests}) == 50
    assert [request.bill_number for request in requests] == list(range(1, 51))


# ── how an opening may end ─────────────────────────────────────────────────────────────────────────

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


# ── cancel ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_cancelled_request_stays_under_watch(till: Till) -> None:
    request = till.checkout.charge(SALE)
    cancelled = till.checkout.cancel(request.reference)
    assert cancelled.status is Status.CANCELLED
    till.pays()
    till.run(10)
    assert till.now(request).status is Status.PAID
    assert till.now(request).issue is Issue.LATE


def test_a_ticket_that_comes_after_the_cancel_is_never_shown(till: Till) -> None:
    request = cancels_while_opening(till, till.gateway.makes_a_ticket)
    assert request.status is Status.CANCELLED
    assert not request.payable_link(NOW)
    assert request.expires_at == NOW + timedelta(minutes=5)
    assert all(not each.payable_link(NOW) for each in till.published)
    assert till.watch.count() == 1


def test_a_cancel_while_the_opening_is_lost_is_watched_on(till: Till) -> None:
    request = cancels_while_opening(till, till.gateway.fails(Outcome.UNKNOWN))
    assert request.status is Status.CANCELLED
    till.pays()
    till.run(10)
    assert till.now(request).issue is Issue.LATE


@pytest.mark.parametrize("wrong_by", [-10 * DAY, 10 * DAY])
def test_a_wrong_shop_clock_does_not_change_how_a_cancelled_opening_is_watched(wrong_by: float) -> None:
    asked: list[list[float]] = []
    for shift in (0, wrong_by):
        till = Till(StillClock(NOW + timedelta(seconds=shift)))
        till.times.learn("smepay", NOW, till.clock.ticks())
        start = till.clock.ticks()
        request = cancels_while_opening(till, till.gateway.fails(Outcome.UNKNOWN))
        assert till.now(request).ended_at == till.now(request).created_at  # both by the gateway's time
        till.run(2 * 3600)
        assert is_watched(till.now(request))
        asked.append([at - start for at in till.gateway.asked("look")])
    right, wrong = asked
    assert wrong == pytest.approx(right)
    lifetime = OPENING_LIFETIME.total_seconds()  # no ticket told a better expiry
    assert len([at for at in wrong if at <= lifetime]) == pytest.approx(lifetime / 4.5, abs=2)
    assert 10 <= len([at for at in wrong if at > lifetime]) <= 25


def test_a_paid_request_can_not_be_cancelled(till: Till) -> None:
    request = till.checkout.charge(SALE)
    till.pays()
    till.run(10)
    assert till.checkout.cancel(request.reference).hand_over


def test_a_slow_shop_clock_does_not_end_an_opening() -> None:
    till = Till(StillClock(NOW - timedelta(minutes=11)))
    till.times.learn("smepay", NOW, till.clock.ticks())

    def opening(ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        keep({"slug": f"slug-{ask.reference}"})
        till.watch.put_on_screen(ask.reference)
        till.run(6)  # the second step takes six seconds, and the watch goes on meanwhile
        return till.gateway.makes_a_ticket(ask, draft, keep)

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert till.gateway.asked("look", request.reference)
    assert request.status is Status.AWAITING
    assert request.payable_link(till.times.now("smepay"))


# ── renew ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_renewal_is_a_new_reference_on_the_same_bill_and_the_old_one_is_watched_on(till: Till) -> None:
    old = till.checkout.charge(Sale(Money(500_00), "9876543210", "saree"))
    new = till.checkout.renew(old.reference)
    assert new.reference != old.reference
    assert (new.bill_reference, new.bill_number, new.amount) == (old.bill_reference, 1, Money(500_00))
    assert new.status is Status.AWAITING
    assert is_watched(till.now(old))
    assert till.watch.count() == 2
    assert till.gateway.sent[1].endswith(b"500.00 9876543210 saree")
    assert len(till.ledger.events(new.reference)) >= 2


def test_both_requests_of_one_bill_may_be_paid_and_the_later_is_paid_twice(till: Till) -> None:
    old = till.checkout.charge(SALE)
    till.run(1)
    new = till.checkout.renew(old.reference)
    till.pays()
    till.run(20)
    paid = [till.now(old), till.now(new)]
    assert {request.status for request in paid} == {Status.PAID}
    assert sorted(request.issue for request in paid) == [Issue.NONE, Issue.PAID_TWICE]
    assert till.watch.count() == 0


def test_the_old_request_is_asked_about_before_a_renewal(till: Till) -> None:
    old = till.desk.charge(SALE)
    till.gateway.calls.clear()
    till.desk.renew(old.reference)
    assert [call.what for call in till.gateway.calls][:2] == ["look", "make_qr"]


def test_a_bill_that_turns_out_to_be_paid_gets_no_second_qr(till: Till) -> None:
    old = till.desk.charge(SALE)
    till.pays()
    till.desk.renew(old.reference)
    assert len(till.gateway.sent) == 1
    assert till.now(old).hand_over


# ── interrupted openings ───────────────────────────────────────────────────────────────────────────


def interrupted(till: Till, **more: Any) -> PaymentRequest:
    """What a crash left behind: OPENING, kept, nothing under way."""
    request = till.awaiting(status=Status.OPENING, link="", expires_at=None, **more)
    return till.ledger.put(request)


def test_an_opening_cut_off_before_any_id_is_failed_at_the_first_round() -> None:
    till = Till()
    request = interrupted(till, gateway_ids={})
    fresh = Till(till.clock)  # the next start
    fresh.ledger.put(request)
    assert fresh.desk.open_up(10) == [request]
    fresh.watch.round()
    assert fresh.gateway.calls == []
    assert (fresh.now(request).status, fresh.now(request).reason) == (Status.FAILED, Reason.INTERRUPTED)
    assert fresh.published[-1] == fresh.now(request)
    fresh.run(10)
    assert fresh.watch.count() == 0


def test_an_opening_cut_off_while_the_program_runs_on_is_failed_by_its_watch() -> None:
    till = Till()
    request = interrupted(till, gateway_ids={})
    till.run(10)
    assert till.now(request).status is Status.FAILED
    assert till.now(request).reason is Reason.INTERRUPTED
    assert till.published[-1] == till.now(request)


def test_an_opening_cut_off_with_an_id_is_asked_about_at_the_next_start() -> None:
    till = Till()
    request = interrupted(till)
    till.pays()
    assert till.desk.open_up(10) == [request]
    till.run(10)
    assert till.now(request).hand_over


def test_an_opening_that_is_known_to_be_lost_is_not_interrupted(till: Till) -> None:
    request = interrupted(till, gateway_ids={}, reason=Reason.DUPLICATE)
    till.checkout.settle_interrupted(request)
    till.run(3600)
    assert till.now(request).status is Status.OPENING


def test_what_a_look_read_before_the_opening_ended_does_not_fail_it() -> None:
    # DEFECT: settle_interrupted judges the request that the look read, not the one in the ledger. Read while
    # it was being opened and settled when the opening had just ended LOST with ids, it becomes FAILED, though
    # it may be payable (money.md, invariant 7: UNKNOWN is never handled as failed). Judge inside `change`.
    till = Till()
    till.gateway.opening = till.gateway.fails(Outcome.UNKNOWN, after_ids=True)
    request = till.checkout.charge(SALE)
    stale = till.opened[0]
    assert not stale.gateway_ids
    till.checkout.settle_interrupted(stale)
    assert till.now(request).status is Status.OPENING


@pytest.mark.parametrize("gateway", ["smepay", "not set up"])
@pytest.mark.parametrize("ids", [{"slug": "s"}, {"order_id": "ours"}])
def test_an_opening_that_may_be_payable_is_not_settled_by_guessing(
    till: Till, gateway: str, ids: dict[str, str]
) -> None:
    request = interrupted(till, gateway_ids=ids, gateway=gateway)
    till.checkout.settle_interrupted(request)
    assert till.now(request).status is Status.OPENING
    assert is_watched(till.now(request))


def test_an_opening_cut_off_before_any_id_left_nothing_though_its_gateway_is_not_set_up(till: Till) -> None:
    request = interrupted(till, gateway_ids={}, gateway="payu")
    till.checkout.settle_interrupted(request)
    assert (till.now(request).status, till.now(request).reason) == (Status.FAILED, Reason.INTERRUPTED)


def test_an_opening_that_is_under_way_is_not_interrupted() -> None:
    till = Till()
    inside, go_on = Flag(), Flag()
    opened: list[PaymentRequest] = []

    def opening(ask: Ask, draft: bytes, keep: Keep) -> Sighting:
        inside.set()
        assert go_on.wait(5)
        return till.gateway.makes_a_ticket(ask, draft, keep)

    till.gateway.opening = opening
    thread = Thread(target=lambda: opened.append(till.checkout.charge(SALE)))
    thread.start()
    assert inside.wait(5)
    request = till.ledger.recent(1)[0]
    assert till.checkout.is_opening(request.reference)
    till.checkout.settle_interrupted(request)
    assert till.now(request).status is Status.OPENING
    go_on.set()
    thread.join(5)
    assert opened[0].status is Status.AWAITING
    assert not till.checkout.is_opening(request.reference)


@pytest.mark.parametrize("expected_log", [["opening broke", "books"]])
def test_an_opening_that_broke_with_the_books_is_no_longer_under_way(till: Till) -> None:
    def opening(_ask: Ask, _draft: bytes, _keep: Keep) -> Exception:
        till.ledger.broken = True
        return BooksTrouble("disk full")

    till.gateway.opening = opening
    request = till.checkout.charge(SALE)
    assert request.status is Status.OPENING
    till.ledger.broken = False
    assert till.now(request) == request
    assert not till.checkout.is_opening(request.reference)
    till.checkout.settle_interrupted(request)
    assert (till.now(request).status, till.now(request).reason) == (Status.FAILED, Reason.INTERRUPTED)


def test_the_desk_knows_its_gateways_by_title(till: Till) -> None:
    assert (till.desk.title("smepay"), till.desk.title("gone")) == ("Smepay", "gone")


def test_a_gateway_that_is_years_ahead_of_the_shop_still_shows_its_qr() -> None:
    clock = StillClock(NOW - timedelta(days=3650))
    till = Till(clock)
    assert isinstance(till.times, GatewayTimes)
    till.times.learn("smepay", NOW, clock.ticks())
    request = till.checkout.charge(SALE)
    assert request.payable_link(till.times.now("smepay"))
    assert replace(request, status=Status.AWAITING) == request
