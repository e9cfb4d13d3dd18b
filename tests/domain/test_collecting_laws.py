"""What holds over the whole collecting table, in every status and any sequence of answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.collecting import ALONE, Kin, apply, begin, cancel
from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import HOLDS_GOODS, OVER, Issue, PaymentRequest, Said, Sighting, Status
from tests.domain.moves import (
    ENDED,
    JUST_AFTER,
    LESS,
    LIVE,
    LONG_AFTER,
    MORE,
    PROOF,
    SOON,
    TICKET,
    confirming,
    moved,
    opening,
)
from tests.helpers.requests import AMOUNT, EXPIRES, NOW, a_request, a_sighting

steady = settings(deadline=None, max_examples=400)

_MAY_FOLLOW = {
    Status.NEW: set[Status](),
    Status.OPENING: {
        Status.AWAITING,
        Status.CONFIRMING,
        Status.PAID,
        Status.FAILED,
        Status.EXPIRED,
    },
    Status.AWAITING: {Status.CONFIRMING, Status.PAID, Status.FAILED, Status.EXPIRED},
    Status.CONFIRMING: {Status.PAID, Status.EXPIRED},
    Status.PAID: set[Status](),
    Status.EXPIRED: {Status.CONFIRMING, Status.PAID},
    Status.CANCELLED: {Status.CONFIRMING, Status.PAID},
    Status.FAILED: {Status.CONFIRMING, Status.PAID},
}

_ALWAYS_SILENT = {Said.SILENT, Said.UNCLEAR}
_ENDS_AN_OPENING = {Said.NOT_MADE, Said.REJECTED, Said.FAILED}


def must_be_lawful(before: PaymentRequest, sighting: Sighting, kin: Kin, after: PaymentRequest) -> None:
    """The invariants of money.md that one step may never break."""
    for name in ("reference", "bill_reference", "bill_number", "gateway", "method", "amount", "created_at"):
        assert getattr(after, name) == getattr(before, name)
    assert after.body_hash == before.body_hash
    assert before.gateway_ids.items() <= after.gateway_ids.items()
    assert after.status is before.status or after.status in _MAY_FOLLOW[before.status]
    _must_keep_money(before, after)
    _must_hold(before, sighting, after)
    if after.status is Status.PAID and before.status is not Status.PAID:
        _must_be_proven(before, sighting, kin, after)
    if after.status is Status.FAILED and before.status is not Status.FAILED:
        assert sighting.said in _ENDS_AN_OPENING
        assert before.status is Status.OPENING or sighting.said is Said.FAILED
    if after.status is Status.EXPIRED and before.status is Status.AWAITING:
        assert sighting.said is Said.EXPIRED or (
            before.expires_at is not None and sighting.at > before.expires_at
        )
    if sighting.said in _ALWAYS_SILENT and not (before.status is Status.CONFIRMING and sighting.proven):
        assert after == before
    if after.payable_link(NOW):
        assert after.status is Status.AWAITING
        assert not after.qr_refused
    if after.status is Status.CONFIRMING:
        assert after.was not in {None, Status.CONFIRMING, Status.PAID, Status.NEW}
        assert not after.hand_over


def _must_keep_money(before: PaymentRequest, after: PaymentRequest) -> None:
    if before.status is Status.PAID:
        assert after == before
    if before.received is not None:
        assert after.received is not None
        assert after.received >= before.received
    if before.transaction_id:
        assert after.transaction_id
    if before.qr_refused:
        assert after.qr_refused


def _must_hold(before: PaymentRequest, sighting: Sighting, after: PaymentRequest) -> None:
    """What holds the goods is lifted by a proof only, an amount by a proof that names it, OVERPAID never."""
    if Issue.UNDERPAID in before.issues - after.issues:
        assert sighting.proven
        assert sighting.amount is not None
        assert sighting.amount >= before.amount
    if Issue.MISMATCH in before.issues - after.issues:
        assert sighting.proven
    assert Issue.OVERPAID not in before.issues - after.issues


def _must_be_proven(before: PaymentRequest, sighting: Sighting, kin: Kin, after: PaymentRequest) -> None:
    assert sighting.said is Said.PAID
    assert sighting.proven
    assert not sighting.differs
    assert sighting.amount in {None, before.amount}
    assert not kin.transaction_used
    assert not before.qr_refused
    assert after.told == after.received == before.amount
    was = before.was if before.status is Status.CONFIRMING else before.status
    assert (Issue.LATE in after.issues) is (was in OVER)
    assert (Issue.PAID_TWICE in after.issues) is kin.bill_paid
    assert not after.issues - {Issue.LATE, Issue.PAID_TWICE}
    assert after.hand_over is (was in LIVE and not kin.bill_paid)
    assert after.paid_at is not None


def _starts() -> Iterator[PaymentRequest]:
    for status in Status:
        if status is Status.CONFIRMING:
            for was in LIVE + ENDED:
                yield confirming(was)
                yield moved(a_request(was), a_sighting(Said.PAID, amount=LESS))
                yield moved(a_request(was), a_sighting(Said.PAID, amount=MORE))
                yield moved(confirming(was), a_sighting(Said.SILENT, proven=True, reason=Reason.BUSY))
            continue
        yield a_request(status)
        yield a_request(status, gateway_ids={}, expires_at=None, link="")
        yield a_request(status, link="", qr_refused=Reason.QR_AMOUNT, issues=frozenset({Issue.MISMATCH}))
    yield moved(a_request(), PROOF)


_AMOUNTS = (None, Money(0), LESS, AMOUNT, MORE)
_KINS = (ALONE, Kin(bill_paid=True), Kin(transaction_used=True), Kin(bill_paid=True, transaction_used=True))
_STARTS = list(_starts())


@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize("said", list(Said))
@pytest.mark.parametrize("status", list(Status))
def test_every_word_in_every_status_is_lawful_and_idempotent(
    status: Status, said: Said, proven: bool
) -> None:
    variants = product(_AMOUNTS, ("", "id"), (None, TICKET), (SOON, JUST_AFTER, LONG_AFTER), _KINS)
    starts = [start for start in _STARTS if start.status is status]
    assert starts
    for amount, differs, ticket, at, kin in variants:
        sighting = Sighting(said, at, proven, amount, ticket, {"more": "1"}, "T1", "B1", differs, Reason.BUSY)
        for before in starts:
            after = apply(before, sighting, at, kin)
            must_be_lawful(before, sighting, kin, after)
            assert apply(after, sighting, at, kin) == after


@pytest.mark.parametrize("said", list(Said))
@pytest.mark.parametrize("status", [Status.NEW, Status.PAID])
def test_nothing_moves_a_request_that_is_new_or_paid(status: Status, said: Said) -> None:
    request = a_request(status, issues=frozenset({Issue.LATE}))
    assert moved(request, a_sighting(said, proven=True, ticket=TICKET, amount=MORE)) is request


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OPENING])
def test_no_silence_fails_a_request_that_the_customer_may_have_paid(status: Status) -> None:
    for said in (Said.LOST, Said.NOT_MADE, Said.REJECTED, Said.SILENT, Said.UNCLEAR):
        before = a_request(status, was=Status.AWAITING if status is Status.CONFIRMING else None)
        after = moved(before, a_sighting(said, at=LONG_AFTER, reason=Reason.NO_ANSWER))
        assert after == before


def test_an_opening_is_failed_by_a_timeout_only_if_nothing_payable_can_exist() -> None:
    for said in (Said.LOST, Said.SILENT, Said.UNCLEAR):
        assert moved(opening(), a_sighting(said, at=LONG_AFTER)).status is Status.OPENING


_times = st.sampled_from([SOON, EXPIRES, JUST_AFTER, LONG_AFTER, LONG_AFTER + timedelta(days=2)])

_sightings = st.builds(
    Sighting,
    said=st.sampled_from(Said) | st.just(Said.PAID),
    at=_times,
    proven=st.booleans(),
    amount=st.sampled_from(_AMOUNTS) | st.integers(0, 10**9).map(Money),
    ticket=st.sampled_from([None, TICKET]),
    gateway_ids=st.dictionaries(st.sampled_from(["slug", "order"]), st.sampled_from(["a", "b"]), max_size=2),
    transaction_id=st.sampled_from(["", "T1", "T2"]),
    bank_reference=st.sampled_from(["", "B1"]),
    differs=st.sampled_from(["", "", "", "id", "environment", "payee"]),
    reason=st.sampled_from([None, *Reason]),
    words=st.sampled_from(["", "hm"]),
)

_kins = st.builds(Kin, bill_paid=st.booleans(), transaction_used=st.booleans())
_steps = st.lists(st.tuples(_sightings, _kins) | st.none(), max_size=14)  # None: the cashier cancels


@steady
@given(_steps)
def test_no_sequence_of_answers_breaks_the_rules(
    steps: list[tuple[Sighting, Kin] | None],
) -> None:
    request = begin(a_request(Status.NEW, link="", expires_at=None, gateway_ids={}), "hash")
    seen_money = False
    for step in steps:
        before = request
        if step is None:
            request = cancel(before, SOON)
            assert request.status is before.status or before.status in LIVE
            continue
        sighting, kin = step
        request = apply(before, sighting, sighting.at, kin)
        must_be_lawful(before, sighting, kin, request)
        assert apply(request, sighting, sighting.at, kin) == request
        seen_money = seen_money or before.status is Status.CONFIRMING
        assert not (seen_money and request.payable_link(NOW))
    assert request.status is Status.PAID or not request.hand_over


@steady
@given(_steps)
def test_a_proof_at_the_end_of_any_sequence_makes_the_money_visible(
    steps: list[tuple[Sighting, Kin] | None],
) -> None:
    request = begin(a_request(Status.NEW, link="", expires_at=None, gateway_ids={}), "hash")
    for step in steps:
        request = cancel(request, SOON) if step is None else apply(request, step[0], step[0].at, step[1])
    request = moved(request, replace(PROOF, amount=AMOUNT))
    assert request.status in {Status.PAID, Status.CONFIRMING}
    assert request.received is not None
    if request.status is Status.CONFIRMING:
        assert request.issues & HOLDS_GOODS
