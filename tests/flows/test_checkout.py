"""A sale becomes a bill and a request: kept first, sent then, and watched on when cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pos_app.domain.bill import Sale
from pos_app.domain.clock import GatewayTimes
from pos_app.domain.collecting import OPENING_LIFETIME
from pos_app.domain.errors import BooksTrouble, InputRefused, Outcome, Refusal
from pos_app.domain.money import Money
from pos_app.domain.payment import Issue, PaymentRequest, Sighting, Status
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
