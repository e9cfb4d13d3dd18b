"""The collecting table of money.md, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pos_app.domain.collecting import OPENING_LIFETIME, Kin, apply, begin, cancel
from pos_app.domain.errors import Reason
from pos_app.domain.money import Money
from pos_app.domain.payment import OVER, Issue, PaymentRequest, Said, Sighting, Status
from pos_app.domain.watchplan import is_watched
from tests.domain.moves import (
    ENDED,
    HINT,
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
from tests.helpers.requests import AMOUNT, EXPIRES, LINK, NOW, a_request, a_sighting


def ended(status: Status) -> PaymentRequest:
    return a_request(status, ended_at=SOON)


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


# ── after the watch ────────────────────────────────────────────────────────────────────────────────


def test_a_success_found_after_the_watch_ended_is_watched_until_it_is_confirmed() -> None:
    over = replace(ended(Status.EXPIRED), watch_over=True)
    silent = a_sighting(Said.SILENT, proven=True, reason=Reason.NO_ANSWER)
    request = moved(over, HINT, silent)
    assert request.status is Status.CONFIRMING
    assert is_watched(request)
