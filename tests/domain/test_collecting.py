"""The collecting table of money.md, row by row, and what holds over all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_app.domain.collecting import (
    ALONE,
    OPENING_LIFETIME,
    UNPROVEN_GRACE,
    Kin,
    apply,
    begin,
    cancel,
    keep_ids,
)
from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import (
    HOLDS_GOODS,
    OVER,
    SHOWN_FIRST,
    Issue,
    PaymentRequest,
    Said,
    Sighting,
    Status,
    Ticket,
)
from pos_app.domain.watchplan import is_watched
from tests.helpers.requests import AMOUNT, EXPIRES, LINK, NOW, a_request, a_sighting

steady = settings(deadline=None, max_examples=400)

SOON = NOW + timedelta(seconds=10)
JUST_AFTER = EXPIRES + timedelta(seconds=1)
LONG_AFTER = EXPIRES + UNPROVEN_GRACE + timedelta(seconds=1)
LESS, MORE = Money(1000_00), Money(1300_00)
TICKET = Ticket(LINK, EXPIRES)
LIVE = (Status.OPENING, Status.AWAITING)
ENDED = (Status.EXPIRED, Status.CANCELLED, Status.FAILED)
PROOF = a_sighting(Said.PAID, proven=True)
HINT = a_sighting(Said.PAID)


def moved(request: PaymentRequest, *sightings: Sighting, kin: Kin = ALONE) -> PaymentRequest:
    for sighting in sightings:
        request = apply(request, sighting, sighting.at, kin)
    return request


def opening(**more: object) -> PaymentRequest:
    return a_request(Status.OPENING, link="", expires_at=None, gateway_ids={}, **more)


def ended(status: Status) -> PaymentRequest:
    return a_request(status, ended_at=SOON)


def confirming(was: Status = Status.AWAITING) -> PaymentRequest:
    return moved(a_request(was), HINT)


# ── the rows ───────────────────────────────────────────────────────────────────────────────────────


def test_a_new_request_opens_with_the_hash_of_what_will_be_sent() -> None:
    new = a_request(Status.NEW, body_hash="")
    assert begin(new, "hash") == replace(new, status=Status.OPENING, body_hash="hash")


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.NEW])
def test_a_request_begins_once(status: Status) -> None:
    request = a_request(status)
    assert begin(request, "another hash") is request


def test_a_ticket_that_passes_its_checks_is_awaited() -> None:
    ticket = a_sighting(Said.TICKET, ticket=TICKET, gateway_ids={"slug": "s1"}, transaction_id="T1")
    request = moved(opening(), ticket)
    assert (request.status, request.issue) == (Status.AWAITING, Issue.NONE)
    assert (request.link, request.expires_at) == (LINK, EXPIRES)
    assert request.gateway_ids == {"slug": "s1"}
    assert request.payable_link(SOON) == LINK


def test_a_refused_qr_is_awaited_as_a_mismatch_with_nothing_payable_shown() -> None:
    refused = a_sighting(
        Said.TICKET_REFUSED, ticket=TICKET, reason=Reason.QR_AMOUNT, gateway_ids={"slug": "s"}
    )
    request = moved(opening(), refused)
    assert (request.status, request.issue) == (Status.AWAITING, Issue.MISMATCH)
    assert request.qr_refused is Reason.QR_AMOUNT
    assert not request.link
    assert not request.payable_link(SOON)
    assert is_watched(request)


def test_a_lost_opening_stays_open_and_watched_with_its_reason() -> None:
    lost = a_sighting(Said.LOST, reason=Reason.NO_ANSWER, words="hm")
    request = moved(opening(), lost)
    assert (request.status, request.reason, request.words) == (Status.OPENING, Reason.NO_ANSWER, "hm")
    assert is_watched(request)


def test_an_opening_before_anything_payable_fails() -> None:
    request = moved(opening(), a_sighting(Said.NOT_MADE, reason=Reason.NO_ANSWER))
    assert (request.status, request.reason, request.ended_at) == (Status.FAILED, Reason.NO_ANSWER, SOON)


def test_a_rejected_opening_fails_with_its_reason() -> None:
    rejected = a_sighting(Said.REJECTED, reason=Reason.AMOUNT_BELOW_MINIMUM, words="min 10")
    request = moved(opening(), rejected)
    assert (request.status, request.reason, request.words) == (
        Status.FAILED,
        Reason.AMOUNT_BELOW_MINIMUM,
        "min 10",
    )


@pytest.mark.parametrize("proven", [False, True])
def test_a_request_that_the_gateway_calls_failed_is_failed_and_watched_on(proven: bool) -> None:
    request = moved(a_request(), a_sighting(Said.FAILED, proven=proven))
    assert request.status is Status.FAILED
    assert is_watched(request)


@pytest.mark.parametrize("status", LIVE + ENDED)
def test_a_seen_success_is_confirmed_first(status: Status) -> None:
    request = moved(a_request(status), HINT)
    assert (request.status, request.was) == (Status.CONFIRMING, status)
    assert not request.hand_over
    assert not request.payable_link(SOON)


@pytest.mark.parametrize("status", LIVE)
def test_a_proof_of_a_live_request_hands_the_goods_over(status: Status) -> None:
    for request in (moved(a_request(status), HINT, PROOF), moved(a_request(status), PROOF)):
        assert (request.status, request.issue, request.hand_over) == (Status.PAID, Issue.NONE, True)
        assert (request.paid_at, request.received) == (SOON, AMOUNT)


@pytest.mark.parametrize("status", ENDED)
def test_money_after_the_end_is_paid_and_late(status: Status) -> None:
    for request in (moved(ended(status), HINT, PROOF), moved(ended(status), PROOF)):
        assert (request.status, request.issue, request.hand_over) == (Status.PAID, Issue.LATE, False)
        assert request.ended_at is None


@pytest.mark.parametrize(("amount", "issue"), [(LESS, Issue.UNDERPAID), (MORE, Issue.OVERPAID)])
def test_another_amount_holds_the_goods(amount: Money, issue: Issue) -> None:
    request = moved(confirming(), a_sighting(Said.PAID, proven=True, amount=amount))
    assert (request.status, request.issue) == (Status.CONFIRMING, issue)
    assert (request.told, request.received) == (amount, amount)


@pytest.mark.parametrize("what", ["id", "environment", "payee"])
def test_a_success_of_something_else_is_a_mismatch(what: str) -> None:
    request = moved(confirming(), a_sighting(Said.PAID, proven=True, amount=AMOUNT, differs=what))
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.MISMATCH)
    assert request.reason is Reason.OTHER_ORDER


def test_a_transaction_that_paid_for_another_request_is_a_mismatch() -> None:
    request = moved(confirming(), PROOF, kin=Kin(transaction_used=True))
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.MISMATCH)


def test_money_for_a_refused_qr_is_a_mismatch() -> None:
    refused = a_sighting(Said.TICKET_REFUSED, ticket=TICKET, reason=Reason.QR_PAYEE)
    request = moved(opening(), refused, HINT, PROOF)
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.MISMATCH)


@pytest.mark.parametrize("said", [Said.UNPAID, Said.FAILED, Said.EXPIRED])
def test_a_confirming_call_that_says_unpaid_leaves_it_unconfirmed(said: Said) -> None:
    request = moved(confirming(), a_sighting(said, proven=True, at=JUST_AFTER, words="hm"))
    assert (request.status, request.issue, request.words) == (Status.CONFIRMING, Issue.UNCONFIRMED, "hm")
    assert not request.payable_link(SOON)


@pytest.mark.parametrize(
    ("past_expiry", "status"),
    [(0, Status.CONFIRMING), (59.999, Status.CONFIRMING), (60, Status.EXPIRED), (9999, Status.EXPIRED)],
)
def test_an_unconfirmed_request_expires_from_sixty_seconds_past_its_expiry(
    past_expiry: float, status: Status
) -> None:
    unpaid = a_sighting(Said.UNPAID, proven=True, at=EXPIRES + timedelta(seconds=past_expiry))
    request = moved(confirming(), unpaid)
    assert request.status is status
    assert is_watched(request)


def test_money_after_an_unconfirmed_request_expired_is_late() -> None:
    unpaid = a_sighting(Said.UNPAID, proven=True, at=LONG_AFTER)
    request = moved(confirming(), unpaid, replace(HINT, at=LONG_AFTER), replace(PROOF, at=LONG_AFTER))
    assert (request.status, request.issues) == (Status.PAID, frozenset({Issue.LATE}))


@pytest.mark.parametrize("said", [Said.UNPAID, Said.FAILED, Said.EXPIRED, Said.SILENT, Said.UNCLEAR])
def test_a_hint_can_not_take_back_a_seen_success(said: Said) -> None:
    request = confirming()
    assert moved(request, a_sighting(said, at=LONG_AFTER)) == request


@pytest.mark.parametrize("said", [Said.SILENT, Said.UNCLEAR])
def test_a_confirming_call_that_can_not_be_made_leaves_it_unconfirmed_at_any_hour(said: Said) -> None:
    silent = a_sighting(said, proven=True, at=LONG_AFTER, reason=Reason.NO_ANSWER)
    request = moved(confirming(), silent)
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.UNCONFIRMED)
    assert request.reason is Reason.NO_ANSWER


def test_a_proof_after_doubt_hands_over_with_nothing_left_of_the_doubt() -> None:
    silent = a_sighting(Said.SILENT, proven=True, reason=Reason.NO_ANSWER, words="hm")
    request = moved(confirming(), silent, PROOF)
    assert request.hand_over
    assert (request.reason, request.words) == (None, "")


def test_the_countdown_at_zero_decides_nothing() -> None:
    request = a_request()
    assert moved(request, a_sighting(Said.SILENT, at=LONG_AFTER)) == request
    assert not request.payable_link(EXPIRES)
    assert request.payable_link(EXPIRES - timedelta(microseconds=1)) == LINK


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (EXPIRES - timedelta(seconds=1), Status.AWAITING),
        (EXPIRES, Status.AWAITING),
        (JUST_AFTER, Status.EXPIRED),
    ],
)
def test_only_an_unpaid_answer_from_after_the_expiry_ends_it(at: object, status: Status) -> None:
    request = moved(a_request(), a_sighting(Said.UNPAID, at=at))
    assert request.status is status
    assert is_watched(request)


def test_an_answer_from_before_the_expiry_that_arrives_after_it_does_not_end_it() -> None:
    request = a_request()
    assert apply(request, a_sighting(Said.UNPAID, at=SOON), LONG_AFTER) == request


@pytest.mark.parametrize("status", LIVE)
def test_a_request_that_the_gateway_calls_expired_is_expired_and_watched_on(status: Status) -> None:
    request = moved(a_request(status), a_sighting(Said.EXPIRED))
    assert (request.status, request.ended_at) == (Status.EXPIRED, SOON)
    assert is_watched(request)


def test_an_opening_without_an_expiry_lives_for_ten_minutes() -> None:
    request = replace(opening(), gateway_ids={"slug": "s"})
    assert moved(request, a_sighting(Said.UNPAID, at=NOW + OPENING_LIFETIME)) == request
    late = a_sighting(Said.UNPAID, at=NOW + OPENING_LIFETIME + timedelta(seconds=1))
    assert moved(request, late).status is Status.EXPIRED


@pytest.mark.parametrize("status", LIVE)
def test_a_cancelled_request_shows_nothing_and_is_watched_on(status: Status) -> None:
    request = cancel(a_request(status), SOON)
    assert (request.status, request.ended_at) == (Status.CANCELLED, SOON)
    assert not request.payable_link(SOON)
    assert is_watched(request)


@pytest.mark.parametrize("status", [status for status in Status if status not in LIVE])
def test_seen_money_and_what_is_over_can_not_be_cancelled(status: Status) -> None:
    request = a_request(status)
    assert cancel(request, SOON) is request


@pytest.mark.parametrize("said", [Said.TICKET, Said.TICKET_REFUSED])
def test_a_ticket_after_the_cancel_is_remembered_and_never_shown(said: Said) -> None:
    ticket = a_sighting(said, ticket=TICKET, gateway_ids={"slug": "s"}, reason=Reason.QR_AMOUNT)
    request = moved(cancel(opening(), SOON), ticket)
    assert (request.status, request.expires_at) == (Status.CANCELLED, EXPIRES)
    assert request.gateway_ids == {"slug": "s"}
    assert not request.link
    assert is_watched(request)


@pytest.mark.parametrize("status", [*ENDED, Status.CONFIRMING])
@pytest.mark.parametrize("proof", [PROOF, a_sighting(Said.PAID, proven=True, amount=AMOUNT)])
def test_a_qr_refused_too_late_to_be_shown_holds_the_goods_for_ever(status: Status, proof: Sighting) -> None:
    was = Status.OPENING if status is Status.CONFIRMING else None
    before = replace(opening(), status=status, was=was)
    ticket = a_sighting(Said.TICKET_REFUSED, ticket=TICKET, reason=Reason.QR_PAYEE, gateway_ids={"slug": "s"})
    told = moved(before, ticket)
    assert (told.status, told.issue, told.qr_refused) == (status, Issue.MISMATCH, Reason.QR_PAYEE)
    assert (told.expires_at, told.gateway_ids, told.link) == (EXPIRES, {"slug": "s"}, "")
    assert not told.payable_link(SOON)
    paid = moved(told, HINT, proof, proof)
    assert (paid.status, paid.issue, paid.hand_over) == (Status.CONFIRMING, Issue.MISMATCH, False)
    assert paid.received == AMOUNT


def test_a_refusal_without_a_reason_is_still_a_refusal() -> None:
    told = moved(confirming(Status.OPENING), a_sighting(Said.TICKET_REFUSED))
    assert (told.qr_refused, told.issue) == (Reason.QR_NOT_UPI, Issue.MISMATCH)
    assert moved(told, PROOF).status is Status.CONFIRMING


def test_a_good_ticket_while_confirming_is_remembered_and_holds_nothing() -> None:
    seen = moved(opening(), HINT)
    told = moved(seen, a_sighting(Said.TICKET, ticket=TICKET, gateway_ids={"slug": "s"}))
    assert (told.status, told.issues, told.expires_at) == (Status.CONFIRMING, frozenset(), EXPIRES)
    assert (told.gateway_ids, told.link) == ({"slug": "s"}, "")
    assert moved(told, PROOF).hand_over


@pytest.mark.parametrize("was", LIVE + ENDED)
def test_the_second_payment_of_a_bill_is_paid_twice(was: Status) -> None:
    request = moved(a_request(was), HINT, PROOF, kin=Kin(bill_paid=True))
    assert (request.status, request.issue, request.hand_over) == (Status.PAID, Issue.PAID_TWICE, False)
    assert (Issue.LATE in request.issues) is (was in OVER)


# ── amounts ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", [LESS, MORE, Money(0)])
def test_a_hints_amount_holds_the_goods_against_a_proof_that_names_none(amount: Money) -> None:
    request = moved(a_request(), a_sighting(Said.PAID, amount=amount), PROOF)
    assert request.status is Status.CONFIRMING
    assert request.issues & HOLDS_GOODS


@pytest.mark.parametrize("amount", [None, AMOUNT])
def test_a_hints_amount_never_releases_the_goods(amount: Money | None) -> None:
    assert moved(a_request(), *[a_sighting(Said.PAID, amount=amount)] * 3).status is Status.CONFIRMING


@pytest.mark.parametrize("short", [a_sighting(Said.PAID, amount=LESS, proven=p) for p in (False, True)])
def test_a_hint_can_not_lift_what_is_underpaid(short: Sighting) -> None:
    full = a_sighting(Said.PAID, amount=AMOUNT)
    request = moved(a_request(), short, full, full, PROOF, full, PROOF)
    assert (request.status, request.issue, request.hand_over) == (Status.CONFIRMING, Issue.UNDERPAID, False)
    assert request.received == AMOUNT
    assert moved(request, a_sighting(Said.PAID, proven=True, amount=AMOUNT)).hand_over


def test_a_hint_of_more_does_not_lift_underpaid_either() -> None:
    short, more = a_sighting(Said.PAID, amount=LESS), a_sighting(Said.PAID, amount=MORE)
    request = moved(a_request(), short, more, PROOF)
    assert request.status is Status.CONFIRMING
    assert {Issue.UNDERPAID, Issue.OVERPAID} <= request.issues


@pytest.mark.parametrize("amount", [None, LESS])
def test_a_proof_of_no_amount_or_of_less_does_not_lift_underpaid(amount: Money | None) -> None:
    short = a_sighting(Said.PAID, amount=LESS)
    request = moved(a_request(), short, a_sighting(Said.PAID, proven=True, amount=amount))
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.UNDERPAID)


@pytest.mark.parametrize(
    ("differs", "kin"), [("id", ALONE), ("payee", ALONE), ("", Kin(transaction_used=True))]
)
def test_the_full_amount_of_another_order_does_not_lift_underpaid(differs: str, kin: Kin) -> None:
    # DEFECT: _weigh lifts UNDERPAID by any proven sighting that names the amount, also by one that is about
    # another order (differs) or a transaction that paid another request; then a proof that names no amount
    # hands the goods over. money.md, proof rule: our reference and the stored id, transaction not used.
    short = a_sighting(Said.PAID, amount=LESS)
    other = a_sighting(Said.PAID, proven=True, amount=AMOUNT, differs=differs)
    request = moved(moved(a_request(), short), other, kin=kin)
    assert not moved(request, PROOF).hand_over


def test_the_rest_of_an_underpaid_bill_settles_it() -> None:
    short = a_sighting(Said.PAID, proven=True, amount=LESS)
    request = moved(a_request(), short, a_sighting(Said.PAID, proven=True, amount=AMOUNT))
    assert (request.hand_over, request.received) == (True, AMOUNT)


def test_more_than_the_bill_once_seen_stays_seen() -> None:
    over = a_sighting(Said.PAID, amount=MORE)
    request = moved(a_request(), over, a_sighting(Said.PAID, proven=True, amount=AMOUNT))
    assert (request.status, request.issue) == (Status.CONFIRMING, Issue.OVERPAID)
    assert (request.told, request.received) == (AMOUNT, MORE)


def test_received_money_never_falls_though_the_gateway_names_less() -> None:
    full = a_sighting(Said.PAID, proven=True, amount=AMOUNT, differs="payee")
    request = moved(a_request(), full, a_sighting(Said.PAID, proven=True, amount=LESS))
    assert (request.told, request.received, request.status) == (LESS, AMOUNT, Status.CONFIRMING)
    assert Issue.UNDERPAID in request.issues


# ── ids ────────────────────────────────────────────────────────────────────────────────────────────


def test_ids_are_added_and_never_replaced_by_a_sighting() -> None:
    other = a_sighting(Said.PAID, gateway_ids={"slug": "other", "more": "1"}, bank_reference="B1")
    request = moved(a_request(), other, replace(HINT, bank_reference="B2"))
    assert request.gateway_ids == {"slug": "abcdefg", "more": "1"}
    assert request.bank_reference == "B1"


def test_ids_of_a_half_done_opening_are_kept() -> None:
    assert keep_ids(opening(), {"slug": "s"}, SOON).gateway_ids == {"slug": "s"}
    assert keep_ids(a_request(), {"order": "1"}, SOON).gateway_ids == {"slug": "abcdefg", "order": "1"}


def test_a_half_done_opening_has_a_lifetime_until_its_ticket_brings_the_real_one() -> None:
    kept = keep_ids(opening(), {"slug": "s"}, SOON)
    assert kept.expires_at == SOON + OPENING_LIFETIME
    assert not kept.payable_link(SOON)
    assert keep_ids(kept, {"order": "1"}, JUST_AFTER).expires_at == SOON + OPENING_LIFETIME
    assert keep_ids(a_request(), {"order": "1"}, SOON).expires_at == EXPIRES
    ticket = a_sighting(Said.TICKET, ticket=TICKET)
    assert moved(kept, ticket).expires_at == EXPIRES
    assert moved(cancel(kept, SOON), ticket).expires_at == EXPIRES


@pytest.mark.parametrize("said", [Said.TICKET, Said.TICKET_REFUSED])
def test_a_ticket_after_the_expiry_is_remembered_and_never_shown(said: Said) -> None:
    over = replace(opening(), status=Status.EXPIRED, ended_at=SOON)
    request = moved(over, a_sighting(said, ticket=TICKET, gateway_ids={"slug": "s"}))
    assert (request.status, request.expires_at, request.link) == (Status.EXPIRED, EXPIRES, "")
    assert request.gateway_ids == {"slug": "s"}
    assert not request.payable_link(SOON)
    assert is_watched(request)


@pytest.mark.parametrize("first", [replace(HINT, transaction_id="FROM-A-HINT"), None])
def test_the_transaction_of_the_proof_is_the_one_that_is_kept(first: Sighting | None) -> None:
    ticket = a_sighting(
        Said.TICKET, ticket=TICKET, transaction_id="FROM-THE-TICKET", gateway_ids={"slug": "s"}
    )
    before = moved(a_request(), first) if first else moved(opening(), ticket)
    request = moved(before, replace(PROOF, transaction_id="PROVEN"))
    assert request.transaction_id == "PROVEN" or request.issue is Issue.MISMATCH


# ── after the watch ────────────────────────────────────────────────────────────────────────────────


def test_a_success_found_after_the_watch_ended_is_watched_until_it_is_confirmed() -> None:
    over = replace(ended(Status.EXPIRED), watch_over=True)
    silent = a_sighting(Said.SILENT, proven=True, reason=Reason.NO_ANSWER)
    request = moved(over, HINT, silent)
    assert request.status is Status.CONFIRMING
    assert is_watched(request)


# ── what holds over the whole table ────────────────────────────────────────────────────────────────

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


# ── which issue is shown ───────────────────────────────────────────────────────────────────────────

_MONEY_MD_ORDER = [
    Issue.MISMATCH,
    Issue.UNDERPAID,
    Issue.OVERPAID,
    Issue.PAID_TWICE,
    Issue.LATE,
    Issue.UNCONFIRMED,
]


def test_the_first_issue_of_the_rules_order_is_shown() -> None:
    for place, issue in enumerate(_MONEY_MD_ORDER):
        assert a_request(issues=frozenset(_MONEY_MD_ORDER[place:])).issue is issue
    assert a_request().issue is Issue.NONE


def test_every_issue_has_its_place_in_the_order() -> None:
    assert sorted(SHOWN_FIRST) == sorted(set(Issue) - {Issue.NONE})


@pytest.mark.parametrize("issue", [issue for issue in Issue if issue is not Issue.NONE])
def test_paid_with_any_issue_is_no_hand_over(issue: Issue) -> None:
    assert not a_request(Status.PAID, issues=frozenset({issue})).hand_over
    assert a_request(Status.PAID).hand_over


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.AWAITING])
def test_only_an_awaited_request_shows_something_payable(status: Status) -> None:
    assert not a_request(status).payable_link(SOON)
